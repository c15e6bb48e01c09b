"""The fenced process of ``geofiles.sandbox``: one request as JSON on stdin, one answer in files.

Run by the sandbox only: ``python -m geofiles.sandbox_child``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from geofiles import fence, readers
from geofiles.errors import GeoFileError, TooComplex, UnreadableFile
from geofiles.features import Notice

# pyogrio loads these where it finds them, which is most of the time that a small file takes; nothing here uses them.
_NOT_NEEDED = ("geopandas", "pandas")
_GEOMETRY, _ROWS = "__geometry__", "__rows__"


class _Absent(MetaPathFinder):
    """Has what is not needed look as if it were not installed."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in _NOT_NEEDED:
            raise ModuleNotFoundError(fullname, name=fullname)


def main() -> None:
    """Read the request, do it, write ``answer.json`` (and ``features.arrow`` for a reading)."""
    fence.die_with_parent()
    sys.meta_path.insert(0, _Absent())
    walls = fence.close_network()
    request = json.loads(sys.stdin.buffer.read())
    folder = Path(request["folder"])
    options = request["options"]
    if "near" in options:
        options["near"] = tuple(options["near"] or ()) or None
    try:
        answer = _ACTIONS[request["action"]](Path(request["source"]), folder, options)
    except GeoFileError as error:
        answer = {"error": error.as_dict()}
    except MemoryError:
        answer = {"error": TooComplex(reason="memory").as_dict()}
    except OSError as error:
        # A write beyond the allowed size, when the signal for it was not delivered.
        answer = {"error": TooComplex(reason="output", detail=str(error)[:200]).as_dict()}
    (folder / "answer.json").write_text(json.dumps({**answer, "walls": walls}, default=str), "utf-8")


def _read(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa
    import shapely

    batch = readers.read(source, **options)
    table = batch.attributes
    if not table.num_columns:
        table = pa.table({_ROWS: pa.array(batch.rows)})
    else:
        table = table.append_column(_ROWS, pa.array(batch.rows))
    wkb = pa.array(shapely.to_wkb(batch.geometries).tolist(), type=pa.large_binary())
    table = table.append_column(_GEOMETRY, wkb)
    with pa.OSFile(str(folder / "features.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {
        "geometry": _GEOMETRY,
        "rows": _ROWS,
        "crs": batch.crs,
        "layer": batch.layer,
        "encoding": batch.encoding,
        "notices": [asdict(notice) for notice in batch.notices],
        "unreadable": batch.unreadable,
    }


def _read_to(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa

    from geofiles import prepared

    max_vertices = options.pop("max_vertices")
    done, first = 0, None
    notices: dict[tuple[str, str], Notice] = {}
    with (
        pa.OSFile(str(folder / "features.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, prepared.schema()) as writer,
    ):
        for total, batch in readers.read_with_total(source, **options):
            first = first or batch
            writer.write_batch(prepared.prepare_batch(batch, max_vertices=max_vertices))
            notices |= {(notice.code, str(notice.params)): notice for notice in batch.notices}
            done += len(batch)
            _tell(folder, done, total)
    if first is None:
        raise UnreadableFile(reason="no_features")
    return {
        "layer": first.layer,
        "crs": first.crs,
        "encoding": first.encoding,
        "columns": first.columns,
        "features": done,
        "notices": [asdict(notice) for notice in notices.values()],
    }


def _tell(folder: Path, done: int, total: int) -> None:
    """How far it is, for the parent; replaced as a whole, so that it never reads half a number."""
    (folder / "progress.new").write_text(json.dumps([done, total]), "ascii")
    (folder / "progress.new").replace(folder / "progress.json")


def _clean_photo(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import pictures

    (folder / "picture").write_bytes(pictures.clean_photo(source.read_bytes(), **options))
    return {}


def _clean_signature(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import pictures

    (folder / "picture").write_bytes(pictures.clean_signature(source.read_bytes()))
    return {}


def _inspect(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    return asdict(readers.inspect(source, **options))


def _check_signatures(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import signed_pdf

    return signed_pdf.check(source, **options)


def _read_list(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import lists

    return lists.read_list(source, **options).as_dict()


def _check_eudr(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import eudr

    return eudr.check(source.read_bytes())


def _correct_eudr(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles.eudr import correct
    from geofiles.eudr.reading import NotRead

    try:
        parts, left_out = correct(source.read_bytes())
    except NotRead as error:
        raise GeoFileError(error.code, **error.params) from error
    for number, part in enumerate(parts):
        (folder / f"part-{number}").write_bytes(part)
    return {"parts": len(parts), "left_out": left_out}


_ACTIONS = {
    "read": _read, "read_to": _read_to, "inspect": _inspect, "read_list": _read_list,
    "check_signatures": _check_signatures, "clean_photo": _clean_photo, "clean_signature": _clean_signature,
    "check_eudr": _check_eudr, "correct_eudr": _correct_eudr,
}  # fmt: skip


if __name__ == "__main__":
    main()
