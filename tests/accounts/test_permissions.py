"""Grants by role, unit and day."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from accounts.models import OfficerPost
from accounts.permissions import grants_of, holds, holds_at, roles_with, units_with
from accounts.roles import Role
from tests.people import make_officer, make_user

pytestmark = pytest.mark.django_db
GRANT = "codes.issue_code"
TODAY = localdate()


def test_grants_are_what_the_apps_declare():
    assert GRANT in grants_of(Role.OFFICER)
    assert GRANT not in grants_of(Role.PLANNER)
    assert roles_with(GRANT) == (Role.OFFICER,)
    assert roles_with("nobody.may_do_this") == ()


@pytest.mark.parametrize(
    ("person", "grant", "allowed"),
    [
        ("officer", GRANT, True),
        ("officer", "exchange.export_layers", True),
        ("planner", GRANT, False),
        ("planner", "farms.view_plot", True),
        ("clerk", "farms.view_plot", False),
        ("outsider", "farms.view_plot", False),
        ("anonymous", "farms.view_plot", False),
    ],
)
def test_who_holds_what(request, person, grant, allowed):
    assert holds(request.getfixturevalue(person), grant) is allowed


def test_a_post_counts_at_its_unit_and_below_not_beside_or_above(province, commune, unit_factory):
    hamlet = unit_factory(parent=commune, level="hamlet")
    beside = unit_factory(parent=province)
    user = make_officer(commune)

    allowed = {unit.pk: holds_at(user, GRANT, unit) for unit in (province, commune, hamlet, beside)}

    assert allowed == {province.pk: False, commune.pk: True, hamlet.pk: True, beside.pk: False}
    assert set(units_with(user, GRANT)) == {commune, hamlet}


@pytest.mark.parametrize(
    ("case", "start", "end", "allowed"),
    [
        ("since today", 0, None, True),
        ("from tomorrow", 1, None, False),
        ("until tomorrow, not included", -9, 1, True),
        ("until today, not included", -9, 0, False),
    ],
)
def test_a_post_counts_on_its_days(case, start, end, allowed, commune):
    user = make_user()
    OfficerPost.objects.create(
        user=user,
        role=Role.OFFICER,
        unit=commune,
        valid_from=localdate() + timedelta(days=start),
        valid_to=None if end is None else localdate() + timedelta(days=end),
    )

    assert holds(user, GRANT) is allowed
    assert holds_at(user, GRANT, commune) is allowed


def test_a_disabled_user_holds_nothing(officer, commune):
    officer.is_active = False

    assert not holds(officer, GRANT)
    assert not holds_at(officer, GRANT, commune)
    assert not units_with(officer, GRANT).exists()


def test_a_superuser_without_a_post_decides_nothing(commune):
    assert not holds_at(make_user(is_superuser=True, is_staff=True), GRANT, commune)


def test_several_posts_add_up(province, commune, unit_factory):
    beside = unit_factory(parent=province)
    user = make_officer(commune)
    OfficerPost.objects.create(user=user, role=Role.OFFICER, unit=beside, valid_from=date(2025, 7, 1))

    assert set(units_with(user, GRANT)) == {commune, beside}


def test_post_that_the_database_refuses(commune, outsider):
    with pytest.raises(IntegrityError, match="post_dates_in_order"), transaction.atomic():
        OfficerPost.objects.create(user=outsider, role=Role.OFFICER, unit=commune, valid_from=TODAY, valid_to=TODAY)
