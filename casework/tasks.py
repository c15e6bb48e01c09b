"""Timed work on requests."""

from typing import Any

from django.utils import timezone

from casework import reminders
from casework.services.alerts import recheck_codes as recheck
from casework.services.office import lapse_requests
from office.services import tell_progress


def lapse(job: Any) -> dict[str, int]:
    """Close returned requests whose term is over."""
    return {"lapsed": lapse_requests()}


def remind(job: Any) -> dict[str, int]:
    """Tell everybody concerned what falls due, each thing once."""
    today = timezone.localdate()
    return {
        "office": reminders.tell_office(today),
        "cooperatives": reminders.tell_cooperatives(today),
        "opinions": reminders.tell_overdue_opinions(today),
    }


def recheck_codes(job: Any) -> dict[str, int]:
    """Ask the rules again for every active code; alerts are opened and closed, no status changes."""
    return recheck(progress=lambda percent, step: tell_progress(job, percent, step))
