"""Reading files from strangers in a process of its own: time, memory and output limited, no network.

The child runs ``geofiles.readers`` and leaves its result as an Arrow file and a JSON file in a private
folder; the parent reads only those (never pickle). Where bubblewrap works, the child also sees no network,
no other process, and of the disk only the programs and its folder; without it the resource limits and the
fenced GDAL remain. The environment is not passed on, so the child knows no password of the service.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import shutil
import signal
import subprocess  # the child's command line is made here, no shell
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import errors, lists
from geofiles.errors import GeoFileError, TooComplex, UnreadableFile
from geofiles.features import FeatureBatch, Notice
from geofiles.lists import TextTable
from geofiles.readers import FieldSummary, FileSummary, LayerSummary

if TYPE_CHECKING:
    import pyarrow as pa

_ROOT = Path(__file__).resolve().parent.parent
_TABLE, _ANSWER = "features.arrow", "answer.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use: CPU and wall seconds, bytes of memory and of any file written."""

    cpu_s: int = 20
    wall_s: int = 60
    memory_bytes: int = 1536 * 1024 * 1024
    output_bytes: int = 200 * 1024 * 1024


DEFAULT_LIMITS = Limits()


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
    with tempfile.TemporaryDirectory(prefix="geofiles-") as folder:
        answer = _run("read", Path(path), Path(folder), options, limits)
        return _load_batch(Path(folder) / _TABLE, answer)


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
    with tempfile.TemporaryDirectory(prefix="geofiles-") as folder:
        return _summary(_run("inspect", Path(path), Path(folder), options, limits))


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
    with tempfile.TemporaryDirectory(prefix="geofiles-") as folder:
        return _run("check_signatures", Path(path), Path(folder), options, limits)


def read_list(path: Path | str, *, max_rows: int = lists.MAX_ROWS, limits: Limits = DEFAULT_LIMITS) -> TextTable:
    """``geofiles.lists.read_list`` in a fenced process; the same errors, and TooComplex."""
    with tempfile.TemporaryDirectory(prefix="geofiles-") as folder:
        answer = _run("read_list", Path(path), Path(folder), {"max_rows": max_rows}, limits)
    rows = tuple((int(number), tuple(str(cell) for cell in cells)) for number, cells in answer["rows"])
    return TextTable(str(answer["format"]), tuple(str(name) for name in answer["headings"]), rows)


@functools.cache
def has_bubblewrap() -> bool:
    """Whether bubblewrap is installed and may make its namespaces here (containers often forbid it)."""
    program = shutil.which("bwrap")
    if program is None:
        return False
    command = [program, "--unshare-all", "--ro-bind", "/", "/", "true"]
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0  # noqa: S603


# --- the parent's side ---


def _run(action: str, path: Path, folder: Path, options: dict[str, Any], limits: Limits) -> dict[str, Any]:
    if not path.is_file() or path.is_symlink():
        raise UnreadableFile(reason="not_a_file")
    source, scratch = folder / "source", folder / "tmp"
    shutil.copyfile(path, source)
    scratch.mkdir()
    request = json.dumps({"action": action, "source": str(source), "folder": str(folder), "options": options})
    command = [*_limited(limits), *_fence(folder), sys.executable, "-m", "geofiles.sandbox_child"]
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=_environment(scratch),
        start_new_session=True,
    ) as child:
        try:
            child.communicate(request.encode(), timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            raise TooComplex(reason="time", limit=limits.wall_s) from None
        finally:
            _end(child)
    return _answer(folder / _ANSWER, child.returncode, limits)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's session, helpers too."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _environment(scratch: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(_ROOT),
        "PROJ_NETWORK": "OFF",
        # One thread each: a pool per core would count against the memory limit.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def _limited(limits: Limits) -> list[str]:
    """Command prefix that sets the limits; a crossed one ends the child by signal or by MemoryError.

    Not by ``preexec_fn``, which may deadlock in a process with threads.
    """
    program = shutil.which("prlimit")
    if program is None:
        raise GeoFileError("sandbox_unavailable", missing="prlimit")
    return [
        program,
        f"--cpu={limits.cpu_s}:{limits.cpu_s + 1}",
        f"--as={limits.memory_bytes}",
        f"--fsize={limits.output_bytes}",
        "--core=0",
        "--nofile=256",
        "--",
    ]


def _fence(folder: Path) -> list[str]:
    if not has_bubblewrap():
        return []
    programs = {
        "/usr",
        "/lib",
        "/lib64",
        "/bin",
        "/etc/ld.so.cache",
        sys.prefix,
        sys.base_prefix,
        str(_ROOT / "geofiles"),
    }
    binds = [part for place in sorted(programs) if Path(place).exists() for part in ("--ro-bind", place, place)]
    return [
        str(shutil.which("bwrap")), "--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc", "--dev",
        "/dev", "--tmpfs", "/tmp", *binds, "--bind", str(folder), str(folder), "--chdir", str(folder),  # noqa: S108
    ]  # fmt: skip


def _answer(path: Path, status: int, limits: Limits) -> dict[str, Any]:
    if status in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        raise TooComplex(reason="cpu", limit=limits.cpu_s)
    if status in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        raise TooComplex(reason="output", limit=limits.output_bytes)
    try:
        answer: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise TooComplex(reason="died", status=status) from None
    if "error" in answer:
        found = answer["error"]
        raise _error_class(found["code"])(found["code"], **found["params"])
    if status != 0:
        raise TooComplex(reason="died", status=status)
    return answer


def _error_class(code: str) -> type[GeoFileError]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, GeoFileError) and kind is not GeoFileError and kind.code == code:
            return kind
    return GeoFileError


def _load_batch(path: Path, answer: dict[str, Any]) -> FeatureBatch:
    import numpy as np
    import pyarrow as pa
    import shapely

    try:
        with path.open("rb") as source, pa.ipc.open_file(source) as reader:
            table: pa.Table = reader.read_all()
        table.validate(full=True)
        shapes = shapely.from_wkb(table.column(answer["geometry"]).to_numpy())
    except (pa.ArrowException, OSError, KeyError, shapely.errors.GEOSException) as error:
        raise UnreadableFile(reason="damaged", detail=str(error)[:200]) from error
    return FeatureBatch(
        shapes,
        table.drop_columns([answer["geometry"], answer["rows"]]),
        np.asarray(table.column(answer["rows"]).to_numpy(), dtype="int64"),
        answer["crs"],
        answer["layer"],
        answer["encoding"],
        _notices(answer["notices"]),
    )


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
