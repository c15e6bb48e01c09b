"""The clock of members' lists."""

from office.reference import DAY, add_schedules

SCHEDULES = {"cooperatives.clean_imports": DAY}


def load() -> str:
    """Add the schedules that are missing; an administrator's changes stay."""
    add_schedules(SCHEDULES)
    return "cooperatives: clock of lists"
