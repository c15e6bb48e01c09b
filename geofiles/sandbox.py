"""Reading files from strangers in a process of its own: time, memory and output limited, no network.

The child runs ``geofiles.readers`` and leaves its result as an Arrow file and a JSON file in a private folder; the
parent reads only those (never pickle). How the process is fenced in is told in ``geofiles.confined``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import lists, pictures
from geofiles.arrivals import Arrivals
from geofiles.confined import (
    DEFAULT_LIMITS,
    Limits,
    Progress,
    has_bubblewrap,
    open_answer,
    read_answer,
    run,
    sweep,
    workspace,
)
from geofiles.errors import GeoFileError, TooComplex, TooManyFeatures, UnreadableFile
from geofiles.features import FeatureBatch, Notice
from geofiles.following import Follower, OnBatch
from geofiles.lists import TextTable
from geofiles.prepared import FileReading
from geofiles.readers import FieldSummary, FileSummary, LayerSummary

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "DEFAULT_LIMITS", "EUDR_LIMITS", "LARGE_LIMITS", "PHOTO_LIMITS", "FileReading", "Limits", "check_eudr",
    "check_signatures", "clean_photo", "clean_signature", "correct_eudr", "has_bubblewrap", "inspect_file", "read_file",
    "read_file_to", "read_list", "sweep", "workspace",
]  # fmt: skip

# A million plots: minutes of reading, gigabytes on disk, and still no more memory than a small file may use.
LARGE_LIMITS = Limits(cpu_s=1_200, wall_s=1_800, output_bytes=8 * 1024**3)
PHOTO_LIMITS = Limits(cpu_s=15, wall_s=30, memory_bytes=1024**3, output_bytes=16 * 1024**2)
EUDR_LIMITS = Limits(cpu_s=40, wall_s=80)
_BATCH_COST = 4_096  # bytes that a batch takes by itself, however little is in it
_TABLE, _PICTURE = "features.arrow", "picture"


def read_file(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    max_features: int | None = None,
    geometry: dict[str, Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> FeatureBatch:
    """``geofiles.readers.read`` in a fenced process; the same errors, and TooComplex when it used up its limits."""
    options = {
        "layer": layer, "crs": crs, "encoding": encoding, "filename": filename or Path(path).name, "near": near,
        "max_features": max_features, "geometry": geometry,
    }  # fmt: skip
    with workspace() as folder:
        answer = run("read", Path(path), folder, options, limits)
        batch = _load_batch(folder / _TABLE, answer, limits.memory_bytes)
    if max_features is not None and len(batch) > max_features:
        raise TooManyFeatures(found=len(batch), limit=max_features)
    return batch


def read_file_to(
    path: Path | str,
    folder: Path | str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    geometry: dict[str, Any] | None = None,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    max_features: int | None = None,
    max_vertices: int | None = None,
    on_progress: Progress | None = None,
    on_batch: OnBatch | None = None,
    limits: Limits = LARGE_LIMITS,
) -> FileReading:
    """As ``read_file``, with the features left as an Arrow file in ``folder`` (a ``workspace()``, say), ready to store.

    Shapes come out in EPSG:4326, 2D, multi, repaired within the limits or refused with the reason, row by row: see
    ``geofiles.prepared.schema``. ``on_progress(done, total)`` counts features; an error it raises stops the reading.
    ``on_batch`` gets each batch in order, once, while the fenced process reads on; the reading has the same batches.
    What it writes is looked through and copied, so that nothing of it is larger, or more, than it may be.
    """
    options = {
        "layer": layer, "crs": crs, "encoding": encoding, "geometry": geometry,
        "filename": filename or Path(path).name, "near": near, "max_features": max_features,
        "max_vertices": max_vertices,
    }  # fmt: skip
    with workspace(Path(folder)) as private:
        target = Path(folder) / _TABLE
        # A process that makes a batch holds its shapes as well, so half of its memory is more than a batch can have.
        follower = Follower(
            private / _TABLE,
            target,
            on_batch or _nothing,
            most_bytes=limits.memory_bytes // 2,
            max_features=max_features,
        )
        with follower:
            on_told = _followed(follower, on_progress)
            answer = run("read_to", Path(path), private, options, limits, on_told)
            follower.finish(int(answer["features"]))
    return FileReading(
        target,
        str(answer["layer"]),
        str(answer["crs"]),
        answer["encoding"],
        tuple(str(name) for name in answer["columns"]),
        int(answer["features"]),
        _notices(answer["notices"]),
    )


def _nothing(_batch: pa.RecordBatch) -> None:
    """For readings of which nobody takes the batches at once."""


def _followed(follower: Follower, on_progress: Progress | None) -> Progress:
    def on_told(done: int, total: int) -> None:
        follower.take(done)
        if on_progress is not None:
            on_progress(done, total)

    return on_told


def clean_photo(raw: bytes, *, side: int = pictures.PHOTO_SIDE, limits: Limits = PHOTO_LIMITS) -> bytes:
    """``geofiles.pictures.clean_photo`` in a fenced process; GeoFileError ``photo_too_large, photo_unreadable``."""
    pictures.require_bytes(raw, pictures.MAX_PHOTO_BYTES)
    return _clean_picture("clean_photo", raw, limits, side=side)


def clean_signature(raw: bytes, *, limits: Limits = PHOTO_LIMITS) -> bytes:
    """``geofiles.pictures.clean_signature`` in a fenced process; errors as ``clean_photo``."""
    pictures.require_bytes(raw, pictures.MAX_SIGNATURE_BYTES)
    return _clean_picture("clean_signature", raw, limits)


def _clean_picture(action: str, raw: bytes, limits: Limits, **options: int) -> bytes:
    with workspace() as folder:
        try:
            run(action, raw, folder, options, limits)
            return read_answer(folder / _PICTURE)
        except (TooComplex, OSError) as error:
            raise GeoFileError(pictures.UNREADABLE, reason="too_complex") from error


def inspect_file(
    path: Path | str,
    *,
    filename: str | None = None,
    near: tuple[float, ...] | None = None,
    geometry: dict[str, Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> FileSummary:
    """``geofiles.readers.inspect`` in a fenced process; the same errors, and TooComplex."""
    options = {"filename": filename or Path(path).name, "near": near, "geometry": geometry}
    with workspace() as folder:
        return _summary(run("inspect", Path(path), folder, options, limits))


def check_signatures(
    path: Path | str,
    *,
    base_size: int | None = None,
    roots: tuple[bytes, ...] = (),
    crls: tuple[bytes, ...] = (),
    ocsps: tuple[bytes, ...] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """``geofiles.signed_pdf.check`` in a fenced process; the same errors, and TooComplex. Evidence is DER."""
    options = {
        "base_size": base_size,
        **{
            name: [base64.b64encode(one).decode() for one in found]
            for name, found in (("roots", roots), ("crls", crls), ("ocsps", ocsps))
        },
    }
    with workspace() as folder:
        return run("check_signatures", Path(path), folder, options, limits)


def check_eudr(raw: bytes, *, limits: Limits = EUDR_LIMITS) -> dict[str, Any]:
    """``geofiles.eudr.check`` in a fenced process; raises TooComplex."""
    with workspace() as folder:
        return run("check_eudr", raw, folder, {}, limits)


def correct_eudr(raw: bytes, *, limits: Limits = EUDR_LIMITS) -> tuple[list[bytes], list[int]]:
    """``geofiles.eudr.correct`` in a fenced process; GeoFileError with the code of what can't be read, TooComplex."""
    with workspace() as folder:
        answer = run("correct_eudr", raw, folder, {}, limits)
        parts = [read_answer(folder / f"part-{number}") for number in range(int(answer["parts"]))]
    return parts, [int(number) for number in answer["left_out"]]


def read_list(
    path: Path | str,
    *,
    max_rows: int = lists.MAX_ROWS,
    encoding: str | None = None,
    known: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> TextTable:
    """``geofiles.lists.read_list`` in a fenced process; the same errors, and TooComplex."""
    with workspace() as folder:
        options = {"max_rows": max_rows, "encoding": encoding, "known": list(known)}
        answer = run("read_list", Path(path), folder, options, limits)
    rows = tuple((int(number), tuple(str(cell) for cell in cells)) for number, cells in answer["rows"])
    return TextTable(str(answer["format"]), tuple(str(name) for name in answer["headings"]), rows)


def _load_batch(path: Path, answer: dict[str, Any], most_bytes: int) -> FeatureBatch:
    import numpy as np
    import pyarrow as pa
    import shapely

    try:
        table = _load_table(path, most_bytes)
        kinds = [table.schema.field(answer[name]).type for name in ("geometry", "rows")]
        if kinds != [pa.large_binary(), pa.int64()]:
            raise UnreadableFile(reason="damaged", format="arrow")
        shapes = shapely.from_wkb(table.column(answer["geometry"]).to_numpy())
    except (pa.ArrowException, OSError, KeyError, ValueError, shapely.errors.GEOSException) as error:
        raise UnreadableFile(reason="damaged", detail=str(error)[:200]) from error
    return FeatureBatch(
        shapes,
        table.drop_columns([answer["geometry"], answer["rows"]]),
        np.asarray(table.column(answer["rows"]).to_numpy(), dtype="int64"),
        answer["crs"],
        answer["layer"],
        answer["encoding"],
        _notices(answer["notices"]),
        tuple(answer["unreadable"]),
    )


def _load_table(path: Path, most_bytes: int) -> pa.Table:
    import pyarrow as pa

    batches: list[pa.RecordBatch] = []
    taken = 0
    with open_answer(path) as source:
        arrivals = Arrivals(source, most_bytes=most_bytes)
        while (batch := arrivals.next_batch()) is not None:
            batches.append(batch)
            taken += batch.nbytes + _BATCH_COST
            if taken > most_bytes:
                raise TooComplex(reason="memory", limit=most_bytes)
    return pa.Table.from_batches(batches, arrivals.schema)


def _summary(answer: dict[str, Any]) -> FileSummary:
    layers = []
    for found in answer["layers"]:
        fields = tuple(FieldSummary(f["name"], f["kind"], tuple(f["samples"])) for f in found["fields"])
        listed = ("geometry_types", "crs_candidates", "encoding_candidates")
        tuples = {name: tuple(found[name]) for name in listed}
        bounds = tuple(found["bounds"]) if found["bounds"] else None
        layers.append(
            LayerSummary(
                **{**found, **tuples, "bounds": bounds, "fields": fields, "notices": _notices(found["notices"])}
            )
        )
    return FileSummary(answer["format"], tuple(layers))


def _notices(found: list[dict[str, Any]]) -> tuple[Notice, ...]:
    return tuple(Notice(notice["code"], notice["params"]) for notice in found)
