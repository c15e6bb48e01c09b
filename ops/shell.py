"""Runs programs and talks to the person in front of the terminal."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Words = Sequence[str | Path]  # a program and its arguments


class Refused(Exception):
    """The command cannot go on; the text says what happened and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


class Progress:
    """Prints `[3/9] what ...` before a step and how long it took after it."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.number += 1
        started = time.monotonic()
        say(f"[{self.number}/{self.total}] {what} ...")
        try:
            yield
        except BaseException:
            say(f"[{self.number}/{self.total}] {what}: FAILED after {time.monotonic() - started:.1f} s")
            raise
        say(f"      done in {time.monotonic() - started:.1f} s")


def run(
    command: Words,
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdin: str | None = None,
    show: bool = False,
) -> str:
    """Run a program to its end and return what it printed to standard output.

    `user` only has an effect for root. `env` is added to the environment. With `show` the output goes
    straight to the terminal and nothing is returned. Raises Refused with the end of the output when the
    program fails or is missing.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=None if show else subprocess.PIPE,
            stderr=None if show else subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            check=False,
            **as_user(user),
        )
    except FileNotFoundError as error:
        raise Refused(f"{words[0]} was not found: {error}") from error
    if done.returncode != 0:
        told = "\n".join(((done.stdout or "") + (done.stderr or "")).strip().splitlines()[-30:])
        raise Refused(f"This command failed (exit {done.returncode}): {' '.join(words)}\n{told}")
    return done.stdout or ""


def is_root() -> bool:
    return os.geteuid() == 0


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments that make subprocess switch to `user`; none when we are not root and so cannot."""
    if user is None or not is_root():
        return {}
    import grp
    import pwd

    account = pwd.getpwnam(user)
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}


def succeeds(command: Words, *, user: str | None = None, cwd: str = "/") -> bool:
    """True when the program ends with exit code 0; its output is thrown away."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            check=False,
            **as_user(user),
        )
    except OSError:
        return False
    return done.returncode == 0
