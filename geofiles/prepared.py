"""Features made ready for storing, as Arrow batches that pass from the fenced process to the service by disk.

Shapes are worked on here, in the child, 50,000 at a time, so that neither process ever holds a whole file. The parent
gets plain columns: it needs no GDAL, GEOS or PROJ to store them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles.errors import UnreadableFile
from geofiles.features import FeatureBatch, Notice

if TYPE_CHECKING:
    import pyarrow as pa

# As JSON escapes them (RFC 8259 section 7), the backslash first; NUL has no place in PostgreSQL's text and is dropped.
_ESCAPES = (
    ("\\", "\\\\"), ('"', '\\"'), ("\x00", ""), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"),
    *((chr(code), f"\\u{code:04x}") for code in range(1, 32) if code not in (9, 10, 13)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileReading:
    """A file read by ``sandbox.read_file_to``: what was decided about it, and its features on disk.

    ``path``: Arrow IPC file of the batches; see ``schema`` for its columns. ``columns``: the file's headings in order.
    ``crs``: that of the file; ``wkb`` is in EPSG:4326 whatever it was. ``notices``: what the reader did.
    """

    path: Path
    layer: str
    crs: str
    encoding: str | None
    columns: tuple[str, ...]
    features: int
    notices: tuple[Notice, ...]

    def __len__(self) -> int:
        return self.features

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Record batches of at most 50,000 features, one in memory at a time. Raises UnreadableFile."""
        import pyarrow as pa

        try:
            with pa.OSFile(str(self.path), "rb") as source, pa.ipc.open_file(source) as reader:
                if reader.schema != schema():
                    raise UnreadableFile(reason="damaged", format="arrow")
                for number in range(reader.num_record_batches):
                    batch = reader.get_batch(number)
                    batch.validate(full=True)  # written by the process that parsed a stranger's file
                    yield batch
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFile(reason="damaged", format="arrow", detail=str(error)[:200]) from error


def schema() -> pa.Schema:
    """Columns of a prepared batch.

    row            1-based number of the feature in its file
    wkb            valid 2D MultiPolygon, EPSG:4326; null where refused
    area_m2        geodesic, null where refused
    problem        JSON ``{"code", "params", "point"}`` (``geometry.GeometryProblem``), null where fine
    repair         JSON ``{"reason", "point", "area_before_m2", "area_after_m2"}``, null where untouched
    before_wkb     the shape before its repair, or as the file had it where it was refused (for the sender to correct);
                   2D, EPSG:4326, null where untouched or without a place
    original_wkb   the shape as the file has it, 2D, in the file's system, null where that is EPSG:4326
    dropped_z      whether a third dimension was left out
    dropped_parts  how many parts below 5 m2 were left out
    attributes     JSON object of the row's values
    """
    import pyarrow as pa

    return pa.schema([
        ("row", pa.int64()),
        ("wkb", pa.large_binary()),
        ("area_m2", pa.float64()),
        ("problem", pa.large_string()),
        ("repair", pa.large_string()),
        ("before_wkb", pa.large_binary()),
        ("original_wkb", pa.large_binary()),
        ("dropped_z", pa.bool_()),
        ("dropped_parts", pa.int32()),
        ("attributes", pa.large_string()),
    ])  # fmt: skip


def prepare_batch(batch: FeatureBatch, *, max_vertices: int | None = None) -> pa.RecordBatch:
    """One batch in the form of ``schema``; a shape that can't be read or has no place on Earth is its row's problem."""
    import pyarrow as pa
    import shapely

    from geofiles import crs, geometry

    size = len(batch)
    shapes, lost = _in_wgs84(batch)
    limit = {} if max_vertices is None else {"max_vertices": max_vertices}
    report = geometry.prepare_polygons(shapes, **limit)
    problems: list[str | None] = [None] * size
    repairs: list[str | None] = [None] * size
    before: list[bytes | None] = [None] * size
    for problem in report.problems:
        told = {"code": problem.code, "params": problem.params, "point": problem.point}
        problems[problem.index] = json.dumps(told, default=str)
        before[problem.index] = _as_sent(shapes[problem.index])
    for index, code in lost.items():
        problems[index] = json.dumps({"code": code, "params": {"reason": "unreadable"}, "point": None})
    for repair in report.repairs:
        mended: dict[str, Any] = {
            "reason": repair.reason, "point": repair.point,
            "area_before_m2": repair.area_before_m2, "area_after_m2": repair.area_after_m2,
        }  # fmt: skip
        repairs[repair.index] = json.dumps(mended)
        before[repair.index] = shapely.to_wkb(repair.before, flavor="iso")
    original: list[bytes | None] = [None] * size if batch.crs == crs.WGS84 else batch.wkb()
    columns: Sequence[Any] = (
        batch.rows, shapely.to_wkb(report.geometries, flavor="iso").tolist(),
        pa.array(report.areas_m2, from_pandas=True), problems, repairs, before, original,
        report.dropped_z, report.dropped_parts, rows_as_json(batch.attributes, size),
    )  # fmt: skip
    layout = schema()
    return pa.record_batch([_column(values, field.type) for values, field in zip(columns, layout, strict=True)], layout)


def _as_sent(shape: Any) -> bytes | None:
    """A refused shape as 2D WKB, None where it has no extent that a map could show."""
    import numpy as np
    import shapely

    if shape is None or not np.isfinite(shapely.bounds(shape)).all():
        return None
    return bytes(shapely.to_wkb(shape, output_dimension=2, flavor="iso"))


def rows_as_json(table: pa.Table, size: int) -> pa.ChunkedArray:
    """Each row of the table as a JSON object, made column by column; ``size`` rows of ``{}`` when it has no column.

    Numbers that JSON does not know (NaN, infinity) are null; dates and other types are text, nested ones JSON.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_columns:
        return pa.chunked_array([pa.array(["{}"] * size, pa.large_string())])
    members = []
    for name in table.column_names:
        key = json.dumps(name, ensure_ascii=False) + ":"
        value = pc.fill_null(_as_json(table.column(name).combine_chunks()), _large("null"))
        members.append(pc.binary_join_element_wise(_large(key), value, _large("")))
    joined = pc.binary_join_element_wise(*members, _large(",")) if len(members) > 1 else members[0]
    return pa.chunked_array([pc.binary_join_element_wise(_large("{"), joined, _large("}"), _large(""))])


def _large(text: str) -> Any:
    import pyarrow as pa

    return pa.scalar(text, pa.large_string())


def _as_json(column: Any) -> Any:
    """A column of JSON texts, null for null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_json(column.dictionary_decode())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return pc.cast(column, pa.large_string())
    if pa.types.is_floating(kind):
        wide = pc.cast(column, pa.float64())
        finite = pc.if_else(pc.is_finite(wide), wide, pa.scalar(None, pa.float64()))
        return pc.cast(finite, pa.large_string())
    if pa.types.is_nested(kind):
        return pa.array(
            [None if value is None else _nested(value) for value in column.to_pylist()],
            pa.large_string(),
        )
    text = pc.cast(column, pa.large_string())
    for sign, escaped in _ESCAPES:
        text = pc.replace_substring(text, sign, escaped)
    return pc.binary_join_element_wise(_large('"'), text, _large('"'), _large(""))


def _nested(value: Any) -> str:
    """A list or an object as JSON in NFC: no sign of JSON's own has a form with a mark."""
    text = json.dumps(value, ensure_ascii=False, default=str).replace("\\u0000", "")
    return unicodedata.normalize("NFC", text)


def _in_wgs84(batch: FeatureBatch) -> tuple[Any, dict[int, str]]:
    """Shapes in EPSG:4326, null for those that have no place there or could not be read, and the code of each such."""
    import numpy as np
    import shapely

    from geofiles import crs
    from geofiles.errors import CoordinatesOutOfRange

    lost = dict.fromkeys(np.flatnonzero(np.isin(batch.rows, batch.unreadable)).tolist(), "invalid_geometry")
    try:
        return batch.in_wgs84().geometries, lost
    except CoordinatesOutOfRange:
        shapes = batch.geometries.copy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    for index, mine in zip(owner[starts].tolist(), np.split(xy, starts[1:]), strict=True):
        try:
            crs.points_to_wgs84(mine[:, 0], mine[:, 1], str(batch.crs))
        except CoordinatesOutOfRange:
            shapes[index], lost[index] = None, "bad_coordinates"
    return crs.to_wgs84(shapes, batch.crs), lost


def _column(values: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks().cast(kind)
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, type=kind)


__all__ = ["FileReading", "prepare_batch", "rows_as_json", "schema"]
