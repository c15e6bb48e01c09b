"""The map of the printed page: a drawing by PostGIS, sharp on paper, without script and without a picture service."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import Count
from django.utils.timezone import localdate

from core.replicas import connection
from maps import print_sql
from maps.tiles import NOBODY
from products.layers import PRODUCTS

WIDTH, HEIGHT = 900, 560  # units of the drawing; at most this
SMALLEST, LARGEST = 9.0, 30.0  # radii
MOST_NAMES = 40  # more names would lie on one another; the list says them all


@dataclass(frozen=True, slots=True)
class Circle:
    """A commune with products: its place and size in the drawing, how many, and its name ("" where too many stand)."""

    x: float
    y: float
    radius: float
    count: int
    name: str

    @property
    def label_y(self) -> float:
        """Where the name stands: below the circle."""
        return self.y + self.radius + 11


@dataclass(frozen=True, slots=True)
class Drawing:
    """Outlines as SVG paths in a frame of `width` by `height`, and a circle for each commune."""

    width: float
    height: float
    communes: list[str]
    provinces: list[str]
    circles: list[Circle]


def product_drawing(params: Mapping[str, Any]) -> Drawing | None:
    """Return the drawing of the products that match `params`; None where nothing can be placed. Two queries."""
    rows = PRODUCTS.filtered(NOBODY, params).order_by().values_list("commune").annotate(n=Count("pk"))
    counted = dict(rows)
    values: dict[str, Any] = {
        "communes": list(counted), "products": list(counted.values()), "width": WIDTH, "height": HEIGHT,
        "day": localdate(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(print_sql.DRAWING, values)
        width, height, outlines, places = cursor.fetchone()
    if width is None:
        return None
    outlines, places = _read(outlines), _read(places)
    most = max((place[2] for place in places), default=1)
    return Drawing(
        round(width, 1),
        round(height, 1),
        [path for level, path in outlines if level == "commune"],
        [path for level, path in outlines if level == "province"],
        [
            Circle(
                round(x, 1),
                round(y, 1),
                round(max(SMALLEST, LARGEST * sqrt(count / most)), 1),
                count,
                name if len(places) <= MOST_NAMES else "",
            )
            for x, y, count, name in places
        ],
    )


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
