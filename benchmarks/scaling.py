"""`python -m benchmarks.scaling [--plots 100000]`: what each step of docs/scaling.md costs and gives, on this machine.

Makes a primary of its own from the benchmark province of that size, a standby that follows it, PgBouncer and nginx
where they are installed (or named by PGBOUNCER= and NGINX=), and prints one line a figure. All goes away at the end.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from benchmarks import planner, province, servers
from ops import cluster, places, replicas

COPY = "COPY (SELECT ST_AsGeoJSON(boundary, 7), ref, area_m2 FROM farms_plot) TO STDOUT"
TILE = "/tiles/units/9/{x}/{y}.mvt"
TILE_PLACE = {"x": 406, "y": 241}  # around Cao Lãnh


NGINX_CONF = """
daemon off; pid {home}/pid; error_log {home}/error.log; worker_processes 1; {user}
events {{}}
http {{
  access_log off; {temporary}
  proxy_cache_path {home}/cache keys_zone=public:10m max_size=1g;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{to};
      proxy_set_header Host $host;
      proxy_cache public;
      proxy_cache_lock on;
      proxy_cache_revalidate on;
      proxy_cache_use_stale updating error timeout;
      proxy_cache_bypass $http_authorization $cookie_sid $cookie___Host_sid;
      proxy_no_cache $http_authorization $cookie_sid $cookie___Host_sid;
      add_header X-Cache $upstream_cache_status;
    }}
  }}
}}
"""


def main(words: list[str]) -> int:
    """Measure every step; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--plots", default="100000", help="the benchmark province that is copied (default 100000)")
    size = parser.parse_args(words).plots
    source = province.ensure(size)
    folder = Path(tempfile.mkdtemp(prefix="vungtrong-scaling-"))
    folder.chmod(0o755)
    user = places.DATABASE_USER if places.is_root() else None
    primary = cluster.Cluster(folder / "primary", user)
    replica = cluster.Cluster(folder / "replica", user)
    try:
        owner = _plain(cluster.ensure_running(primary)["DATABASE_OWNER_URL"])
        _fill(source.owner_url, owner)
        started = time.monotonic()
        replica = replicas.follow(primary, folder / "replica")
        say("standby made (pg_basebackup, start)", f"{time.monotonic() - started:.1f} s, {_megabytes(replica.data)} MB")
        there = _at(owner, cluster.port_of(replica))
        measure_replica(owner, there)
        measure_partitions(owner)
        measure_pooling(_plain(cluster.urls(primary)["DATABASE_URL"]), folder, user)
        measure_cache(source, folder)
        measure_dask(source, folder)
    finally:
        cluster.remove(replica)
        cluster.remove(primary)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def say(what: str, found: str) -> None:
    print(f"| {what} | {found} |", flush=True)


# --- Replica ---------------------------------------------------------------------------------------------------


def measure_replica(here: str, there: str) -> None:
    """What a standby takes away from the primary, and how far it is behind while the primary writes."""
    say("export of all plots (COPY of GeoJSON), primary alone", f"{_seconds(lambda: _copy(here)):.2f} s")
    say("the same on the standby", f"{_seconds(lambda: _copy(there)):.2f} s")
    say("writes a second, nothing else going on", f"{_writes(here):.0f}")
    with _busy(lambda: _copy(here)):
        say("writes a second while one export after the other runs on the primary", f"{_writes(here):.0f}")
    with _busy(lambda: _copy(there)):
        say("writes a second while they run on the standby (same two cores)", f"{_writes(here):.0f}")
    behind = _lags(here, there)
    say(
        "visible on the standby after a commit of one row (median, most)",
        f"{_ms(behind)} ms, {max(behind) * 1e3:.1f} ms",
    )
    started = time.monotonic()
    with _session(here) as cursor:
        cursor.execute("UPDATE farms_plot SET expected_yield_t = coalesce(expected_yield_t, 0) + 1")
        rows = cursor.rowcount
        cursor.execute("SELECT pg_current_wal_flush_lsn()")
        position = cursor.fetchone()[0]
    took = time.monotonic() - started
    _reached(there, position)
    say(
        f"the same after one UPDATE of {rows} rows ({took:.1f} s)",
        f"{(time.monotonic() - started - took) * 1e3:.0f} ms",
    )


def _lags(here: str, there: str) -> list[float]:
    found = []
    with _session(here) as cursor:
        for _ in range(20):
            cursor.execute(
                "UPDATE crops_crop SET is_perennial = is_perennial WHERE id = (SELECT min(id) FROM crops_crop)"
            )
            started = time.monotonic()
            cursor.execute("SELECT pg_current_wal_flush_lsn()")
            _reached(there, cursor.fetchone()[0])
            found.append(time.monotonic() - started)
    return found


def _reached(there: str, position: str) -> None:
    with _session(there) as cursor:
        while True:
            cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s", [position])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.0005)


def _writes(here: str, *, seconds: float = 4.0) -> float:
    with _session(here) as cursor:
        done, started = 0, time.monotonic()
        while time.monotonic() - started < seconds:
            cursor.execute(
                "UPDATE farms_plot SET expected_yield_t = 1 WHERE id = (SELECT min(id) + %s FROM farms_plot)",
                [done % 500],
            )
            done += 1
        return done / (time.monotonic() - started)


# --- Partitions ------------------------------------------------------------------------------------------------


def measure_partitions(here: str) -> None:
    """One table of four provinces against the same rows in four partitions."""
    with _session(here) as cursor:
        columns = "province text, id bigint, crop_id bigint, area_m2 float8, boundary geometry(MultiPolygon, 4326)"
        cursor.execute(
            f"CREATE UNLOGGED TABLE whole ({columns}); CREATE TABLE parted ({columns}) PARTITION BY LIST (province)"
        )
        for number, name in enumerate(("79", "80", "82", "86")):
            cursor.execute(f"CREATE UNLOGGED TABLE parted_{name} PARTITION OF parted FOR VALUES IN ('{name}')")
            for table in ("whole", "parted"):
                cursor.execute(
                    f"INSERT INTO {table}"
                    " SELECT %s, id, crop_id, area_m2, ST_Translate(boundary, %s, 0) FROM farms_plot",
                    [name, number * 3.0],
                )
        for table in ("whole", "parted"):
            cursor.execute(f"CREATE INDEX ON {table} USING gist (boundary); CREATE INDEX ON {table} (province)")
            cursor.execute(f"ANALYZE {table}")
        for table, title in (("whole", "one table"), ("parted", "four partitions")):
            cursor.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
            summed = _median(cursor, f"SELECT sum(area_m2) FROM {table} WHERE province = '82' AND area_m2 > 100")
            boxed = _median(
                cursor, f"SELECT count(*) FROM {table} WHERE province = '82'"
                " AND boundary && ST_MakeEnvelope(111.60, 10.40, 111.70, 10.50, 4326)",
            )  # fmt: skip
            cursor.execute(
                f"EXPLAIN SELECT 1 FROM {table} WHERE boundary && ST_MakeEnvelope(111.6, 10.4, 111.7, 10.5, 4326)"
            )
            say(f"{title}: sum over one province; a map window in it", f"{summed:.1f} ms; {boxed:.1f} ms")
        gone = _seconds(lambda: cursor.execute("DELETE FROM whole WHERE province = '79'"))
        dropped = _seconds(lambda: cursor.execute("DROP TABLE parted_79"))
        say(
            "a province leaves: DELETE; DROP of its partition",
            f"{gone * 1e3:.0f} ms (and a vacuum); {dropped * 1e3:.0f} ms",
        )
        cursor.execute("DROP TABLE whole, parted")


# --- PgBouncer -------------------------------------------------------------------------------------------------


def measure_pooling(here: str, folder: Path, user: str | None) -> None:
    """A connection for each question, straight and through PgBouncer in transaction mode; memory of idle ones."""
    program = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer")
    say("connect, ask, close, straight (median)", f"{_ms(_connecting(here))} ms")
    idle = [psycopg2.connect(here) for _ in range(20)]
    for connection in idle:
        connection.cursor().execute("SELECT sum(ST_NPoints(boundary)) FROM farms_plot")
    owned = [_own_megabytes(connection.info.backend_pid) for connection in idle]
    say("memory of a connection that has worked, its own (median of 20)", f"{statistics.median(owned):.1f} MB")
    for connection in idle:
        connection.close()
    if program is None:
        say("PgBouncer", "not installed, not measured")
        return
    with _pgbouncer(program, here, folder, user) as pooled:
        say("connect, ask, close, through PgBouncer (median)", f"{_ms(_connecting(pooled))} ms")
        held = [psycopg2.connect(pooled) for _ in range(300)]
        for connection in held:
            connection.autocommit = True
            connection.cursor().execute("SELECT 1")
        with _session(here) as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
            say("connections of PostgreSQL behind 300 clients", str(cursor.fetchone()[0]))
        for connection in held:
            connection.close()


def _connecting(url: str) -> list[float]:
    def once() -> None:
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()

    return [_seconds(once) for _ in range(40)]


@contextmanager
def _pgbouncer(program: str, here: str, folder: Path, user: str | None) -> Iterator[str]:
    to, port = urlsplit(here), servers._free_port()
    home = folder / "pgbouncer"
    home.mkdir()
    home.chmod(0o755)
    (home / "users").write_text(f'"{to.username}" "{to.password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={to.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {home / 'users'}\npool_mode = transaction\n"
        "default_pool_size = 20\nmax_client_conn = 1000\nignore_startup_parameters = extra_float_digits,options\n"
    )
    command = [program, str(home / "pgbouncer.ini")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd="/")
    pooled = _at(here, port)
    try:
        _until(lambda: psycopg2.connect(pooled).close())
        yield pooled
    finally:
        process.terminate()
        process.wait()


# --- A cache in front ------------------------------------------------------------------------------------------


def measure_cache(source: province.Province, folder: Path) -> None:
    """The same tile from the service (made, kept, unchanged) and from nginx that caches as a CDN does."""
    path = TILE.format(**TILE_PLACE)
    uncached = replace(source, environment={**source.environment, "TILE_CACHE_MB": "0"})
    with servers.ours(uncached) as server:
        say("a tile made anew", f"{_ms([server.get(path).ms / 1e3 for _ in range(30)])} ms")
    with servers.ours(source) as server:
        first = server.get(path)
        say("the same tile, kept in memory (200)", f"{_ms([server.get(path).ms / 1e3 for _ in range(60)])} ms")
        known = {"If-None-Match": first.headers["ETag"]}
        say("... asked with its ETag (304)", f"{_ms([server.get(path, known).ms / 1e3 for _ in range(60)])} ms")
        say("tiles a second by two processes, one client a core", f"{_rate(server.port, path):.0f}")
        program = os.environ.get("NGINX") or shutil.which("nginx")
        if program is None:
            say("nginx as a cache", "not installed, not measured")
            return
        with _nginx(program, server.port, folder) as port:
            servers_hit = [_get(port, path) for _ in range(60)][5:]
            say("from the cache in front (nginx, HIT)", f"{_ms([seconds for seconds, _hit in servers_hit])} ms")
            say("... of which were hits", f"{sum(hit for _s, hit in servers_hit)} of {len(servers_hit)}")
            say("tiles a second from the cache", f"{_rate(port, path):.0f}")


@contextmanager
def _nginx(program: str, to: int, folder: Path) -> Iterator[int]:
    port, home = servers._free_port(), folder / "nginx"
    for name in ("cache", "tmp"):
        (home / name).mkdir(parents=True)
    temporary = "".join(
        f"{name}_temp_path {home}/tmp/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (home / "nginx.conf").write_text(NGINX_CONF.format(home=home, port=port, to=to, user=user, temporary=temporary))
    process = subprocess.Popen([program, "-c", str(home / "nginx.conf"), "-p", str(home)], stderr=subprocess.DEVNULL)
    try:
        _until(lambda: _get(port, "/healthz"))
        yield port
    finally:
        process.terminate()
        process.wait()


def _get(port: int, path: str) -> tuple[float, bool]:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    started = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    seconds = time.monotonic() - started
    connection.close()
    return seconds, answer.headers.get("X-Cache") == "HIT"


def _rate(port: int, path: str, *, seconds: float = 3.0, clients: int = 2) -> float:
    done = [0] * clients
    end = time.monotonic() + seconds

    def ask(number: int) -> None:
        while time.monotonic() < end:
            _get(port, path)
            done[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


# --- Parts and workers -----------------------------------------------------------------------------------------


def measure_dask(source: province.Province, folder: Path) -> None:
    """Plots as parts, and hectares by former district by each engine; starting Python and dask is in it."""
    environment = {**os.environ, **source.environment, "DATABASE_ROLE": "owner"}
    parts = folder / "plots"
    took = _seconds(lambda: _manage(environment, "export_partitions", "plots", str(parts), "--user", planner.USERNAME))
    files = list(parts.glob("*/*.parquet"))
    say("plots as parts (export_partitions)", f"{took:.1f} s, {len(files)} parts, {_megabytes(parts)} MB")
    for query in ("measure=ha", "measure=growers"):
        for engine in ("postgis", "dask"):
            words = ("analyse", query, "--engine", engine, "--user", planner.USERNAME)
            say(f"analyse {query} --engine {engine}", f"{_seconds(partial(_manage, environment, *words)):.1f} s")


def _manage(environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    subprocess.run(
        command, cwd=province.ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


# --- Small things ----------------------------------------------------------------------------------------------


def _fill(source: str, target: str) -> None:
    programs = cluster.program("pg_dump").parent
    dump = subprocess.Popen(
        [programs / "pg_dump", "--schema=public", "--no-owner", "--no-privileges", source], stdout=subprocess.PIPE
    )
    lines: Any = dump.stdout
    with subprocess.Popen([programs / "psql", "-X", "-q", target], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as psql:  # fmt: skip
        shutil.copyfileobj(lines, psql.stdin)
    dump.wait()
    with _session(target) as cursor:
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO vungtrong_app")
        cursor.execute("ANALYZE farms_plot")


@contextmanager
def _session(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _copy(url: str) -> None:
    with _session(url) as cursor, Path(os.devnull).open("wb") as sink:
        cursor.copy_expert(COPY, sink)


@contextmanager
def _busy(work: Callable[[], None]) -> Iterator[None]:
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _median(cursor: Any, statement: str) -> float:
    return statistics.median(_seconds(lambda: cursor.execute(statement)) for _ in range(7)) * 1e3


def _seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.1f}"


def _until(works: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            works()
            return
        except (OSError, psycopg2.OperationalError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _own_megabytes(pid: int) -> float:
    """Memory that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def _megabytes(folder: Path) -> int:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)


def _plain(url: str) -> str:
    return url.replace("postgis://", "postgresql://", 1)


def _at(url: str, port: int) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
