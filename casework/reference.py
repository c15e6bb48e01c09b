"""The clock of requests."""

import datetime as dt

from office.reference import DAY, add_schedules

MORNING = dt.time(6, 0)  # news of the day is there when offices open
NIGHT = dt.time(2, 0)  # nobody waits for the database then


def load() -> str:
    """Add the schedules that are missing (lapse, reminders, checks); what an administrator changed stays."""
    made = add_schedules({"casework.lapse": DAY}) + add_schedules({"casework.remind": DAY}, at=MORNING)
    made += add_schedules({"casework.recheck_codes": DAY}, at=NIGHT)
    return f"casework: {made} schedules added"
