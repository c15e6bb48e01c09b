"""Factories of crops and varieties."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from core.text import fold
from crops.models import Crop, CropGroup, Variety

_NUMBERS = count(1)
CropFactory = Callable[..., Crop]
VarietyFactory = Callable[..., Variety]


def make_crop(**fields: Any) -> Crop:
    """Create a fruit crop; slug, short code and names are made up unless given."""
    number = next(_NUMBERS)
    fields.setdefault("slug", f"cay-thu-{number}")
    fields.setdefault("short_code", f"CT{number}")
    fields.setdefault("name_vi", f"Cây thử {number}")
    fields.setdefault("name_en", f"Test crop {number}")
    fields.setdefault("group", CropGroup.FRUIT)
    fields.setdefault("colour", "#f0ac2b")
    fields["search_key"] = fold(f"{fields['name_vi']} {fields['name_en']}")
    crop, _created = Crop.objects.get_or_create(slug=fields.pop("slug"), defaults=fields)
    return crop


def make_variety(crop: Crop, **fields: Any) -> Variety:
    """Create a variety of a crop."""
    number = next(_NUMBERS)
    fields.setdefault("slug", f"giong-thu-{number}")
    fields.setdefault("name_vi", f"Giống thử {number}")
    variety, _created = Variety.objects.get_or_create(slug=fields.pop("slug"), defaults={"crop": crop, **fields})
    return variety


@pytest.fixture
def crop_factory(db: None) -> CropFactory:
    """Return `make_crop`, with the database open."""
    return make_crop


@pytest.fixture
def variety_factory(db: None) -> VarietyFactory:
    """Return `make_variety`, with the database open."""
    return make_variety


@pytest.fixture
def mango(crop_factory: CropFactory) -> Crop:
    """Xoài."""
    return crop_factory(slug="xoai", short_code="XOAI", name_vi="Xoài", name_en="Mango")


@pytest.fixture
def longan(crop_factory: CropFactory) -> Crop:
    """Nhãn."""
    return crop_factory(slug="nhan", short_code="NHAN", name_vi="Nhãn", name_en="Longan")


@pytest.fixture
def cat_chu(mango: Crop) -> Variety:
    """Xoài Cát Chu."""
    return make_variety(mango, slug="xoai-cat-chu", name_vi="Cát Chu")
