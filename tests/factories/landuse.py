"""Factories of land-use layers and parcels."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest

from landuse.models import ClassScheme, LandUseClass, LandUseLayer, LandUseParcel, LayerKind
from places.models import AdministrativeUnit
from tests.shapes import square

_NUMBERS = count(1)
LandUseLayerFactory = Callable[..., LandUseLayer]
ParcelFactory = Callable[..., LandUseParcel]
CLASSES = {
    "LUC": ("Đất chuyên trồng lúa", "#f7e463", True),
    "CLN": ("Đất trồng cây lâu năm", "#c9a063", True),
    "ODT": ("Đất ở tại đô thị", "#dd6f62", False),
}


def make_class_scheme(**fields: Any) -> ClassScheme:
    """Create a list of three classes: LUC, CLN, ODT."""
    fields.setdefault("code", f"bo-ma-{next(_NUMBERS)}")
    fields.setdefault("name", f"Bộ mã {fields['code']}")
    fields.setdefault("legal_ref", "Thông tư thử")
    fields.setdefault("valid_from", date(2024, 8, 1))
    scheme = ClassScheme.objects.create(**fields)
    for code, (name, colour, is_agricultural) in CLASSES.items():
        LandUseClass.objects.create(
            scheme=scheme, code=code, name_vi=name, name_en=name, colour=colour, is_agricultural=is_agricultural
        )
    return scheme


def make_land_use_layer(unit: AdministrativeUnit, **fields: Any) -> LandUseLayer:
    """Create a public layer of present land use as of 1 January 2026."""
    number = next(_NUMBERS)
    fields.setdefault("slug", f"lop-{number}")
    fields.setdefault("kind", LayerKind.LAND_USE)
    fields.setdefault("name", f"Hiện trạng {number}")
    fields.setdefault("source", "Nguồn thử")
    fields.setdefault("legal_document", "Quyết định 12/QĐ-THỬ")
    fields.setdefault("as_of", date(2026, 1, 1))
    fields.setdefault("is_public", True)
    if "scheme" not in fields:
        fields["scheme"] = make_class_scheme()
    return LandUseLayer.objects.create(unit=unit, **fields)


def make_parcel(layer: LandUseLayer, code: str = "LUC", **fields: Any) -> LandUseParcel:
    """Create a parcel of a class; by default a square of 1 ha."""
    fields.setdefault("boundary", square(105.60, 10.45, side_m=100))
    land_use_class = LandUseClass.objects.get(scheme=layer.scheme, code=code)
    parcel = LandUseParcel.objects.create(layer=layer, land_use_class=land_use_class, **fields)
    parcel.refresh_from_db()
    return parcel


@pytest.fixture
def land_use_layer_factory(commune: AdministrativeUnit) -> LandUseLayerFactory:
    """Return `make_land_use_layer` for `commune` unless another unit is given."""
    return lambda **fields: make_land_use_layer(fields.pop("unit", commune), **fields)


@pytest.fixture
def land_use_layer(land_use_layer_factory: LandUseLayerFactory) -> LandUseLayer:
    """A public layer without parcels."""
    return land_use_layer_factory(slug="hien-trang-2026", name="Hiện trạng 2026")


@pytest.fixture
def parcel_factory(land_use_layer: LandUseLayer) -> ParcelFactory:
    """Return `make_parcel` for `land_use_layer` unless another is given."""
    return lambda code="LUC", **fields: make_parcel(fields.pop("layer", land_use_layer), code, **fields)
