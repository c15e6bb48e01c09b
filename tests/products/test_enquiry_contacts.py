"""A buyer's contact: the one-time code, its limits, what one contact may do in a day, marks as spam."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from core import crypto
from core.errors import NotAllowed, RuleViolated, TooManyRequests, WrongState
from office.models import Notice, OutboxMessage
from office.services import deliver_outbox
from products import contacts, services
from products.models import ContactCode, Enquiry, EnquiryStatus
from tests.codes_sent import code_sent
from tests.factories.products import make_enquiry
from tests.office import senders

pytestmark = pytest.mark.django_db
MAIL = "vua.bay@example.test"
ASKED = {"buyer_name": "Vựa Bảy", "message": "Cần 5 tấn", "has_consented": True}


def ask(cooperative, contact=MAIL, **fields):
    return services.ask(cooperative, contact=contact, **ASKED | fields)[0]


def later(enquiry, **fields):
    """Let the codes of an enquiry be older."""
    enquiry.contact_codes.update(sent_at=timezone.now() - dt.timedelta(**fields))


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- The code --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contact", [MAIL, "0000765432"], ids=["mail", "phone"])
def test_the_cooperative_hears_of_it_once_the_code_came_back(contact, cooperative, clerk, work_off, sms_files):
    enquiry = ask(cooperative, contact)
    assert (enquiry.status, Notice.objects.count()) == (EnquiryStatus.UNCONFIRMED, 0)
    assert not Enquiry.objects.visible_to(clerk).exists()
    work_off()

    services.confirm_enquiry(enquiry, code=code_sent(contact))

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.SENT
    assert enquiry.confirmed_at and enquiry.sent_at and enquiry.waiting_since
    assert Notice.objects.filter(user=clerk, kind="enquiry_sent").count() == 1
    assert list(Enquiry.objects.visible_to(clerk)) == [enquiry]


def test_the_code_is_nowhere_but_in_the_message(cooperative, work_off):
    ask(cooperative)
    assert ContactCode.objects.get().code_digest == ""  # made when it is sent
    work_off()

    code = code_sent(MAIL)

    (row,) = ContactCode.objects.values()
    (news,) = OutboxMessage.objects.filter(receiver="products.contact_code").values()
    assert len(row["code_digest"]) == 64
    assert code not in str(row) + str(news)
    assert "Cần 5 tấn" not in mail.outbox[0].body


def test_confirming_twice_tells_once(cooperative, clerk, work_off):
    enquiry = ask(cooperative)
    work_off()
    services.confirm_enquiry(enquiry, code=code_sent(MAIL))

    again = services.confirm_enquiry(enquiry, code="000000")

    assert again.status == EnquiryStatus.SENT
    assert Notice.objects.filter(user=clerk).count() == 1


def test_five_wrong_codes_end_it_and_a_new_one_opens_it(cooperative, work_off):
    enquiry = ask(cooperative)
    work_off()
    code = code_sent(MAIL)

    for _turn in range(5):
        with pytest.raises(RuleViolated) as refused:
            services.confirm_enquiry(enquiry, code=wrong(code))
        assert refused.value.code == "code_wrong"
    with pytest.raises(RuleViolated) as over:
        services.confirm_enquiry(enquiry, code=code)
    later(enquiry, seconds=61)
    services.request_code(enquiry)
    work_off()

    assert over.value.code == "code_over"
    assert services.confirm_enquiry(enquiry, code=code_sent(MAIL)).status == EnquiryStatus.SENT


def test_a_code_lives_fifteen_minutes_and_a_new_one_ends_the_old(cooperative, work_off):
    enquiry = ask(cooperative)
    work_off()
    first = code_sent(MAIL)
    left = ContactCode.objects.get().expires_at - timezone.now()
    assert dt.timedelta(minutes=14) < left <= dt.timedelta(minutes=15)
    later(enquiry, seconds=61)
    services.request_code(enquiry)

    with pytest.raises(RuleViolated):
        services.confirm_enquiry(enquiry, code=first)
    work_off()
    ContactCode.objects.update(expires_at=timezone.now())
    with pytest.raises(RuleViolated) as late:
        services.confirm_enquiry(enquiry, code=code_sent(MAIL))

    assert late.value.code == "code_over"


def test_blanks_and_dashes_in_a_code_do_not_matter(cooperative, work_off):
    enquiry = ask(cooperative)
    work_off()
    code = code_sent(MAIL)

    assert services.confirm_enquiry(enquiry, code=f" {code[:3]}-{code[3:]} ").status == EnquiryStatus.SENT


def test_a_code_of_another_enquiry_does_not_fit(cooperative, work_off):
    first, second = ask(cooperative, "a@example.test"), ask(cooperative, "b@example.test")
    work_off()

    with pytest.raises(RuleViolated):
        services.confirm_enquiry(second, code=code_sent("a@example.test"))

    assert services.confirm_enquiry(first, code=code_sent("a@example.test")).status == EnquiryStatus.SENT


def test_only_the_newest_code_leaves(cooperative):
    enquiry = ask(cooperative)
    later(enquiry, seconds=61)
    services.request_code(enquiry)

    deliver_outbox()

    assert len(mail.outbox) == 1


def test_codes_again_within_a_minute_or_above_five_are_refused(cooperative):
    enquiry = ask(cooperative)

    with pytest.raises(TooManyRequests) as soon:
        services.request_code(enquiry)
    for _turn in range(4):
        later(enquiry, seconds=61)
        services.request_code(enquiry)
    later(enquiry, seconds=61)
    with pytest.raises(RuleViolated) as spent:
        services.request_code(enquiry)

    assert 0 < soon.value.retry_after <= 61
    assert spent.value.code == "codes_spent"


def test_a_strangers_number_is_not_rung_all_day(cooperative, neighbour):
    for number in range(contacts.CODES_PER_CONTACT):
        later(ask(cooperative if number % 2 else neighbour), hours=1)
    Enquiry.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))  # so that their own budget is free

    with pytest.raises(TooManyRequests):
        ask(cooperative)


def test_codes_per_address_are_limited(cooperative, settings):
    settings.ENQUIRY_CODES_PER_ADDRESS = 2
    for name in ("a", "b"):
        ask(cooperative, f"{name}@example.test", address="192.0.2.1")

    with pytest.raises(TooManyRequests):
        ask(cooperative, "c@example.test", address="192.0.2.1")

    assert ask(cooperative, "c@example.test", address="192.0.2.2")
    assert "192.0.2.1" not in str(list(ContactCode.objects.values()))


def test_a_confirmed_enquiry_gets_no_more_codes(enquiry):
    with pytest.raises(WrongState):
        services.request_code(enquiry)


def test_phone_is_refused_where_no_sms_leaves(cooperative, settings):
    settings.MESSAGE_SENDERS = {}

    with pytest.raises(RuleViolated) as refused:
        ask(cooperative, "0000765432")

    assert [found.code for found in refused.value.findings] == ["no_sms"]


def test_in_a_demonstration_the_page_says_the_code_and_nothing_is_sent(cooperative, settings, work_off):
    settings.DEMO = True

    enquiry, code = services.ask(cooperative, contact=MAIL, **ASKED)

    work_off()
    assert mail.outbox == []
    assert services.confirm_enquiry(enquiry, code=code).status == EnquiryStatus.SENT


@pytest.mark.parametrize(("trouble", "tries"), [("temporary", 2), ("permanent", 1)])
def test_senders_that_fail(trouble, tries, cooperative, settings, caplog):
    settings.MESSAGE_SENDERS = {"sms": "tests.office.senders.Keeping"}
    senders.sent.clear()
    senders.troubles[:] = [getattr(senders, trouble)()]
    ask(cooperative, "0000765432")

    deliver_outbox()
    OutboxMessage.objects.update(due_at=timezone.now())
    deliver_outbox()

    row = OutboxMessage.objects.get()
    assert row.delivered_at is not None
    assert row.attempts == tries
    assert len(senders.sent) == tries - 1
    assert "0000765432" not in caplog.text + row.last_error


# --- The same contact again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "days", "knows", "status"),
    [
        ("known", 29, True, "sent"),
        ("too long ago", 31, True, "unconfirmed"),
        ("another browser", 1, False, "unconfirmed"),
    ],
)
def test_a_proved_contact_needs_no_new_code_in_the_same_browser(case, days, knows, status, cooperative):
    proved = timezone.now() - dt.timedelta(days=days)
    make_enquiry(cooperative, contact=MAIL, proved_at=proved)
    known = [crypto.digest(MAIL, "enquiry")] if knows else []

    enquiry = ask(cooperative, known=known)

    assert enquiry.status == status
    assert enquiry.confirmed_at == (proved if status == "sent" else None)  # thirty days from the code, not from asking


def test_a_forged_memory_of_a_contact_that_never_proved_itself_is_worth_nothing(cooperative):
    ask(cooperative)

    assert ask(cooperative, known=[crypto.digest(MAIL, "enquiry")]).status == EnquiryStatus.UNCONFIRMED


def test_another_address_of_the_same_mailbox_has_to_prove_itself(cooperative):
    make_enquiry(cooperative, contact="bay@example.test", proved_at=timezone.now())

    asked = ask(cooperative, "bay+la@example.test", known=[contacts.digest_of("bay@example.test")])

    assert asked.status == EnquiryStatus.UNCONFIRMED


def test_links_go_to_the_very_address_that_asked(cooperative, work_off):
    make_enquiry(cooperative, contact="bay@example.test", proved_at=timezone.now())
    make_enquiry(cooperative, contact="bay+khac@example.test", proved_at=timezone.now())
    work_off()
    mail.outbox.clear()

    sent = services.send_links("bay+khac@example.test")
    work_off()

    assert sent == 1
    assert [one.to for one in mail.outbox] == [["bay+khac@example.test"]]


# --- How much ------------------------------------------------------------------------------------------------------


def test_ten_enquiries_a_day(cooperative):
    for _turn in range(10):
        make_enquiry(cooperative, contact=MAIL)

    with pytest.raises(TooManyRequests) as refused:
        make_enquiry(cooperative, contact=MAIL)

    assert 86_000 < refused.value.retry_after <= 86_401
    assert make_enquiry(cooperative, contact="khac@example.test")
    Enquiry.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    assert make_enquiry(cooperative, contact=MAIL)


@pytest.mark.parametrize(
    ("spellings"),
    [
        ("0912345678", "+84912345678", "84 912 345 678", "0084912345678", "+84 (0) 912.345.678"),
        ("bay.vua@gmail.com", "bayvua@gmail.com", "BayVua+1@gmail.com", "b.a.y.vua@googlemail.com"),
        ("bay@example.test", "bay+1@example.test", "BAY+2@example.test"),
    ],
    ids=["phone", "google", "subaddress"],
)
def test_spellings_of_one_contact_share_one_budget(spellings, cooperative, sms_files):
    for turn in range(10):
        make_enquiry(cooperative, contact=spellings[turn % len(spellings)])

    for spelling in spellings:
        with pytest.raises(TooManyRequests):
            make_enquiry(cooperative, contact=spelling)


def test_strangers_who_type_a_buyers_contact_do_not_use_up_the_buyers_day(cooperative):
    make_enquiry(cooperative, contact=MAIL)
    for _turn in range(9):
        make_enquiry(cooperative, contact=MAIL, proved_at=None)

    with pytest.raises(TooManyRequests):
        ask(cooperative)
    own = ask(cooperative, known=[contacts.digest_of(MAIL)])

    assert own.status == EnquiryStatus.SENT


def test_spam_marks_shrink_the_day_and_two_cooperatives_close_it(cooperative, neighbour, clerk, neighbour_clerk):
    for place, by in ((cooperative, clerk), (cooperative, clerk)):
        services.mark_spam(make_enquiry(place, contact=MAIL), is_spam=True, by=by)
    third = make_enquiry(neighbour, contact=MAIL)
    with pytest.raises(TooManyRequests):  # marks of one cooperative leave three a day
        make_enquiry(cooperative, contact=MAIL)
    services.mark_spam(third, is_spam=True, by=neighbour_clerk)

    with pytest.raises(RuleViolated) as blocked:
        make_enquiry(cooperative, contact=MAIL)
    services.mark_spam(third, is_spam=False, by=neighbour_clerk)
    Enquiry.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))

    assert [found.code for found in blocked.value.findings] == ["contact_blocked"]
    assert make_enquiry(cooperative, contact=MAIL)


def test_spam_is_hidden_is_not_answered_and_comes_back(enquiry, clerk, viewer):
    with pytest.raises(NotAllowed):
        services.mark_spam(enquiry, is_spam=True, by=viewer)
    services.mark_spam(enquiry, is_spam=True, by=clerk)

    with pytest.raises(WrongState):
        services.answer_enquiry(enquiry, text="Còn", by=clerk)
    assert not Enquiry.objects.in_tab("waiting").exists()
    services.mark_spam(enquiry, is_spam=False, by=clerk)

    assert list(Enquiry.objects.in_tab("waiting")) == [enquiry]


def test_what_was_answered_is_no_spam(enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn", by=clerk)

    with pytest.raises(WrongState):
        services.mark_spam(enquiry, is_spam=True, by=clerk)


# --- What is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "fields", "code", "pointer"),
    [
        ("script in the name", {"buyer_name": "<script>x"}, "markup", "/buyer_name"),
        ("link in the text", {"message": "xem <a href=//x.test>đây</a>"}, "markup", "/message"),
        ("image in the wish", {"quality": "< img src=x>"}, "markup", "/quality"),
        ("entity", {"message": "&#60;b"}, "markup", "/message"),
        ("ends before it begins", {"delivery_from": 9, "delivery_to": 8}, "bad_dates", "/delivery_to"),
        ("over", {"delivery_from": -9, "delivery_to": -1}, "past_dates", "/delivery_to"),
        ("in three years", {"delivery_from": 1100}, "far_dates", "/delivery_from"),
    ],
)
def test_what_makes_no_sense_is_refused(case, fields, code, pointer, enquiry_factory):
    today = timezone.localdate()
    asked = {
        name: today + dt.timedelta(days=value) if isinstance(value, int) else value for name, value in fields.items()
    }

    with pytest.raises(RuleViolated) as refused:
        enquiry_factory(**asked)

    assert [(found.code, found.pointer) for found in refused.value.findings] == [(code, pointer)]
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize("text", ["giá < 20.000 đ/kg", "5 < 7 > 3", "mua & bán", "I <3 xoài"])
def test_signs_that_are_no_html_stay(text, enquiry_factory):
    assert enquiry_factory(message=text).message == text


# --- Lost addresses --------------------------------------------------------------------------------------------------


def test_lost_addresses_go_to_the_contact_once_in_ten_minutes(cooperative, neighbour, work_off):
    own = [make_enquiry(cooperative, contact=MAIL), make_enquiry(neighbour, contact=MAIL)]
    other = make_enquiry(cooperative, contact="khac@example.test")
    ask(cooperative)  # unconfirmed: not shown
    work_off()
    mail.outbox.clear()

    first, second = services.send_links(MAIL), services.send_links(MAIL)
    work_off()

    assert (first, second) == (2, 0)
    (message,) = mail.outbox
    assert message.to == [MAIL]
    assert all(f"/enquiries/{one.token}/" in message.body for one in own)
    assert other.token not in message.body


def test_nothing_goes_to_a_contact_that_never_asked(db, work_off):
    assert services.send_links("ai.do@example.test") == 0

    work_off()
    assert mail.outbox == []
