"""One table from one file, with or without geometry, also gzipped: for reference data that a command loads.

CSV comes back as text throughout (codes keep their leading zeros), everything else as ``geofiles.readers``
reads it. The caller's file is never touched and nothing is written beside it.
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from geofiles import readers
from geofiles.errors import UnreadableFile
from geofiles.features import FeatureBatch, make_batch

MAX_UNPACKED_BYTES = 2 * 1024**3
_CHUNK = 1024 * 1024


def read_table(path: Path | str) -> FeatureBatch:
    """All rows of a CSV (UTF-8, header line), GeoJSON, GeoParquet, GeoPackage, zipped shapefile, or its ``.gz``.

    Geometry is in EPSG:4326, None for CSV. Raises UnreadableFile and its kin.
    """
    path = Path(path)
    if path.suffix.lower() != ".gz":
        return _read(path)
    with tempfile.TemporaryDirectory(prefix="geofiles-") as scratch:
        plain = Path(scratch) / path.stem
        _unpack(path, plain)
        return _read(plain)


def vertex_counts(batch: FeatureBatch) -> list[int]:
    """Number of vertices of each geometry, 0 where there is none."""
    import shapely

    return shapely.get_num_coordinates(batch.geometries).tolist()


def _read(path: Path) -> FeatureBatch:
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    return readers.read(path).in_wgs84()


def _unpack(path: Path, target: Path) -> None:
    try:
        with gzip.open(path) as packed, target.open("wb") as plain:
            while chunk := packed.read(_CHUNK):
                plain.write(chunk)
                if plain.tell() > MAX_UNPACKED_BYTES:
                    raise UnreadableFile(reason="too_large", limit=MAX_UNPACKED_BYTES)
    except (OSError, EOFError) as error:
        raise UnreadableFile(reason="not_gzip", detail=str(error)) from error


def _read_csv(path: Path) -> FeatureBatch:
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            rows = csv.reader(source, strict=True)
            header = [name.strip() for name in next(rows, [])]
            records = [row for row in rows if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(reason="not_csv", detail=str(error)) from error
    if not header or not records:
        raise UnreadableFile(reason="no_features")
    if len(set(header)) < len(header):
        raise UnreadableFile(reason="repeated_column")
    uneven = next((number for number, row in enumerate(records, start=2) if len(row) != len(header)), None)
    if uneven is not None:
        raise UnreadableFile(reason="uneven_row", row=uneven)
    columns = {name: [row[at] or None for row in records] for at, name in enumerate(header)}
    return make_batch([None] * len(records), columns, layer=path.stem)
