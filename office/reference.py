"""The clock of every installation."""

import datetime as dt
from collections.abc import Mapping

from django.utils import timezone

from office.models import Schedule

DAY = 86_400
SCHEDULES = {"office.clean_up": DAY}


def load() -> str:
    """Add the schedules that are missing; an administrator's changes stay."""
    add_schedules(SCHEDULES)
    return f"office: {Schedule.objects.count()} schedules"


def add_schedules(kinds: Mapping[str, int], *, at: dt.time | None = None) -> int:
    """Add the schedules (kind -> seconds between turns) that are missing; return how many.

    The first turn is at once; with `at` (local time) the following daily turns keep to that hour of the day.
    """
    now = timezone.localtime()
    first = now if at is None else dt.datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    if first > now:
        first -= dt.timedelta(days=1)
    defaults = {"due_at": first}
    return sum(
        Schedule.objects.get_or_create(kind=kind, defaults={"every_seconds": seconds, **defaults})[1]
        for kind, seconds in kinds.items()
    )
