"""Pages of enquiries: proof of the contact, the buyer's private page, the inbox with its tabs and ready answers."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from products import services
from products.known_contacts import COOKIE
from products.models import AnswerTemplate, CloseReason, ContactCode, Enquiry, EnquiryStatus
from tests.codes_sent import code_sent
from tests.factories.cooperatives import make_membership
from tests.factories.products import make_enquiry

pytestmark = pytest.mark.django_db
MAIL = "vua.bay@example.test"
ASKED = {
    "message": "Cần 5 tấn",
    "buyer_name": "Vựa Bảy",
    "contact": MAIL,
    "consent": "on",
    "quantity_t": "2500",
    "quantity_t_unit": "kg",
    "quality": "Loại 1, VietGAP",
}


@pytest.fixture(autouse=True)
def _budget(settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "enquiry": 1000, "enquiry_code": 1000}


def ask(client, cooperative, **fields):
    """Post the form; return the enquiry and the answer."""
    answer = client.post(f"/enquiries/new/{cooperative.slug}/", ASKED | fields)
    return Enquiry.objects.order_by("-pk").first(), answer


def text_of(answer):
    return answer.content.decode()


# --- Proof of the contact --------------------------------------------------------------------------------------------


def test_from_the_form_by_the_code_to_the_private_page(client, cooperative, work_off):
    begin = timezone.localdate() + dt.timedelta(days=30)
    enquiry, answer = ask(client, cooperative, delivery_from=begin.isoformat())
    confirm = f"/enquiries/{enquiry.token}/confirm/"

    assert answer["Location"] == f"/enquiries/{enquiry.token}/"
    assert client.get(answer["Location"])["Location"] == confirm
    page = client.get(confirm)
    assert "v•••@example.test" in text_of(page)
    assert MAIL not in text_of(page)
    assert page["Cache-Control"] == "private, no-store"
    work_off()
    done = client.post(confirm, {"code": code_sent(MAIL)}, follow=True)

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.SENT
    assert (enquiry.quantity_t, enquiry.quality, enquiry.delivery_from) == (2.5, "Loại 1, VietGAP", begin)
    assert done.redirect_chain[-1] == (f"/enquiries/{enquiry.token}/", 302)
    assert "Đã gửi tới hợp tác xã" in text_of(done)
    assert client.get(confirm)["Location"] == f"/enquiries/{enquiry.token}/"


def test_wrong_code_is_said_at_the_field_and_counts(client, cooperative, work_off):
    enquiry, _answer = ask(client, cooperative)
    work_off()

    answer = client.post(f"/enquiries/{enquiry.token}/confirm/", {"code": "abc"})

    assert answer.status_code == 422
    assert answer.context["form"].errors["code"] == ["Mã không đúng."]
    assert ContactCode.objects.get().attempts == 1


def test_resend_waits_a_minute_then_sends(client, cooperative, work_off):
    enquiry, _answer = ask(client, cooperative)
    confirm = f"/enquiries/{enquiry.token}/confirm/"

    soon = client.post(confirm, {"do": "resend"}, follow=True)
    ContactCode.objects.update(sent_at=timezone.now() - dt.timedelta(seconds=61))
    fresh = client.post(confirm, {"do": "resend"}, follow=True)

    assert "hãy đợi" in text_of(soon)
    assert "Đã gửi mã mới" in text_of(fresh)
    assert ContactCode.objects.count() == 2


def test_the_same_browser_is_remembered_another_is_not(client, cooperative, work_off):
    first, _answer = ask(client, cooperative)
    work_off()
    confirmed = client.post(f"/enquiries/{first.token}/confirm/", {"code": code_sent(MAIL)})
    cookie = confirmed.cookies[COOKIE]

    again, _answer = ask(client, cooperative)
    elsewhere, _answer = ask(Client(), cooperative)
    other_contact, _answer = ask(client, cooperative, contact="khac@example.test")
    client.cookies[COOKIE] = "forged"
    forged, _answer = ask(client, cooperative)

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/enquiries/")
    assert MAIL not in cookie.value
    assert [one.status for one in (again, elsewhere, other_contact, forged)] == [
        "sent", "unconfirmed", "unconfirmed", "unconfirmed"
    ]  # fmt: skip


def test_a_wrong_code_proves_nothing_while_another_browser_confirms(client, cooperative, work_off, monkeypatch):
    """The page was read before the other browser's right code arrived: the service then has nothing left to do."""
    enquiry, _answer = ask(client, cooperative)
    work_off()
    confirm, code, address = services.confirm_enquiry, code_sent(MAIL), f"/enquiries/{enquiry.token}/confirm/"

    def overtaken(found, **typed):
        confirm(found, code=code)
        return confirm(found, **typed)

    monkeypatch.setattr(services, "confirm_enquiry", overtaken)

    wrong = client.post(address, {"code": f"{(int(code) + 1) % 1_000_000:06d}"})

    assert wrong["Location"] == f"/enquiries/{enquiry.token}/"
    assert COOKIE not in wrong.cookies


def test_in_a_demonstration_the_page_says_the_code(client, cooperative, settings):
    settings.DEMO = True
    enquiry, _answer = ask(client, cooperative)

    page = text_of(client.get(f"/enquiries/{enquiry.token}/confirm/"))

    code = page.split("Mã của bạn là ")[1][:6]
    client.post(f"/enquiries/{enquiry.token}/confirm/", {"code": code})
    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.SENT


def test_the_cooperative_sees_nothing_of_an_unconfirmed_enquiry(client, cooperative, clerk):
    enquiry, _answer = ask(Client(), cooperative)
    client.force_login(clerk)

    assert "Vựa Bảy" not in text_of(client.get("/coop/enquiries/?q=vua"))
    assert client.get(f"/coop/enquiries/{enquiry.pk}/").status_code == 404
    assert client.post(f"/coop/enquiries/{enquiry.pk}/", {"text": "Còn"}).status_code == 404


@pytest.mark.parametrize(
    ("case", "fields", "field"),
    [
        ("HTML", {"message": "<b>mua</b>"}, "message"),
        ("under a kilogram", {"quantity_t": "0.5"}, "quantity_t"),
        ("unit of none", {"quantity_t_unit": "thúng"}, "quantity_t"),
        ("window backwards", {"delivery_from": "2030-02-01", "delivery_to": "2030-01-01"}, "delivery_to"),
        ("no day", {"delivery_from": "31/02/2030"}, "delivery_from"),
        ("wish of two lines", {"quality": "a\r\nb"}, "quality"),
    ],
)
def test_form_says_what_is_wrong(case, fields, field, client, cooperative):
    _none, answer = ask(client, cooperative, **fields)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Enquiry.objects.exists()


def test_the_eleventh_of_a_day_is_429(client, cooperative):
    for _turn in range(10):
        make_enquiry(cooperative, contact=MAIL)

    _last, answer = ask(client, cooperative)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3600


def test_guessing_codes_is_429(client, cooperative, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "enquiry_code": 3}
    enquiry, _answer = ask(client, cooperative)

    answers = [client.post(f"/enquiries/{enquiry.token}/confirm/", {"code": "1"}).status_code for _turn in range(4)]

    assert answers == [422, 422, 422, 429]


# --- The buyer's private page ----------------------------------------------------------------------------------------


def test_a_form_of_the_private_page_is_taken_by_a_real_browser(enquiry, settings):
    """Under `Referrer-Policy: no-referrer` it would send `Origin: null`, and Django would refuse the form."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(f"/enquiries/{enquiry.token}/")
    form = {"csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value, "text": "Giao sớm được không?"}

    answer = client.post(f"/enquiries/{enquiry.token}/", form, HTTP_ORIGIN="http://testserver")

    assert page["Referrer-Policy"] == "same-origin"
    assert answer.status_code == 302


def test_timeline_tells_states_and_lines_in_order(client, enquiry, clerk):
    services.open_enquiry(enquiry, by=clerk)
    services.answer_enquiry(enquiry, text="Còn 3 tấn", by=clerk)
    services.close_enquiry(enquiry, by=clerk, reason=CloseReason.SOLD_OUT)

    page = client.get(f"/enquiries/{enquiry.token}/")

    titles = [str(event.title) for event in page.context["events"]]
    assert titles[1:] == [
        "Đã gửi tới hợp tác xã",
        "Hợp tác xã đã đọc",
        "HTX Của Tôi",
        "Hợp tác xã đã đóng yêu cầu: Không còn hàng",
    ]
    assert titles[0] == "Người Mua Thử"
    assert "<textarea" not in text_of(page)


def test_cooperatives_contact_shows_when_it_says_so_or_is_public(client, enquiry, clerk, cooperative):
    cooperative.phone, cooperative.email = "0000 123 456", "htx@example.test"
    cooperative.save()
    url = f"/enquiries/{enquiry.token}/"
    seen = ["0000 123 456" in text_of(client.get(url))]
    services.answer_enquiry(enquiry, text="Còn", by=clerk)
    seen.append("0000 123 456" in text_of(client.get(url)))
    services.answer_enquiry(enquiry, text="Gọi cho chúng tôi", by=clerk, shows_contact=True)
    seen.append("0000 123 456" in text_of(client.get(url)))
    other = make_enquiry(cooperative, contact="khac@example.test")
    seen.append("0000 123 456" in text_of(client.get(f"/enquiries/{other.token}/")))
    cooperative.has_public_contact = True
    cooperative.save()
    seen.append("0000 123 456" in text_of(client.get(f"/enquiries/{other.token}/")))

    assert seen == [False, False, True, False, True]


def test_buyers_contact_reaches_the_cooperative_by_consent_after_its_answer(client, cooperative, clerk, viewer):
    enquiry = make_enquiry(cooperative, contact=MAIL, shares_contact=True)
    client.force_login(clerk)
    seen = [MAIL in text_of(client.get(enquiry.get_absolute_url()))]
    services.answer_enquiry(enquiry, text="Còn", by=clerk)
    seen.append(MAIL in text_of(client.get(enquiry.get_absolute_url())))
    watcher = Client()
    watcher.force_login(viewer)
    seen.append(MAIL in text_of(watcher.get(enquiry.get_absolute_url())))
    Client().post(f"/enquiries/{enquiry.token}/", {"do": "withhold"})
    seen.append(MAIL in text_of(client.get(enquiry.get_absolute_url())))
    Client().post(f"/enquiries/{enquiry.token}/", {"do": "share"})
    seen.append(MAIL in text_of(client.get(enquiry.get_absolute_url())))

    enquiry.refresh_from_db()
    assert seen == [False, True, False, False, True]
    assert enquiry.contact_shared_at > enquiry.consented_at


def test_link_goes_to_the_own_contact_once_in_ten_minutes(client, enquiry, work_off):
    work_off()
    mail.outbox.clear()
    url = f"/enquiries/{enquiry.token}/"

    first, second = (client.post(url, {"do": "link"}, follow=True) for _turn in range(2))

    work_off()
    assert "Đã gửi địa chỉ" in text_of(first)
    assert "hãy đợi" in text_of(second)
    assert [message.to for message in mail.outbox] == [["nguoi.mua@example.test"]]


def test_lost_address_page_says_the_same_to_everybody(client, enquiry, work_off):
    work_off()
    mail.outbox.clear()

    pages = [
        text_of(client.post("/enquiries/links/", {"contact": contact}, follow=True))
        for contact in ("nguoi.mua@example.test", "khong.hoi@example.test")
    ]

    work_off()
    assert all("sẽ tới trong ít phút" in page for page in pages)
    assert [message.to for message in mail.outbox] == [["nguoi.mua@example.test"]]
    assert client.post("/enquiries/links/", {"contact": "x"}).status_code == 422


# --- The inbox -------------------------------------------------------------------------------------------------------


@pytest.fixture
def full_inbox(cooperative, clerk, product):
    """One enquiry in each state, by the name of its buyer."""
    names = ("mới", "đọc rồi", "trả lời", "đóng", "hết hạn", "rác")
    made = {
        name: make_enquiry(cooperative, contact=f"b{number}@example.test", buyer_name=f"Vựa {name}", product=product)
        for number, name in enumerate(names)
    }
    services.open_enquiry(made["đọc rồi"], by=clerk)
    services.answer_enquiry(made["trả lời"], text="Xoài loại hai", by=clerk)
    services.close_enquiry(made["đóng"], by=clerk, reason=CloseReason.TERMS)
    Enquiry.objects.filter(pk=made["hết hạn"].pk).update(
        status="expired", waiting_since=None, expired_at=timezone.now()
    )
    services.mark_spam(made["rác"], is_spam=True, by=clerk)
    Enquiry.objects.filter(pk=made["đọc rồi"].pk).update(waiting_since=timezone.now() - dt.timedelta(days=4, hours=1))
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["đọc rồi", "mới"]),  # who waits longest stands first
        ("tab=answered", ["trả lời"]),
        ("tab=closed", ["hết hạn", "đóng"]),
        ("tab=spam", ["rác"]),
        ("tab=nonsense", ["đọc rồi", "mới"]),
        ("q=vua+DOC", ["đọc rồi"]),
        ("tab=answered&q=loai+hai", ["trả lời"]),
        ("q=xoai+cat", ["đọc rồi", "mới"]),
        ("q=%25", []),
        ("cooperative=khac", ["đọc rồi", "mới"]),
        ("page=99", ["đọc rồi", "mới"]),
    ],
)
def test_tabs_and_search(query, names, client, clerk, full_inbox):
    client.force_login(clerk)

    page = client.get(f"/coop/enquiries/?{query}")

    assert [row.buyer_name.removeprefix("Vựa ") for row, _days in page.context["rows"]] == names


def test_inbox_counts_unread_and_days(client, clerk, full_inbox):
    client.force_login(clerk)

    page = client.get("/coop/enquiries/")

    assert page.context["unread"] == 1
    assert [(name, count) for name, _title, count in page.context["tabs"]] == [
        ("waiting", 2), ("answered", 1), ("closed", 2), ("spam", 1)
    ]  # fmt: skip
    assert "chờ 4 ngày" in text_of(page)
    assert "1 yêu cầu chưa đọc" in text_of(page)


def test_inbox_takes_the_same_number_of_queries_for_more_rows(client, clerk, cooperative, django_assert_num_queries):
    client.force_login(clerk)
    make_enquiry(cooperative)
    client.get("/coop/enquiries/")
    with CaptureQueriesContext(connection) as few:
        client.get("/coop/enquiries/")
    for number in range(5):
        make_enquiry(cooperative, contact=f"x{number}@example.test")

    with django_assert_num_queries(len(few)):
        client.get("/coop/enquiries/")


def test_one_cooperative_of_two(client, clerk, cooperative, neighbour):
    make_membership(neighbour, clerk)
    own, others = make_enquiry(cooperative, buyer_name="Của tôi"), make_enquiry(neighbour, buyer_name="Láng giềng")
    client.force_login(clerk)

    both = client.get("/coop/enquiries/").context["rows"]
    one = client.get(f"/coop/enquiries/?cooperative={neighbour.slug}").context["rows"]

    assert {row for row, _days in both} == {own, others}
    assert [row for row, _days in one] == [others]


def test_close_with_a_reason_tells_the_buyer(client, enquiry, clerk, work_off):
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"do": "close", "reason": "other_goods"})

    work_off()
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.close_reason) == ("closed", "other_goods")
    assert "Không có mặt hàng này" in mail.outbox[-1].body


def test_close_for_no_reason_known_is_refused(client, enquiry, clerk):
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"do": "close", "reason": "vui"})

    enquiry.refresh_from_db()
    assert enquiry.status != "closed"


def test_spam_and_back(client, enquiry, clerk):
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"do": "spam"})
    hidden = client.get("/coop/enquiries/").context["rows"]
    page = client.get(enquiry.get_absolute_url())
    client.post(enquiry.get_absolute_url(), {"do": "not_spam"})
    shown = client.get("/coop/enquiries/").context["rows"]

    assert (hidden, [row for row, _days in shown]) == ([], [enquiry])
    assert "<textarea" not in text_of(page)


def test_answer_with_an_offer(client, enquiry, clerk, product, offer_factory):
    offer = offer_factory(months=[4, 5], volume_t=12, quality="Loại 1")
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"text": "Mời anh chị xem", "attached": f"offer:{offer.pk}"})

    page = text_of(Client().get(f"/enquiries/{enquiry.token}/"))
    line = enquiry.messages.last()
    assert (line.offer, line.product) == (offer, product)
    assert "tháng 4, 5, 12 tấn" in page
    assert "Loại 1" in page


def test_answer_with_somebody_elses_or_a_hidden_product_is_refused(
    client, enquiry, clerk, neighbour, neighbour_clerk, product_factory
):
    foreign = product_factory(cooperative=neighbour, by=neighbour_clerk)
    hidden = product_factory(is_published=False)
    client.force_login(clerk)

    answers = [
        client.post(enquiry.get_absolute_url(), {"text": "Xem", "attached": value}).status_code
        for value in (f"product:{foreign.pk}", f"product:{hidden.pk}", "offer:1 OR 1", "x")
    ]

    assert answers == [422] * 4
    assert enquiry.messages.count() == 1


# --- Ready answers ---------------------------------------------------------------------------------------------------

TEXT = "Chào {buyer}, {cooperative} có {product}, {quantity}, tháng {months}."


def test_ready_answer_is_filled_for_the_buyer(client, cooperative, clerk, product):
    template = services.save_template(cooperative, title="Còn hàng", text=TEXT, by=clerk)
    enquiry = make_enquiry(
        cooperative, buyer_name="Vựa {product} {0.__class__}", product=product, quantity_t=2.5, wanted_months=[5, 4]
    )
    client.force_login(clerk)

    page = client.get(f"{enquiry.get_absolute_url()}?template={template.pk}")

    assert page.context["form"].initial["text"] == (
        "Chào Vựa {product} {0.__class__}, HTX Của Tôi có Xoài Cát Chu, 2,5 tấn, tháng 4, 5."
    )


@pytest.mark.parametrize("key", ["999999", "x", "-1", "٣", "9" * 30])
def test_template_that_is_none_leaves_the_text_empty(key, client, enquiry, clerk):
    client.force_login(clerk)

    page = client.get(enquiry.get_absolute_url(), {"template": key})

    assert page.context["form"].initial["text"] == ""


def test_templates_are_made_changed_and_thrown_away(client, clerk, cooperative):
    client.force_login(clerk)
    listed = "/coop/enquiries/templates/"

    client.post(listed, {"title": "Còn hàng", "text": TEXT})
    template = AnswerTemplate.objects.get()
    taken = client.post(listed, {"title": "Còn hàng", "text": "x"})
    client.post(f"{listed}{template.pk}/", {"title": "Hết hàng", "text": "Hết rồi"})
    template.refresh_from_db()
    client.post(f"{listed}{template.pk}/", {"do": "delete"})

    assert taken.status_code == 422
    assert (template.title, template.text) == ("Hết hàng", "Hết rồi")
    assert not AnswerTemplate.objects.exists()


@pytest.mark.parametrize(
    ("text", "code"), [("Chào {ten}", "unknown_place"), ("{buyer.contact}", "unknown_place"), ("<b>x", "markup")]
)
def test_template_text_that_is_refused(text, code, client, clerk, cooperative):
    client.force_login(clerk)

    answer = client.post("/coop/enquiries/templates/", {"title": "A", "text": text})

    assert answer.status_code == 422
    assert "text" in answer.context["form"].errors
    assert not AnswerTemplate.objects.exists()


@pytest.mark.parametrize(("person", "status"), [("viewer", 404), ("neighbour_clerk", 404), ("officer", 404)])
def test_templates_of_others_are_not_there(person, status, request, client, cooperative, clerk):
    template = services.save_template(cooperative, title="Riêng", text="x", by=clerk)
    client.force_login(request.getfixturevalue(person))

    assert client.get(f"/coop/enquiries/templates/{template.pk}/").status_code == status
    assert client.post(f"/coop/enquiries/templates/{template.pk}/", {"do": "delete"}).status_code == status
    assert "Riêng" not in text_of(client.get("/coop/enquiries/templates/"))
    assert AnswerTemplate.objects.exists()


def test_at_most_fifty_templates(client, clerk, cooperative):
    AnswerTemplate.objects.bulk_create(
        AnswerTemplate(cooperative=cooperative, title=f"Mẫu {number}", text="x") for number in range(50)
    )
    client.force_login(clerk)

    assert client.post("/coop/enquiries/templates/", {"title": "Mới", "text": "x"}).status_code == 422
    assert AnswerTemplate.objects.count() == 50
