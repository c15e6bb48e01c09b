"""The benchmark provinces: one scratch database per size in the installation's own cluster, kept between runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from ops import envfile

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "var" / "bench"
PREFIX = "vungtrong_bench_"
TEMPLATE = "template_vungtrong"
DEMO = "demo"  # the believable province, for the first view of the map
FILLING_LIMIT_S = 1_800
PREPARE = (
    ("migrate", "--no-input", "--verbosity=0"),
    ("createcachetable",),
    ("grant_app_role",),
    ("load_reference_data",),
)


@dataclass(frozen=True, slots=True)
class Province:
    """A filled database. `token` and `cookie` are a planner's; `filled_s` is 0.0 when an earlier run filled it."""

    name: str
    environment: Mapping[str, str]
    plots: int
    token: str
    cookie: str
    filled_s: float

    @property
    def app_url(self) -> str:
        """The application role's address, as libpq and asyncpg read it."""
        return self.environment["DATABASE_URL"].replace("postgis://", "postgresql://", 1)

    @property
    def owner_url(self) -> str:
        """The owner role's address, as libpq reads it."""
        return self.environment["DATABASE_OWNER_URL"].replace("postgis://", "postgresql://", 1)


def ensure(size: str) -> Province:
    """Return the province of `size` (a number of plots, or `DEMO`), filled now where it is missing.

    A database whose filling was interrupted has no mark yet and is made anew.
    """
    name = PREFIX + size
    environment = _environment(name)
    filled_s = 0.0
    if not _is_filled(environment):
        _drop(name)
        _create(name)
        _prepare(environment)
        started = time.monotonic()
        _manage(environment, "demo", *(() if size == DEMO else ("--plots", size)))
        filled_s = time.monotonic() - started
        _settle(environment)
    else:
        _prepare(environment)  # the code may have new migrations since
    with connect(environment["DATABASE_OWNER_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM farms_plot")
        plots = cursor.fetchone()[0]
    connection.close()
    rights = access(environment)
    return Province(name, environment, plots, rights["token"], rights["cookie"], filled_s)


def prepare_empty(name: str) -> dict[str, str]:
    """Make the database `name` anew with tables, rights and reference data; return the settings that lead to it."""
    environment = _environment(name)
    _drop(name)
    _create(name)
    _prepare(environment)
    return environment


def access(environment: Mapping[str, str], ids: Sequence[int] = ()) -> dict[str, Any]:
    """Return the planner's `token` and `cookie`, and the `cursors` of the pages after these plots."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.planner", *map(str, ids)],
        cwd=ROOT, env={**os.environ, **environment, "DATABASE_ROLE": "owner"}, check=True, text=True,
        stdout=subprocess.PIPE, timeout=120,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def _prepare(environment: Mapping[str, str]) -> None:
    for command in PREPARE:
        _manage(environment, *command)


def clean() -> list[str]:
    """Drop every benchmark database of the cluster; return their names."""
    with _maintenance() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [PREFIX])
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        _drop(name)
    return names


def connect(url: str) -> "psycopg2.extensions.connection":
    """Return a connection of its own; the caller closes it."""
    return psycopg2.connect(url.replace("postgis://", "postgresql://", 1))


def _installation() -> dict[str, str]:
    known = envfile.read(ROOT / "var" / "env")
    if "DATABASE_OWNER_URL" not in known:
        raise SystemExit("Nothing is installed yet; run: make setup")
    return known


def _environment(name: str) -> dict[str, str]:
    """The installation's settings with the scratch database and budgets that a benchmark does not use up."""
    known = _installation()
    folder = STATE / "state" / name
    folder.mkdir(parents=True, exist_ok=True)
    urls = {key: _with_database(known[key], name) for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    return {
        **{key: known[key] for key in envfile.KEYS},
        **urls,
        "VUNGTRONG_ENV": os.devnull,
        "STATE_DIR": str(folder),
        "DEBUG": "0",
        "THROTTLE_API": "1000000",  # still counted for every request, as in production
        "THROTTLE_TILES": "1000000",
        "THROTTLE_TAKEAWAY": "1000000",
        "THROTTLE_OGC": "1000000",
        "LOG_LEVEL": "WARNING",
    }


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class _maintenance:
    """A cursor outside transactions, as the owner, for CREATE and DROP DATABASE."""

    def __enter__(self) -> "psycopg2.extensions.cursor":
        self._connection = connect(_with_database(_installation()["DATABASE_OWNER_URL"], "vungtrong"))
        self._connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        return self._connection.cursor()

    def __exit__(self, *_error: object) -> None:
        self._connection.close()


def _drop(name: str) -> None:
    with _maintenance() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(name: str) -> None:
    app = urlsplit(_installation()["DATABASE_URL"]).username or ""
    names = {"name": sql.Identifier(name), "template": sql.Identifier(TEMPLATE), "app": sql.Identifier(app)}
    with _maintenance() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
        cursor.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}").format(**names))


MARK = "filled by benchmarks"


def _is_filled(environment: Mapping[str, str]) -> bool:
    try:
        connection = connect(environment["DATABASE_OWNER_URL"])
    except psycopg2.OperationalError:  # no such database
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
            )
            return cursor.fetchone() == (MARK,)
    finally:
        connection.close()


def _settle(environment: Mapping[str, str]) -> None:
    """Vacuum and analyse, so that no autovacuum falls into the measurements, and mark the database as filled."""
    connection = connect(environment["DATABASE_OWNER_URL"])
    connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    name = urlsplit(environment["DATABASE_OWNER_URL"]).path.lstrip("/")
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(MARK)))
    finally:
        connection.close()


def _manage(environment: Mapping[str, str], *words: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env={**os.environ, **environment, "DATABASE_ROLE": "owner"}, check=True, timeout=FILLING_LIMIT_S,
        stdout=sys.stderr,
    )  # fmt: skip
