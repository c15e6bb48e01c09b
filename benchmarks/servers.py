"""The servers that are compared: started on free loopback ports, stopped by their own process number."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from benchmarks.province import ROOT, STATE, Province
from ops import service
from ops.options import Options

READY_WITHIN_S = 60
ANSWER_WITHIN_S = 120
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
IDLE_S = 2.0
TIPG_VENV = STATE / "tipg-venv"
TIPG_LOCK = ROOT / "benchmarks" / "requirements-tipg.lock"
PYGEOAPI_VENV = STATE / "pygeoapi-venv"
PYGEOAPI_LOCK = ROOT / "benchmarks" / "requirements-pygeoapi.lock"
GEOPANDAS_VENV = STATE / "geopandas-venv"
GEOPANDAS_LOCK = ROOT / "benchmarks" / "requirements-geopandas.lock"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `body` as it came over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    ms: float


@dataclass
class Server:
    """A server program; use it as a context. `get` keeps one connection open, as a browser or a program does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int
    ready_path: str
    _process: subprocess.Popen[bytes] | None = None
    _connection: http.client.HTTPConnection | None = None
    _used: float = 0.0

    def __enter__(self) -> Self:
        STATE.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, env=dict(self.environment), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def log(self) -> Path:
        """What the program wrote."""
        return STATE / f"{self.name}.log"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for `path`; the clock runs from sending to the last byte. Raises OSError when there is no answer."""
        self._connect()
        assert self._connection is not None
        started = time.perf_counter()
        try:
            self._connection.request("GET", path, headers=dict(headers or {}))
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise
        self._used = time.perf_counter()
        return Answer(response.status, body, dict(response.headers), (self._used - started) * 1000)

    def _connect(self) -> None:
        """Keep the connection while it is in use; servers close one that was idle for some seconds."""
        if self._connection is not None and time.perf_counter() - self._used < IDLE_S:
            return
        if self._connection is not None:
            self._connection.close()
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_WITHIN_S)
        self._connection.connect()

    def close(self) -> None:
        """Close the connection; the program goes on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def reset_peak(self) -> None:
        """Begin a new measurement of peak memory."""
        for pid in self._workers():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        """Peak resident memory of the largest worker since `reset_peak`, in MB."""
        peaks = []
        for pid in self._workers():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks.append(int(line.split()[1]) / 1024)
        return max(peaks, default=0.0)

    def _workers(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        said: object = "nothing"
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                answer = self.get(self.ready_path)
                if answer.status == 200:
                    return
                said = f"{answer.status} {answer.body[:300]!r}"
            except (OSError, http.client.HTTPException) as error:
                said = error
            time.sleep(0.2)
        end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise SystemExit(f"{self.name} did not start; it said {said}. The end of {self.log}:\n{end}")

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in that group
            process.wait()


def ours(province: Province) -> Server:
    """The product as `make run` starts it: same gunicorn, same limits, application role."""
    port = _free_port()
    return Server("ours", _gunicorn(port), _service_environment(province, port), port, "/readyz")


def ours_with_log(province: Province, log: Path) -> Server:
    """The product with an access log of lines `<Content-Length> <path>` (gunicorn's count misses files)."""
    port = _free_port()
    command = [*_gunicorn(port), f"--access-logfile={log}", "--access-logformat=%({content-length}o)s %(U)s"]
    return Server("first-view", command, _service_environment(province, port), port, "/readyz")


def plain(province: Province) -> Server:
    """djangorestframework-gis as its manual shows it, on the same gunicorn (see benchmarks/plain_urls.py)."""
    port = _free_port()
    environment = _service_environment(province, port) | {"DJANGO_SETTINGS_MODULE": "benchmarks.plain_settings"}
    return Server("drf-gis", _gunicorn(port), environment, port, "/plots/?limit=1")


def plain_issuing(province: Province) -> Server:
    """The same bare Django, for its view that only takes a number and stores a code."""
    return replace(plain(province), name="bare-view")


def tipg(province: Province) -> Server:
    """tipg reading the same table by the same role.

    One process: the benchmark asks one thing at a time, and with several uvicorn leaves Nagle's algorithm on,
    which would charge tipg 40 ms per answer that are not its own.
    """
    ensure_venv(TIPG_VENV, TIPG_LOCK)
    port = _free_port()
    command = [
        str(TIPG_VENV / "bin" / "python"), "-m", "uvicorn", "tipg.main:app", "--host=127.0.0.1", f"--port={port}",
        "--log-level=warning",
    ]  # fmt: skip
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "DATABASE_URL": f"{province.app_url}?statement_timeout=120000",  # as for the other peer
        "TIPG_DB_TABLES": '["public.farms_plot"]',
        "TIPG_CATALOG_TTL": "0",  # no new reading of the catalogue amid the measurements
        # The indexed column: it would else take the first one by name.
        "TIPG_TABLE_CONFIG__public_farms_plot__geomcol": "boundary",
    }
    return Server("tipg", command, environment, port, "/collections/public.farms_plot/items?limit=1&f=geojson")


def second_tipg(province: Province) -> Server:
    """Another process of the same, so that tipg has as many as ours when many ask at once."""
    return replace(tipg(province), name="tipg-2")


def pygeoapi(province: Province) -> Server:
    """pygeoapi reading the same table by the same role, by its own provider for PostgreSQL.

    One gunicorn worker with threads, for the same reason as tipg's one process.
    """
    ensure_venv(PYGEOAPI_VENV, PYGEOAPI_LOCK)
    port = _free_port()
    bin_folder, folder = PYGEOAPI_VENV / "bin", STATE / "pygeoapi"
    folder.mkdir(parents=True, exist_ok=True)
    config, openapi = folder / "config.yml", folder / "openapi.yml"
    config.write_text(json.dumps(pygeoapi_config(province, port)))  # JSON is YAML
    environment = {
        "PATH": f"{bin_folder}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "LANG": "C.UTF-8",
        "PYGEOAPI_CONFIG": str(config),
        "PYGEOAPI_OPENAPI": str(openapi),
    }
    subprocess.run(
        [str(bin_folder / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(openapi)],
        env=environment, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    command = [
        str(bin_folder / "python"), "-m", "gunicorn", "--workers=1", "--worker-class=gthread", "--threads=4",
        f"--bind=127.0.0.1:{port}", "--timeout=300", "pygeoapi.flask_app:APP",
    ]  # fmt: skip
    return Server("pygeoapi", command, environment, port, "/collections/plots/items?limit=1&f=json")


PYGEOAPI_PROPERTIES = ["ref", "area_m2", "status", "crop_id", "variety_id", "commune_id", "cooperative_id"]


def pygeoapi_config(province: Province, port: int) -> dict[str, Any]:
    """The smallest configuration that its manual asks for, with our table as the only collection."""
    url = urlsplit(province.app_url)
    address = f"http://127.0.0.1:{port}"
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": address,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 1_000, "max_items": 10_000},
            "map": {"url": "about:blank", "attribution": "none"},
            "gzip": False,
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "Plots", "description": "Plots", "keywords": ["plots"], "keywords_type": "theme",
                "terms_of_service": "none", "url": address,
            },
            "license": {"name": "none", "url": address},
            "provider": {"name": "bench", "url": address},
            "contact": {"name": "bench", "email": "bench@example.vn", "url": address},
        },
        "resources": {
            "plots": {
                "type": "collection", "title": "Plots", "description": "Plots", "keywords": ["plots"], "links": [],
                "extents": {"spatial": {"bbox": [102.0, 8.0, 110.0, 24.0], "crs": CRS84}},
                "providers": [
                    {
                        "type": "feature", "name": "PostgreSQL", "id_field": "id", "table": "farms_plot",
                        "geom_field": "boundary", "properties": PYGEOAPI_PROPERTIES,
                        "data": {
                            "host": url.hostname, "port": url.port, "dbname": url.path[1:], "user": url.username,
                            "password": url.password, "search_path": ["public"],
                        },
                    }
                ],
            }
        },
    }  # fmt: skip


def ensure_venv(folder: Path, lock: Path) -> None:
    """Make a peer's virtual environment from its hash-locked list, where it is missing or made from another list."""
    stamp = folder / "installed.lock"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=300)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True, timeout=900)
    stamp.write_text(lock.read_text())


def geopandas_python() -> Path:
    """Return the Python that geopandas and its way into PostGIS live in, installing them where they are missing."""
    ensure_venv(GEOPANDAS_VENV, GEOPANDAS_LOCK)
    return GEOPANDAS_VENV / "bin" / "python"


def _gunicorn(port: int) -> list[str]:
    options = Options(port=port, bind="127.0.0.1", demo=False, database_url=None, settings={})
    return [sys.executable, "-m", "gunicorn", *service.gunicorn_arguments(options)]


def _service_environment(province: Province, port: int) -> dict[str, str]:
    settings = {name: value for name, value in province.environment.items() if name != "DATABASE_OWNER_URL"}
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        **settings,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
