"""Timed work on codes; started by office schedules (see codes.reference)."""

from typing import Any

from django.utils import timezone

from codes import reminders


def tell_expiring(job: Any) -> dict[str, int]:
    """Remind the holders of codes that end soon."""
    return {"codes": reminders.tell_expiring(timezone.localdate())}
