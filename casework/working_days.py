"""Working days of the Vietnamese administration: Monday to Friday, without public holidays and their substitute days,
with the Saturdays that are worked instead of a swapped day.

The calendar is that of the `holidays` library (Labour Code 45/2019/QH14 art. 112, with each year's decision on swapped
days). Rows of CalendarOverride, national or of one province and each with its legal act, win over it; a province's row
wins over the national one.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

import holidays

from casework.models import CalendarOverride
from places.models import AdministrativeUnit


@cache
def _days_off(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("VN", years=year))


@cache
def _worked_weekends(year: int) -> frozenset[dt.date]:
    return frozenset(day for day in holidays.country_holidays("VN", years=year).weekend_workdays if day.year == year)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked at one place; `overrides` says it of single days against the library's calendar."""

    overrides: dict[dt.date, bool] = field(default_factory=dict)

    def is_working_day(self, day: dt.date) -> bool:
        """Whether offices work on `day`."""
        known = self.overrides.get(day)
        if known is not None:
            return known
        if day.weekday() >= 5:
            return day in _worked_weekends(day.year)
        return day not in _days_off(day.year)

    def add(self, start: dt.date, days: int) -> dt.date:
        """Return the last day of a term of `days` working days; the term starts on the day after `start`.

        Civil Code 91/2015/QH13 art. 147: the first day does not count. No days: `start` itself.
        """
        day = start
        while days > 0:
            day += dt.timedelta(days=1)
            if self.is_working_day(day):
                days -= 1
        return day

    def days_until(self, due_on: dt.date, today: dt.date) -> int:
        """Return how many working days are left until `due_on` (0 on the day itself), negative when it is over."""
        if due_on < today:
            return -self.days_until(today, due_on)
        span = (due_on - today).days
        return sum(self.is_working_day(today + dt.timedelta(days=number)) for number in range(1, span + 1))


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of all places, read by one query: a list of requests needs no more."""

    rows: tuple[tuple[dt.date, int | None, bool], ...]  # day, province id or None, whether it is worked

    @classmethod
    def load(cls) -> "Calendars":
        """Read the overrides; there are a few for each year."""
        return cls(tuple(CalendarOverride.objects.values_list("day", "province", "is_working_day")))

    def of(self, unit: AdministrativeUnit | None) -> WorkCalendar:
        """Return the calendar at `unit`; None: the national one. The province is looked up only where one differs."""
        national = {day: works for day, province, works in self.rows if province is None}
        if unit is None or all(province is None for _day, province, _works in self.rows):
            return WorkCalendar(national)
        own = AdministrativeUnit.objects.province_of(unit).pk
        return WorkCalendar(national | {day: works for day, province, works in self.rows if province == own})


def calendar_of(unit: AdministrativeUnit | None = None) -> WorkCalendar:
    """Return the calendar that holds at `unit` (None: the national one), by one query."""
    return Calendars.load().of(unit)


def is_working_day(day: dt.date, unit: AdministrativeUnit | None = None) -> bool:
    """Whether offices at `unit` work on `day`."""
    return calendar_of(unit).is_working_day(day)


def add_working_days(start: dt.date, days: int, unit: AdministrativeUnit | None = None) -> dt.date:
    """Return the last day of a term at `unit`; see `WorkCalendar.add`."""
    return calendar_of(unit).add(start, days)


def working_days_until(due_on: dt.date, today: dt.date, unit: AdministrativeUnit | None = None) -> int:
    """Return the working days left at `unit`; for many rows take `Calendars.load()` once."""
    return calendar_of(unit).days_until(due_on, today)
