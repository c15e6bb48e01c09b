"""Products, tiles and what is in them."""

from collections.abc import Callable
from datetime import date
from itertools import count
from math import asinh, pi, radians, tan
from typing import Any

import mapbox_vector_tile
import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from core.text import fold
from products.models import Offer, Product

_NUMBERS = count(1)
LON, LAT = 105.60, 10.45


def tile_at(z: int, lon: float = LON, lat: float = LAT) -> tuple[int, int, int]:
    """Return z, x, y of the tile that holds a place (Web Mercator formula, written anew so that it checks ours)."""
    side = 1 << z
    return z, int((lon + 180) / 360 * side), int((1 - asinh(tan(radians(lat))) / pi) / 2 * side)


def tile_url(layer: str, z: int, lon: float = LON, lat: float = LAT, query: str = "") -> str:
    z, x, y = tile_at(z, lon, lat)
    return f"/tiles/{layer}/{z}/{x}/{y}.mvt{query}"


def decode(content: bytes, *, y_coord_down: bool = False) -> dict[str, list[dict[str, Any]]]:
    """Return the features of every layer in a tile; `y_coord_down`: places as in the tile itself."""
    layers = mapbox_vector_tile.decode(content, default_options={"y_coord_down": y_coord_down}) if content else {}
    return {name: layer["features"] for name, layer in layers.items()}


@pytest.fixture
def features(client: Client) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """Return a function that asks for the tile of a layer at a place and gives its features by source layer."""

    def ask(layer: str, z: int, **fields: Any) -> dict[str, list[dict[str, Any]]]:
        response = client.get(tile_url(layer, z, **fields))
        assert response.status_code == 200, response.content
        return decode(response.content)

    return ask


def make_product(
    cooperative: Any, crop: Any = None, *, months: Any = (5,), volume_t: float = 20, **fields: Any
) -> Product:
    """Create a published product with an offer in force all year; `months=()` makes none."""
    number = next(_NUMBERS)
    fields.setdefault("kind", "crop" if crop else "processed")
    fields.setdefault("name_vi", f"Sản phẩm {number}")
    fields.setdefault("slug", f"san-pham-{number}")
    fields.setdefault("commune", cooperative.commune)
    fields.setdefault("location", Point(LON, LAT, srid=4326))
    product = Product.objects.create(cooperative=cooperative, crop=crop, search_key=fold(fields["name_vi"]), **fields)
    if months:
        Offer.objects.create(product=product, months=list(months), volume_t=volume_t, valid_from=date(2026, 1, 1))
    return product


@pytest.fixture
def product_factory(cooperative: Any, mango: Any) -> Callable[..., Product]:
    """Return `make_product` for `cooperative` and mango unless others are given."""

    def make(**fields: Any) -> Product:
        return make_product(fields.pop("cooperative", cooperative), fields.pop("crop", mango), **fields)

    return make
