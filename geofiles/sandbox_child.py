"""The fenced process of ``geofiles.sandbox``: one request as JSON on stdin, one answer in files.

Run by the sandbox only: ``python -m geofiles.sandbox_child``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geofiles import readers
from geofiles.errors import GeoFileError, TooComplex

_GEOMETRY, _ROWS = "__geometry__", "__rows__"


def main() -> None:
    """Read the request, do it, write ``answer.json`` (and ``features.arrow`` for a reading)."""
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
    (folder / "answer.json").write_text(json.dumps(answer, default=str), "utf-8")


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
    }


def _inspect(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    return asdict(readers.inspect(source, **options))


def _check_signatures(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import signed_pdf

    return signed_pdf.check(source, **options)


def _read_list(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    from geofiles import lists

    return lists.read_list(source, **options).as_dict()


_ACTIONS = {"read_list": _read_list, "read": _read, "inspect": _inspect, "check_signatures": _check_signatures}


if __name__ == "__main__":
    main()
