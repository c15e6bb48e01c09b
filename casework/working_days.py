"""Working days of the Vietnamese administration: Monday to Friday, without public holidays and their substitute days.

The calendar is that of the `holidays` library (Labour Code 45/2019/QH14 art. 112, with each year's decision on swapped
days); days that it lacks or that a province adds are written into EXTRA_DAYS_OFF.
"""

import datetime as dt
from functools import cache

import holidays

# Dated overrides, each with its legal act; empty as long as the library knows all.
EXTRA_DAYS_OFF: dict[dt.date, str] = {}


@cache
def _days_off(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("VN", years=year))


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on `day`."""
    return day.weekday() < 5 and day not in _days_off(day.year) and day not in EXTRA_DAYS_OFF


def add_working_days(start: dt.date, days: int) -> dt.date:
    """Return the last day of a term of `days` working days; the term starts on the day after `start`.

    Civil Code 91/2015/QH13 art. 147: the first day does not count. No days: `start` itself.
    """
    day = start
    while days > 0:
        day += dt.timedelta(days=1)
        if is_working_day(day):
            days -= 1
    return day


def working_days_until(due_on: dt.date, today: dt.date) -> int:
    """Return how many working days are left until `due_on` (0 on the day itself), negative when it is over."""
    if due_on < today:
        return -working_days_until(today, due_on)
    span = (due_on - today).days
    return sum(is_working_day(today + dt.timedelta(days=number)) for number in range(1, span + 1))
