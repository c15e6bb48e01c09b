"""The import of plots, beside `ogr2ogr` and geopandas, which load the same files unchecked: see docs/benchmarks.md.

The limit is what PostgreSQL needs without any of our checks: `ogr2ogr`'s load, then one INSERT into the table of plots
from what is loaded, under the table's own rules (areas, validity, indexes, foreign keys, row history).

Ours is the command `import_plots` in a process of its own: every check of the page (validity, country, commune, area,
overlap with each other and with as many plots stored before), row history, one transaction. Peers run in the same
minute on the same database server. Both load a GeoPackage; geopandas reads a GeoParquet beside our import of it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import importing_fields as fields
from benchmarks import province, servers

GOAL_RATIO = 8  # × ogr2ogr, unchecked: the goal of issue 4
LIMIT_MB = 1_024
SLUG, NEIGHBOUR = "bench-nhap", "bench-lang-gieng"
FOLDER = province.STATE / "importing"
MAX_SECONDS = 3_600

PEOPLE = f"""
from accounts.models import User
from cooperatives.models import Cooperative, CooperativeStatus
from places.models import AdministrativeUnit
seat = AdministrativeUnit.objects.current().communes().filter(boundary__isnull=False).order_by("code").first()
for slug in ("{SLUG}", "{NEIGHBOUR}"):
    Cooperative.objects.get_or_create(
        slug=slug, defaults=dict(name=slug, search_key=slug, status=CooperativeStatus.VERIFIED, commune=seat)
    )
User.objects.filter(email="bench@example.vn").exists() or User.objects.create_superuser(
    username="bench", email="bench@example.vn", password=None
)
"""
GEOPANDAS = """
import sys, time
import geopandas, sqlalchemy
started = time.monotonic()
frame = geopandas.read_parquet(sys.argv[1])
engine = sqlalchemy.create_engine(sys.argv[2])
frame.to_postgis("bench_geopandas", engine, if_exists="replace")
print(time.monotonic() - started)
"""


COLUMNS_OF_PLOTS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'farms_plot'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""


@dataclass(frozen=True, slots=True)
class Run:
    """One command: wall seconds, peak memory of each of its processes in MB, what it printed."""

    seconds: float
    peak_mb: float
    printed: str


def measure(size: int) -> list[dict[str, Any]]:
    """Import `size` plots beside `size` stored ones, as GeoPackage and as GeoParquet; return the results."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{province.PREFIX}import_{size}"
    results = []
    try:
        environment = province.prepare_empty(name)
        _manage(environment, "shell", "-v", "0", "-c", PEOPLE)
        made = fields.make(size, _land(environment))
        files = {suffix: FOLDER / f"fields_{size}.{suffix}" for suffix in ("gpkg", "parquet")}
        for path in files.values():
            path.unlink(missing_ok=True)
            fields.write(path, made.new)
        stored = FOLDER / f"stored_{size}.gpkg"
        stored.unlink(missing_ok=True)
        fields.write(stored, made.stored)
        del made
        _import(environment, stored, NEIGHBOUR)
        _vacuum(environment)
        for suffix, path in files.items():
            results.append(_one(environment, size, suffix, path))
            _forget(environment)
    finally:
        province._drop(name)
        shutil.rmtree(FOLDER, ignore_errors=True)
    return results


def _one(environment: dict[str, str], size: int, suffix: str, path: Path) -> dict[str, Any]:
    load = os.getloadavg()[0]
    ours = _import(environment, path, SLUG)
    steps = _steps(ours.printed)
    if suffix == "gpkg":
        peers = {"ogr2ogr": _ogr2ogr(environment, path)}
    else:
        peers = {"geopandas": _geopandas(environment, path)}
    known = {name: run for name, run in peers.items() if run is not None}
    goal, limit = "", None
    if "ogr2ogr" in known:
        loaded, stored = known["ogr2ogr"].seconds, _store_again(environment)
        limit = (loaded + stored) * 1000
        goal = f" Ours is {ours.seconds / loaded:.1f} x ogr2ogr (goal {GOAL_RATIO})"
        goal += f", storing alone {stored / loaded:.1f} x."
    shares = ", ".join(f"{name} {share:.0f} %" for name, share in steps.items())
    busy = f"; machine was busy (load {load:.1f})" if load > 1.5 else ""
    return {
        "work": f"import_{suffix}",
        "plots": size,
        "ours_ms": round(ours.seconds * 1000),
        "ours_bytes": path.stat().st_size,
        "limit_ms": None if limit is None else round(limit),
        "peers": {name: round(run.seconds * 1000) for name, run in known.items()},
        "peak_mb": round(ours.peak_mb),
        "note": f"with every check and {size:,} plots stored before; peers check nothing.{goal} Shares: {shares}{busy}",
    }


def _steps(printed: str) -> dict[str, float]:
    """Step -> per cent of the whole, the large ones."""
    found = re.findall(r"^(\w[\w ]*?) +[\d.]+ s +([\d.]+) %$", printed, re.MULTILINE)
    return {name: float(share) for name, share in found if float(share) >= 2}


def _import(environment: dict[str, str], path: Path, slug: str) -> Run:
    command = [sys.executable, "manage.py", "import_plots", str(path), "--cooperative", slug, "--without-red"]
    run = _timed(command, environment)
    if "stored {" not in run.printed:
        raise SystemExit(f"the import stored nothing:\n{run.printed}")
    return run


def _timed(command: Sequence[str], environment: dict[str, str]) -> Run:
    """Run it; the memory of every process below it is looked at four times a second."""
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=province.ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as child:
        peak, is_over = [0.0], threading.Event()
        watcher = threading.Thread(target=_watch, args=(child.pid, peak, is_over))
        watcher.start()
        printed, _none = child.communicate(timeout=MAX_SECONDS)
        seconds = time.monotonic() - started
        is_over.set()
        watcher.join()
    if child.returncode:
        raise SystemExit(f"{command[0]} failed ({child.returncode}):\n{printed}")
    return Run(seconds, peak[0], printed)


def _watch(pid: int, peak: list[float], is_over: threading.Event) -> None:
    while not is_over.wait(0.25):
        peak[0] = max([peak[0], *(_peak_mb(one) for one in _family(pid))])


def _family(pid: int) -> list[int]:
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        try:
            queue += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            continue
    return found


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _ogr2ogr(environment: dict[str, str], path: Path) -> Run | None:
    program = shutil.which("ogr2ogr")
    if program is None:
        print("ogr2ogr is not installed (apt-get install gdal-bin): measured without it", file=sys.stderr)
        return None
    url = urlsplit(environment["DATABASE_OWNER_URL"])
    target = f"PG:host={url.hostname} port={url.port} dbname={url.path[1:]} user={url.username} password={url.password}"
    command = [program, "-q", "-f", "PostgreSQL", target, str(path), "-nln", "bench_ogr", "-overwrite"]
    return _timed([*command, "-nlt", "MULTIPOLYGON", "--config", "PG_USE_COPY", "YES"], {})


def _store_again(environment: dict[str, str]) -> float:
    """Take the imported plots out and put them back by one INSERT; return its seconds, commit included."""
    connection = province.connect(environment["DATABASE_OWNER_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(COLUMNS_OF_PLOTS)
        columns = cursor.fetchone()[0]
        cursor.execute("DROP TABLE IF EXISTS bench_plots")
        cursor.execute(
            f"CREATE UNLOGGED TABLE bench_plots AS SELECT {columns} FROM farms_plot WHERE cooperative_id ="
            " (SELECT id FROM cooperatives_cooperative WHERE slug = %s)",
            [SLUG],
        )
    _forget(environment)
    started = time.monotonic()
    with connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO farms_plot ({columns}) SELECT {columns} FROM bench_plots")
    seconds = time.monotonic() - started
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_plots")
    connection.close()
    return seconds


def _geopandas(environment: dict[str, str], path: Path) -> Run:
    url = environment["DATABASE_OWNER_URL"].replace("postgis://", "postgresql+psycopg2://", 1)
    return _timed([str(servers.geopandas_python()), "-c", GEOPANDAS, str(path), url], {})


def _land(environment: dict[str, str]) -> bytes:
    """The communes of the reference data as one shape (WKB)."""
    connection = province.connect(environment["DATABASE_OWNER_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT ST_AsBinary(ST_Union(piece)) FROM places_unitpiece")
        land = bytes(cursor.fetchone()[0])
    connection.close()
    return land


def _vacuum(environment: dict[str, str]) -> None:
    connection = province.connect(environment["DATABASE_OWNER_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) farms_plot, farms_plothistory, farms_plotimportrow")
    connection.close()


def _forget(environment: dict[str, str]) -> None:
    """Take the imported plots out, so that the next format finds the same ground."""
    connection = province.connect(environment["DATABASE_OWNER_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_ogr, bench_geopandas")
        cursor.execute(
            "CREATE TEMPORARY TABLE gone ON COMMIT DROP AS SELECT p.id FROM farms_plot p"
            " JOIN cooperatives_cooperative c ON c.id = p.cooperative_id WHERE c.slug = %s",
            [SLUG],
        )
        cursor.execute("SET LOCAL session_replication_role = replica" if _is_superuser(cursor) else "SELECT 1")
        cursor.execute("DELETE FROM farms_plothistory WHERE pgh_obj_id IN (SELECT id FROM gone)")
        cursor.execute("DELETE FROM farms_plot WHERE id IN (SELECT id FROM gone)")
        cursor.execute("DELETE FROM farms_plothistory WHERE pgh_obj_id IN (SELECT id FROM gone)")
        cursor.execute("DELETE FROM farms_plotimportrow")
    connection.close()
    _vacuum(environment)


def _is_superuser(cursor: Any) -> bool:
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(cursor.fetchone()[0])


def _manage(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    owner = {**os.environ, **environment, "DATABASE_ROLE": "owner"}
    subprocess.run(command, cwd=province.ROOT, env=owner, check=True, stdout=subprocess.DEVNULL, timeout=MAX_SECONDS)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1])), ensure_ascii=False, indent=1))
