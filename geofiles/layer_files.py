"""Whole layers as files, written batch by batch: GeoPackage, FlatGeobuf, GeoParquet, zipped shapefile, XLSX.

Batches are those of `geofiles.copied`: Arrow columns and WKB in EPSG:4326. Memory holds a batch or two, whatever the
number of rows; FlatGeobuf's index and a workbook's temporary file are on disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs as systems
from geofiles import gdal
from geofiles.copied import GEOMETRY
from geofiles.parquet import GeoParquetWriter
from geofiles.workbooks import Sheet, write_xlsx

if TYPE_CHECKING:
    import pyarrow as pa

Batches = Iterator["pa.RecordBatch"]
_BETWEEN_IN_TEXT = ", "


@dataclass(frozen=True, slots=True)
class LayerFile:
    """What a file is to hold, besides the rows.

    schema    of the batches, with `geometry` last where the layer has shapes
    shape     OGC name of the one type of shape ("MultiPolygon", "Point"), "Unknown" for several
    crs       system of the coordinates in the file; the batches are always EPSG:4326
    head      what the file says of itself, name -> text, in order
    """

    name: str
    title: str
    schema: pa.Schema
    shape: str = "Unknown"
    crs: str = systems.WGS84
    head: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_shape(self) -> bool:
        return GEOMETRY in self.schema.names


def write_geopackage(file: LayerFile, batches: Batches, path: Path) -> None:
    """Write one layer with a spatial index; the head is the metadata (OGC GeoPackage 1.3, table gpkg_metadata)."""
    write_gdal(
        file, batches, path, "GPKG",
        layer_options={"IDENTIFIER": file.title, "DESCRIPTION": _told(file.head)}, dataset_metadata=dict(file.head),
    )  # fmt: skip


def write_flatgeobuf(file: LayerFile, batches: Batches, path: Path) -> None:
    """Write one layer with its packed R-tree; the head is the description in the file's header.

    Rows without a shape are left out: the index has no place for them, and GDAL's reader by Arrow stumbles over them.
    """
    options = {"SPATIAL_INDEX": "YES", "TITLE": file.title, "DESCRIPTION": _told(file.head)}
    write_gdal(file, _with_shapes(batches), path, "FlatGeobuf", layer_options=options)


def _with_shapes(batches: Batches) -> Batches:
    import pyarrow.compute as pc

    for batch in batches:
        yield batch.filter(pc.is_valid(batch.column(GEOMETRY)))


def write_geoparquet(file: LayerFile, batches: Batches, path: Path) -> None:
    """Write one GeoParquet 1.1 file with covering boxes; lists stay lists. The head stands in the file's metadata."""
    with GeoParquetWriter(path, file.schema, crs=file.crs, head=file.head) as writer:
        for batch in reprojected(batches, file.crs):
            writer.write(batch)


def write_workbook(file: LayerFile, batches: Batches, path: Path) -> None:
    """Write the rows as a sheet and the head as a second one; a shape becomes a point inside it.

    Raises ValueError for more rows than a sheet holds.
    """
    names = [name for name in file.schema.names if name != GEOMETRY]
    corner = ("lon", "lat") if file.crs == systems.WGS84 else ("x", "y")
    headings = [*names, *corner] if file.has_shape else names
    rows = _cells(reprojected(batches, file.crs), file)
    told = Sheet("Nguồn", ["", ""], list(file.head.items()), widths=[20, 100], is_wrapped=True)
    write_xlsx(path, [Sheet(file.title, headings, rows), told])


def reprojected(batches: Batches, crs: str) -> Batches:
    """Yield the batches with shapes in `crs`: VN-2000 by the official pipeline (`geofiles.crs`), never by another."""
    if crs == systems.WGS84:
        yield from batches
        return
    import pyarrow as pa
    import shapely

    for batch in batches:
        place = batch.schema.get_field_index(GEOMETRY)
        if place < 0:
            yield batch
            continue
        shapes = shapely.from_wkb(batch.column(place).to_numpy(zero_copy_only=False))
        wkb = shapely.to_wkb(systems.from_wgs84(shapes, crs), flavor="iso", byte_order=1)
        yield batch.set_column(place, batch.schema.field(place), pa.array(wkb.tolist(), pa.binary()))


def flattened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with lists as text ("3, 4, 5"), for formats that know none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = [
        pc.binary_join(column.cast(pa.list_(pa.string())), _BETWEEN_IN_TEXT)
        if pa.types.is_list(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _told(head: Mapping[str, str]) -> str:
    return json.dumps(dict(head), ensure_ascii=False)


class _Kept:
    """Hands batches to GDAL and keeps what the source raised: through the C stream only a text would come back."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self.error: BaseException | None = None

    def __iter__(self) -> Batches:
        try:
            yield from self.batches
        except BaseException as error:
            self.error = error
            raise


def write_gdal(
    file: LayerFile,
    batches: Batches,
    path: Path,
    driver: str,
    *,
    shape: str = "",
    crs: str | None = None,
    **options: Any,
) -> None:
    """Let GDAL pull the batches and write one layer; what the source raises comes through as it is.

    `shape` and `crs` replace those of `file`. Raises UnreadableFile where GDAL cannot write.
    """
    import pyarrow as pa

    pyogrio = gdal.prepare()
    schema = flattened(empty(file.schema)).schema
    if file.has_shape:
        place = schema.get_field_index(GEOMETRY)
        schema = schema.set(place, schema.field(place).with_metadata({"ARROW:extension:name": "geoarrow.wkb"}))
    kept = _Kept(_cast(reprojected(batches, file.crs), schema))
    geometry = {"geometry_name": GEOMETRY, "geometry_type": shape or file.shape} if file.has_shape else {}
    try:
        with gdal.readable(driver):
            pyogrio.raw.write_arrow(
                pa.RecordBatchReader.from_batches(schema, iter(kept)),
                str(path),
                layer=file.name,
                driver=driver,
                crs=crs or file.crs,
                **geometry,
                **options,
            )
    except Exception:
        if kept.error is not None:
            raise kept.error from None
        raise


def _cast(batches: Batches, schema: pa.Schema) -> Batches:
    import pyarrow as pa

    for batch in batches:
        yield pa.RecordBatch.from_arrays(flattened(batch).columns, schema=schema)


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch of no rows."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], kind.type) for kind in schema], schema=schema)


def _cells(batches: Batches, file: LayerFile) -> Iterator[list[Any]]:
    import shapely

    for batch in batches:
        flat = flattened(batch)
        columns = [_shown(flat.column(name)) for name in flat.schema.names if name != GEOMETRY]
        if file.has_shape:
            shapes = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
            points = shapely.point_on_surface(shapes)
            digits = 7 if file.crs == systems.WGS84 else 3
            columns += [_rounded(shapely.get_x(points), digits), _rounded(shapely.get_y(points), digits)]
        yield from (list(cells) for cells in zip(*columns, strict=True))


def _shown(column: Any) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s", "Asia/Ho_Chi_Minh")), "%Y-%m-%d %H:%M:%S").to_pylist()
    if pa.types.is_date(column.type):
        return pc.strftime(column, "%Y-%m-%d").to_pylist()
    return list(column.to_pylist())


def _rounded(values: Any, digits: int) -> list[float | None]:
    import numpy as np

    return [
        None if missing else value
        for missing, value in zip(np.isnan(values), values.round(digits).tolist(), strict=True)
    ]
