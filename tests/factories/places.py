"""Factories of administrative units.

Codes are invented: provinces 90-99 and communes 90xxx upwards exist in no edition of the national table.
"""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon

from places import services
from places.models import AdministrativeUnit, SuccessionKind, UnitLevel, UnitSuccession
from tests.shapes import rectangle

_NUMBERS = count(1)
_TYPES = {
    UnitLevel.PROVINCE: "Tỉnh",
    UnitLevel.DISTRICT: "Huyện",
    UnitLevel.COMMUNE: "Xã",
    UnitLevel.HAMLET: "Ấp",
}
REFORM = date(2025, 7, 1)  # NQ 202/2025/QH15 in force
UnitFactory = Callable[..., AdministrativeUnit]


def commune_outline() -> MultiPolygon:
    """Return a box around Cao Lãnh, about 20 x 18 km: holds the plots of most tests."""
    return rectangle(105.55, 10.38, width_m=20_000, height_m=18_000)


def _free_code(level: UnitLevel) -> str:
    number = next(_NUMBERS)
    return {
        UnitLevel.PROVINCE: f"{900 + number}",
        UnitLevel.DISTRICT: f"{9_000 + number}",
        UnitLevel.COMMUNE: f"{90_000 + number}",
        UnitLevel.HAMLET: f"{9_000_000 + number}",
    }[level]


def make_unit(**fields: Any) -> AdministrativeUnit:
    """Create a unit (by default a commune without an outline) and the pieces of its boundary."""
    level = UnitLevel(fields.setdefault("level", UnitLevel.COMMUNE))
    fields.setdefault("code", _free_code(level))
    fields.setdefault("unit_type", _TYPES[level])
    fields.setdefault("name_vi", f"Thử {fields['code']}")
    fields.setdefault("valid_from", REFORM)
    fields.setdefault("source", "test")
    fields["search_key"] = AdministrativeUnit.search_key_of(fields["unit_type"], fields["name_vi"])
    unit = AdministrativeUnit.objects.create(**fields)
    if unit.boundary is not None:
        services.rebuild_pieces([unit.pk])
    return unit


def make_succession(predecessor: AdministrativeUnit, successor: AdministrativeUnit, **fields: Any) -> UnitSuccession:
    """Record that one unit went into another on the successor's first day."""
    fields.setdefault("kind", SuccessionKind.MERGE)
    fields.setdefault("on", successor.valid_from)
    return UnitSuccession.objects.create(predecessor=predecessor, successor=successor, **fields)


@pytest.fixture
def unit_factory(db: None) -> UnitFactory:
    """Return `make_unit`, with the database open."""
    return make_unit


@pytest.fixture
def province(unit_factory: UnitFactory) -> AdministrativeUnit:
    """An invented province in force."""
    return unit_factory(level=UnitLevel.PROVINCE, code="99", name_vi="Thử Nghiệm")


@pytest.fixture
def commune(province: AdministrativeUnit, unit_factory: UnitFactory) -> AdministrativeUnit:
    """A commune of `province` whose outline is `commune_outline()`."""
    return unit_factory(
        parent=province, code="99001", unit_type="Phường", name_vi="Cao Lãnh Thử", boundary=commune_outline()
    )
