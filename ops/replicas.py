"""A cluster that follows another one by streaming replication, both on this machine.

For tests and measurements (`python -m benchmarks.scaling`). On real machines the same steps are done by hand:
docs/scaling.md has them.
"""

import json
import secrets
import shutil
from pathlib import Path

from ops import cluster
from ops.cluster import Cluster
from ops.places import make_folder, write_private
from ops.shell import run

REPLICATOR = "vungtrong_replicator"
# A long export on the replica must not be called off because the primary cleans up: the primary is told what is read.
FOLLOWING = ("hot_standby_feedback = on", "max_standby_streaming_delay = 30s", "wal_receiver_status_interval = 1s")


def allow(primary: Cluster) -> None:
    """Let replicas follow the running `primary`: a role that may only do that, from this machine. Repeatable."""
    passwords = json.loads((primary.folder / "passwords.json").read_text())
    if REPLICATOR not in passwords:
        passwords[REPLICATOR] = secrets.token_hex(24)
        write_private(primary.folder / "passwords.json", json.dumps(passwords))
    cluster.sql(
        primary,
        "postgres",
        f"DO $$ BEGIN CREATE ROLE {REPLICATOR} LOGIN REPLICATION; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
        f"ALTER ROLE {REPLICATOR} PASSWORD '{passwords[REPLICATOR]}';",
    )
    hosts = primary.folder / "pg_hba.conf"
    line = f"host replication {REPLICATOR} 127.0.0.1/32 scram-sha-256\n"
    if line not in hosts.read_text():
        hosts.write_text(hosts.read_text() + line)
        cluster.sql(primary, "postgres", "SELECT pg_reload_conf()")


def follow(primary: Cluster, folder: Path) -> Cluster:
    """Copy the running `primary` into `folder`, start the copy as its standby and return it."""
    allow(primary)
    replica = Cluster(folder, primary.user, durable=primary.durable, more=(*primary.more, *FOLLOWING))
    passwords = json.loads((primary.folder / "passwords.json").read_text())
    make_folder(folder, owner=None, mode=0o755)
    make_folder(replica.data, owner=replica.user, mode=0o700)
    command: list[str | Path] = [cluster.program("pg_basebackup"), "--pgdata", replica.data, "--write-recovery-conf"]
    command += ["--wal-method=stream", "--checkpoint=fast", "--no-sync", "--host=127.0.0.1"]
    command += [f"--port={cluster.port_of(primary)}", f"--username={REPLICATOR}"]
    run(command, user=replica.user, env={"PGPASSWORD": passwords[REPLICATOR]}, cwd="/")
    shutil.copy(primary.folder / "pg_hba.conf", folder / "pg_hba.conf")
    write_private(folder / "passwords.json", json.dumps(passwords))
    cluster.start(replica)
    return replica
