"""Timed work on enquiries. Each row is locked, checked again and moved in one transaction: no news is told twice."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.workflow import next_status
from products import notifications
from products.contacts import A_DAY
from products.models import ContactCode, Enquiry, EnquiryStatus
from products.workflow import ENQUIRY_TRANSITIONS

EXPIRES_AFTER_DAYS = 14
REMIND_AFTER_DAYS = (3, 7)


@transaction.atomic
def expire_enquiries(job: Any) -> dict[str, int]:
    """End enquiries whose last line the cooperative has not answered within 14 days, and tell their buyers."""
    now = timezone.now()
    waiting = Enquiry.objects.unanswered().filter(waiting_since__lte=now - dt.timedelta(days=EXPIRES_AFTER_DAYS))
    expired = 0
    for enquiry in waiting.select_for_update(of=("self",), skip_locked=True):
        enquiry.status = next_status(ENQUIRY_TRANSITIONS, "expire", enquiry.status)
        enquiry.waiting_since, enquiry.expired_at = None, now
        enquiry.save(update_fields=["status", "waiting_since", "expired_at"])
        if enquiry.spam_at is None:
            notifications.tell_buyer(enquiry, "expired")
        expired += 1
    return {"expired": expired}


@transaction.atomic
def remind_enquiries(job: Any) -> dict[str, int]:
    """Remind cooperatives of buyers who have waited 3 and 7 days; one reminder for a turn that was missed."""
    now = timezone.now()
    waiting = Enquiry.objects.unanswered().filter(
        spam_at=None,
        reminded__lt=len(REMIND_AFTER_DAYS),
        waiting_since__lte=now - dt.timedelta(days=REMIND_AFTER_DAYS[0]),
        waiting_since__gt=now - dt.timedelta(days=EXPIRES_AFTER_DAYS),
    )
    reminded = 0
    for enquiry in waiting.select_for_update(of=("self",), skip_locked=True):
        days = (now - enquiry.waiting_since).days
        due = sum(days >= threshold for threshold in REMIND_AFTER_DAYS)
        if due > enquiry.reminded:
            enquiry.reminded = due
            enquiry.save(update_fields=["reminded"])
            notifications.enquiry_waits(enquiry, days=days, days_left=EXPIRES_AFTER_DAYS - days)
            reminded += 1
    return {"reminded": reminded}


@transaction.atomic
def drop_unconfirmed(job: Any) -> dict[str, int]:
    """Delete enquiries that nobody confirmed within a day, and old codes with the digests of their addresses."""
    before = timezone.now() - A_DAY
    forgotten = Enquiry.objects.filter(status=EnquiryStatus.UNCONFIRMED, created_at__lt=before)
    held = [row.pk for row in forgotten.select_for_update(of=("self",), skip_locked=True).only("pk")]
    Enquiry.objects.filter(pk__in=held).delete()
    ContactCode.objects.filter(sent_at__lt=before).delete()
    return {"dropped": len(held)}
