"""Outlines as an SVG drawn by the server: a preview for browsers without a map."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

SIZE = 400  # of the drawing's longer side, in its own units


@dataclass(frozen=True, slots=True)
class Outline:
    """One shape of the drawing: SVG path data, a class for its look, and where its name stands."""

    path: str
    look: str
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template draws; `width` and `height` are the view box."""

    width: float
    height: float
    outlines: tuple[Outline, ...]


def drawing_of(shapes: Iterable[tuple[GEOSGeometry, str, str]], *, around: GEOSGeometry) -> Drawing:
    """Draw (shape, look, name) in EPSG:4326 as seen from above, fitted to `around` with a margin of a fifth."""
    west, south, east, north = around.extent
    margin = max((east - west) * 0.2, (north - south) * 0.2, 0.0002)
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    squeeze = cos(radians((south + north) / 2))
    scale = SIZE / max((east - west) * squeeze, north - south)

    def place(position: tuple[float, ...]) -> tuple[float, float]:
        return round((position[0] - west) * squeeze * scale, 2), round((north - position[1]) * scale, 2)

    outlines = []
    for shape, look, name in shapes:
        parts = shape if isinstance(shape, MultiPolygon) else [shape]
        rings = [ring for part in parts for ring in part]  # type: ignore[attr-defined]
        path = " ".join("M" + " L".join(f"{x} {y}" for x, y in map(place, ring.coords[:-1])) + " Z" for ring in rings)
        x, y = place(shape.point_on_surface.coords)
        outlines.append(Outline(path, look, name, x, y))
    return Drawing(round((east - west) * squeeze * scale, 2), round((north - south) * scale, 2), tuple(outlines))
