"""Plots taken out: GeoJSON over HTTP, and FlatGeobuf, GeoPackage and GeoParquet as jobs write them, beside ogr2ogr and
geopandas, which write the same properties of the same rows: see docs/benchmarks.md.

The limit of GeoJSON is `psql COPY` of bare `ST_AsGeoJSON` texts to a file: no ids, no properties, no head, no HTTP.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.importing import Run, _timed
from benchmarks.province import Province, connect
from benchmarks.servers import Server

PATIENCE_S = 30.0  # for the database to let go of an export that nobody reads any more
LIMIT_S = 1_800
TURNS = 5

# What a layer's file holds, as one table for the peers: the same joins and names.
ROWS = """
    SELECT p.id, p.ref, crop.name_vi AS crop, variety.name_vi AS variety, p.area_m2 / 10000.0 AS area_ha,
           coalesce(p.kept_area_m2, p.area_m2) / 10000.0 AS legal_area_ha, unit.code AS commune_code,
           cooperative.name AS cooperative, p.status, p.version, p.boundary
    FROM farms_plot p
    JOIN crops_crop crop ON crop.id = p.crop_id
    LEFT JOIN crops_variety variety ON variety.id = p.variety_id
    JOIN places_administrativeunit unit ON unit.id = p.commune_id
    JOIN cooperatives_cooperative cooperative ON cooperative.id = p.cooperative_id"""
GEOMETRIES = "COPY (SELECT ST_AsGeoJSON(boundary, 7) FROM farms_plot) TO STDOUT"
FEATURES = "COPY (SELECT ST_AsGeoJSON(rows, 'boundary', 7) FROM ({rows}) AS rows) TO STDOUT"

GEOPANDAS = """
import sys, time, geopandas, psycopg2
started = time.monotonic()
frame = geopandas.read_postgis(sys.argv[2], psycopg2.connect(sys.argv[1]), geom_col="boundary")
if sys.argv[3].endswith(".parquet"):
    frame.to_parquet(sys.argv[3])
else:
    frame.to_file(sys.argv[3], driver="GeoJSON")
print("seconds", time.monotonic() - started)
"""
# A job's work without the queue: the same call, in a process of its own.
OURS = """
import time
from pathlib import Path
from django.http import QueryDict
from accounts.models import User
from exchange.catalogue import entry
from exchange.exports.files import write_export
from exchange.models import ExportFormat, ExportProfile
from exchange.selection import Selection
user = User.objects.get(username="bench-planner")
started = time.monotonic()
selection = Selection.read(entry("plots"), user, QueryDict())
found = write_export(selection, ExportFormat("{format}"), ExportProfile.PLAIN, Path("{path}"))
print("rows", found.row_count, "seconds", time.monotonic() - started)
"""
DRIVERS = {"fgb": "FlatGeobuf", "gpkg": "GPKG", "geojson": "GeoJSON"}
# Only a role's own statements can be read by it: asked as the application.
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND query LIKE 'COPY (%'
        AND pid <> pg_backend_pid()"""


@dataclass(frozen=True, slots=True)
class Stream:
    """One download: milliseconds to the first byte of the body and to the last, bytes, growth of the worker in MB
    after the first half and in all."""

    first_ms: float
    ms: float
    size: int
    half_mb: float
    growth_mb: float


def measure(province: Province) -> list[dict[str, Any]]:
    """Return the results of all formats at this size."""
    with tempfile.TemporaryDirectory(prefix="export-", dir=_folder()) as name:
        folder = Path(name)
        with servers.ours(province) as ours:
            results = [_geojson(province, ours, folder)]
        return [*results, *(_binary(province, suffix, folder) for suffix in ("fgb", "gpkg", "parquet"))]


def _folder() -> Path:
    folder = servers.STATE / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _geojson(province: Province, ours: Server, folder: Path) -> dict[str, Any]:
    path, headers = "/data/plots.geojson", {"Authorization": f"Token {province.token}"}
    download(ours, path, headers, folder / "ours.geojson")  # warms the database's cache for everybody
    found: list[Stream] = []
    features: list[Run] = []
    limits: list[Run] = []
    for _turn in range(TURNS):
        os.sync()  # nobody pays for writing out the file of the one before
        found.append(download(ours, path, headers, folder / "ours.geojson"))
        os.sync()
        features.append(psql(province, FEATURES.format(rows=ROWS), folder / "features.txt"))
        os.sync()
        limits.append(psql(province, GEOMETRIES, folder / "limit.txt"))
    freed_s = cut(province, ours, path, headers, after=found[0].size // 100)
    peers = {
        "psql_features": _middle(features),
        **{name: run.seconds for name, run in _ogr2ogr(province, "geojson", folder).items()},
        **{name: run.seconds for name, run in _geopandas(province, folder, "geojson").items()},
    }
    first_ms = statistics.median(one.first_ms for one in found)
    grown = max(found, key=lambda one: one.growth_mb)
    return {
        "work": "export_geojson",
        "plots": province.plots,
        "ours_ms": round(statistics.median(one.ms for one in found), 1),
        "ours_bytes": found[0].size,
        "limit_ms": round(_middle(limits) * 1000, 1),
        "peers": {name: round(seconds * 1000, 1) for name, seconds in peers.items()},
        "peak_mb": round(ours.peak_mb(), 1),
        "first_byte_ms": round(first_ms, 1),
        "growth_mb": round(grown.growth_mb, 1),
        "freed_s": round(freed_s, 2),
        "note": f"{TURNS} times by turns with psql, medians; first byte {first_ms:.0f} ms; worker grew by at most"
        f" {grown.growth_mb:.1f} MB, {grown.half_mb:.1f} of them in the first half; cut at 1 %: database free after"
        f" {freed_s:.1f} s; the limit is bare ST_AsGeoJSON",
    }


def _middle(runs: list[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def download(server: Server, path: str, headers: dict[str, str], target: Path) -> Stream:
    """Fetch `path` into a file by curl, a client in C as psql is one, and watch the worker's memory meanwhile."""
    server.reset_peak()
    before = server.peak_mb()
    sent = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    told = "%{http_code} %{time_starttransfer} %{time_total} %{size_download}"
    address = f"http://127.0.0.1:{server.port}{path}"
    command = [_program("curl", "curl"), "-sS", "-m", str(LIMIT_S), *sent, "-o", str(target), "-w", told, address]
    marks = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            time.sleep(0.05)
            marks.append((server.peak_mb(), target.stat().st_size if target.exists() else 0))
        status, first_s, seconds, size = process.communicate()[0].split()
    if status != "200":
        raise SystemExit(f"{server.name} answered {status} to {path}: {target.read_bytes()[:400]!r}")
    half = max((peak for peak, at in marks if at <= int(size) / 2), default=0.0)
    return Stream(
        float(first_s) * 1000,
        float(seconds) * 1000,
        int(size),
        max(0.0, half - before),
        max(0.0, server.peak_mb() - before),
    )


def cut(province: Province, server: Server, path: str, headers: dict[str, str], *, after: int) -> float:
    """Hang up after so many bytes; return the seconds until no COPY runs any more."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    connection = connect(province.app_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            with socket.socket() as reader:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # a small file would fit into it whole
                reader.settimeout(60)
                reader.connect(("127.0.0.1", server.port))
                reader.sendall("\r\n".join([*lines, "", ""]).encode())
                got = 0
                while got < after and (part := reader.recv(1 << 16)):
                    got += len(part)
                if not _running(cursor):
                    raise SystemExit("no COPY ran while a client read: nothing to free, or it cannot be seen")
            return _until_free(cursor)
    finally:
        connection.close()


def _until_free(cursor: Any) -> float:
    started = time.monotonic()
    while (waited := time.monotonic() - started) < PATIENCE_S:
        if not _running(cursor):
            return waited
        time.sleep(0.02)
    raise SystemExit(f"after {PATIENCE_S:.0f} s the database still works for a client that hung up")


def _running(cursor: Any) -> int:
    cursor.execute(WAITING)
    return int(cursor.fetchone()[0])


def psql(province: Province, text: str, target: Path) -> Run:
    """Run one COPY by psql into a file."""
    program = _program("psql", "postgresql-client")
    return _timed([program, "-X", "-q", "-d", province.owner_url, "-o", str(target), "-c", " ".join(text.split())], {})


def _binary(province: Province, suffix: str, folder: Path) -> dict[str, Any]:
    target = folder / f"ours.{suffix}"
    ours = _shell(province, OURS.format(format=suffix, path=target))
    if f"rows {province.plots} " not in ours.printed:
        raise SystemExit(f"our {suffix} has other rows than the table: {ours.printed}")
    peers = _geopandas(province, folder, suffix) if suffix == "parquet" else _ogr2ogr(province, suffix, folder)
    return {
        "work": f"export_{suffix}",
        "plots": province.plots,
        "ours_ms": round(_told(ours) * 1000),
        "ours_bytes": target.stat().st_size,
        "limit_ms": None,
        "peers": {name: round(run.seconds * 1000) for name, run in peers.items()},
        "peak_mb": round(ours.peak_mb),
        "note": "as the job writes it; ours and geopandas by their own clock, once started; ogr2ogr the whole process",
    }


def _shell(province: Province, script: str) -> Run:
    return _timed([sys.executable, "manage.py", "shell", "-v", "0", "-c", script], dict(province.environment))


def _told(run: Run) -> float:
    """The seconds that a script printed: without the start of Python and its libraries."""
    return float(run.printed.rpartition("seconds ")[2])


def _ogr2ogr(province: Province, suffix: str, folder: Path) -> dict[str, Run]:
    url = urlsplit(province.owner_url)
    source = f"PG:host={url.hostname} port={url.port} dbname={url.path[1:]} user={url.username} password={url.password}"
    command = [_program("ogr2ogr", "gdal-bin"), "-q", "-f", DRIVERS[suffix], str(folder / f"ogr.{suffix}"), source]
    return {"ogr2ogr": _timed([*command, "-sql", " ".join(ROWS.split()), "-nln", "plots"], {})}


def _geopandas(province: Province, folder: Path, suffix: str) -> dict[str, Run]:
    words = [province.owner_url, " ".join(ROWS.split()), str(folder / f"gp.{suffix}")]
    run = _timed([sys.executable, "-W", "ignore", "-c", GEOPANDAS, *words], {})
    return {"geopandas": Run(_told(run), run.peak_mb, run.printed)}


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is needed: apt-get install {package}")
    return found
