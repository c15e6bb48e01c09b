"""Timed work on enquiries: reminders after 3 and 7 days, the end after 14, what nobody confirmed; each told once."""

import datetime as dt
import threading

import pytest
from django.core import mail
from django.db import connections, transaction
from django.utils import timezone

from office.models import Message, Notice, OutboxMessage, Schedule
from products import services
from products.models import ContactCode, Enquiry, EnquiryStatus
from products.reference import load
from products.tasks import drop_unconfirmed, expire_enquiries, remind_enquiries
from tests.factories.products import make_enquiry

pytestmark = pytest.mark.django_db


def waits(enquiry, **age):
    Enquiry.objects.filter(pk=enquiry.pk).update(waiting_since=timezone.now() - dt.timedelta(**age))


def reminders(user):
    return list(Notice.objects.filter(user=user, kind="enquiry_waits").order_by("pk").values_list("text", flat=True))


def test_reminded_after_three_and_seven_days_once_each(enquiry, clerk, owner, viewer):
    told = []
    for days in (2, 3, 3, 5, 7, 8, 13):
        waits(enquiry, days=days, hours=1)
        told.append(remind_enquiries(None)["reminded"])

    assert told == [0, 1, 0, 0, 1, 0, 0]
    assert [text.split("đã ")[1].split(";")[0] for text in reminders(clerk)] == ["3 ngày", "7 ngày"]
    assert len(reminders(owner)) == 2
    assert reminders(viewer) == []


def test_a_reminder_goes_by_mail_too(enquiry, clerk, work_off):
    clerk.email = "nhan.vien@example.test"
    clerk.save()
    waits(enquiry, days=3, hours=1)

    remind_enquiries(None)

    work_off()
    assert Message.objects.filter(notice__kind="enquiry_waits", notice__user=clerk, status="sent").exists()
    (sent,) = [message for message in mail.outbox if message.to == ["nhan.vien@example.test"]][-1:]
    assert enquiry.get_absolute_url() in sent.body


def test_a_turn_that_was_missed_gives_one_reminder(enquiry, clerk):
    waits(enquiry, days=9)

    assert [remind_enquiries(None)["reminded"] for _turn in range(2)] == [1, 0]
    assert len(reminders(clerk)) == 1


def test_the_buyers_next_line_begins_the_count_again(enquiry, clerk):
    waits(enquiry, days=4)
    remind_enquiries(None)
    services.answer_enquiry(enquiry, text="Còn", by=clerk)
    assert remind_enquiries(None) == {"reminded": 0}
    services.write_back(enquiry, text="Giá sao?")
    waits(enquiry, days=3, hours=2)

    assert remind_enquiries(None) == {"reminded": 1}
    assert len(reminders(clerk)) == 2


@pytest.mark.parametrize("case", ["spam", "answered", "closed"])
def test_nobody_is_reminded_of(case, enquiry, clerk):
    waits(enquiry, days=4)
    if case == "spam":
        services.mark_spam(enquiry, is_spam=True, by=clerk)
    elif case == "answered":
        services.answer_enquiry(enquiry, text="Còn", by=clerk)
    else:
        services.close_enquiry(enquiry, by=clerk, reason="sold_out")

    assert remind_enquiries(None) == {"reminded": 0}


def test_the_end_is_told_to_the_buyer_once(enquiry, work_off):
    waits(enquiry, days=14, hours=1)

    ended = [expire_enquiries(None)["expired"] for _turn in range(2)]

    work_off()
    enquiry.refresh_from_db()
    assert ended == [1, 0]
    assert (enquiry.status, enquiry.waiting_since) == (EnquiryStatus.EXPIRED, None)
    assert enquiry.expired_at is not None
    told = [message for message in mail.outbox if "hết hạn" in message.subject]
    assert [message.to for message in told] == [["nguoi.mua@example.test"]]
    assert enquiry.token in told[0].body


def test_spam_ends_without_a_word(enquiry, clerk):
    services.mark_spam(enquiry, is_spam=True, by=clerk)
    waits(enquiry, days=15)
    OutboxMessage.objects.all().delete()

    assert expire_enquiries(None) == {"expired": 1}
    assert not OutboxMessage.objects.exists()


def test_what_nobody_confirmed_goes_after_a_day(cooperative, enquiry):
    old, young = (
        services.ask(cooperative, contact=f"{name}@example.test", buyer_name="A", message="B", has_consented=True)[0]
        for name in ("old", "young")
    )
    Enquiry.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(hours=25))
    Enquiry.objects.filter(pk=enquiry.pk).update(created_at=timezone.now() - dt.timedelta(days=40))
    ContactCode.objects.create(enquiry=enquiry, expires_at=timezone.now(), address_digest="x" * 64)
    ContactCode.objects.filter(enquiry=enquiry).update(sent_at=timezone.now() - dt.timedelta(hours=25))

    assert drop_unconfirmed(None) == {"dropped": 1}

    assert set(Enquiry.objects.all()) == {young, enquiry}
    assert list(ContactCode.objects.values_list("enquiry", flat=True)) == [young.pk]


def test_every_job_has_its_schedule(db):
    load()

    kinds = {"products.expire_enquiries", "products.remind_enquiries", "products.drop_unconfirmed"}
    assert set(Schedule.objects.filter(kind__startswith="products.").values_list("kind", flat=True)) >= kinds


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("work", "days", "kind"),
    [(remind_enquiries, 3, "enquiry_waits"), (expire_enquiries, 14, "")],
    ids=["reminders", "ends"],
)
def test_two_workers_at_once_tell_once(work, days, kind, cooperative, clerk):
    enquiries = [make_enquiry(cooperative, contact=f"nguoi{number}@example.test") for number in range(8)]
    for enquiry in enquiries:
        waits(enquiry, days=days, hours=1)
    before = OutboxMessage.objects.count()
    gate, done = threading.Barrier(2), []

    def turn():
        gate.wait(10)
        done.append(sum(work(None).values()))
        connections.close_all()

    threads = [threading.Thread(target=turn) for _worker in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sum(done) == 8
    if kind:
        assert Notice.objects.filter(user=clerk, kind=kind).count() == 8
    else:
        assert OutboxMessage.objects.count() - before == 8


@pytest.mark.django_db(transaction=True)
def test_an_enquiry_confirmed_while_the_cleaning_runs_stays(cooperative, settings):
    settings.DEMO = True
    enquiry, code = services.ask(cooperative, contact="a@example.test", buyer_name="A", message="B", has_consented=True)
    Enquiry.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    held, cleaned = threading.Event(), []

    def clean():
        held.wait(10)
        cleaned.append(drop_unconfirmed(None)["dropped"])
        connections.close_all()

    thread = threading.Thread(target=clean)
    thread.start()
    with transaction.atomic():
        services.confirm_enquiry(enquiry, code=code)
        held.set()
        thread.join(20)

    assert cleaned == [0]
    assert Enquiry.objects.get(pk=enquiry.pk).status == EnquiryStatus.SENT
