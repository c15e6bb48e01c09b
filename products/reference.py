"""The clock of enquiries."""

from django.utils import timezone

from office.models import Schedule


def load() -> str:
    """Add the schedule that expires unanswered enquiries; an administrator's changes stay."""
    Schedule.objects.get_or_create(
        kind="products.expire_enquiries", defaults={"every_seconds": 86_400, "due_at": timezone.now()}
    )
    return "products: schedule of enquiries"
