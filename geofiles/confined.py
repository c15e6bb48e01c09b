"""Running an action of ``geofiles.sandbox_child`` in a process of its own: limits, no network, one private folder.

Where bubblewrap works, the child sees no network, no other process, and of the disk only the programs and its folder.
Without it the resource limits stay, and the child gives up the network by itself (``geofiles.fence``); with it, it
does so too. The environment is not passed on, so the child knows no password of the service.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import json
import logging
import os
import shutil
import signal
import stat
import subprocess  # the child's command line is made here, no shell
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from geofiles import errors
from geofiles.errors import GeoFileError, TooComplex, UnreadableFile

_logger = logging.getLogger("geofiles")
_ROOT = Path(__file__).resolve().parent.parent
_PREFIX, _LOCK = "geofiles-", "lock"
_ANSWER, _PROGRESS, _COMPLAINTS = "answer.json", "progress.json", "stderr"
_UNSHARED = ("--unshare-all",)
_OWN_DEVICES = ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp")  # noqa: S108
_POLL_S = 0.5
_ABANDONED_S = 3600

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use: CPU and wall seconds, bytes of memory and of any file written."""

    cpu_s: int = 20
    wall_s: int = 60
    memory_bytes: int = 1536 * 1024 * 1024
    output_bytes: int = 200 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@contextmanager
def workspace(parent: Path | None = None) -> Iterator[Path]:
    """A private folder, taken away at the end; what a killed process left behind is taken away as well.

    The folder is locked while its process lives, so that nobody else's sweep removes it.
    """
    sweep(parent)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / f"{_LOCK}.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / f"{_LOCK}.new").rename(folder / _LOCK)  # appears only when it is held
            yield folder


def sweep(parent: Path | None = None) -> int:
    """Remove the folders of processes that ended without doing so; how many."""
    removed = 0
    for folder in (parent or Path(tempfile.gettempdir())).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_abandoned(folder):
                shutil.rmtree(folder)
                removed += 1
    return removed


def _is_abandoned(folder: Path) -> bool:
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return False
    try:
        with (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _ABANDONED_S


@functools.cache
def has_bubblewrap() -> bool:
    """Whether bubblewrap is installed and may make its namespaces here (containers often forbid it)."""
    program = shutil.which("bwrap")
    if program is None:
        return False
    # All that the real call asks for: a container may allow namespaces and no fresh /proc.
    command = [program, *_UNSHARED, "--ro-bind", "/", "/", *_OWN_DEVICES, "true"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        return False


@functools.cache
def network_walls() -> tuple[str, ...]:
    """What keeps a fenced process from the network here: of ``bubblewrap, namespace, system_calls`` those that work.

    Tried out once, in a process of its own. None: an operator should know (``core.checks``).
    """
    command = [sys.executable, "-c", "from geofiles import fence; print(*fence.close_network())"]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, timeout=60, cwd=_ROOT, env=_environment(Path("/nowhere"))
    )
    return (*(("bubblewrap",) if has_bubblewrap() else ()), *done.stdout.split())


def run(
    action: str,
    source: Path | bytes,
    folder: Path,
    options: dict[str, Any],
    limits: Limits,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Do one action on a copy of ``source`` (a path or its bytes) in ``folder``; the child's answer.

    ``on_progress(done, total)`` is called now and then; what it raises ends the child and comes through. Raises the
    GeoFileError of the child, and TooComplex (reason ``time, cpu, memory, output, died``) when it used up its limits.
    """
    copy, scratch = folder / "source", folder / "tmp"
    if isinstance(source, bytes):
        copy.write_bytes(source)
    elif not source.is_file() or source.is_symlink():
        raise UnreadableFile(reason="not_a_file")
    else:
        shutil.copyfile(source, copy)
    scratch.mkdir()
    request = json.dumps({"action": action, "source": str(copy), "folder": str(folder), "options": options})
    command = [*_limited(limits), *_bubblewrap(folder), sys.executable, "-m", "geofiles.sandbox_child"]
    with (
        (folder / _COMPLAINTS).open("wb") as complaints,
        subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd=_ROOT,
            env=_environment(scratch),
            start_new_session=True,
        ) as child,
    ):
        try:
            _wait(child, request.encode(), folder, limits, on_progress)
        finally:
            _end(child)
    return _answer(folder / _ANSWER, child.returncode, limits)


def _wait(
    child: subprocess.Popen[bytes], request: bytes, folder: Path, limits: Limits, on_progress: Progress | None
) -> None:
    deadline, told = time.monotonic() + limits.wall_s, None
    rest: bytes | None = request  # given once, however often we look up from waiting
    while True:
        left = deadline - time.monotonic()
        try:
            child.communicate(rest, timeout=max(0.0, left if on_progress is None else min(_POLL_S, left)))
            return
        except subprocess.TimeoutExpired:
            rest = None
            if time.monotonic() >= deadline:
                raise TooComplex(reason="time", limit=limits.wall_s) from None
        if on_progress is not None and (found := _progress(folder / _PROGRESS)) not in (None, told):
            told = found
            on_progress(*told)


def _progress(path: Path) -> tuple[int, int] | None:
    try:
        done, total = json.loads(read_answer(path, 200))
        return int(done), int(total)
    except (OSError, ValueError, TypeError, OverflowError):  # the child may write Infinity
        return None


def read_answer(path: Path, limit: int = -1) -> bytes:
    """The bytes of a file that the child left, as ``open_answer`` opens it. Raises OSError."""
    with open_answer(path) as source:
        return source.read(limit)


def open_answer(path: Path) -> IO[bytes]:
    """A file that the child left, itself and not what a link of that name points to. Raises OSError.

    Only a plain file: a named pipe would let us wait for a writer, past every limit of time.
    """
    source = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        source.close()
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return source


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


def _bubblewrap(folder: Path) -> list[str]:
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
        str(shutil.which("bwrap")), *_UNSHARED, "--die-with-parent", "--new-session", *_OWN_DEVICES, *binds,
        "--bind", str(folder), str(folder), "--chdir", str(folder),
    ]  # fmt: skip


def _answer(path: Path, status: int, limits: Limits) -> dict[str, Any]:
    if status in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        raise TooComplex(reason="cpu", limit=limits.cpu_s)
    if status in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        raise TooComplex(reason="output", limit=limits.output_bytes)
    try:
        answer: dict[str, Any] = json.loads(read_answer(path))
    except (OSError, ValueError):
        _logger.warning("a fenced process died with %s: %s", status, _last_words(path.parent / _COMPLAINTS))
        raise TooComplex(reason="died", status=status) from None
    if not answer.pop("walls", True) and not has_bubblewrap():
        _tell_of_open_network()
    if "error" in answer:
        found = answer["error"]
        raise _error_class(found["code"])(found["code"], **found["params"])
    if status != 0:
        raise TooComplex(reason="died", status=status)
    return answer


@functools.cache
def _tell_of_open_network() -> None:
    """Once a process: the file was read, by drivers that are told not to call out, with no wall behind them."""
    _logger.error("fenced processes are not cut off from the network: no bubblewrap, no namespace, no seccomp")


def _last_words(path: Path) -> str:
    """The end of what the child wrote to stderr: where it failed, for whoever runs the service."""
    try:
        return read_answer(path, 1_000_000)[-2_000:].decode("utf-8", "replace")
    except OSError:
        return ""


def _error_class(code: str) -> type[GeoFileError]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, GeoFileError) and kind is not GeoFileError and kind.code == code:
            return kind
    return GeoFileError
