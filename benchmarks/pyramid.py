"""What the density pyramid costs: in the change of one plot, with sixteen writers at once, folded, counted anew.

`python -m benchmarks.pyramid` runs in a process of its own with a province's settings and prints JSON. What it changes
it changes back: every change is one plot taken out of its cells and put into them again.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

from benchmarks.province import ROOT, Province

CHANGES = 60
WRITERS = 16
EACH = 10
LIMIT_S = 900


def measure(province: Province) -> list[dict[str, Any]]:
    """Return the results: medians, with the 95th percentile beside them."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pyramid"],
        cwd=ROOT, env={**os.environ, **province.environment, "DATABASE_ROLE": "owner"}, check=True, text=True,
        stdout=subprocess.PIPE, timeout=LIMIT_S,
    )  # fmt: skip
    found = json.loads(done.stdout)
    return [
        _result(province, "pyramid_change", found["one"], "a plot out of its cells and into them, in its transaction"),
        _result(
            province, "pyramid_change_16", found["many"],
            f"the same by {WRITERS} writers at once, {EACH} changes each; waits for locks seen: {found['waiting']}",
        ),
        _result(province, "pyramid_fold", found["fold"], f"fold of {found['folded']} deltas into all levels"),
        _result(
            province, "pyramid_rebuild", found["rebuild"],
            f"all plots counted anew while the service goes on: {found['cells']:,} cells",
        ),
    ]  # fmt: skip


def _result(province: Province, work: str, ms: list[float], note: str) -> dict[str, Any]:
    return {
        "work": work,
        "plots": province.plots,
        "ours_ms": round(statistics.median(ms), 2),
        "ours_p95_ms": round(percentile_95(ms), 2),
        "ours_bytes": None,
        "limit_ms": None,
        "peers": {},
        "peak_mb": None,
        "note": note,
    }


def percentile_95(values: list[float]) -> float:
    """Return the value that 95 of 100 do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-95 * len(ordered) // 100) - 1)]


def _change(pk: int) -> tuple[float, int]:
    """Take a plot out of its cells and put it back; return milliseconds and how many locks it waited for."""
    from django.db import connection, transaction

    from farms.models import Plot
    from maps import services

    plots = Plot.objects.filter(pk=pk)
    started = time.perf_counter()
    with transaction.atomic():
        services.count_plots(plots, sign=-1)
        services.count_plots(plots, sign=1)
        taken = (time.perf_counter() - started) * 1000
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return taken, cursor.fetchone()[0]


def _many(keys: list[int]) -> list[tuple[float, int]]:
    from django.db import connection

    try:
        return [_change(pk) for pk in keys]
    finally:
        connection.close()


def _timed(work: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return (time.perf_counter() - started) * 1000, found


def main() -> dict[str, Any]:
    """Measure in this process."""
    from farms.models import Plot
    from maps import services

    rebuild_ms, cells = _timed(services.rebuild_cells)
    keys = list(Plot.objects.order_by("pk").values_list("pk", flat=True)[: CHANGES + WRITERS * EACH])
    one = [_change(pk)[0] for pk in keys[:CHANGES]]
    with ThreadPoolExecutor(WRITERS) as pool:
        groups = [keys[CHANGES + number :: WRITERS][:EACH] for number in range(WRITERS)]
        many = [taken for found in pool.map(_many, groups) for taken in found]
    fold_ms, folded = _timed(services.fold_cells)
    return {
        "one": one[5:],  # the first ones warm up
        "many": [ms for ms, _waiting in many],
        "waiting": sum(bool(waiting) for _ms, waiting in many),
        "fold": [fold_ms],
        "folded": folded,
        "rebuild": [rebuild_ms],
        "cells": cells,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
    django.setup()
    print(json.dumps(main()))
