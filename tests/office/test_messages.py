"""Notices told once and in the reader's language; messages that leave at most once."""

import datetime as dt
import smtplib
import stat
import threading

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from office import services
from office.models import Message, MessagePreference, MessageStatus, Notice
from office.senders import FileSender, MailSender, PermanentFailure, TemporaryFailure, channels, sender_of
from office.sentences import Sentence
from office.services.messages import MAX_ATTEMPTS, STALE_CLAIM
from tests.office import senders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _senders(settings):
    settings.MESSAGE_SENDERS = {"sms": "tests.office.senders.Keeping"}
    senders.sent.clear()
    senders.troubles.clear()


@pytest.fixture
def by_sms(user_factory):
    """A user without a mail address who asked for SMS."""
    user = user_factory(phone="0912345678")
    services.choose_channels(user, by_sms=True)
    return user


def make_due() -> None:
    Message.objects.update(due_at=timezone.now())


# --- notices ---------------------------------------------------------------------------------------------------


def test_notice_goes_to_active_users_once_each(user_factory):
    one, gone = user_factory(), user_factory(is_active=False)

    notices = services.notify([one, one, gone], "test", "Có việc mới", "/coop/")

    assert [(notice.user, notice.url) for notice in notices] == [(one, "/coop/")]


def test_once_key_tells_each_user_once(user_factory):
    first, later = user_factory(email="a@example.invalid"), user_factory(email="b@example.invalid")

    told = [
        len(services.notify([first], "test", "Sắp hết hạn", once_key="code_expires:1:30")),
        len(services.notify([first, later], "test", "Sắp hết hạn", once_key="code_expires:1:30")),
        len(services.notify([first, later], "test", "Sắp hết hạn", once_key="code_expires:1:7")),
    ]

    assert told == [1, 1, 2]
    assert Message.objects.count() == 4


def test_without_a_key_the_same_news_may_come_again(outsider):
    services.notify(outsider, "test", "Có việc")

    services.notify(outsider, "test", "Có việc")

    assert Notice.objects.count() == 2


def test_each_reader_gets_the_own_language(outsider):
    with override("en"):  # the writer's language decides nothing
        [notice] = services.notify(outsider, "test", Sentence(_("Trạng thái"), {}))

    with override("vi"):
        in_vietnamese = notice.shown_text
    with override("en"):
        in_english = notice.shown_text

    assert (in_vietnamese, in_english) == ("Trạng thái", "Status")
    assert (notice.text, notice.text_en) == ("Trạng thái", "Status")


def test_sentence_puts_its_facts_into_words_too():
    sentence = Sentence("%(what)s: %(state)s", {"what": "VN-XXOR-0001", "state": _("Trạng thái")})

    with override("en"):
        told = str(sentence)

    assert told == "VN-XXOR-0001: Status"


def test_a_plain_string_is_stored_once(outsider):
    [notice] = services.notify(outsider, "test", "Xong\n việc")

    assert (notice.text, notice.text_en) == ("Xong việc", "")


# --- channels --------------------------------------------------------------------------------------------------


def test_mail_goes_to_whom_has_an_address(user_factory, mailoutbox):
    services.notify([user_factory(email="a@example.invalid"), user_factory()], "test", "Có việc mới", "/coop/")

    services.deliver_messages()

    assert [letter.to for letter in mailoutbox] == [["a@example.invalid"]]
    assert "/coop/" in mailoutbox[0].body
    message = Message.objects.get()
    assert (message.status, message.attempts, message.error) == ("sent", 1, "")
    assert message.provider_id == mailoutbox[0].extra_headers["Message-ID"]


def test_phone_is_silent_until_the_user_says_yes(user_factory):
    services.notify(user_factory(phone="0912345678"), "test", "Có việc mới")

    assert not Message.objects.exists()


def test_phone_message_is_the_sentence_with_its_link(by_sms, settings):
    settings.PUBLIC_URL = "https://vt.example"
    services.notify(by_sms, "test", "Có việc mới", "/coop/")

    services.deliver_messages()

    [(address, _subject, text)] = senders.sent
    assert (address, text) == ("0912345678", "Có việc mới https://vt.example/coop/")


def test_no_message_by_a_channel_without_sender(user_factory, settings):
    settings.MESSAGE_SENDERS = {"sms": ""}
    user = user_factory(phone="0912345678")
    services.choose_channels(user, by_sms=True, by_zalo=True)

    services.notify(user, "test", "Có việc mới")

    assert channels() == ["mail"]
    assert not Message.objects.exists()


def test_who_wants_no_mail_gets_none(user_factory):
    user = user_factory(email="a@example.invalid")
    services.choose_channels(user, by_mail=False)

    services.notify(user, "test", "Có việc mới")

    assert not Message.objects.exists()


def test_mail_speaks_the_language_the_user_chose(user_factory, mailoutbox):
    user = user_factory(email="a@example.invalid")
    services.choose_channels(user, language="en")
    services.notify(user, "test", _("Trạng thái"))

    services.deliver_messages()

    assert mailoutbox[0].subject == "Vùng Trồng: Status"


def test_line_breaks_do_not_reach_the_mail_head(user_factory, mailoutbox):
    services.notify(user_factory(email="a@example.invalid"), "test", "Một\r\nBcc: x@example.invalid")

    services.deliver_messages()

    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].bcc == []


def test_news_of_a_rolled_back_change_never_leaves(by_sms):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.notify(by_sms, "test", "Chưa chắc")
        raise ZeroDivisionError

    services.deliver_messages()

    assert senders.sent == []


# --- failures --------------------------------------------------------------------------------------------------


def test_temporary_failure_waits_longer_each_time_then_is_sent(by_sms):
    services.notify(by_sms, "test", "Có việc")
    senders.troubles[:] = [senders.temporary(), senders.temporary()]
    waits = []

    for _turn in range(2):
        services.deliver_messages()
        message = Message.objects.get()
        assert (message.status, senders.sent) == ("waiting", [])
        waits.append((message.due_at - timezone.now()).total_seconds())
        assert services.deliver_messages() == 0  # not before its time
        make_due()
    services.deliver_messages()

    message = Message.objects.get()
    assert 50 < waits[0] <= 60 < 110 < waits[1] <= 120
    assert (message.status, message.attempts, message.error, len(senders.sent)) == ("sent", 3, "", 1)


def test_temporary_failure_is_given_up_at_last(by_sms):
    services.notify(by_sms, "test", "Có việc")
    senders.troubles[:] = [senders.temporary() for _turn in range(MAX_ATTEMPTS + 1)]

    for _turn in range(MAX_ATTEMPTS + 1):
        services.deliver_messages()
        make_due()

    message = Message.objects.get()
    assert (message.status, message.attempts) == ("failed", MAX_ATTEMPTS)
    assert len(senders.troubles) == 1


def test_permanent_failure_is_not_tried_again(by_sms):
    services.notify(by_sms, "test", "Có việc")
    senders.troubles[:] = [senders.permanent()]
    services.deliver_messages()
    make_due()

    services.deliver_messages()

    message = Message.objects.get()
    assert (message.status, message.attempts, senders.sent) == ("failed", 1, [])
    assert "no such number" in message.error


def test_a_sender_that_breaks_leaves_an_unknown_message(by_sms, caplog):
    services.notify(by_sms, "test", "Có việc")
    senders.troubles[:] = [ConnectionResetError("after the text")]
    services.deliver_messages()
    make_due()

    services.deliver_messages()

    assert (Message.objects.get().status, senders.sent) == ("unknown", [])


def test_a_channel_in_trouble_holds_up_no_other_and_costs_one_attempt(by_sms, user_factory, mailoutbox):
    for number in range(3):
        services.notify(by_sms, "test", f"Việc {number}")
    services.notify(user_factory(email="a@example.invalid"), "test", "Thư")
    senders.troubles[:] = [senders.temporary()]

    left = services.deliver_messages()

    assert (left, len(mailoutbox), senders.sent) == (1, 1, [])
    assert services.deliver_messages() == 2  # the first one waits, its neighbours go on


def test_account_closed_meanwhile_gets_nothing(by_sms):
    services.notify(by_sms, "test", "Có việc")
    by_sms.is_active = False
    by_sms.save()

    services.deliver_messages()

    assert (Message.objects.get().status, senders.sent) == ("failed", [])


def test_process_that_died_after_the_claim_is_shown_and_not_sent_again(by_sms):
    services.notify(by_sms, "test", "Có việc")
    long_ago = timezone.now() - STALE_CLAIM - dt.timedelta(seconds=1)
    Message.objects.update(status=MessageStatus.SENDING, claimed_at=long_ago, attempts=1)

    found = [services.reap_claims(), services.reap_claims()]
    services.deliver_messages()

    assert found == [1, 0]
    assert (Message.objects.get().status, senders.sent) == ("unknown", [])


def test_a_fresh_claim_is_left_to_its_owner(by_sms):
    services.notify(by_sms, "test", "Có việc")
    Message.objects.update(status=MessageStatus.SENDING, claimed_at=timezone.now(), attempts=1)

    assert services.reap_claims() == 0
    assert services.deliver_messages() == 0


@pytest.mark.parametrize(("status", "again"), [("failed", 1), ("unknown", 1), ("waiting", 0), ("sent", 0)])
def test_only_given_up_messages_are_sent_again(by_sms, status, again):
    services.notify(by_sms, "test", "Có việc")
    sent_at = timezone.now() if status == "sent" else None
    later = timezone.now() + dt.timedelta(hours=1)
    Message.objects.update(status=status, sent_at=sent_at, attempts=9, due_at=later)

    taken = services.retry_messages(Message.objects.all())
    services.deliver_messages()

    assert (taken, len(senders.sent)) == (again, again)


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_message_once(by_sms):
    for number in range(40):
        services.notify(by_sms, "test", f"Việc {number}")
    counts: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            counts.append(services.deliver_messages())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    texts = [text for _address, _subject, text in senders.sent]
    assert sum(counts) == len(texts) == len(set(texts)) == 40
    assert set(Message.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
def test_the_same_news_told_at_the_same_moment_is_one_notice(by_sms):
    start = threading.Barrier(4)

    def tell() -> None:
        try:
            start.wait()
            services.notify(by_sms, "test", "Sắp hết hạn", once_key="k")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tell) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Notice.objects.count(), Message.objects.count()) == (1, 1)


# --- senders ---------------------------------------------------------------------------------------------------


def test_file_sender_writes_one_private_file_per_message(settings, tmp_path):
    settings.MESSAGES_DIR = tmp_path / "messages"

    names = {FileSender().send("0912345678", "Vùng Trồng: Việc", "Có việc mới") for _turn in range(2)}

    files = list(settings.MESSAGES_DIR.iterdir())
    assert {file.name for file in files} == names
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert files[0].read_text() == "0912345678\nVùng Trồng: Việc\n\nCó việc mới\n"


def test_file_sender_without_room_may_be_tried_again(settings, tmp_path):
    (tmp_path / "messages").write_text("a file, not a folder")
    settings.MESSAGES_DIR = tmp_path / "messages"

    with pytest.raises(TemporaryFailure):
        FileSender().send("0912345678", "x", "y")


def test_sender_taken_out_of_the_settings_ends_the_message(settings):
    settings.MESSAGE_SENDERS = {}

    with pytest.raises(PermanentFailure):
        sender_of("zalo")


class Unreachable(EmailBackend):
    def open(self) -> bool:
        raise ConnectionRefusedError("nobody listens")


class Refusing(EmailBackend):
    error: Exception = smtplib.SMTPException()

    def send_messages(self, messages: list) -> int:
        raise self.error


def test_mail_server_that_is_away_may_be_tried_again(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"

    with pytest.raises(TemporaryFailure, match="nobody listens"):
        MailSender().send("a@example.invalid", "x", "y")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no such box")}), PermanentFailure),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"try later")}), TemporaryFailure),
        (smtplib.SMTPDataError(451, b"local error"), TemporaryFailure),
        (smtplib.SMTPDataError(554, b"spam"), PermanentFailure),
        (smtplib.SMTPServerDisconnected("in the middle"), smtplib.SMTPServerDisconnected),
    ],
    ids=["no box", "box busy", "data later", "data refused", "cut off: nobody knows"],
)
def test_what_a_mail_server_says_decides(settings, monkeypatch, error, expected):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "error", error)

    with pytest.raises(expected):
        MailSender().send("a@example.invalid", "x", "y")


def test_preferences_of_one_who_never_chose(outsider):
    preference = services.preferences_of([outsider.pk])[outsider.pk]

    assert (preference.wants("mail"), preference.wants("sms"), preference.language) == (True, False, "vi")
    assert not MessagePreference.objects.exists()
    assert mail.outbox == []
