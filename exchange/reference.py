"""The clock of the exchange."""

import datetime as dt

from office.reference import DAY, add_schedules

SNAPSHOTS_AT = dt.time(1, 30)  # local time: after the day that a dated snapshot is of


def load() -> str:
    """Add the schedules that are missing."""
    add_schedules({"exchange.drop_expired": DAY})
    add_schedules({"exchange.make_snapshots": DAY}, at=SNAPSHOTS_AT)
    return "exchange: 2 schedules"
