"""GeoParquet through pyarrow: the GDAL in the wheel has no Parquet driver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs, gdal
from geofiles.errors import CrsInDoubt, GeoFileError, UnreadableFile
from geofiles.readers.declared import judge
from geofiles.readers.sources import Layer

if TYPE_CHECKING:
    import pyarrow as pa


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """The one layer of a GeoParquet file with WKB geometry. Raises UnreadableFile."""
    column = _geometry(path)[1]
    system: str | None = crs.WGS84  # absent: OGC:CRS84 by the specification
    problem: GeoFileError | None = None
    if "crs" in column:
        system, problem = _judge(column["crs"])
    return (
        Layer(
            name=title,
            driver="Parquet",
            path=path,
            crs=system,
            crs_problem=problem,
            counted=count(path),
            batches=lambda limit: stream(path, limit=limit),
        ),
    )


def count(path: Path) -> int:
    """Number of rows, from the footer."""
    import pyarrow.parquet

    with gdal.readable("parquet"):
        return int(pyarrow.parquet.read_metadata(path).num_rows)


def stream(path: Path, *, limit: int | None = None) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    """(attributes, WKB) by batches; the bounding-box column is left out."""
    import pyarrow as pa
    import pyarrow.parquet

    name, column = _geometry(path)
    covering = _covering(column)
    done = 0
    with gdal.readable("parquet"), pyarrow.parquet.ParquetFile(path) as source:
        for batch in source.iter_batches(batch_size=min(gdal.BATCH_SIZE, limit or gdal.BATCH_SIZE)):
            if limit is not None and done >= limit:
                return
            table = pa.Table.from_batches([batch])
            left_out = [column for column in (name, covering) if column in table.column_names]
            if name not in table.column_names:
                raise UnreadableFile(reason="no_geometry_column", format="parquet")
            yield _plain(table.drop_columns(left_out)), _wkb(table.column(name))
            done += batch.num_rows


def _geometry(path: Path) -> tuple[str, dict[str, Any]]:
    import pyarrow.parquet

    with gdal.readable("parquet"):
        metadata = pyarrow.parquet.read_metadata(path).metadata or {}
    try:
        description = json.loads(metadata[b"geo"])
        name = description["primary_column"]
        column = description["columns"][name]
        encoding = str(column.get("encoding", ""))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(reason="not_geoparquet") from error
    if encoding.upper() != "WKB":
        raise UnreadableFile(reason="geometry_not_wkb", format="parquet", encoding=encoding[:50])
    return str(name), column


def _covering(column: dict[str, Any]) -> str | None:
    """The column of bounding boxes, which repeats the geometry."""
    try:
        return str(column["covering"]["bbox"]["xmin"][0])
    except (KeyError, IndexError, TypeError):
        return None


def _plain(table: pa.Table) -> pa.Table:
    """Text kept as a dictionary or as views, as plain text, so that it is decoded like any other."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        kind = field.type
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        if inner != kind or pa.types.is_string_view(kind):
            as_text = pa.types.is_string(inner) or pa.types.is_string_view(inner)
            target = pa.large_string() if as_text else inner
            table = table.set_column(at, field.name, table.column(at).cast(target))
    return table


def _wkb(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column, kind = (
            pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type),
            kind.storage_type,
        )
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise UnreadableFile(reason="geometry_not_wkb", format="parquet", encoding=str(kind)[:50])
    return column


def _judge(declared: Any) -> tuple[str | None, GeoFileError | None]:
    """The id that a PROJJSON bears, or else what it describes; null is a file that says it does not know."""
    if declared is None:
        return None, CrsInDoubt(reason="no_crs", candidates=[])
    identity = declared.get("id") if isinstance(declared, dict) else None
    if isinstance(identity, dict):
        return judge(f"{identity.get('authority')}:{identity.get('code')}")
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        return judge(pyproj.CRS.from_json_dict(declared).to_wkt())
    except (CRSError, AttributeError, TypeError, ValueError):
        return None, CrsInDoubt(reason="unknown_crs", candidates=[])
