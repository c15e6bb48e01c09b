"""When codes were visited, when they are due, and which come first."""

import datetime as dt

import pytest

from casework.models import Inspection
from casework.monitoring import with_monitoring
from codes.models import ProductionAreaCode

pytestmark = pytest.mark.django_db
ISSUED = dt.date(2026, 1, 31)


def visit(code, officer, day, **fields):
    return Inspection.objects.create(
        code=code, purpose="monitoring", inspector=officer, visited_on=day, result="pass", report="Đã xem", **fields
    )


def monitored(code, day):
    return with_monitoring(ProductionAreaCode.objects.all(), day).get(pk=code.pk)


@pytest.mark.parametrize(
    ("day", "is_due"), [(dt.date(2027, 1, 30), False), (dt.date(2027, 1, 31), True), (dt.date(2027, 3, 1), True)]
)
def test_the_first_visit_is_due_a_year_after_issue(code_factory, day, is_due):
    code = code_factory(issued_on=ISSUED)

    found = monitored(code, day)

    assert (found.last_visit_on, found.next_visit_on) == (None, dt.date(2027, 1, 31))
    assert found.is_monitoring_due is is_due


def test_months_end_with_the_month(code_factory, old_scheme):
    old_scheme.monitoring_months = 1
    old_scheme.save()

    assert monitored(code_factory(issued_on=ISSUED), ISSUED).next_visit_on == dt.date(2026, 2, 28)


def test_the_last_visit_until_that_day_counts(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, dt.date(2026, 5, 1))
    visit(code, officer, dt.date(2026, 9, 1))

    assert monitored(code, dt.date(2026, 8, 1)).last_visit_on == dt.date(2026, 5, 1)
    assert monitored(code, dt.date(2026, 9, 1)).next_visit_on == dt.date(2027, 9, 1)


def test_a_scheme_without_a_cycle_asks_for_no_visit(code_factory, old_scheme):
    old_scheme.monitoring_months = None
    old_scheme.save()

    found = monitored(code_factory(issued_on=ISSUED), dt.date(2040, 1, 1))

    assert (found.next_visit_on, found.is_monitoring_due) == (None, False)
