"""Zipped shapefile out, with what the format cannot hold told inside: names of ten letters, text of 254 bytes, 2 GB.

ESRI Shapefile Technical Description (1998): one type of shape a file, so points and polygons go apart; the DBF of
dBASE III gives ten bytes to a name and 254 to a text. Text is UTF-8, which the `.cpg` says.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs as systems
from geofiles.copied import GEOMETRY
from geofiles.errors import GeoFileError
from geofiles.layer_files import Batches, LayerFile, empty, flattened, write_gdal

if TYPE_CHECKING:
    import pyarrow as pa

NAME_BYTES = 10
TEXT_BYTES = 254
MOST_BYTES = 2**31 - 1
_WHOLE_LETTERS = 63  # four bytes at most each: surely within TEXT_BYTES
_KINDS = {"point": (0,), "line": (1, 2, 5), "polygon": (3, 6), "points": (4,)}
_SHAPES = {"point": "Point", "line": "LineString", "polygon": "Polygon", "points": "MultiPoint"}
_SHX_HEAD, _SHX_ROW = 100, 8  # bytes


def write_zipped_shapefile(file: LayerFile, batches: Batches, path: Path) -> None:
    """Write `path` with a shapefile for each type of shape, `fields.csv` (whole names) and `readme.txt` (the head).

    Rows without a shape go to the first of them. Raises GeoFileError("shapefile_too_large") where a part would pass
    2 GB, GeoFileError("shapefile_without_shapes") for a layer that has none.
    """
    if not file.has_shape:
        raise GeoFileError("shapefile_without_shapes")
    file = replace(file, schema=flattened(empty(file.schema)).schema)
    names = short_names([name for name in file.schema.names if name != GEOMETRY])
    with tempfile.TemporaryDirectory(prefix="geofiles-", dir=path.parent) as scratch:
        folder = Path(scratch)
        spooled = _Spool(folder, file.schema)
        for batch in batches:
            spooled.add(flattened(batch))
        parts = folder / "parts"
        parts.mkdir()
        for kind, rows in spooled.close().items():
            _write_part(file, kind, rows, names, parts)
        (parts / "fields.csv").write_text(_table(names), "utf-8-sig")
        (parts / "readme.txt").write_text(_readme(file), "utf-8")
        _zip(parts, path)


def short_names(names: list[str]) -> dict[str, str]:
    """Return a name of at most ten ASCII letters for each, no two alike: "cooperative" -> "cooperativ"."""
    taken: dict[str, str] = {}
    for name in names:
        plain = name.encode("ascii", "ignore").decode() or "field"
        short, number = plain[:NAME_BYTES], 1
        while short.lower() in {other.lower() for other in taken.values()}:
            number += 1
            short = f"{plain[: NAME_BYTES - len(str(number)) - 1]}_{number}"
        taken[name] = short
    return taken


class _Spool:
    """The rows by type of shape, on disk: GDAL writes one file at a time."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self.schema = folder, schema
        self.writers: dict[str, Any] = {}
        self.counts: dict[str, int] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        import numpy as np
        import pyarrow as pa
        import shapely

        kinds = shapely.get_type_id(shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False)))
        for name, ids in _KINDS.items():
            self._write(name, batch.filter(pa.array(np.isin(kinds, ids))))
        missing = batch.filter(pa.array(kinds < 0))
        if len(missing):
            self._write(next(iter(self.writers), "point"), missing)

    def _write(self, name: str, rows: pa.RecordBatch) -> None:
        import pyarrow as pa

        if not len(rows):
            return
        if name not in self.writers:
            self.writers[name] = pa.ipc.new_file(str(self.folder / f"{name}.arrow"), self.schema)
        self.writers[name].write_batch(rows)
        self.counts[name] = self.counts.get(name, 0) + len(rows)

    def close(self) -> dict[str, tuple[Path, int]]:
        """Return path and number of rows by kind; a file without rows is one of points."""
        import pyarrow as pa

        if not self.writers:
            self.writers["point"] = pa.ipc.new_file(str(self.folder / "point.arrow"), self.schema)
        for writer in self.writers.values():
            writer.close()
        return {name: (self.folder / f"{name}.arrow", self.counts.get(name, 0)) for name in self.writers}


def _write_part(file: LayerFile, kind: str, rows: tuple[Path, int], names: dict[str, str], folder: Path) -> None:
    import pyarrow as pa

    source, count = rows
    stem = f"{file.name}_{kind}"
    schema = pa.schema([field.with_name(names.get(field.name, field.name)) for field in file.schema])
    part = replace(file, name=stem, schema=schema)
    with pa.OSFile(str(source), "rb") as stored, pa.ipc.open_file(stored) as reader:
        batches = (
            pa.RecordBatch.from_arrays(_fitting(reader.get_batch(number)).columns, schema=schema)
            for number in range(reader.num_record_batches)
        )
        options = {"ENCODING": "UTF-8", "2GB_LIMIT": "YES"}
        write_gdal(part, batches, folder / f"{stem}.shp", "ESRI Shapefile", shape=_SHAPES[kind], layer_options=options)
    (folder / f"{stem}.prj").write_text(systems.wkt_for_prj(file.crs), "ascii", errors="replace")
    whole = _SHX_HEAD + _SHX_ROW * count
    is_cut = (folder / f"{stem}.shx").stat().st_size < whole
    if is_cut or any(made.stat().st_size > MOST_BYTES for made in folder.iterdir()):
        raise GeoFileError("shapefile_too_large")


def _fitting(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Cut text that is too long at a whole letter, since GDAL would cut it at a byte."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for column in batch.columns:
        if pa.types.is_string(column.type):
            is_long = pc.greater(pc.binary_length(column), TEXT_BYTES)
            column = pc.if_else(is_long, pc.utf8_slice_codeunits(column, 0, _WHOLE_LETTERS), column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _table(names: dict[str, str]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["field_in_file", "field"])
    writer.writerows((short, name) for name, short in names.items())
    return buffer.getvalue()


def _readme(file: LayerFile) -> str:
    lines = [file.title, "", *(f"{name}: {value}" for name, value in file.head.items()), ""]
    lines.append("Shapefile: names of fields have 10 letters (fields.csv has the whole ones), text 254 bytes, UTF-8.")
    return "\r\n".join(lines) + "\r\n"


def _zip(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
