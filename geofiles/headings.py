"""Which columns of a table say where a plot is: told from headings in Vietnamese and English, and from the values.

A choice is what ``geometry=`` of the readers takes: ``{"kind": "wkt" | "corners" | "wide" | "point", "columns":
{role: heading}}``; roles are ``wkt``; ``plot, sheet, part, ring, point, edge``; ``x, y`` (X = north) or ``lat, lon``.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from geofiles import encodings
from geofiles.angles import coordinate_of
from geofiles.corners import coordinate_role

PAIRS = (("x", "y"), ("lat", "lon"))
_SAMPLED = 200
_UNITS = frozenset({"m", "met", "meter", "metre", "vn2000", "vn", "2000", "wgs84", "wgs", "84", "utm", "hn72", "gps"})

# role -> headings that mean it, folded; what only may mean it is in _WEAK and needs values that agree.
_NAMES: dict[str, tuple[str, ...]] = {
    "wkt": ("wkt", "ewkt", "the geom", "geom", "geometry", "geojson", "wkb", "hinh hoc", "ranh gioi", "ranh", "polygon",
            "shape", "wkt geom", "geom wkt", "hinh the", "duong ranh"),
    "x": ("x", "toa do x", "toado x", "toadox", "x bac", "bac", "toa do bac", "northing", "north", "n", "x north",
          "x coord", "xcoord", "point x", "coord x", "tdx", "td x"),
    "y": ("y", "toa do y", "toado y", "toadoy", "y dong", "dong", "toa do dong", "easting", "east", "e", "y east",
          "y coord", "ycoord", "point y", "coord y", "tdy", "td y"),
    "lat": ("lat", "latitude", "vi do", "vido", "vi do bac", "vi do b", "toa do vi do", "y lat", "vd"),
    "lon": ("lon", "long", "lng", "longitude", "kinh do", "kinhdo", "kinh do dong", "kinh do d", "toa do kinh do",
            "x lon", "kd"),
    "point": ("so hieu diem", "diem", "so hieu goc", "goc", "ten diem", "dinh", "so hieu dinh", "dinh thua", "moc",
              "so diem", "stt diem", "diem goc", "thu tu diem", "so hieu", "ten goc", "point", "point no", "point id",
              "vertex", "corner", "vertex id", "so hieu diem goc", "ky hieu diem", "ky hieu goc", "diem so"),
    "plot": ("so thua", "thua", "ma thua", "thua dat", "so thua dat", "so hieu thua", "ten thua", "thua so",
             "ma so thua",
             "so lo", "ma lo", "lo", "lo dat", "ten lo", "plot", "plot id", "plot no", "plotid", "parcel", "parcel id",
             "parcel no", "ref", "plot ref", "field id"),
    "sheet": ("to", "so to", "to ban do", "so to ban do", "to bd", "sheet", "map sheet", "soto"),
    "part": ("phan", "manh", "vung", "part", "part id", "khoanh"),
    "ring": ("vong", "ring", "ring id", "vong ranh"),
    "edge": ("canh", "chieu dai canh", "do dai canh", "chieu dai", "dai canh", "do dai", "khoang cach", "edge",
             "edge length", "length", "d", "s", "cu ly"),
}  # fmt: skip
_WEAK: dict[str, tuple[str, ...]] = {
    "plot": ("id", "ma", "ten", "name", "chu ho", "ho ten", "ho va ten", "ten chu ho", "nong ho", "code", "fid", "stt"),
    "point": ("stt", "tt", "so tt", "no", "so thu tu", "thu tu", "order", "seq"),
}
_NUMBERED = re.compile(
    r"(?:toa do |diem |dinh |goc )?(?P<axis>x|y|lat|latitude|lon|long|lng|longitude|vi do|kinh do) ?(?P<n>\d{1,3})"
    r"|(?:p|diem|dinh|goc|pt|point) ?(?P<n2>\d{1,3}) (?P<axis2>x|y|lat|lon|lng|vi do|kinh do)"
)
_SHAPE_TEXT = re.compile(
    r"\s*(?:SRID=\d+\s*;\s*)?(?:MULTI)?(?:POLYGON|POINT|LINESTRING|CURVEPOLYGON|SURFACE)\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)"
    r'|\s*(?:SRID=\d+\s*;\s*)?GEOMETRYCOLLECTION|\s*\{\s*"(?:type|coordinates|crs|bbox)"|\s*0[01][0-9a-f]{16,}\s*$',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column (0-based) has which role; for ``wide``, ``pairs`` of (north or latitude, east or longitude)."""

    kind: str
    at: dict[str, int] = field(default_factory=dict)
    pairs: tuple[tuple[int, int], ...] = ()

    def used(self) -> frozenset[int]:
        """Columns that make the shape and are no attributes of the plot."""
        consumed = {index for role, index in self.at.items() if role not in ("plot", "sheet")}
        return frozenset(consumed | {index for pair in self.pairs for index in pair})

    def as_choice(self, headings: Sequence[str]) -> dict[str, Any]:
        """The form that ``geometry=`` takes back."""
        return {"kind": self.kind, "columns": {role: headings[index] for role, index in self.at.items()}}


def form(heading: str) -> str:
    """A heading as it is compared: no marks, no signs, no units. ``Tọa độ X (m)`` is ``toa do x``."""
    decomposed = unicodedata.normalize("NFD", heading.casefold().replace("đ", "d"))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() else " " for sign in plain).split()
    return " ".join([word for word in words if word not in _UNITS] or words)


def forms(heading: str, *, latin: bool) -> frozenset[str]:
    """The forms of a heading; where its bytes are undecoded, in every encoding they could be in."""
    spellings = [heading]
    if latin and not heading.isascii():
        spellings += [encodings.decode_latin(heading, name) for name in encodings.ENCODINGS]
    return frozenset(form(text) for text in spellings)


def is_shape_text(value: str) -> bool:
    """Whether the text looks like WKT, EWKT, GeoJSON or hexadecimal WKB."""
    return bool(_SHAPE_TEXT.match(value))


def count_known(cells: Iterable[str], *, latin: bool) -> int:
    """How many cells of a row are headings of a geometry: tells the heading row from titles and data."""
    known = {name for names in _NAMES.values() for name in names}
    return sum(
        1
        for cell in cells
        if cell and any(text in known or _NUMBERED.fullmatch(text) for text in forms(cell, latin=latin))
    )


def chosen(choice: dict[str, Any], headings: Sequence[str], *, latin: bool) -> Columns | None:
    """The columns that a caller's ``geometry`` names, None where a heading is not there or the choice is unusable."""
    kind, named = choice.get("kind"), choice.get("columns") or {}
    if kind == "wide":
        return _wide(headings, latin=latin)
    if not isinstance(named, dict):
        return None
    at: dict[str, int] = {}
    for role, heading in named.items():
        if not heading:
            continue
        index = _index_of(str(heading), headings, latin=latin)
        if index is None:
            return None
        at[str(role)] = index
    needed = [("wkt",)] if kind == "wkt" else PAIRS if kind in ("corners", "point") else []
    return Columns(kind, at) if any(all(role in at for role in roles) for roles in needed) else None  # type: ignore[arg-type]


def guess(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], *, latin: bool
) -> tuple[Columns | None, list[Columns]]:
    """The columns where headings and values leave no doubt, else None; and every reading worth offering."""
    shapes = _shape_columns(rows, len(headings))
    if len(shapes) == 1:
        return Columns("wkt", {"wkt": shapes[0]}), []
    if shapes:
        options = [Columns("wkt", {"wkt": index}) for index in shapes]
        named = [index for index in shapes if forms(headings[index], latin=latin) & set(_NAMES["wkt"])]
        return (Columns("wkt", {"wkt": named[0]}) if len(named) == 1 else None), options
    wide = _wide(headings, latin=latin)
    if wide is not None:
        return wide, [wide]
    found = _by_name(headings, latin=latin)
    pairs = [{role: found[role] for role in pair} for pair in PAIRS if all(role in found for role in pair)]
    pairs = [pair for pair in pairs if _hold_coordinates(pair.values(), rows)]
    if not pairs and (by_value := _by_value(rows, len(headings))):
        pairs = [by_value]
    readings = [_reading(pair, found, headings, rows, latin=latin) for pair in pairs]
    options = [option for sure, others in readings for option in ([sure] if sure else []) + others]
    if len(readings) == 1 and readings[0][0] is not None:
        return readings[0][0], options
    return None, options


# --- inside ---


def _index_of(heading: str, headings: Sequence[str], *, latin: bool) -> int | None:
    if heading in headings:
        return headings.index(heading)
    wanted = form(heading)
    return next((i for i, name in enumerate(headings) if wanted in forms(name, latin=latin)), None)


def _wide(headings: Sequence[str], *, latin: bool) -> Columns | None:
    """X1, Y1, X2, Y2 ... in one row: three numbered pairs at least."""
    sides: dict[int, dict[str, int]] = {}
    for index, heading in enumerate(headings):
        for text in forms(heading, latin=latin):
            if found := _NUMBERED.fullmatch(text):
                axis = (found["axis"] or found["axis2"])[:2].strip()
                side = "first" if axis in ("x", "la", "vi") else "second"
                sides.setdefault(int(found["n"] or found["n2"]), {}).setdefault(side, index)
                break
    pairs = tuple((both["first"], both["second"]) for _, both in sorted(sides.items()) if len(both) == 2)
    if len(pairs) < 3:
        return None
    found_plot = _by_name(headings, latin=latin).get("plot")
    return Columns("wide", {} if found_plot is None else {"plot": found_plot}, pairs)


def _shape_columns(rows: Sequence[Sequence[Any]], width: int) -> list[int]:
    found = []
    for index in range(width):
        values = [str(row[index]) for row in rows[:_SAMPLED] if row[index] not in (None, "")]
        if values and sum(map(is_shape_text, values)) >= max(1, len(values) * 0.5):
            found.append(index)
    return found


def _by_name(headings: Sequence[str], *, latin: bool) -> dict[str, int]:
    """Role -> column by heading, each column once, the surest name first."""
    spelled = [forms(heading, latin=latin) for heading in headings]
    found: dict[str, int] = {}
    for role, names in _NAMES.items():
        for name in names:
            free = [i for i, texts in enumerate(spelled) if name in texts and i not in found.values()]
            if free:
                found[role] = free[0]
                break
    return found


def _hold_coordinates(columns: Iterable[int], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether at least one filled cell of each column is a number: "Lat" may also be the name of a road."""
    return all(
        any(coordinate_of(row[index]) is not None for row in rows[:_SAMPLED] if row[index] not in (None, ""))
        for index in columns
    )


def _by_value(rows: Sequence[Sequence[Any]], width: int) -> dict[str, int] | None:
    """The one pair of columns whose numbers can only be northings and eastings, or latitudes and longitudes."""
    of_role: dict[str, list[int]] = {}
    for index in range(width):
        values = [row[index] for row in rows[:_SAMPLED] if row[index] not in (None, "")]
        found = [coordinate_of(value) for value in values]
        roles = [coordinate_role(one) if one is not None else "" for one in found]
        if values and roles[0] and roles.count(roles[0]) >= len(roles) * 0.9:
            of_role.setdefault(roles[0], []).append(index)
    for north, east, pair in (("north", "east", PAIRS[0]), ("lat", "lon", PAIRS[1])):
        if len(of_role.get(north, [])) == 1 and len(of_role.get(east, [])) == 1:
            return {pair[0]: of_role[north][0], pair[1]: of_role[east][0]}
    return None


def _reading(
    pair: dict[str, int], found: dict[str, int], headings: Sequence[str], rows: Sequence[Sequence[Any]], *, latin: bool
) -> tuple[Columns | None, list[Columns]]:
    """Corners or points: by how many rows a plot has."""
    extra = {role: found[role] for role in ("sheet", "part", "ring", "point", "edge") if role in found}
    taken = {*pair.values(), *extra.values()}
    if "point" not in extra:
        weak = _weak("point", headings, taken | {found.get("plot", -1)}, latin=latin)
        weak = [i for i in weak if _varies(i, rows)] or [i for i in range(len(headings)) if _counts(headings, i, rows)]
        extra |= {"point": weak[0]} if weak and weak[0] not in taken else {}
        taken = {*pair.values(), *extra.values()}
    if "plot" in found:
        size = _group_size([found["plot"], *([extra["sheet"]] if "sheet" in extra else [])], rows)
        whole = pair | extra | {"plot": found["plot"]}
        return (Columns("corners", whole), []) if size > 1 else (Columns("point", pair), [])
    plots = [i for i in _weak("plot", headings, taken, latin=latin) if _group_size([i], rows) >= 3]
    if plots:
        return Columns("corners", pair | extra | {"plot": plots[0]}), []
    single = Columns("corners", pair | extra)
    others = [i for i in range(len(headings)) if i not in taken and _varies(i, rows)]
    has_label = "point" in extra and found.get("point") == extra["point"]
    if len(rows) >= 3 and (has_label or not others):
        return single, []
    if len(rows) < 3:
        return Columns("point", pair), []
    grouped = [Columns("corners", pair | extra | {"plot": i}) for i in others if _group_size([i], rows) >= 3]
    return None, [*grouped, single, Columns("point", pair)]


def _weak(role: str, headings: Sequence[str], taken: Iterable[int], *, latin: bool) -> list[int]:
    names, used = set(_WEAK[role]), set(taken)
    return [i for i, name in enumerate(headings) if i not in used and forms(name, latin=latin) & names]


def _varies(index: int, rows: Sequence[Sequence[Any]]) -> bool:
    return len({str(row[index]) for row in rows[:_SAMPLED] if row[index] not in (None, "")}) > 1


def _counts(headings: Sequence[str], index: int, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a column without a heading just numbers its rows."""
    values = [str(row[index]) for row in rows[:_SAMPLED]]
    return headings[index].startswith("#") and values == [str(n) for n in range(1, len(values) + 1)]


def _group_size(columns: Sequence[int], rows: Sequence[Sequence[Any]]) -> float:
    """Median number of rows per value; a blank repeats what stands above it, as merged cells do."""
    counts: dict[tuple[str, ...], int] = {}
    key: tuple[str, ...] = ()
    for row in rows[: _SAMPLED * 10]:
        cells = tuple("" if row[index] is None else str(row[index]) for index in columns)
        key = cells if cells[0] else key
        counts[key] = counts.get(key, 0) + 1
    return statistics.median(counts.values()) if counts else 0.0
