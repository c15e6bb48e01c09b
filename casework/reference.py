"""The clock of requests."""

from django.utils import timezone

from office.models import Schedule


def load() -> str:
    """Add the schedule that closes overdue returned requests; an administrator's changes stay."""
    Schedule.objects.get_or_create(kind="casework.lapse", defaults={"every_seconds": 86_400, "due_at": timezone.now()})
    return "casework: schedule of requests"
