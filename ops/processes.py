"""Tells our own processes from strangers that happen to carry the same number."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process is the same one only if number, start time (clock ticks since boot) and boot all agree."""

    pid: int
    started: int
    boot: str


def identify(pid: int) -> Identity | None:
    """Who runs under this number now; None when nobody does (a zombie counts as nobody)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # the name in parentheses may hold spaces
    if fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[19]), Path("/proc/sys/kernel/random/boot_id").read_text().strip())


def command_line(pid: int) -> list[str]:
    """Words of the process's command line; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def remember(identity: Identity, file: Path) -> None:
    file.write_text(json.dumps(asdict(identity)))


def recall(file: Path) -> Identity | None:
    """The process noted in `file` if that very process still runs, else None."""
    try:
        noted = Identity(**json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return noted if identify(noted.pid) == noted else None


def end(identity: Identity, *, patience_s: float) -> None:
    """Ask the process to end; when it does not within `patience_s`, end it and its group. Strangers stay
    untouched.
    """
    if identify(identity.pid) != identity:
        return
    os.kill(identity.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while identify(identity.pid) == identity:
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(identity.pid, signal.SIGKILL)  # each of ours is started as the leader of its own group
            return
        time.sleep(0.05)
