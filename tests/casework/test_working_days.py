"""Deadlines in working days of the Vietnamese administration."""

import datetime as dt

import pytest

from casework.working_days import add_working_days, is_working_day, working_days_until


@pytest.mark.parametrize(
    ("case", "start", "days", "last"),
    [
        ("inside a week", dt.date(2026, 11, 2), 3, dt.date(2026, 11, 5)),
        ("over a weekend", dt.date(2026, 11, 6), 1, dt.date(2026, 11, 9)),
        ("over Tết", dt.date(2026, 2, 13), 1, dt.date(2026, 2, 23)),
        ("Hùng Kings' day on a Sunday moves to Monday", dt.date(2026, 4, 24), 1, dt.date(2026, 4, 28)),
        ("over the turn of the year", dt.date(2026, 12, 31), 1, dt.date(2027, 1, 4)),
        ("no days", dt.date(2026, 11, 7), 0, dt.date(2026, 11, 7)),
    ],
)
def test_terms(case, start, days, last):
    assert add_working_days(start, days) == last


def test_saturday_is_no_working_day():
    assert not is_working_day(dt.date(2026, 11, 7))


@pytest.mark.parametrize(
    ("due_on", "left"), [(dt.date(2026, 11, 2), 0), (dt.date(2026, 11, 9), 5), (dt.date(2026, 10, 30), -1)]
)
def test_days_left(due_on, left):
    assert working_days_until(due_on, dt.date(2026, 11, 2)) == left
