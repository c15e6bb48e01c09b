"""The corner table of a land certificate ("Bảng liệt kê tọa độ góc ranh"): read, checked, turned into a polygon.

X is the northing (7 digits), Y the easting (6 digits), as surveyors write; degrees are taken too (X latitude, Y
longitude). Pure Python up to ``boundary``: no file is opened here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geofiles.angles import LATITUDE, LONGITUDE, Coordinate, coordinate_of, number_of

MAX_CORNERS = 1_000
SAME_PLACE_M = 0.001  # corners closer than this are one corner, written twice
SAME_PLACE_DEGREES = 1e-8
EDGE_TOLERANCE_M = 0.05  # a printed edge is rounded to centimetres and computed from unrounded corners
# VN-2000 and UTM in Vietnam: northings 660 km (Truong Sa) to 2,620 km, eastings within their zone.
NORTHINGS = (660_000.0, 2_700_000.0)
EASTINGS = (100_000.0, 900_000.0)
CLEARLY_NORTH = 900_000.0
LATITUDES, LONGITUDES = (5.0, 24.5), (101.0, 119.0)
MAX_EDGE_M = 20_000.0

_LABEL = re.compile(r"[^\W_]{1,12}")


@dataclass(frozen=True, slots=True)
class Corner:
    """One corner: ``x`` north and ``y`` east in metres, or latitude and longitude in degrees; ``edge_m`` as printed.

    The edge is the one that leads from this corner to the next.
    """

    label: str
    x: float
    y: float
    edge_m: float | None = None


@dataclass(frozen=True, slots=True)
class CornerProblem:
    """What could not be read: ``line`` from 1, ``code``, the words in question.

    Codes: ``no_coordinates, one_coordinate, no_edge, axes_mixed, too_many_corners, too_few_corners``.
    """

    line: int
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class CornerTable:
    """Corners of one ring, the closing one left out. ``swapped``: X and Y had changed places and were put right."""

    corners: tuple[Corner, ...]
    problems: tuple[CornerProblem, ...] = ()
    swapped: bool = False
    in_degrees: bool = False


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """A printed edge that is not what its corners give; ``index`` of the corner it starts from."""

    index: int
    start: str
    end: str
    printed_m: float
    measured_m: float


def parse_text(text: str) -> CornerTable:
    """A pasted table or PDF text: one corner a line (label, X, Y, edge); lines with an edge alone belong before.

    Lines without any coordinate (headings, titles) are passed over, unless they look like a corner that lost a number.
    """
    return parse_rows(_cells(line) for line in text.splitlines())


def parse_rows(rows: Iterable[Sequence[Any]]) -> CornerTable:
    """The same from cells: typed rows, a sheet of a workbook, a table of a PDF."""
    found: list[Corner] = []
    problems: list[CornerProblem] = []
    for line, cells in enumerate(rows, start=1):
        filled = [cell for cell in cells if cell is not None and str(cell).strip()]
        if not filled:
            continue
        parsed = _corner(filled, len(found))
        if isinstance(parsed, Corner):
            found.append(parsed)
        elif isinstance(parsed, float):
            if found and found[-1].edge_m is None:
                found[-1] = replace(found[-1], edge_m=parsed)
        elif parsed:
            problems.append(CornerProblem(line, parsed, " ".join(map(str, filled))[:80]))
        if len(found) > MAX_CORNERS:
            problems.append(CornerProblem(line, "too_many_corners", str(MAX_CORNERS)))
            break
    return _oriented(found, problems)


def parse_grid(rows: Iterable[tuple[str, str, str, str]]) -> CornerTable:
    """Typed rows whose cells have their places: label, X, Y, edge. Rows without X and Y are passed over."""
    found: list[Corner] = []
    problems: list[CornerProblem] = []
    for line, (label, x, y, edge) in enumerate(rows, start=1):
        if not (x.strip() or y.strip()):
            continue
        pair = [one for cell in (x, y) if (one := coordinate_of(cell)) is not None and coordinate_role(one)]
        if len(pair) < 2:
            problems.append(
                CornerProblem(line, "one_coordinate" if pair else "no_coordinates", f"{x} {y}".strip()[:80])
            )
            continue
        printed = number_of(edge)
        usable = printed if printed is not None and 0 < printed <= MAX_EDGE_M else None
        if edge.strip() and usable is None:
            problems.append(CornerProblem(line, "no_edge", edge.strip()[:80]))
        found.append(Corner(label.strip()[:12] or str(line), pair[0].value, pair[1].value, usable))
    return _oriented(found, problems)


def plane_area_m2(corners: Sequence[Corner]) -> float:
    """Area in the plane of the projection, the one a certificate prints; metres only."""
    if len(corners) < 3:
        return 0.0
    x0, y0 = corners[0].x, corners[0].y  # near the origin, so that seven-digit products lose nothing
    points = [(corner.x - x0, corner.y - y0) for corner in corners]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))) / 2


def edges_m(corners: Sequence[Corner]) -> list[float]:
    """Length of the edge from each corner to the next, the last back to the first."""
    following = [*corners[1:], *corners[:1]]
    return [math.hypot(b.x - a.x, b.y - a.y) for a, b in zip(corners, following, strict=True)]


def edge_differences(corners: Sequence[Corner], tolerance_m: float = EDGE_TOLERANCE_M) -> list[EdgeDifference]:
    """Printed edges that differ from the measured ones by more than the tolerance."""
    measured = edges_m(corners)
    return [
        EdgeDifference(index, corner.label, corners[(index + 1) % len(corners)].label, corner.edge_m, measured[index])
        for index, corner in enumerate(corners)
        if corner.edge_m is not None and abs(corner.edge_m - measured[index]) > tolerance_m + 1e-9
    ]


def points_of(corners: Sequence[Corner]) -> list[tuple[float, float]]:
    """(east, north) or (longitude, latitude) of each corner, as ``geofiles.crs`` takes them."""
    return [(corner.y, corner.x) for corner in corners]


def boundary(corners: Sequence[Corner], crs: str) -> Any:
    """The shapely polygon in EPSG:4326 of corners given in ``crs``; validity is not checked.

    Raises UnsupportedCrs, CoordinatesOutOfRange.
    """
    import shapely

    from geofiles.crs import points_to_wgs84

    points = points_of(corners)
    lon, lat = points_to_wgs84([east for east, _ in points], [north for _, north in points], crs)
    return shapely.Polygon(list(zip(lon.tolist(), lat.tolist(), strict=True)))


def as_text(corners: Sequence[Corner], *, decimals: int = 3) -> str:
    """The table as tab-separated text, for a paste box."""
    lines = []
    for corner in corners:
        edge = "" if corner.edge_m is None else f"{corner.edge_m:.2f}"
        lines.append(f"{corner.label}\t{corner.x:.{decimals}f}\t{corner.y:.{decimals}f}\t{edge}".rstrip())
    return "\n".join(lines)


def coordinate_role(found: Coordinate) -> str:
    """``north, east, metres`` (either), ``lat, lon`` or "" for a number that is no coordinate of Vietnam."""
    if found.axis:
        return found.axis
    value = found.value
    if NORTHINGS[0] <= value <= NORTHINGS[1]:
        return "north" if value >= CLEARLY_NORTH else "metres"
    if EASTINGS[0] <= value <= EASTINGS[1]:
        return "east"
    if LONGITUDES[0] <= value <= LONGITUDES[1] and (found.is_angle or value != round(value)):
        return LONGITUDE
    if LATITUDES[0] <= value <= LATITUDES[1] and (found.is_angle or value != round(value, 3)):
        return LATITUDE
    return ""


# --- inside ---


def _cells(line: str) -> list[str]:
    """Cells of a line: by tab, semicolon, bar; else by two blanks; else by whatever gives two coordinates."""
    line = line.replace("\u00a0", " ").strip().strip("|;")
    for pattern in (r"\s*[\t;|]\s*", r"\s{2,}", r",\s+", r"\s+", r"\s*,\s*"):
        cells = [cell for cell in re.split(pattern, line) if cell]
        if sum(_is_coordinate(cell) for cell in cells) >= 2:
            return cells
    grouped = re.findall(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?", line)
    if len(grouped) >= 2 and all(map(_is_coordinate, grouped[:2])):
        rest = re.split("|".join(map(re.escape, grouped[:2])), line)
        return [rest[0].strip(), *grouped[:2], *rest[-1].split()]
    return re.split(r"[\s;|]+", line)


def _is_coordinate(cell: Any) -> bool:
    found = coordinate_of(cell)
    return found is not None and coordinate_role(found) != ""


def _corner(cells: list[Any], count: int) -> Corner | float | str:
    """A corner; an edge of its own line; or the code of what is wrong ("": a heading, nothing to say)."""
    known = [(index, found) for index, cell in enumerate(cells) if (found := coordinate_of(cell)) is not None]
    placed = [(index, found) for index, found in known if coordinate_role(found)]
    if len(placed) >= 2:
        (first, a), (second, b) = placed[:2]
        if second != first + 1:
            return "one_coordinate"  # "1,1151500,12,577000,34": what is a decimal, what the next cell?
        label = str(cells[first - 1]).strip().rstrip(".") if first else str(count + 1)
        after = [number_of(cell) for cell in cells[second + 1 :]]
        edge = next((value for value in after if value is not None and 0 < value <= MAX_EDGE_M), None)
        return Corner(label[:12] or str(count + 1), a.value, b.value, edge)
    if len(placed) == 1:
        return "one_coordinate"
    if len(cells) == 1 and known and 0 < known[0][1].value <= MAX_EDGE_M and not known[0][1].is_angle:
        return float(known[0][1].value)
    looks_like_corner = len(cells) >= 3 and len(known) >= 2 and _LABEL.fullmatch(str(cells[0]).strip())
    return "no_coordinates" if looks_like_corner else ""


def _oriented(found: list[Corner], problems: list[CornerProblem]) -> CornerTable:
    """North first, closing corner dropped, too few corners told."""
    in_degrees = bool(found) and all(abs(corner.x) <= 180 and abs(corner.y) <= 180 for corner in found)
    reversed_rows = [_is_reversed(corner) for corner in found]
    swapped = any(reversed_rows)
    if swapped:
        if not all(reversed_rows):
            line = reversed_rows.index(not reversed_rows[0]) + 1
            problems.append(CornerProblem(line, "axes_mixed", found[line - 1].label))
        found = [
            replace(corner, x=corner.y, y=corner.x) if turn else corner
            for corner, turn in zip(found, reversed_rows, strict=True)
        ]
    limit = SAME_PLACE_DEGREES if in_degrees else SAME_PLACE_M
    kept: list[Corner] = []
    for corner in found:
        if kept and _same(kept[-1], corner, limit):
            continue
        kept.append(corner)
    if len(kept) > 1 and _same(kept[0], kept[-1], limit):
        kept.pop()
    if len(kept) < 3:
        problems.append(CornerProblem(0, "too_few_corners", str(len(kept))))
    return CornerTable(tuple(kept), tuple(problems), swapped, in_degrees)


def _is_reversed(corner: Corner) -> bool:
    """Whether X holds what can only be an easting (or longitude) and Y what can be a northing (or latitude)."""
    if abs(corner.x) <= 180:
        return corner.x > LONGITUDES[0] and corner.y < LATITUDES[1]
    return corner.x < CLEARLY_NORTH <= corner.y


def _same(a: Corner, b: Corner, limit: float) -> bool:
    return abs(a.x - b.x) < limit and abs(a.y - b.y) < limit
