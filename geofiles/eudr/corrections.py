"""A file put right where that changes no ground: closed, rounded, without repetitions, holes cut open, names as asked.

What can't be put right without knowing the ground is left out and named.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geofiles import geometry as shapes_of
from geofiles.eudr import rules
from geofiles.eudr.checks import mended, renamed
from geofiles.eudr.reading import Item, NotRead, geometries, items, parse
from geofiles.eudr.shapes import closed, is_in_range, is_swapped, polygon_of, read_positions, rounded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_M2_PER_SQUARE_DEGREE = 1.2e10
_OPENING, _CLOSING = b'{"type":"FeatureCollection","features":[\n', b"\n]}\n"


def correct(raw: bytes) -> tuple[list[bytes], list[int]]:
    """Return the corrected file in parts of at most 25 MB each, and the numbers (from 1) of features left out.

    A polygon with holes becomes several features of the same properties. Raises NotRead; no parts where nothing is
    left.
    """
    document = parse(raw)
    declared = document.get("crs")
    name = declared.get("properties", {}).get("name") if isinstance(declared, dict) else None
    if name is not None and not rules.WGS84_NAMES.fullmatch(str(name).strip()):
        raise NotRead("other_crs", crs=str(name)[:80])
    parts, left_out, number = Parts(), [], 0
    for item in items(document):
        number += 1
        shapes = [] if isinstance(item, tuple) else _shapes(item)
        if isinstance(item, tuple) or not shapes:
            left_out.append(number)
            continue
        for piece, shape in enumerate(shapes, start=1):
            parts.add(_feature(item, shape, f"-{piece}" if len(shapes) > 1 else ""))
    return parts.files(), left_out


class Parts:
    """Features gathered into files below the limit."""

    def __init__(self, limit: int = rules.MAX_BYTES) -> None:
        self.limit, self.done, self.open = limit, list[bytes](), bytearray()

    def add(self, feature: bytes) -> None:
        """Add a feature, in a new file where the one begun is full."""
        if self.open and len(self.open) + len(feature) + len(_CLOSING) + 2 > self.limit:
            self._close()
        self.open += (b",\n" if self.open else _OPENING) + feature

    def files(self) -> list[bytes]:
        """Return the files, the last one closed."""
        if self.open:
            self._close()
        return self.done

    def _close(self) -> None:
        self.done.append(bytes(self.open) + _CLOSING)
        self.open = bytearray()


def _feature(item: Item, shape: Any, suffix: str) -> bytes:
    import shapely

    feature: dict[str, Any] = {"type": "Feature"}
    if item.name:
        feature["id"] = item.name + suffix
    feature["geometry"] = json.loads(shapely.to_geojson(shape))
    feature["properties"] = _properties(item, is_point=shape.geom_type in rules.POINTS)
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _properties(item: Item, *, is_point: bool) -> dict[str, Any]:
    found = item.properties if isinstance(item.properties, dict) else {}
    kept = {}
    for name, value in found.items():
        known = renamed(name, found) or name
        if known == rules.AREA and not is_point:
            continue
        kept[known] = value
    return kept


def _shapes(item: Item) -> list[Any]:
    """Return the feature's geometries put right; none where one of them or its properties can't be."""
    properties = {} if item.properties is None else item.properties
    if not isinstance(properties, dict) or item.geometry is None:
        return []
    for name in (rules.NAME, rules.PLACE, rules.COUNTRY_CODE):
        if not isinstance(properties.get(name, ""), str | None):
            return []
    if not rules.COUNTRY_PATTERN.fullmatch(properties.get(rules.COUNTRY_CODE) or rules.COUNTRY):
        return []
    shapes: list[Any] = []
    for geometry, _pointer in geometries(item.geometry, ""):
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        one: list[Any] = []
        if kind in rules.POINTS:
            one = _points(geometry, properties.get(rules.AREA))
        elif kind in rules.POLYGONS:
            one = _polygons(geometry)
        if not one:
            return []
        shapes += one
    return shapes


def _positions(found: Any) -> list[tuple[float, float]]:
    """Return the positions the right way round; none where one of them is nowhere."""
    read = read_positions(found)
    if read is None or read.bad >= 0 or not read.xy:
        return []
    if all(is_in_range(xy) for xy in read.xy):
        return read.xy
    return [(xy[1], xy[0]) for xy in read.xy] if all(is_swapped(xy) for xy in read.xy) else []


def _points(geometry: dict[str, Any], area: Any) -> list[Any]:
    import shapely

    is_area = area is None or (isinstance(area, int | float) and not isinstance(area, bool))
    if not is_area or (area is not None and not 0 < area <= rules.POINT_MAX_HA):
        return []
    is_single = geometry["type"] == "Point"
    coordinates = geometry.get("coordinates")
    xy = _positions([coordinates] if is_single else coordinates)
    if not xy:
        return []
    points = shapely.points(rounded(xy)[0])
    return [points[0] if is_single else shapely.multipoints(points)]


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    import shapely

    coordinates = geometry.get("coordinates")
    listed = [coordinates] if geometry["type"] == "Polygon" else coordinates
    if not isinstance(listed, list) or not listed:
        return []
    polygons = []
    for rings in listed:
        read = [_positions(ring) for ring in rings] if isinstance(rings, list) else []
        outlines = [closed(rounded(positions)[0]) for positions in read if positions]
        polygon = polygon_of(outlines) if len(outlines) == len(read) else None
        if polygon is None:
            return []
        polygons.append(polygon)
    shape = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    if not shape.is_valid:
        shape = mended(shape, float(shapes_of.areas_m2([shape])[0]))
    # Square degrees: some square metres here, exact enough to tell ground from a line that doubles back.
    if shape is None or shape.area * _M2_PER_SQUARE_DEGREE < rules.FEW_SQUARE_METRES:
        return []
    return without_holes(shape)


def without_holes(shape: Any) -> list[Any]:
    """Return a valid polygon (or several) on the grid of six decimals; one with holes cut into pieces that have none.

    Cut along the meridians through the holes. Without holes the shape stays one; pieces of what had some are told
    apart, since they share edges, which one MultiPolygon may not.
    """
    import shapely

    snapped = shapely.set_precision(shape, rules.GRID)
    if snapped.is_empty:
        return []
    whole = shapely.get_parts(snapped)
    holed = shapely.get_num_interior_rings(whole) > 0
    if not holed.any():
        return [shapely.orient_polygons(snapped)]
    pieces = [*whole[~holed], *(piece for polygon in whole[holed] for piece in _cut(polygon))]
    if any(shapely.get_num_interior_rings(piece) for piece in pieces):
        return []
    return list(shapely.orient_polygons(pieces))


def _cut(polygon: Any) -> list[Any]:
    import numpy as np
    import shapely

    rings = [shapely.polygons(ring) for ring in polygon.interiors]
    west, south, east, north = polygon.bounds
    lines = np.unique([west - 1, *shapely.get_x(shapely.point_on_surface(rings)), east + 1])
    strips = shapely.box(lines[:-1], south - 1, lines[1:], north + 1)
    found = shapely.get_parts(shapely.intersection(polygon, strips))
    found = shapely.get_parts(shapely.set_precision(found[shapely.get_type_id(found) == 3], rules.GRID))
    return [piece for piece in found if not piece.is_empty and piece.geom_type == "Polygon"]
