"""Timed work on enquiries."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.workflow import next_status
from products.models import Enquiry
from products.workflow import ENQUIRY_TRANSITIONS

EXPIRES_AFTER_DAYS = 14


def expire_enquiries(job: Any) -> dict[str, int]:
    """Mark enquiries as expired whose last line the cooperative has not answered within 14 days."""
    before = timezone.now() - dt.timedelta(days=EXPIRES_AFTER_DAYS)
    expired = 0
    with transaction.atomic():
        waiting = Enquiry.objects.unanswered().silent_since(before)
        for enquiry in waiting.select_for_update(of=("self",), skip_locked=True):
            enquiry.status = next_status(ENQUIRY_TRANSITIONS, "expire", enquiry.status)
            enquiry.waiting_since, enquiry.expired_at = None, timezone.now()
            enquiry.save(update_fields=["status", "waiting_since", "expired_at"])
            expired += 1
    return {"expired": expired}
