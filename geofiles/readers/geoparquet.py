"""GeoParquet through pyarrow: the GDAL in the wheel has no Parquet driver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs, gdal
from geofiles.errors import CrsInDoubt, GeoFileError, UnreadableFile
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
    covering = column.get("covering", {}).get("bbox", {}).get("xmin", [None])[0]
    done = 0
    with gdal.readable("parquet"), pyarrow.parquet.ParquetFile(path) as source:
        for batch in source.iter_batches(batch_size=min(gdal.BATCH_SIZE, limit or gdal.BATCH_SIZE)):
            if limit is not None and done >= limit:
                return
            table = pa.Table.from_batches([batch])
            left_out = [column for column in (name, covering) if column in table.column_names]
            yield table.drop_columns(left_out), table.column(name)
            done += batch.num_rows


def _geometry(path: Path) -> tuple[str, dict[str, Any]]:
    import pyarrow.parquet

    with gdal.readable("parquet"):
        metadata = pyarrow.parquet.read_metadata(path).metadata or {}
    try:
        description = json.loads(metadata[b"geo"])
        name = description["primary_column"]
        column = description["columns"][name]
    except (KeyError, ValueError, TypeError) as error:
        raise UnreadableFile(reason="not_geoparquet") from error
    if str(column.get("encoding", "")).upper() != "WKB":
        raise UnreadableFile(reason="geometry_not_wkb", format="parquet")
    return name, column


def _judge(declared: Any) -> tuple[str | None, GeoFileError | None]:
    identity = declared.get("id") if isinstance(declared, dict) else None
    if not isinstance(identity, dict):
        return None, CrsInDoubt(reason="no_crs" if declared is None else "unknown_crs", candidates=[])
    try:
        return crs.normalise(f"{identity.get('authority')}:{identity.get('code')}"), None
    except GeoFileError as error:
        return None, error
