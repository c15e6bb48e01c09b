"""What the receiving system would refuse in a file, with the feature, the JSON pointer and the place of each fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from geofiles import geometry as shapes_of
from geofiles.eudr import rules
from geofiles.eudr.reading import Item, NotRead, geometries, items, parse, showable
from geofiles.eudr.shapes import Positions, closed, is_in_range, is_swapped, polygon_of, read_positions, rounded

_KEPT_PER_CODE = 200


@dataclass(slots=True)
class Findings:
    """Counts of every code, and the first findings of each."""

    counts: dict[str, int] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, code: str, item: Item | None = None, pointer: str = "", point: Any = None, count: int = 1, **params: Any
    ) -> None:
        """Note a fault; `point`: longitude, latitude; `count`: how many of the kind stand there."""
        seen = self.counts.get(code, 0)
        self.counts[code] = seen + count
        if seen >= _KEPT_PER_CODE:
            return
        self.kept.append({
            "code": code,
            "severity": rules.SEVERITIES[code],
            "feature": item.number if item else 0,
            "name": item.name if item else "",
            "pointer": showable(pointer),
            "point": [float(point[0]), float(point[1])] if point is not None else None,
            "params": {key: showable(value) if isinstance(value, str) else value for key, value in params.items()},
        })  # fmt: skip


@dataclass(slots=True)
class _Ground:
    """A polygon or several of one geometry, rounded, to be judged with all the others at once."""

    item: Item
    pointer: str
    shape: Any


def check(raw: bytes) -> dict[str, Any]:
    """Return what is to be said of a file: JSON-able.

    `features` and `bytes` counted; `counts`: {code: number} of all that was found; `findings`: the first 200 of each
    code as {code, severity, feature (from 1), name, pointer, point, params}. Codes and severities: `rules.SEVERITIES`.
    """
    found = Findings()
    if len(raw) > rules.MAX_BYTES:
        found.add("file_too_large", found=len(raw), limit=rules.MAX_BYTES)
    number = 0
    try:
        document = parse(raw)
        _check_crs(document, found)
        ground: list[_Ground] = []
        for item in items(document):
            number += 1
            if isinstance(item, tuple):
                found.add("not_a_feature", pointer=item[0], found=item[1][:60])
            else:
                ground += _check_item(item, found)
        _check_ground(ground, found)
    except NotRead as error:
        found.add(error.code, **error.params)
    return {"features": number, "bytes": len(raw), "counts": found.counts, "findings": found.kept}


def _check_crs(document: dict[str, Any], found: Findings) -> None:
    if "crs" not in document:
        return
    declared = document["crs"]
    properties = declared.get("properties") if isinstance(declared, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if declared is None or (isinstance(name, str) and rules.WGS84_NAMES.fullmatch(name.strip())):
        found.add("crs_member", pointer="/crs")
    else:
        found.add("other_crs", pointer="/crs", crs=str(name)[:80])


def _check_item(item: Item, found: Findings) -> list[_Ground]:
    _check_properties(item, found)
    if item.geometry is None:
        found.add("no_geometry", item, item.geometry_pointer)
        return []
    ground = []
    for geometry, pointer in geometries(item.geometry, item.geometry_pointer):
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind in rules.POINTS:
            _check_points(item, geometry, pointer, found)
        elif kind in rules.POLYGONS:
            shape = _check_polygons(item, geometry, pointer, found)
            if shape is not None:
                ground.append(_Ground(item, pointer, shape))
        else:
            found.add("wrong_geometry_type", item, pointer, found=str(kind)[:40])
    return ground


# --- Properties ------------------------------------------------------------------------------------------------


def _check_properties(item: Item, found: Findings) -> None:
    pointer = f"{item.pointer}/properties"
    properties = {} if item.properties is None else item.properties
    if not isinstance(properties, dict):
        found.add("properties_not_object", item, pointer)
        return
    for name in (rules.NAME, rules.PLACE, rules.COUNTRY_CODE):
        value = properties.get(name)
        if value is not None and not isinstance(value, str):
            found.add("property_not_text", item, f"{pointer}/{name}", name=name)
    country = properties.get(rules.COUNTRY_CODE)
    if isinstance(country, str) and not rules.COUNTRY_PATTERN.fullmatch(country):
        found.add("country_not_iso2", item, f"{pointer}/{rules.COUNTRY_CODE}", value=country[:40])
    if not properties.get(rules.NAME):
        found.add("no_producer", item, pointer)
    for name in properties:
        meant = renamed(name, properties)
        if meant:
            found.add("property_name", item, f"{pointer}/{name[:60]}", name=name[:60], meant=meant)


def renamed(name: str, properties: dict[str, Any]) -> str:
    """Return the property of the format that `name` is a misspelling of (letters' case, underscores), else ""."""
    if name in rules.PROPERTIES:
        return ""
    plain = name.replace("_", "").replace(" ", "").replace("-", "").lower()
    meant = next((known for known in rules.PROPERTIES if known.lower() == plain), "")
    return "" if meant in properties else meant


LARGEST_HA = 1e11  # more than the Earth has; JSON's whole numbers may be too large for a float


def _check_area(item: Item, pointer: str, point: Any, found: Findings) -> None:
    """`Area` of points, in hectares; without it the system takes four."""
    area = item.properties.get(rules.AREA) if isinstance(item.properties, dict) else None
    place = f"{item.pointer}/properties/{rules.AREA}"
    if area is None:
        found.add("point_without_area", item, pointer, point)
    elif isinstance(area, bool) or not isinstance(area, int | float) or not 0 < area < LARGEST_HA:
        found.add("area_not_a_number", item, place, point, value=str(area)[:40])
    elif area > rules.POINT_MAX_HA:
        found.add("point_too_large", item, place, point, area_ha=float(area), limit_ha=rules.POINT_MAX_HA)


# --- Shapes ----------------------------------------------------------------------------------------------------


def _check_points(item: Item, geometry: dict[str, Any], pointer: str, found: Findings) -> None:
    coordinates = geometry.get("coordinates")
    read = read_positions([coordinates] if geometry["type"] == "Point" else coordinates)
    if read is None or read.bad >= 0 or not read.xy:
        found.add("bad_coordinates", item, f"{pointer}/coordinates")
        return
    if _check_positions(item, read, f"{pointer}/coordinates", found):
        _check_area(item, pointer, read.xy[0], found)


def _check_polygons(item: Item, geometry: dict[str, Any], pointer: str, found: Findings) -> Any:
    """Return the polygons as one shape, rounded, without their holes' judgement; None where they can't be judged."""
    import shapely

    if isinstance(item.properties, dict) and rules.AREA in item.properties:
        found.add("area_on_polygon", item, f"{item.pointer}/properties/{rules.AREA}")
    coordinates, at = geometry.get("coordinates"), f"{pointer}/coordinates"
    listed = [(coordinates, at)]
    if geometry["type"] == "MultiPolygon":
        listed = (
            [(rings, f"{at}/{index}") for index, rings in enumerate(coordinates)]
            if isinstance(coordinates, list)
            else []
        )
    if not listed:
        found.add("bad_coordinates", item, at)
        return None
    polygons = [_check_polygon(item, rings, place, found) for rings, place in listed]
    whole = [polygon for polygon in polygons if polygon is not None]
    if len(whole) < len(polygons):
        return None
    return whole[0] if geometry["type"] == "Polygon" else shapely.multipolygons(whole)


def _check_polygon(item: Item, rings: Any, pointer: str, found: Findings) -> Any:
    if not isinstance(rings, list) or not rings:
        found.add("bad_coordinates", item, pointer)
        return None
    read, is_judgeable = [], True
    for index, ring in enumerate(rings):
        positions = read_positions(ring)
        place = f"{pointer}/{index}"
        if positions is None or positions.bad >= 0:
            found.add("bad_coordinates", item, f"{place}/{positions.bad}" if positions else place)
            return None
        if not _check_positions(item, positions, place, found):
            is_judgeable = False
            continue
        outline = _check_ring(item, positions, place, found)
        is_judgeable &= outline is not None
        if outline is not None:
            read.append(outline)
        if index and positions.xy:
            found.add("hole", item, place, positions.xy[0])
    return polygon_of(read) if is_judgeable else None


def _check_ring(item: Item, positions: Positions, pointer: str, found: Findings) -> Any:
    """Return the ring rounded, closed and without repetitions; None where nothing of a ring is left."""
    if not positions.xy:
        found.add("ring_too_short", item, pointer)
        return None
    if positions.xy[0] != positions.xy[-1]:
        found.add("ring_not_closed", item, pointer, positions.xy[-1])
    xy, repeated = rounded(positions.xy)
    if repeated:
        found.add("duplicate_vertices", item, pointer, positions.xy[0], count=repeated, vertices=repeated)
    ring = closed(xy)
    if len(ring) < 4:
        found.add("ring_too_short", item, pointer, positions.xy[0])
        return None
    return ring


def _check_positions(item: Item, read: Positions, pointer: str, found: Findings) -> bool:
    """Note what is notable of single positions; whether all of them are on Earth."""
    if read.is_coarse:
        found.add("few_decimals", item, pointer)
    if read.height >= 0:
        found.add("height", item, f"{pointer}/{read.height}")
    outside = [index for index, xy in enumerate(read.xy) if not is_in_range(xy)]
    if not outside:
        return True
    code = "axes_swapped" if all(is_swapped(xy) for xy in read.xy) else "out_of_range"
    found.add(code, item, f"{pointer}/{outside[0]}")
    return False


def _check_ground(ground: list[_Ground], found: Findings) -> None:
    """Judge all polygons at once: crossings, no ground at all, the same ground twice."""
    import numpy as np
    import shapely

    if not ground:
        return
    shapes = np.empty(len(ground), dtype=object)
    shapes[:] = [one.shape for one in ground]
    is_valid = shapely.is_valid(shapes)
    areas = shapes_of.areas_m2(shapes)
    for index in np.flatnonzero(~is_valid).tolist():
        _judge_crossing(ground[index], float(areas[index]), found)
    for index in np.flatnonzero(is_valid & (areas < rules.FEW_SQUARE_METRES)).tolist():
        one = ground[index]
        found.add("no_ground", one.item, one.pointer, shapely.get_coordinates(one.shape)[0])
    seen: dict[bytes, Item] = {}
    for one, key in zip(ground, shapely.to_wkb(shapely.normalize(shapes)).tolist(), strict=True):
        first = seen.setdefault(key, one.item)
        if first is not one.item:
            place = shapely.get_coordinates(one.shape)[0]
            found.add("same_ground_twice", one.item, one.pointer, place, first=first.number)


def _judge_crossing(one: _Ground, area: float, found: Findings) -> None:
    reason, point = shapes_of.explain_invalid(one.shape)
    code = "self_crossing_small" if mended(one.shape, area) is not None else "self_crossing"
    found.add(code, one.item, one.pointer, point, reason=reason)


def mended(shape: Any, area: float) -> Any:
    """Return an invalid polygon made valid where its ground hardly changes, by the limits of imports; else None."""
    report = shapes_of.prepare_polygons([shape], max_vertices=1_000_000)
    return report.geometries[0] if area >= rules.FEW_SQUARE_METRES else None
