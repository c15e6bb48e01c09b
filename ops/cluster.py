"""A private PostgreSQL cluster with PostGIS: made, started and stopped here, and nowhere else.

It listens on loopback only, on a port of its own, and asks for a password from everybody. A system cluster
(one that Debian's tools manage) is never looked at. A cluster's folder belongs to whoever made it and holds
the settings, the passwords (readable by the maker only) and `data/`, the one part that belongs to
PostgreSQL's user.
"""

import json
import os
import re
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from ops import processes
from ops.places import make_folder, write_private
from ops.shell import Refused, run

DATABASE = "vungtrong"
TEMPLATE = "template_vungtrong"
OWNER, APP, WORKER = "vungtrong_owner", "vungtrong_app", "vungtrong_worker"
EXTENSIONS = ("postgis", "unaccent", "pg_trgm", "btree_gist", "pgcrypto")
ROLE_OF_URL = {"DATABASE_URL": APP, "DATABASE_OWNER_URL": OWNER, "DATABASE_WORKER_URL": WORKER}
FIRST_PORT, LAST_PORT = 5440, 5999

# The web role must not hold a page for long nor keep locks while a client dawdles; the worker runs imports.
# Parallel plans and JIT cost more than they give on tiles of a few thousand plots (docs/architecture.md,
# Tiles).
ROLE_SETTINGS = {
    APP: {
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "statement_timeout": "5s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
    },
    WORKER: {
        "jit": "off",
        "statement_timeout": "15min",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "5min",
    },
    OWNER: {"jit": "off", "lock_timeout": "30s"},
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`folder`: everything of it; `user`: the system user it runs as (None: ourselves); `durable`: fsync
    on; `more`: further lines of postgresql.conf.
    """

    folder: Path
    user: str | None
    durable: bool = True
    more: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def settings(self) -> Path:
        return self.folder / "postgresql.conf"

    @property
    def log(self) -> Path:
        return self.data / "server.log"


# --- Life ----------------------------------------------------------------------------------------------
def ensure_running(cluster: Cluster) -> dict[str, str]:
    """Make the cluster when it is missing, start it when it stands still; return its addresses (see
    `urls`).
    """
    create(cluster)
    if running_pid(cluster) is None:
        start(cluster)
    ensure_databases(cluster)
    return urls(cluster)


def create(cluster: Cluster) -> None:
    """initdb into a fresh folder. A folder left half-made by an interrupted start is made anew."""
    ready = cluster.folder / "passwords.json"
    if ready.exists():
        return
    if cluster.folder.exists():
        shutil.rmtree(cluster.folder)
    make_folder(cluster.folder, owner=None, mode=0o755)
    make_folder(cluster.data, owner=cluster.user, mode=0o700)
    passwords = {role: secrets.token_hex(24) for role in ("postgres", OWNER, APP, WORKER)}
    password_file = cluster.folder / "initdb-password"
    write_private(password_file, passwords["postgres"], owner=cluster.user)
    command: list[str | Path] = [program("initdb"), "--pgdata", cluster.data, "--username=postgres", "--encoding=UTF8"]
    command += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums"]
    run(command if cluster.durable else [*command, "--no-sync"], user=cluster.user, cwd="/")
    password_file.unlink()
    (cluster.folder / "pg_hba.conf").write_text(
        "# Loopback only, and never without a password.\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    write_private(ready, json.dumps(passwords))


def start(cluster: Cluster) -> None:
    """Start on the port used last, or on another one when that is taken meanwhile."""
    command: list[str | Path] = [
        program("pg_ctl"),
        "start",
        "-D",
        cluster.data,
        "-l",
        cluster.log,
        "-w",
        "-t",
        "60",
        "-s",
    ]
    for port in _ports_to_try(cluster):
        _configure(cluster, port)
        try:
            run([*command, "-o", f"-c config_file='{cluster.settings}'"], user=cluster.user, cwd="/")
        except Refused:
            if _is_free(port):  # the port was not the reason
                raise Refused(f"PostgreSQL did not start. Its log ends with:\n{_tail(cluster.log)}") from None
            continue
        return
    raise Refused(f"No free port between {FIRST_PORT} and {LAST_PORT} for PostgreSQL.")


def stop(cluster: Cluster) -> bool:
    """Stop the cluster if it runs; False when there was nothing to stop."""
    if running_pid(cluster) is None:
        return False
    run([program("pg_ctl"), "stop", "-D", cluster.data, "-m", "fast", "-w", "-s"], user=cluster.user, cwd="/")
    return True


def remove(cluster: Cluster) -> None:
    """Stop it and delete all that it holds."""
    stop(cluster)
    if cluster.folder.exists():
        shutil.rmtree(cluster.folder)


def running_pid(cluster: Cluster) -> int | None:
    """Process id of the postmaster that serves exactly this data folder, else None.

    postmaster.pid survives a crash, and its number may belong to somebody else's process by now.
    """
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if str(cluster.data) in processes.command_line(pid) else None


# --- Addresses -----------------------------------------------------------------------------------------
def port_of(cluster: Cluster) -> int:
    found = re.search(r"^port = (\d+)$", cluster.settings.read_text(), re.MULTILINE)
    if found is None:
        raise Refused(f"{cluster.settings} names no port; delete it and start again.")
    return int(found[1])


def urls(cluster: Cluster) -> dict[str, str]:
    """DATABASE_URL (app role), DATABASE_OWNER_URL (migrations), DATABASE_WORKER_URL (background worker)."""
    passwords = _passwords(cluster)
    port = port_of(cluster)
    return {
        name: f"postgis://{role}:{passwords[role]}@127.0.0.1:{port}/{DATABASE}"
        for name, role in (
            ("DATABASE_URL", APP),
            ("DATABASE_OWNER_URL", OWNER),
            ("DATABASE_WORKER_URL", WORKER),
        )
    }


def _passwords(cluster: Cluster) -> dict[str, str]:
    return json.loads((cluster.folder / "passwords.json").read_text())


# --- What is inside ------------------------------------------------------------------------------------
def ensure_databases(cluster: Cluster) -> None:
    """Roles, the template with the extensions, and the database. Every statement can be run again."""
    if sql(cluster, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'").strip() == "1":
        return
    sql(cluster, "postgres", _roles_sql(_passwords(cluster)))
    # A plain role may not create postgis, but it may copy a template that has it: so test databases are made.
    sql(cluster, "postgres", f"UPDATE pg_database SET datistemplate = false WHERE datname = '{TEMPLATE}'")
    sql(cluster, "postgres", f"DROP DATABASE IF EXISTS {TEMPLATE}")
    sql(cluster, "postgres", f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 OWNER {OWNER}")
    sql(cluster, TEMPLATE, _template_sql())
    sql(cluster, "postgres", f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")
    sql(cluster, "postgres", f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE} OWNER {OWNER}")
    sql(cluster, "postgres", f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
    sql(cluster, "postgres", f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP}")


def _roles_sql(passwords: dict[str, str]) -> str:
    lines = []
    for role in (OWNER, APP, WORKER):
        lines.append(
            f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
            f"ALTER ROLE {role} PASSWORD '{passwords[role]}';"
        )
        lines += [f"ALTER ROLE {role} SET {name} = '{value}';" for name, value in ROLE_SETTINGS[role].items()]
    lines.append(f"ALTER ROLE {OWNER} CREATEDB;")
    lines.append(f"GRANT {APP} TO {WORKER};")
    lines.append(f"GRANT {APP} TO {OWNER};")  # the owner can act as the app: tests try its rights with SET ROLE
    return "\n".join(lines)


def _template_sql() -> str:
    """Extensions, and rights on tables to come; a copy of the template inherits both."""
    lines = [f"CREATE EXTENSION IF NOT EXISTS {name};" for name in EXTENSIONS]
    default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
    lines.append(f"GRANT USAGE ON SCHEMA public TO {APP};")
    lines.append(f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};")
    lines.append(f"{default} USAGE, SELECT ON SEQUENCES TO {APP};")
    return "\n".join(lines)


def sql(cluster: Cluster, database: str, statements: str) -> str:
    """Run statements as the cluster's superuser; returns rows as plain text. Raises Refused with psql's
    message.
    """
    command: list[str | Path] = [
        program("psql"),
        "-h",
        "127.0.0.1",
        "-p",
        str(port_of(cluster)),
        "-U",
        "postgres",
        "-d",
        database,
    ]
    command += ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    environment = {
        "PGPASSWORD": _passwords(cluster)["postgres"],
        "PGOPTIONS": "-c client_min_messages=warning",
    }
    return run(command, env=environment, stdin=statements, cwd="/")


# --- Settings ------------------------------------------------------------------------------------------
def _configure(cluster: Cluster, port: int) -> None:
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared_mb = max(64, min(2048, memory_mb // 8))
    lines = [
        "# Written by ops/cluster.py at every start.",
        f"data_directory = '{cluster.data}'",
        f"hba_file = '{cluster.folder / 'pg_hba.conf'}'",
        "listen_addresses = '127.0.0.1'",
        f"port = {port}",
        "unix_socket_directories = ''",
        "max_connections = 100",
        f"shared_buffers = {shared_mb}MB",
        f"effective_cache_size = {max(256, memory_mb // 2)}MB",
        "work_mem = 32MB",
        f"maintenance_work_mem = {max(64, min(512, memory_mb // 16))}MB",
        "max_wal_size = 4GB",
        "random_page_cost = 1.1",
        "password_encryption = scram-sha-256",
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
        "log_line_prefix = '%m [%p] %q%u@%d '",
    ]
    if not cluster.durable:
        lines += [
            "fsync = off",
            "synchronous_commit = off",
            "full_page_writes = off",
            "autovacuum_naptime = 10s",
        ]
    lines += cluster.more
    cluster.settings.write_text("\n".join(lines) + "\n")


def _ports_to_try(cluster: Cluster) -> list[int]:
    free = (port for port in range(FIRST_PORT, LAST_PORT + 1) if _is_free(port))
    several = [port for port, _ in zip(free, range(5), strict=False)]
    if cluster.settings.exists() and _is_free(last := port_of(cluster)):
        return [last, *several]
    return several


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def program(name: str) -> Path:
    """The program of the newest PostgreSQL on this machine that has PostGIS."""
    folder = newest_installation()
    if folder is None:
        raise Refused("PostgreSQL with PostGIS is not installed; run: make setup")
    return folder / "bin" / name


def newest_installation() -> Path | None:
    """Folder such as /usr/lib/postgresql/15 of the newest PostgreSQL (>= 15) that has PostGIS, else None."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("[0-9]*"):
        control = Path("/usr/share/postgresql") / folder.name / "extension" / "postgis.control"
        if int(folder.name) >= 15 and (folder / "bin" / "initdb").exists() and control.exists():
            found.append(folder)
    return max(found, key=lambda folder: int(folder.name), default=None)


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else "(no log)"
