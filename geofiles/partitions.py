"""One GeoParquet data set in many files, laid out by the value of a column: `commune=29884/part-0.parquet`.

The layout is Hive's, which pyarrow, dask, DuckDB, Spark and GDAL read as one table and of which they open only the
folders that a question needs. Readers guess the type of such a column from its text and take codes for numbers, so the
value also stands inside the files, as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from geofiles import crs as systems
from geofiles.layer_files import reprojected
from geofiles.parquet import GeoParquetWriter

if TYPE_CHECKING:
    import pyarrow as pa

NOTHING = "__HIVE_DEFAULT_PARTITION__"  # Hive's name for rows without a value
MANIFEST = "_manifest.json"  # readers pass over names that begin with _
FILE = "part-0.parquet"


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its path below the folder, how many rows and bytes it has, and what they sum up to."""

    path: str
    rows: int
    size: int
    sha256: str


def write_partitions(
    batches: Iterator[pa.RecordBatch],
    folder: Path,
    *,
    schema: pa.Schema,
    key: str,
    column: str,
    crs: str = systems.WGS84,
    head: Mapping[str, str],
) -> tuple[Part, ...]:
    """Write the rows below the empty `folder` and return the parts in order; the manifest comes last.

    `batches` are those of `geofiles.copied` in `schema`, ordered by `column` (text; null: a part of its own), whose
    value names the folder `<key>=<value>`. Raises ValueError when they are not in order: each part is written once.
    """
    parts: dict[str, _Writing] = {}
    writing: _Writing | None = None
    for batch in reprojected(batches, crs):
        for value, rows in _runs(batch, column):
            name = f"{key}={NOTHING if value is None else quote(value, safe='')}"
            if writing is None or writing.name != name:
                if name in parts:
                    raise ValueError(f"the rows are not ordered by {column}: {name} comes twice")
                if writing is not None:
                    writing.close()
                writing = parts[name] = _Writing(folder, name, schema, crs, head)
            writing.write(rows)
    if writing is not None:
        writing.close()
    made = tuple(writing.part for writing in parts.values())
    manifest = {**head, "partitioned_by": key, "parts": [asdict(part) for part in made]}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    return made


def _runs(batch: pa.RecordBatch, column: str) -> Iterator[tuple[str | None, pa.RecordBatch]]:
    """Yield each value of `column` with its rows, in order; without copying a row."""
    import pyarrow.compute as pc

    runs = pc.run_end_encode(batch.column(column))
    start = 0
    for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield value, batch.slice(start, end - start)
        start = end


class _Writing:
    """A part while it is written."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema, crs: str, head: Mapping[str, str]) -> None:
        self.name, self.rows = name, 0
        self.path = folder / name / FILE
        self.path.parent.mkdir(parents=True)
        self.writer = GeoParquetWriter(self.path, schema, crs=crs, head=head)

    def write(self, rows: Any) -> None:
        self.rows += len(rows)
        self.writer.write(rows)

    def close(self) -> None:
        with self.writer:
            pass

    @property
    def part(self) -> Part:
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(f"{self.name}/{FILE}", self.rows, self.path.stat().st_size, digest)
