"""The clock of requests."""

import datetime as dt

from office.reference import DAY, add_schedules

MORNING = dt.time(6, 0)  # news of the day is there when offices open


def load() -> str:
    """Add the schedules that are missing: lapse of returned requests, reminders; an administrator's changes stay."""
    made = add_schedules({"casework.lapse": DAY}) + add_schedules({"casework.remind": DAY}, at=MORNING)
    return f"casework: {made} schedules added"
