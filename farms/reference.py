"""The clock of imports."""

from office.reference import DAY, add_schedules

SCHEDULES = {"farms.clean_imports": DAY}


def load() -> str:
    """Add the schedules that are missing; an administrator's changes stay."""
    add_schedules(SCHEDULES)
    return "farms: clock of imports"
