"""Deadlines in working days of the Vietnamese administration: Tết, substitute and swapped days, dated overrides."""

import datetime as dt

import pytest

from casework.deadlines import due_on
from casework.models import CalendarOverride
from casework.working_days import Calendars, WorkCalendar, add_working_days, is_working_day, working_days_until
from codes.models import DeadlineStep
from core.errors import RuleViolated
from tests.factories.codes import make_deadline, make_scheme

CALENDAR = WorkCalendar()


@pytest.mark.parametrize(
    ("case", "start", "days", "last"),
    [
        ("inside a week", dt.date(2026, 11, 2), 3, dt.date(2026, 11, 5)),
        ("over a weekend", dt.date(2026, 11, 6), 1, dt.date(2026, 11, 9)),
        ("over Tết", dt.date(2026, 2, 13), 1, dt.date(2026, 2, 23)),
        ("a term of ten days begun before Tết", dt.date(2026, 2, 12), 10, dt.date(2026, 3, 5)),
        ("Tết of another year", dt.date(2025, 1, 24), 1, dt.date(2025, 2, 3)),
        ("Hùng Kings' day on a Sunday moves to Monday", dt.date(2026, 4, 24), 1, dt.date(2026, 4, 28)),
        ("over the turn of the year", dt.date(2026, 12, 31), 1, dt.date(2027, 1, 4)),
        ("a Monday swapped for a Saturday", dt.date(2026, 8, 28), 1, dt.date(2026, 9, 3)),
        ("the Saturday that is worked instead", dt.date(2026, 8, 21), 1, dt.date(2026, 8, 22)),
        ("no days", dt.date(2026, 11, 7), 0, dt.date(2026, 11, 7)),
    ],
)
def test_terms(case, start, days, last):
    assert CALENDAR.add(start, days) == last


def test_saturday_is_no_working_day():
    assert not CALENDAR.is_working_day(dt.date(2026, 11, 7))


@pytest.mark.parametrize(
    ("due", "left"), [(dt.date(2026, 11, 2), 0), (dt.date(2026, 11, 9), 5), (dt.date(2026, 10, 30), -1)]
)
def test_days_left(due, left):
    assert CALENDAR.days_until(due, dt.date(2026, 11, 2)) == left


def override(day, works, province=None):
    return CalendarOverride.objects.create(
        day=day, is_working_day=works, province=province, name="Ngày thử", legal_ref="Công văn thử"
    )


@pytest.mark.django_db
def test_a_national_override_makes_days_off_and_working_saturdays(commune):
    override(dt.date(2026, 11, 9), False)
    override(dt.date(2026, 11, 14), True)

    assert add_working_days(dt.date(2026, 11, 6), 1) == dt.date(2026, 11, 10)
    assert add_working_days(dt.date(2026, 11, 13), 1, commune) == dt.date(2026, 11, 14)
    assert working_days_until(dt.date(2026, 11, 16), dt.date(2026, 11, 6)) == 6


@pytest.mark.django_db
def test_an_override_can_take_back_a_day_that_the_library_knows():
    override(dt.date(2026, 2, 20), True)

    assert add_working_days(dt.date(2026, 2, 13), 1) == dt.date(2026, 2, 20)


@pytest.mark.django_db
def test_a_province_has_days_of_its_own_and_they_win(province, commune, unit_factory):
    elsewhere = unit_factory(level="province")
    override(dt.date(2026, 11, 10), False, province)
    override(dt.date(2026, 11, 11), False)
    override(dt.date(2026, 11, 11), True, province)

    assert not is_working_day(dt.date(2026, 11, 10), commune)
    assert is_working_day(dt.date(2026, 11, 10), elsewhere)
    assert is_working_day(dt.date(2026, 11, 11), commune)
    assert not is_working_day(dt.date(2026, 11, 11), elsewhere)
    assert not is_working_day(dt.date(2026, 11, 11))


@pytest.mark.django_db
def test_a_long_term_costs_one_query(commune, django_assert_num_queries):
    override(dt.date(2026, 11, 10), False)

    with django_assert_num_queries(1):
        add_working_days(dt.date(2026, 1, 1), 250, commune)
    with django_assert_num_queries(1):
        calendars = Calendars.load()
        for number in range(50):
            calendars.of(commune).days_until(dt.date(2026, 12, 1), dt.date(2026, 11, number % 28 + 1))


@pytest.mark.django_db
def test_a_deadline_follows_the_calendar_of_the_place(province, commune):
    scheme = make_scheme()
    override(dt.date(2026, 11, 3), False, province)
    start = dt.date(2026, 11, 2)

    assert due_on(scheme, DeadlineStep.OPINION, start=start) == dt.date(2026, 11, 9)
    assert due_on(scheme, DeadlineStep.OPINION, start=start, unit=commune) == dt.date(2026, 11, 10)
    scheme.province = province
    assert due_on(scheme, DeadlineStep.OPINION, start=start) == dt.date(2026, 11, 10)


@pytest.mark.django_db
def test_the_row_in_force_on_the_first_day_decides():
    scheme = make_scheme()
    scheme.deadlines.filter(step="decision").update(valid_to=dt.date(2026, 8, 1))
    make_deadline(scheme, step="decision", days=3, valid_from=dt.date(2026, 8, 1))

    assert due_on(scheme, DeadlineStep.DECISION, start=dt.date(2026, 7, 31)) == dt.date(2026, 8, 14)
    assert due_on(scheme, DeadlineStep.DECISION, start=dt.date(2026, 8, 3)) == dt.date(2026, 8, 6)


@pytest.mark.django_db
def test_a_term_that_is_missing_is_named():
    scheme = make_scheme()
    scheme.deadlines.filter(step="reply").delete()

    with pytest.raises(RuleViolated) as caught:
        due_on(scheme, DeadlineStep.REPLY, start=dt.date(2026, 8, 3))

    assert caught.value.code == "deadline_missing"
    assert scheme.name in str(caught.value.detail)
