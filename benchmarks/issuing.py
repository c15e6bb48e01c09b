"""Officers who issue codes all at once over HTTP, with and without connections that die, beside two yardsticks.

`python -m benchmarks.issuing [--officers 64] [--codes 1000] [--markets 10] [--kill]` (`make soak`): every officer
approves one request after the other by API token and Idempotency-Key, and tries again when the answer is lost, as a
client does. A request gives a code for each of its markets; with `--markets 0` one code under the old scheme. At
the end the database is asked: no number twice, none left out, everything acknowledged there, no request served twice.

Beside it, with as many at once: PostgreSQL alone doing the same writes (pgbench) and a bare Django view that only takes
a number and stores a code.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import province, servers
from benchmarks.province import ROOT, Province, connect
from ops.cluster import newest_installation

TRIES = 50
KILL_EVERY_S = 0.25
ACKNOWLEDGED = (200,)
AGAIN = (429, 500, 502, 503, 504)
YARDSTICK_S = 10
SERVER_SLOTS = 8  # two workers, four threads: as many transactions as the service runs at once

VICTIM = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = %s AND state <> 'idle' AND pid <> pg_backend_pid()
    ORDER BY random() LIMIT 1"""
VERDICT = """
    WITH numbers AS (SELECT scope, serial FROM codes_productionareacode)
    SELECT (SELECT count(*) FROM numbers),
           (SELECT count(*) - count(DISTINCT (scope, serial)) FROM numbers),
           (SELECT coalesce(sum(counter.last), 0) FROM codes_codecounter counter)
               - (SELECT count(DISTINCT (scope, serial)) FROM numbers),
           (SELECT count(*) FROM (SELECT 1 FROM casework_coderequest_codes
                                  GROUP BY coderequest_id HAVING count(*) <> %s) AS twice)"""
# The writes of an approval without the reads for rights and checks: a lock, an event, a note for the map, the number.
PGBENCH = """
BEGIN;
SELECT id FROM codes_productionarea WHERE id = {area} FOR KEY SHARE;
INSERT INTO casework_requestevent (code_request_id, transition, old_status, new_status, note, findings, details, at)
    VALUES ({request}, 'bench', '', 'approved', '', '[]', '{{}}', now());
INSERT INTO maps_layerchange (layer, at) VALUES ('codes', now());
WITH counter AS (
    INSERT INTO codes_codecounter AS counter (scheme_id, scope, last) VALUES ({scheme}, 'PGBENCH', 1)
    ON CONFLICT (scheme_id, scope) DO UPDATE SET last = counter.last + 1 RETURNING last
)
INSERT INTO codes_productionareacode ({columns})
    SELECT {values} FROM codes_productionareacode AS source CROSS JOIN counter WHERE source.id = {source};
COMMIT;
"""


@dataclass
class Tally:
    """What the officers saw."""

    acknowledged: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    again: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def p95_ms(self) -> float:
        """95 of 100 answers came within this time, trying again included."""
        return round(statistics.quantiles(self.ms, n=20)[-1], 1)


def main(words: list[str]) -> int:
    """Run the soak and print a table; returns 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.issuing", description=__doc__)
    parser.add_argument("--officers", type=int, default=64)
    parser.add_argument("--codes", type=int, default=1_000, help="codes per officer")
    parser.add_argument("--markets", type=int, default=10, help="codes per request; 0: the old scheme, one code")
    parser.add_argument("--kill", action="store_true", help="kill a random connection of the service now and then")
    chosen = parser.parse_args(words)
    per_request = chosen.markets or 1
    filled, keys = fresh(chosen.officers, chosen.codes // per_request, chosen.markets)
    tally, seconds, killed = soak(filled, keys, kill=chosen.kill)
    broken = verdict(filled, tally, chosen.officers * (chosen.codes // per_request), per_request)
    rate = len(tally.acknowledged) / seconds
    print(
        f"{chosen.officers} officers x {chosen.codes} codes, {per_request} a request, {killed} connections killed: "
        f"{seconds:.0f} s"
    )
    print(
        f"{'ours':<11} {rate:8.1f} codes/s   {len(tally.ms) / seconds:.1f} requests/s   p95 {tally.p95_ms:.1f} ms   "
        f"tried again {tally.again}"
    )
    verdict_text = "0 duplicates, 0 gaps, 0 lost acknowledgements, no request served twice"
    print("; ".join(broken) if broken else verdict_text, flush=True)
    held = _in_django(dict(filled.environment), "benchmarks.issuing_province", "--hold")
    print(f"counters locked: median {held['median']:.1f} ms, p95 {held['p95']:.1f} ms, {per_request} codes at once")
    for line in yardsticks(filled, chosen.officers):
        print(line)
    return 1 if broken else 0


def fresh(officers: int, requests: int, markets: int) -> tuple[Province, dict[str, Any]]:
    """Make the database `vungtrong_bench_soak` anew with so many requests; return it with tokens and keys."""
    name = province.PREFIX + "soak"
    environment = province.prepare_empty(name)
    started = time.monotonic()
    keys = _in_django(environment, "benchmarks.issuing_province", str(officers), str(requests), str(markets))
    return Province(name, environment, officers * requests, "", "", time.monotonic() - started), keys


def _in_django(environment: dict[str, str], *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT, env={**os.environ, **environment, "DATABASE_ROLE": "owner"}, check=True, text=True,
        stdout=subprocess.PIPE, timeout=1_800,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def soak(filled: Province, keys: dict[str, Any], *, kill: bool) -> tuple[Tally, float, int]:
    """Let all officers work through their requests at once; return what they saw, the time and the kills."""
    tally, lock = Tally(), threading.Lock()
    with servers.ours(filled) as server, killing(filled, kill) as killed:
        work = [
            threading.Thread(target=_officer, args=(server.port, token, requests, tally, lock))
            for token, requests in zip(keys["tokens"], keys["requests"], strict=True)
        ]
        started = time.monotonic()
        for one in work:
            one.start()
        for one in work:
            one.join()
        return tally, time.monotonic() - started, len(killed)


def _officer(port: int, token: str, requests: list[int], tally: Tally, lock: threading.Lock) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for request in requests:
        headers = {
            "Authorization": f"Token {token}", "Content-Type": "application/json", "Idempotency-Key": f"soak-{request}",
        }  # fmt: skip
        started = time.perf_counter()
        for attempt in range(TRIES):
            try:
                connection.request("POST", f"/api/v1/requests/{request}/approve/", "{}", headers)
                response = connection.getresponse()
                status, body = response.status, response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                status, body = 503, b""
            if status not in AGAIN:
                break
            with lock:
                tally.again += 1
            time.sleep(min(0.05 * 2**attempt, 2))
        with lock:
            if status in ACKNOWLEDGED:
                tally.acknowledged += json.loads(body)["properties"]["codes"]
                tally.ms.append((time.perf_counter() - started) * 1000)
            else:
                tally.refused.append(f"{request}: {status} {body[:200]!r}")
    connection.close()


@contextmanager
def killing(filled: Province, is_wanted: bool) -> Iterator[list[bool]]:
    """Kill a busy connection of the service every quarter of a second while the context lasts."""
    killed: list[bool] = []
    is_over = threading.Event()
    user = connect(filled.environment["DATABASE_URL"])
    role = user.info.user
    user.close()

    def run() -> None:
        connection = connect(filled.environment["DATABASE_URL"])  # the role may end its own connections
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not is_over.wait(KILL_EVERY_S):
                cursor.execute(VICTIM, [role])
                killed.extend(is_dead for (is_dead,) in cursor.fetchall())
        connection.close()

    thread = threading.Thread(target=run)
    if is_wanted:
        thread.start()
    try:
        yield killed
    finally:
        is_over.set()
        if is_wanted:
            thread.join()


def verdict(filled: Province, tally: Tally, requests: int, per_request: int) -> list[str]:
    """Return the promises that were broken, in words."""
    with connect(filled.owner_url) as connection, connection.cursor() as cursor:
        cursor.execute(VERDICT, [per_request])
        stored, twice, gaps, doubled = cursor.fetchone()
        cursor.execute("SELECT code FROM codes_productionareacode")
        codes = {code for (code,) in cursor.fetchall()}
    connection.close()
    lost = set(tally.acknowledged) - codes
    found = {
        "duplicate numbers": twice,
        "gaps": gaps,
        "acknowledged codes that are not there": len(lost),
        "requests with too many or too few codes": doubled,
        "codes acknowledged twice": len(tally.acknowledged) - len(set(tally.acknowledged)),
        "requests without an answer": requests - len(tally.ms),
        "codes that nobody asked for": stored - len(tally.acknowledged),
    }
    return [f"{number} {what}" for what, number in found.items() if number] + tally.refused[:5]


def yardsticks(filled: Province, clients: int) -> list[str]:
    """Return a line each for pgbench and the bare view."""
    keys = _in_django(dict(filled.environment), "benchmarks.issuing_province", "--plain")
    return [_pgbench(filled, keys), _bare_view(filled, keys, clients)]


def _pgbench(filled: Province, keys: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "issue.sql"
        script.write_text(PGBENCH.format(**keys))
        log = Path(folder) / "log"
        installation = newest_installation()
        assert installation is not None
        subprocess.run(
            [
                str(installation / "bin" / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={SERVER_SLOTS}",
                "--jobs=2", f"--time={YARDSTICK_S}", f"--file={script}", "--log", f"--log-prefix={log}",
                filled.owner_url,
            ],
            check=True, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        ms = sorted(
            int(line.split()[2]) / 1000
            for part in Path(folder).glob("log.*")
            for line in part.read_text().splitlines()
            if line.split()[2].isdigit()
        )
    return _line("pgbench", len(ms) / YARDSTICK_S, ms)


def _bare_view(filled: Province, keys: dict[str, Any], clients: int) -> str:
    ms: list[float] = []
    lock, is_over = threading.Lock(), threading.Event()
    with servers.plain_issuing(filled) as server:

        def press() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            while not is_over.is_set():
                started = time.perf_counter()
                connection.request("POST", f"/issue/{keys['source']}/", "")
                if connection.getresponse().read() and not is_over.is_set():
                    with lock:
                        ms.append((time.perf_counter() - started) * 1000)
            connection.close()

        work = [threading.Thread(target=press) for _client in range(clients)]
        for one in work:
            one.start()
        time.sleep(YARDSTICK_S)
        is_over.set()
        for one in work:
            one.join()
    return _line("bare view", len(ms) / YARDSTICK_S, sorted(ms))


def _line(name: str, rate: float, ms: list[float]) -> str:
    return f"{name:<11} {rate:8.1f} codes/s   p95 {ms[int(len(ms) * 0.95)]:8.1f} ms"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
