"""Users by role: clerk, owner, helper, viewer work for `cooperative`; others hold posts at `province` or none."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import OfficerPost, User
from accounts.roles import Role
from cooperatives.models import Cooperative, MemberRole
from places.models import AdministrativeUnit
from tests.factories.cooperatives import make_membership

_NUMBERS = count(1)
UserFactory = Callable[..., User]


def make_user(**fields: Any) -> User:
    """Create a user who cannot sign in by password (tests use `client.force_login`)."""
    number = next(_NUMBERS)
    fields.setdefault("username", f"user{number}")
    fields.setdefault("full_name", f"Người Dùng {number}")
    user = User(**fields)
    user.set_unusable_password()
    user.save()
    return user


def make_officer(unit: AdministrativeUnit, role: str = Role.OFFICER, **fields: Any) -> User:
    """Create a user with a post at `unit` since 1 July 2025."""
    user = make_user(**fields)
    OfficerPost.objects.create(user=user, role=role, unit=unit, valid_from=date(2025, 7, 1))
    return user


def _worker(cooperative: Cooperative, role: MemberRole) -> User:
    user = make_user(username=role.value, full_name=f"Người {role.value}")
    make_membership(cooperative, user, role)
    return user


@pytest.fixture(autouse=True)
def officers_without_second_factor(settings: Any) -> None:
    """Officers come in as in a demonstration; tests/accounts/test_second_factor.py asks for the second factor."""
    settings.OFFICERS_NEED_MFA = False


@pytest.fixture
def user_factory(db: None) -> UserFactory:
    """Return `make_user`, with the database open."""
    return make_user


@pytest.fixture
def officer_factory(db: None) -> UserFactory:
    """Return `make_officer`, with the database open."""
    return make_officer


@pytest.fixture
def clerk(cooperative: Cooperative) -> User:
    return _worker(cooperative, MemberRole.CLERK)


@pytest.fixture
def owner(cooperative: Cooperative) -> User:
    return _worker(cooperative, MemberRole.OWNER)


@pytest.fixture
def helper(cooperative: Cooperative) -> User:
    return _worker(cooperative, MemberRole.HELPER)


@pytest.fixture
def viewer(cooperative: Cooperative) -> User:
    return _worker(cooperative, MemberRole.VIEWER)


@pytest.fixture
def neighbour_clerk(neighbour: Cooperative) -> User:
    """Clerk of the other cooperative."""
    user = make_user(username="neighbour-clerk")
    make_membership(neighbour, user, MemberRole.CLERK)
    return user


@pytest.fixture
def officer(commune: AdministrativeUnit) -> User:
    """Agriculture officer of `commune`."""
    return make_officer(commune, Role.OFFICER, username="officer")


@pytest.fixture
def foreign_officer(province: AdministrativeUnit, unit_factory: Callable[..., AdministrativeUnit]) -> User:
    """Agriculture officer of another commune of the province."""
    return make_officer(unit_factory(parent=province, code="99002"), Role.OFFICER, username="foreign-officer")


@pytest.fixture
def planner(province: AdministrativeUnit) -> User:
    return make_officer(province, Role.PLANNER, username="planner")


@pytest.fixture
def administrator(province: AdministrativeUnit) -> User:
    """Administrator who may also use the administration pages."""
    return make_officer(province, Role.ADMINISTRATOR, username="administrator", is_staff=True, is_superuser=True)


@pytest.fixture
def outsider(db: None) -> User:
    """Signed in, belongs to nothing."""
    return make_user(username="outsider")


@pytest.fixture
def anonymous() -> AnonymousUser:
    return AnonymousUser()
