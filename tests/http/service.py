"""The service as `make run` starts it, over the test database, and a client that sends bytes as they are."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from geoapp.settings import env
from ops import service
from ops.options import Options

READY_WITHIN_S = 40
PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (lower-case names), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Service:
    """A running gunicorn: its port, its process, its log."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> set[int]:
        """Process ids of the workers; the same ones as before mean that no request killed any."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(number) for number in children.split()}

    def raw(self, parts: bytes | Iterable[bytes]) -> Answer:
        """Send bytes as they are and return the answer, also one that comes while we still send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as wire:
            with suppress(BrokenPipeError, ConnectionResetError):  # answered already, and closed
                for part in [parts] if isinstance(parts, bytes) else parts:
                    wire.sendall(part)
            response = HTTPResponse(wire, method="GET")
            response.begin()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )

    def head(self, method: str, path: str, headers: dict[str, str], *, host: str | None = None) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def get(self, path: str, *, host: str | None = None, **headers: str) -> Answer:
        """`headers` by names with underscores: `Accept_Language="en"`."""
        return self.raw(self.head("GET", path, _dashed(headers), host=host))

    def send(self, method: str, path: str, body: bytes, kind: str, **headers: str) -> Answer:
        """Send a body with its length."""
        told = {"Content-Type": kind, "Content-Length": str(len(body))}
        return self.raw([self.head(method, path, told | _dashed(headers)), body])

    def send_chunked(self, path: str, pieces: Iterable[bytes], kind: str, **headers: str) -> Answer:
        """Send a body in chunks, its length told nowhere."""
        head = self.head("POST", path, {"Content-Type": kind, "Transfer-Encoding": "chunked"} | _dashed(headers))
        return self.raw(_chunks(head, pieces))


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _chunks(head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    for piece in pieces:
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    """Start gunicorn by the command line of `ops` with production settings; stop it at the end."""
    port = _free_port()
    options = Options(port=port, bind="127.0.0.1", demo=False, database_url=None, settings={})
    log = folder / "web.log"
    environment = {
        **os.environ,
        "DATABASE_URL": _with_name(env("DATABASE_URL"), connection.settings_dict["NAME"]),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STATE_DIR": str(folder),
        "DEBUG": "0",
        "DEMO": "0",
        "DATABASE_ROLE": "app",
        "LOG_LEVEL": "WARNING",
    }
    with log.open("wb") as out:
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
            cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out, check=True,
        )  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *service.gunicorn_arguments(options)],
            cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    running = Service(port, process, log)
    try:
        _wait(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(service: Service) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and service.process.poll() is None:
        with suppress(OSError):
            if service.get("/readyz").status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"gunicorn was not ready:\n{service.log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _with_name(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@contextmanager
def listener() -> Iterator[tuple[str, list[Any]]]:
    """Yield the address of a listening socket and the list of those who called."""
    calls: list[Any] = []
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def accept() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, address = server.accept()
                    calls.append(address)
                    connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/crs", calls
        stop.set()
        thread.join(timeout=2)
