"""The clock of every installation."""

from django.utils import timezone

from office.models import Schedule

SCHEDULES = {"office.clean_up": 86_400}


def load() -> str:
    """Add the schedules that are missing; an administrator's changes stay."""
    for kind, every_seconds in SCHEDULES.items():
        Schedule.objects.get_or_create(kind=kind, defaults={"every_seconds": every_seconds, "due_at": timezone.now()})
    return f"office: {Schedule.objects.count()} schedules"
