"""The shapes that a sheet's columns make: text of WKT and its kin, points, corners in rows or in columns."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geofiles import crs, headings
from geofiles.angles import LATITUDE, LONGITUDE, Coordinate, coordinate_of
from geofiles.errors import CrsInDoubt, GeoFileError, UnreadableFile
from geofiles.features import Notice
from geofiles.headings import Columns
from geofiles.readers.rings import Problem, Ring, polygon_of

MAX_TOLD = 50  # cells and plots named in a notice
_CLEAR_NORTH = 900_000.0
_MAX_COLLECTIONS = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: ``title`` (what stands above the headings), headings, rows as (number in the file, cells)."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Any, ...]], ...]
    latin: bool = False  # each letter stands for one undecoded byte

    def cells(self) -> list[tuple[Any, ...]]:
        """The rows without their numbers."""
        return [cells for _, cells in self.rows]


@dataclass(frozen=True, slots=True)
class Built:
    """Plots of a sheet: shapely geometry or None, the row each starts at, its cells; and what is to be told."""

    shapes: list[Any]
    rows: list[tuple[Any, ...]]
    notices: list[Notice]
    system: str | None = None
    problem: GeoFileError | None = None


def build(sheet: Sheet, columns: Columns) -> Built:
    if columns.kind == "wkt":
        built = _from_shape_text(sheet, columns.at["wkt"])
    elif columns.kind == "point":
        built = _from_points(sheet, columns)
    else:
        built = _from_corners(sheet, columns)
    if built.shapes and all(shape is None for shape in built.shapes):
        told = next((notice.params for notice in built.notices if notice.code == "cells_unreadable"), {})
        first = told["cells"][0] if told else {"row": sheet.rows[0][0], "column": "", "value": ""}
        raise UnreadableFile(reason="no_geometry", layer=sheet.name, **first, **told)
    return built


def plain(cell: Any) -> str:
    return "" if cell is None else str(cell)


# --- inside ---


def _cells_notice(sheet: Sheet, bad: list[tuple[int, int, Any]]) -> list[Notice]:
    """Bad cells by row of the file and heading."""
    if not bad:
        return []
    told = [{"row": row, "column": sheet.headings[at], "value": plain(value)[:80]} for row, at, value in bad[:MAX_TOLD]]
    return [Notice("cells_unreadable", {"count": len(bad), "cells": told})]


def _from_shape_text(sheet: Sheet, at: int) -> Built:
    shapes, srids, is_json, bad = [], set(), False, []
    for number, cells in sheet.rows:
        shape, srid, as_json = _shape(cells[at])
        if shape is None and cells[at] is not None:
            bad.append((number, at, cells[at]))
        if shape is not None:
            srids.add(srid)
            is_json = is_json or as_json
        shapes.append(shape)
    system, problem = _system_of_srids(srids, is_json=is_json)
    if system is None and isinstance(problem, CrsInDoubt) and problem.params["reason"] == "no_crs":
        system, problem = _stated_system(sheet, problem)
    return Built(shapes, sheet.cells(), _cells_notice(sheet, bad), system, problem)


def _shape(cell: Any) -> tuple[Any, int, bool]:
    """(geometry or None, SRID or 0, whether it was GeoJSON) of a cell."""
    import shapely

    text = plain(cell).strip()
    srid = 0
    if text[:5].upper() == "SRID=":
        head, _, text = text.partition(";")
        srid = int(head[5:]) if head[5:].strip().isdigit() and len(head) < 14 else 0
    if not headings.is_shape_text(text) or _is_deep(text):
        return None, srid, False
    as_json = text.startswith("{")
    try:
        if as_json:
            shape = shapely.from_geojson(text)
        elif text[:1] == "0":
            shape = shapely.from_wkb(text)
            srid = int(shapely.get_srid(shape)) or srid
        else:
            shape = shapely.from_wkt(text)
    except (shapely.errors.GEOSException, ValueError, TypeError, NotImplementedError):  # the last: arcs and curves
        return None, srid, as_json
    return shapely.set_srid(shape, 0), srid, as_json


def _is_deep(text: str) -> bool:
    """Whether collections hold collections so often that GEOS, which goes into each, would run out of stack."""
    nested = text.lower().count("collection") + text.lower().count("01070000")  # their words, and their type in WKB
    return nested > _MAX_COLLECTIONS


def _system_of_srids(srids: set[int], *, is_json: bool) -> tuple[str | None, GeoFileError | None]:
    if len(srids) > 1:
        return None, CrsInDoubt(reason="mixed_crs", crs=", ".join(map(str, sorted(srids))), candidates=[])
    if srids - {0}:
        try:
            return crs.normalise(f"EPSG:{min(srids)}"), None
        except GeoFileError as error:
            return None, error
    if is_json:
        return crs.WGS84, None  # RFC 7946
    return None, CrsInDoubt(reason="no_crs", candidates=[])


def _stated_system(sheet: Sheet, problem: GeoFileError) -> tuple[str | None, GeoFileError | None]:
    """The CRS that the words above the table or in its headings state."""
    try:
        return (found, None) if (found := crs.from_words(_words(sheet))) else (None, problem)
    except GeoFileError as error:
        return None, error


def _words(sheet: Sheet) -> str:
    return f"{sheet.title} {' '.join(sheet.headings)}"


@dataclass(slots=True)
class _Points:
    """(east, north) per row or None, with what was seen on the way."""

    places: list[tuple[float, float] | None]
    bad: list[tuple[int, int, Any]]
    in_degrees: bool
    turned: bool


def _read_pairs(sheet: Sheet, first: int, second: int) -> _Points:
    """The columns of northings (latitudes) and eastings (longitudes), the other way round where the values say so."""
    found: list[tuple[Coordinate, Coordinate] | None] = []
    bad: list[tuple[int, int, Any]] = []
    for number, cells in sheet.rows:
        one, two = coordinate_of(cells[first]), coordinate_of(cells[second])
        blank = cells[first] is None and cells[second] is None
        bad += [(number, at, cells[at]) for at, value in ((first, one), (second, two)) if value is None and not blank]
        found.append((one, two) if one is not None and two is not None else None)
    pairs = [pair for pair in found if pair is not None]
    if not pairs:
        return _Points([None] * len(found), bad, in_degrees=False, turned=False)
    a = statistics.median(pair[0].value for pair in pairs)
    b = statistics.median(pair[1].value for pair in pairs)
    in_degrees = abs(a) <= 180 and abs(b) <= 180
    turned = (abs(a) > 90 >= abs(b) or (b < a and a > 100)) if in_degrees else a < _CLEAR_NORTH <= b
    places: list[tuple[float, float] | None] = []
    for pair in found:
        if pair is None:
            places.append(None)
            continue
        one, two = pair
        told = one.axis == LONGITUDE or two.axis == LATITUDE  # a letter in the cell decides for its row
        kept = one.axis == LATITUDE or two.axis == LONGITUDE
        flip = told or (turned and not kept)
        places.append((one.value, two.value) if flip else (two.value, one.value))
    return _Points(places, bad, in_degrees, turned)


def _pair(columns: Columns) -> tuple[int, int, bool]:
    is_named_degrees = "lat" in columns.at and "lon" in columns.at
    first, second = ("lat", "lon") if is_named_degrees else ("x", "y")
    return columns.at[first], columns.at[second], is_named_degrees


def _system(
    sheet: Sheet, *, named_degrees: bool, points: _Points
) -> tuple[str | None, GeoFileError | None, list[Notice]]:
    notices = [Notice("columns_turned")] if points.turned else []
    system, problem = _stated_system(sheet, CrsInDoubt(reason="no_crs", candidates=[]))
    if system is not None and crs.is_geographic(system) != points.in_degrees:
        system, problem = None, CrsInDoubt(reason="no_crs", candidates=[])
    if system is None and points.in_degrees and crs.names_vn2000(_words(sheet)):
        system, problem = crs.VN2000_GEOGRAPHIC, None
    if system is None and named_degrees and points.in_degrees and isinstance(problem, CrsInDoubt):
        # Latitude and longitude come from phones and GPS receivers; VN-2000 degrees are said to be so.
        return crs.WGS84, None, [*notices, Notice("taken_for_wgs84")]
    if system is not None:
        notices.append(Notice("crs_from_words", {"crs": system}))
    return system, problem, notices


def _from_points(sheet: Sheet, columns: Columns) -> Built:
    import shapely

    first, second, named = _pair(columns)
    points = _read_pairs(sheet, first, second)
    system, problem, notices = _system(sheet, named_degrees=named, points=points)
    shapes = [None if place is None else shapely.Point(place) for place in points.places]
    return Built(shapes, sheet.cells(), notices + _cells_notice(sheet, points.bad), system, problem)


def _from_corners(sheet: Sheet, columns: Columns) -> Built:
    if columns.kind == "wide":
        rings, rows, points = _wide(sheet, columns)
        named = False
    else:
        first, second, named = _pair(columns)
        points = _read_pairs(sheet, first, second)
        rings, rows = _grouped(sheet, columns, points)
    system, problem, notices = _system(sheet, named_degrees=named, points=points)
    spoiled = {row for row, _, _ in points.bad}
    shapes, refused = [], []
    for ring in rings:
        shape = Problem("cells_unreadable") if spoiled & ring.rows else polygon_of(ring)
        if isinstance(shape, Problem):
            refused.append({"row": min(ring.rows), "plot": ring.name, "reason": shape.code})
        shapes.append(None if isinstance(shape, Problem) else shape)
    if refused:
        notices.append(Notice("plots_without_shape", {"count": len(refused), "plots": refused[:MAX_TOLD]}))
    conflicts = [name for name, differs in _conflicts(sheet, columns, rings) if differs]
    if conflicts:
        notices.append(Notice("values_differ_in_plot", {"columns": conflicts}))
    return Built(shapes, rows, notices + _cells_notice(sheet, points.bad), system, problem)


def _wide(sheet: Sheet, columns: Columns) -> tuple[list[Ring], list[tuple[Any, ...]], _Points]:
    """One plot a row; a pair of blank cells ends nothing, the next corners still count."""
    by_pair = [_read_pairs(sheet, first, second) for first, second in columns.pairs]
    filled = [one for one in by_pair if any(one.places)]
    rings = [
        Ring(
            plain(cells[columns.at["plot"]]) if "plot" in columns.at else "",
            [("", "", str(n), place) for n, one in enumerate(by_pair, 1) if (place := one.places[index]) is not None],
            {number},
        )
        for index, (number, cells) in enumerate(sheet.rows)
    ]
    told = filled[0] if filled else by_pair[0]
    bad = [cell for one in by_pair for cell in one.bad]
    return rings, sheet.cells(), _Points([], bad, told.in_degrees, told.turned)


def _grouped(sheet: Sheet, columns: Columns, points: _Points) -> tuple[list[Ring], list[tuple[Any, ...]]]:
    """Rows of one plot together, in the order of the file; a blank number repeats the one above (merged cells)."""
    keyed = [columns.at[role] for role in ("plot", "sheet") if role in columns.at]
    groups: dict[tuple[str, ...], Ring] = {}
    members: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    key: tuple[str, ...] = ()
    for (number, cells), place in zip(sheet.rows, points.places, strict=True):
        if keyed and cells[keyed[0]] is not None:
            key = tuple(plain(cells[index]) for index in keyed)
        ring = groups.setdefault(key, Ring(key[0] if key else "", [], set()))
        members.setdefault(key, []).append(cells)
        ring.rows.add(number)
        if place is not None:
            part, circle, label = (
                plain(cells[columns.at[r]]) if r in columns.at else "" for r in ("part", "ring", "point")
            )
            ring.corners.append((part, circle, label, place))
    rows = [
        tuple(next((cells[at] for cells in found if cells[at] is not None), None) for at in range(len(sheet.headings)))
        for found in members.values()
    ]
    return list(groups.values()), rows


def _conflicts(sheet: Sheet, columns: Columns, rings: list[Ring]) -> Iterator[tuple[str, bool]]:
    """Attribute columns, and whether rows of one plot say different things: the first is taken."""
    if columns.kind == "wide":
        return
    plot_of = {row: index for index, ring in enumerate(rings) for row in ring.rows}
    for at, name in enumerate(sheet.headings):
        if at in columns.used() or at in columns.at.values():
            continue
        said: dict[int, set[str]] = {}
        for number, cells in sheet.rows:
            if cells[at] is not None:
                said.setdefault(plot_of[number], set()).add(plain(cells[at]))
        yield name, any(len(values) > 1 for values in said.values())
