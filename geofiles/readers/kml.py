"""KML and the KML of a KMZ: always WGS 84, parsed here; network links, icons and styles are not followed.

All placemarks make one layer, with the folders they lie in as a column; what ``ExtendedData`` says are columns, with
the types that a ``Schema`` gives them. HTML descriptions become text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geofiles import crs
from geofiles.errors import UnreadableFile
from geofiles.features import Notice
from geofiles.readers import safe_xml
from geofiles.readers.memory import UNREADABLE, columns_of, layer_of, points_to_wkb
from geofiles.readers.safe_xml import Element, child, local, text_of
from geofiles.readers.sources import Layer
from geofiles.readers.text import require_width
from geofiles.readers.tracks import Point, metres_between, track_to_wkb

_TEXTS = ("name", "description", "address", "phoneNumber", "Snippet")
_TITLES = {"name": "Name"}  # as GDAL and the tables made from it call it
_MEETS_M = 1.0  # a drawn path closes only where its author closed it
_AFTER_COMMA = re.compile(r"\s*,\s*")
_TYPES: dict[str, Callable[[str], Any]] = {
    "int": int, "uint": int, "short": int, "ushort": int, "float": float, "double": float,
    "bool": lambda text: {"1": True, "true": True, "0": False, "false": False}[text.lower()],
}  # fmt: skip


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """The placemarks of a file. Raises UnreadableFile for a DOCTYPE, deep nesting, bad XML, no placemark."""
    names = safe_xml.check(path, "kml")
    reading = _Reading()
    for event, name, element in safe_xml.walk(path, "kml"):
        if event == "start":
            reading.enter(name, element)
        else:
            reading.leave(name, element)
    if not reading.shapes:
        raise UnreadableFile(reason="no_features", format="kml")
    notices = [Notice("network_links_ignored")] if "NetworkLink" in names else []
    if reading.closed:
        notices.append(Notice("track_closed", {"features": reading.closed}))
    columns = columns_of(reading.records)
    for column, convert in reading.types.items():
        if column in columns:
            columns[column] = _converted(columns[column], convert)
    layer = layer_of(
        reading.title or title,
        path,
        reading.shapes,
        columns,
        crs=crs.WGS84,
        html_columns=frozenset({"description", "Snippet"}),
        notices=tuple(notices),
    )
    return (layer,)


class _Reading:
    """What has been read so far: shapes, records, and the folders that are open."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.shapes: list[bytes | None] = []
        self.records: list[dict[str, Any]] = []
        self.types: dict[str, Callable[[str], Any]] = {}
        self.closed = 0
        self._open: list[Element] = []
        self._folders: list[Element] = []

    def enter(self, name: str, element: Element) -> None:
        self._open.append(element)
        if name == "Folder":
            self._folders.append(element)

    def leave(self, name: str, element: Element) -> None:
        self._open.pop()
        if name == "Placemark":
            self._placemark(element)
        elif name == "Schema":
            self._schema(element)
        elif name == "Document" and self.title is None:
            self.title = text_of(child(element, "name"))
        if name == "Folder":
            self._folders.pop()
        if name in ("Placemark", "Folder", "Style", "StyleMap", "NetworkLink", "GroundOverlay") and self._open:
            self._open[-1].remove(element)  # what is done need not stay in memory

    def _placemark(self, element: Element) -> None:
        shape, closed = _shape(element)
        self.shapes.append(shape)
        self.closed += closed
        record: dict[str, Any] = {}
        for part in _TEXTS:
            if text := text_of(child(element, part)):
                record[_TITLES.get(part, part)] = text
        folder = "/".join(filter(None, (text_of(child(folder, "name")) for folder in self._folders)))
        if folder:
            record["folder"] = folder
        record |= _times(element)
        extended = _extended(child(element, "ExtendedData"))
        require_width(len(extended))
        for key, value in extended:
            record[_unused(key, record)] = value
        self.records.append(record)

    def _schema(self, element: Element) -> None:
        for part in element:
            convert = _TYPES.get(part.get("type", ""))
            if local(part) == "SimpleField" and convert and part.get("name"):
                self.types[str(part.get("name"))] = convert


def _times(element: Element) -> dict[str, str]:
    found = {}
    for holder, part, title in (
        ("TimeStamp", "when", "timestamp"), ("TimeSpan", "begin", "begin"), ("TimeSpan", "end", "end"),
    ):  # fmt: skip
        inside = child(element, holder)
        if inside is not None and (text := text_of(child(inside, part))):
            found[title] = text
    return found


def _extended(data: Element | None) -> list[tuple[str, str | None]]:
    """(name, value) of Data, SchemaData and of foreign elements."""
    found: list[tuple[str, str | None]] = []
    for part in data if data is not None else ():
        if local(part) == "Data":
            found.append((part.get("name") or "data", text_of(child(part, "value"))))
        elif local(part) == "SchemaData":
            found += [(field.get("name") or local(field), text_of(field)) for field in part if local(field)]
        elif local(part):
            found.append((local(part), text_of(part)))
    return found


def _unused(name: str, record: dict[str, Any]) -> str:
    number, candidate = 2, name
    while candidate in record:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _converted(values: Sequence[Any], convert: Callable[[str], Any]) -> list[Any]:
    """The values in the type that the schema names, or as they are when one of them is not of it."""
    try:
        return [None if value is None else convert(value) for value in values]
    except (ValueError, KeyError):
        return list(values)


# --- shapes ---


def _shape(element: Element) -> tuple[bytes | None, int]:
    """WKB of a placemark's geometry (None without one) and how many walks were closed for it."""
    shapes = [found for part in element if (found := _geometry(part)) is not None]
    return shapes[0] if shapes else (None, 0)


def _geometry(element: Element) -> tuple[bytes, int] | None:
    kind = local(element)
    if kind == "Polygon":
        return _polygon(element), 0
    if kind == "LinearRing":
        return _made(_points(element), "ring"), 0
    if kind == "Point":
        return _made(_points(element), "point"), 0
    if kind == "LineString":
        return _path(_points(element))
    if kind == "Track":
        points = _track_points(element)
        return track_to_wkb(points) if points else (UNREADABLE, 0)
    if kind in ("MultiGeometry", "MultiTrack"):
        return _several([found for part in element if (found := _geometry(part)) is not None])
    return None


def _several(parts: list[tuple[bytes, int]]) -> tuple[bytes, int]:
    import shapely

    if not parts or any(wkb == UNREADABLE for wkb, _closed in parts):
        return UNREADABLE, 0
    shapes = shapely.from_wkb([wkb for wkb, _closed in parts])
    kinds = set(shapely.get_type_id(shapes).tolist())
    whole = shapely.multipolygons(shapes) if kinds == {3} else shapely.geometrycollections(shapes)
    return bytes(shapely.to_wkb(whole)), sum(closed for _wkb, closed in parts)


def _polygon(element: Element) -> bytes:
    import shapely

    rings: dict[str, list[list[Point]]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
    for boundary in element:
        for ring in boundary:
            if local(boundary) in rings and local(ring) == "LinearRing":
                rings[local(boundary)].append(_points(ring) or [])
    outer = rings["outerBoundaryIs"]
    every = [*outer, *rings["innerBoundaryIs"]]
    if len(outer) != 1 or any(len(ring) < 3 for ring in every):
        return UNREADABLE
    if not all(len(point) == 3 for ring in every for point in ring):
        every = [[point[:2] for point in ring] for ring in every]
    try:
        return bytes(shapely.to_wkb(shapely.Polygon(every[0], every[1:])))
    except (ValueError, shapely.errors.GEOSException):
        return UNREADABLE


def _path(points: list[Point] | None) -> tuple[bytes, int]:
    if not points:
        return UNREADABLE, 0
    ends_meet = len({point[:2] for point in points}) >= 3 and metres_between(points[0], points[-1]) <= _MEETS_M
    return points_to_wkb(points, kind="ring" if ends_meet else "line"), int(ends_meet)


def _made(points: list[Point] | None, kind: str) -> bytes:
    return points_to_wkb(points, kind=kind) if points else UNREADABLE


def _points(element: Element) -> list[Point] | None:
    """``105.63,10.45,0 105.64,10.45,0``: longitude, latitude, height; None when there is something else."""
    text = _AFTER_COMMA.sub(",", text_of(child(element, "coordinates")) or "")
    return _numbers(part.split(",") for part in text.split())


def _track_points(element: Element) -> list[Point] | None:
    return _numbers((text_of(part) or "").split() for part in element if local(part) == "coord")


def _numbers(parts: Any) -> list[Point] | None:
    points: list[Point] = []
    for part in parts:
        try:
            values = tuple(float(value) for at, value in enumerate(part[:3]) if value or at < 2)  # height may be blank
        except ValueError:
            return None
        if len(values) < 2 or not all(math.isfinite(value) for value in values):
            return None
        points.append(values)
    if not any(point[2:] not in ((), (0.0,)) for point in points):  # on the ground, as programs write it unasked
        points = [point[:2] for point in points]
    return points or None
