"""Layers that we parse ourselves: a list of shapes and columns of values, given on as Arrow batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import gdal
from geofiles.errors import GeoFileError
from geofiles.features import Notice
from geofiles.readers import text
from geofiles.readers.sources import Batches, Layer

if TYPE_CHECKING:
    import pyarrow as pa

UNREADABLE = b"\x00"  # no WKB: the reader reports the row, see FeatureBatch.unreadable


def layer_of(
    name: str,
    path: Path,
    wkb: Sequence[bytes | None],
    columns: Mapping[str, Sequence[Any]],
    *,
    crs: str | None,
    crs_problem: GeoFileError | None = None,
    raw_text: tuple[bytes, ...] | None = None,
    html_columns: frozenset[str] = frozenset(),
    has_escapes: bool = False,
    notices: tuple[Notice, ...] = (),
) -> Layer:
    """A layer of shapes as WKB (None without one, UNREADABLE where it makes no sense) and columns of equal length."""
    import pyarrow as pa

    table = pa.table({title: _typed(values) for title, values in columns.items()})
    shapes = pa.chunked_array([pa.array(wkb, pa.large_binary())])
    return Layer(
        name=name,
        driver="",
        path=path,
        crs=crs,
        crs_problem=crs_problem,
        raw_text=raw_text,
        html_columns=html_columns,
        has_escapes=has_escapes,
        notices=notices,
        counted=len(wkb),
        batches=lambda limit: _batches(table, shapes, limit),
    )


def columns_of(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Columns of all keys that any record has, in the order of their first appearance. Raises TooComplex."""
    names = dict.fromkeys(name for record in records for name in record)
    text.require_width(len(names))
    return {name: [record.get(name) for record in records] for name in names}


def points_to_wkb(points: Sequence[Sequence[float]], *, kind: str) -> bytes:
    """WKB of ``point``, ``line`` or ``ring`` (closed here) from (x, y[, z]) points; UNREADABLE for too few."""
    import shapely

    if kind == "point":
        return bytes(shapely.to_wkb(shapely.Point(points[0]))) if points else UNREADABLE
    depth = min((len(point) for point in points), default=0)
    even = [tuple(point[:depth]) for point in points]
    try:
        shape = shapely.Polygon(even) if kind == "ring" else shapely.LineString(even)
    except (ValueError, shapely.errors.GEOSException):
        return UNREADABLE
    return bytes(shapely.to_wkb(shape))


def _batches(table: pa.Table, shapes: pa.ChunkedArray, limit: int | None) -> Batches:
    step = limit or gdal.BATCH_SIZE
    for start in range(0, len(shapes), step):
        yield table.slice(start, step), shapes.slice(start, step)
        if limit is not None:
            return


def _typed(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):  # numbers among words: all are words then
        return pa.array([None if value is None else str(value) for value in values], pa.large_string())


__all__ = ["UNREADABLE", "columns_of", "layer_of", "points_to_wkb"]
