"""CSV and workbooks whose cells hold plots: WKT, corner tables in rows or columns, single points.

Everything becomes polygons (or points) with x = east or longitude first. CSV text that is not Unicode is kept
undecoded, letter for byte, so that the question of its encoding is asked as for a DBF. A cell that cannot be read
costs its plot the geometry and is named, with its row and column, in the notice ``cells_unreadable``.
"""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs, headings, lists
from geofiles.angles import coordinate_of
from geofiles.corners import coordinate_role
from geofiles.errors import GeometryColumnsInDoubt, TooManyFeatures, UnreadableFile
from geofiles.headings import Columns
from geofiles.readers.sources import Batches, Layer
from geofiles.readers.table_shapes import Sheet, build, plain
from geofiles.readers.text import MAX_COLUMNS, require_width

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 300_000
_HEADING_WITHIN = 30
_BATCH = 50_000
_FIELD_LIMIT = 4_000_000
_SAMPLES = 3
_BLANKS = re.compile(r"[ \t\r\n]+")
_UNTIDY = re.compile(r"[\x00-\x1f]|  ")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def open_layers(path: Path, title: str, geometry: dict[str, Any] | None = None) -> tuple[Layer, ...]:
    """One layer per sheet. ``geometry``: the caller's answer which columns make the plots.

    Raises UnreadableFile(reason="no_table", "damaged", "encrypted"), TooManyFeatures, TooComplex, UnsafeArchive.
    """
    sheets = _read_sheets(path, title)
    if not sheets:
        raise UnreadableFile(reason="no_table")
    layers = [_layer(sheet, path, geometry) for sheet in sheets]
    with_plots = [layer for layer in layers if layer.geometry_problem is None]
    # A sheet of remarks beside the tables is no layer; where no sheet is clear, all of them are asked about.
    told = [layer for layer in layers if layer in with_plots or layer.geometry_problem.params["candidates"]]  # type: ignore[union-attr]
    return tuple(told or layers)


# --- what the file says ---


def _read_sheets(path: Path, title: str) -> list[Sheet]:
    with path.open("rb") as source:
        start = source.read(8)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        _, found = lists.sheets_of(path)
        return [sheet for name, rows in found if (sheet := _sheet(name, list(enumerate(rows, start=1))))]
    text, latin = _text_of(path.read_bytes())
    rows = _csv_rows(text)
    sheet = _sheet(title, rows, latin=latin)
    return [sheet] if sheet else []


def _text_of(raw: bytes) -> tuple[str, bool]:
    """Text of a CSV, and whether its letters are undecoded bytes."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), False
    try:
        return raw.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True


def _csv_rows(text: str) -> list[tuple[int, list[Any]]]:
    old = csv.field_size_limit(_FIELD_LIMIT)
    try:
        sign = _delimiter(text)
        rows: list[tuple[int, list[Any]]] = []
        for number, row in lists.csv_rows(text.replace("\x00", ""), sign):
            if any(_swallows(cell, sign) for cell in row):
                raise UnreadableFile(reason="uneven_row", format="csv", row=rows[-1][0] + 1 if rows else 1)
            rows.append((number, list(row)))
            if len(rows) > MAX_ROWS + _HEADING_WITHIN:
                raise TooManyFeatures(found=len(rows), limit=MAX_ROWS)
    except csv.Error as error:
        raise UnreadableFile(reason="damaged", format="csv", detail=str(error)[:200]) from error
    finally:
        csv.field_size_limit(old)
    return rows


def _swallows(cell: str, sign: str) -> bool:
    """Whether a cell holds a whole row of places: a quotation mark opened in one row and closed in a later one."""
    lines = cell.splitlines()[1:] if "\n" in cell or "\r" in cell else ()
    return any(_places(line.split(sign)) for line in lines if sign in line)


def _places(cells: Sequence[str]) -> bool:
    """Whether cells hold a shape, or two numbers that can be a place in Vietnam."""
    found = [coordinate_of(cell) for cell in cells]
    known = sum(one is not None and coordinate_role(one) != "" for one in found)
    return known >= 2 or any(map(headings.is_shape_text, cells))


def _is_torn(cell: str) -> bool:
    """Whether a cell holds the beginning of a shape and not its end."""
    return headings.is_shape_text(cell) and cell.count("(") != cell.count(")")


def _delimiter(text: str) -> str:
    """The sign that parts the first lines into equally many cells; a decimal comma does not part the headings."""
    head = "\n".join(text[:200_000].splitlines()[:_HEADING_WITHIN])
    scores = {}
    for sign in ";\t,|":
        try:
            split = [row for row in csv.reader(io.StringIO(head, newline=""), delimiter=sign) if any(row)]
        except csv.Error:
            continue
        if any(_is_torn(cell) for row in split[:-1] for cell in row):  # the last may be cut by our looking
            continue
        counts = [len(row) for row in split]
        usual = statistics.mode(counts) if counts else 0
        if usual > 1:
            scores[sign] = (counts.count(usual) / len(counts), usual)
    return max(scores, key=lambda sign: scores[sign]) if scores else ","


def _sheet(name: str, rows: list[tuple[int, list[Any]]], *, latin: bool = False) -> Sheet | None:
    """The table in these rows, None where there is none: a heading and one row of data at least."""
    if len(rows) > MAX_ROWS + _HEADING_WITHIN:
        raise TooManyFeatures(found=len(rows), limit=MAX_ROWS)
    require_width(max((_width(cells) for _, cells in rows if len(cells) > MAX_COLUMNS), default=0))
    filled = [(number, [_cell(cell) for cell in cells[:MAX_COLUMNS]]) for number, cells in rows]
    filled = [(number, cells) for number, cells in filled if any(cell not in (None, "") for cell in cells)]
    if len(filled) < 2:
        return None
    at, names = _headings(filled, latin=latin)
    width = max(len(cells) for _, cells in filled[max(at, 0) :])
    body = []
    for number, cells in filled[at + 1 :]:
        padded = tuple(cells[:width]) + (None,) * (width - len(cells))
        if not names or [plain(cell) for cell in padded[: len(names)]] != names:  # the heading again on every page
            body.append((number, padded))
    if not body:
        return None
    above = " ".join(plain(cell) for _, cells in filled[: max(at, 0)] for cell in cells if cell)
    unique = lists.unique_headings(tuple(names), width)
    return Sheet(name, above[:2000], unique, tuple(body), latin)


def _width(cells: Sequence[Any]) -> int:
    """How many cells there are up to the last filled one."""
    return next((at + 1 for at in reversed(range(len(cells))) if cells[at] not in (None, "")), 0)


def _cell(value: Any) -> Any:
    """Numbers stay numbers, text is trimmed; blank is None."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, str):
        # Only what is a blank or control in every encoding: U+009D or U+00A0 may be a byte of a letter.
        if _UNTIDY.search(value):
            value = _BLANKS.sub(" ", _CONTROLS.sub("", value))
        return value.strip(" ") or None
    return lists.cell_text(value) or None


def _headings(filled: list[tuple[int, list[Any]]], *, latin: bool) -> tuple[int, list[str]]:
    """Index of the row above the data (-1: there are no headings) and the headings, two lines of them joined."""
    head = [[plain(cell) for cell in cells] for _, cells in filled[:_HEADING_WITHIN]]
    known = [0 if _is_data(row) else headings.count_known(row, latin=latin) for row in head]
    if max(known) == 0:
        at = lists.heading_at([tuple(row) for row in head])
        return (-1, []) if _is_data(head[at]) else (at, head[at])
    at = known.index(max(known))
    upper = at
    if at + 1 < len(head) and known[at + 1] and not _is_data(head[at + 1]):
        at += 1  # "Tọa độ" over "X | Y"
    elif at and known[at - 1] and len(head[at - 1]) > 1:
        upper = at - 1
    if upper == at:
        return at, head[at]
    width = max(len(head[at]), len(head[upper]))
    lower, above = (row + [""] * (width - len(row)) for row in (head[at], head[upper]))
    return at, [low or up for low, up in zip(lower, above, strict=True)]


def _is_data(row: Sequence[str]) -> bool:
    """Whether the row holds coordinates or shapes, so that it is no heading."""
    return (
        any(headings.is_shape_text(cell) for cell in row) or sum(coordinate_of(cell) is not None for cell in row) >= 2
    )


# --- layers ---


def _layer(sheet: Sheet, path: Path, geometry: dict[str, Any] | None) -> Layer:
    columns, options = _columns(sheet, geometry)
    raw_text = _raw_text(sheet) if sheet.latin else None
    layer = Layer(name=sheet.name, driver="table", path=path, raw_text=raw_text)
    if columns is None:
        problem = GeometryColumnsInDoubt(
            headings=list(sheet.headings),
            samples={name: _samples(sheet, at) for at, name in enumerate(sheet.headings)},
            candidates=[option.as_choice(sheet.headings) for option in options],
        )
        table = _attributes(sheet, sheet.cells(), frozenset())
        unplaced = _batches_of(table, [None] * len(sheet.rows))
        return replace(layer, counted=len(sheet.rows), batches=unplaced, geometry_problem=problem, crs=crs.WGS84)
    built = build(sheet, columns)
    table = _attributes(sheet, built.rows, columns.used())
    return replace(
        layer,
        crs=built.system,
        crs_problem=built.problem,
        notices=tuple(built.notices),
        counted=len(built.shapes),
        batches=_batches_of(table, built.shapes),
    )


def _columns(sheet: Sheet, geometry: dict[str, Any] | None) -> tuple[Columns | None, list[Columns]]:
    guessed, options = headings.guess(sheet.headings, sheet.cells(), latin=sheet.latin)
    if geometry is None:
        return guessed, options
    return headings.chosen(geometry, sheet.headings, latin=sheet.latin), options


def _raw_text(sheet: Sheet) -> tuple[bytes, ...]:
    texts = dict.fromkeys(sheet.headings)
    for _, cells in sheet.rows:
        texts.update(dict.fromkeys(cell for cell in cells if isinstance(cell, str) and not cell.isascii()))
        if len(texts) > 5_000:
            break
    return tuple(text.encode("latin-1", "replace") for text in texts)


def _samples(sheet: Sheet, at: int) -> list[str]:
    distinct = dict.fromkeys(plain(cells[at])[:80] for _, cells in sheet.rows[:200] if cells[at] not in (None, ""))
    return list(distinct)[:_SAMPLES]


def _attributes(sheet: Sheet, rows: Sequence[tuple[Any, ...]], used: frozenset[int]) -> pa.Table:
    """Columns of numbers stay numbers where a workbook has them so; everything else is text."""
    import pyarrow as pa

    columns, names = [], []
    for at, name in enumerate(sheet.headings):
        values = [row[at] for row in rows]
        if at in used or (name.startswith("#") and all(value is None for value in values)):
            continue
        kinds = {type(value) for value in values if value is not None}
        if kinds and kinds <= {int} and all(abs(value) < 2**63 for value in values if value is not None):
            columns.append(pa.array(values, pa.int64()))
        elif kinds and kinds <= {int, float}:
            columns.append(pa.array([None if value is None else float(value) for value in values], pa.float64()))
        else:
            columns.append(pa.array([None if value is None else str(value) for value in values], pa.string()))
        names.append(name)
    return pa.table(columns, names=names)


def _batches_of(table: pa.Table, shapes: list[Any]) -> Any:
    """The function that ``Layer.batches`` wants."""
    import numpy as np
    import pyarrow as pa
    import shapely

    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    wkb = pa.chunked_array([pa.array(shapely.to_wkb(array).tolist(), pa.large_binary())])

    def batches(limit: int | None = None) -> Batches:
        count = len(wkb) if limit is None else min(limit, len(wkb))
        for start in range(0, count, _BATCH):
            size = min(_BATCH, count - start)
            part = table.slice(start, size) if table.num_columns else table
            yield part, wkb.slice(start, size)

    return batches
