"""Factories of cooperatives, memberships and growers."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest

from cooperatives.models import (
    Certificate,
    CertificateKind,
    Cooperative,
    CooperativeStatus,
    Grower,
    MemberRole,
    Membership,
)
from core.text import fold
from places.models import AdministrativeUnit
from tests.factories.people import make_person

_NUMBERS = count(1)
CooperativeFactory = Callable[..., Cooperative]
GrowerFactory = Callable[..., Grower]
CertificateFactory = Callable[..., Certificate]


def make_cooperative(commune: AdministrativeUnit, **fields: Any) -> Cooperative:
    """Create a verified cooperative seated in `commune`."""
    number = next(_NUMBERS)
    fields.setdefault("slug", f"hop-tac-xa-thu-{number}")
    fields.setdefault("name", f"Hợp tác xã Thử {number}")
    fields.setdefault("short_name", f"HTX Thử {number}")
    fields.setdefault("status", CooperativeStatus.VERIFIED)
    fields["search_key"] = fold(f"{fields['name']} {fields['short_name']}")
    return Cooperative.objects.create(commune=commune, **fields)


def make_membership(cooperative: Cooperative, user: Any, role: str = MemberRole.CLERK) -> Membership:
    """Let a user work for a cooperative."""
    return Membership.objects.create(cooperative=cooperative, user=user, role=role)


def make_grower(cooperative: Cooperative, **fields: Any) -> Grower:
    """Create a grower of a cooperative; `person` is made when not given."""
    fields.setdefault("number", f"{next(_NUMBERS):04d}")
    fields.setdefault("person", None)
    if fields["person"] is None:
        fields["person"] = make_person()
    return Grower.objects.create(cooperative=cooperative, **fields)


def make_certificate(cooperative: Cooperative, **fields: Any) -> Certificate:
    """Create a declared VietGAP certificate valid through 2026 and 2027."""
    fields.setdefault("kind", CertificateKind.VIETGAP)
    fields.setdefault("number", f"VG-{next(_NUMBERS)}")
    fields.setdefault("issuer", "Tổ chức thử")
    fields.setdefault("issued_on", date(2026, 1, 1))
    fields.setdefault("valid_until", date(2027, 12, 31))
    return Certificate.objects.create(cooperative=cooperative, **fields)


@pytest.fixture
def cooperative_factory(commune: AdministrativeUnit) -> CooperativeFactory:
    """Return `make_cooperative` with the commune `commune` unless another is given."""
    return lambda **fields: make_cooperative(fields.pop("commune", commune), **fields)


@pytest.fixture
def grower_factory(cooperative: Cooperative) -> GrowerFactory:
    """Return `make_grower` for `cooperative` unless another is given."""
    return lambda **fields: make_grower(fields.pop("cooperative", cooperative), **fields)


@pytest.fixture
def certificate_factory(cooperative: Cooperative) -> CertificateFactory:
    """Return `make_certificate` for `cooperative` unless another is given."""
    return lambda **fields: make_certificate(fields.pop("cooperative", cooperative), **fields)


@pytest.fixture
def cooperative(cooperative_factory: CooperativeFactory) -> Cooperative:
    """The cooperative for which clerk, owner, helper and viewer work."""
    return cooperative_factory(slug="htx-cua-toi", name="Hợp tác xã Của Tôi", short_name="HTX Của Tôi")


@pytest.fixture
def neighbour(cooperative_factory: CooperativeFactory) -> Cooperative:
    """Another cooperative of the same commune."""
    return cooperative_factory(slug="htx-lang-gieng", name="Hợp tác xã Láng Giềng", short_name="HTX Láng Giềng")


@pytest.fixture
def grower(grower_factory: GrowerFactory) -> Grower:
    """A grower of `cooperative`."""
    return grower_factory()
