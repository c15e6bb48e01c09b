"""What the soak of the import does inside Django: `kills N` or `pairs N`; the last line printed is what came of it."""

import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROWS = 200
SUFFIXES = (".geojson", ".gpkg", ".fgb", ".parquet", ".zip")
LONGEST_MS = 3_000
SIDE, STEP = 0.0008, 0.0012  # degrees, about 90 and 130 m


def _places() -> list[tuple[float, float]]:
    """South-west corners of squares of STEP on the land of the reference data, from the south."""
    import numpy as np
    import shapely
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_AsBinary(ST_Union(piece)) FROM places_unitpiece")
        land = shapely.from_wkb(bytes(cursor.fetchone()[0]))
    shapely.prepare(land)
    west, south, east, north = land.bounds
    x, y = np.meshgrid(np.arange(west, east, STEP), np.arange(south, north, STEP))
    inside = shapely.contains_properly(land, shapely.box(x, y, x + STEP, y + STEP))
    return list(zip(x[inside].tolist(), y[inside].tolist(), strict=True))


def _square(corner: tuple[float, float], shift: float = 0.0) -> Any:
    from shapely import box

    west, south = corner
    return box(west + shift, south, west + SIDE + shift, south + SIDE)


def _people() -> list[tuple[Any, Any]]:
    from cooperatives.models import Cooperative

    holders = Cooperative.objects.filter(slug__in=("soak-a", "soak-b")).order_by("slug")
    return [(holder, holder.memberships.get().user) for holder in holders]


def _file(number: int, places: list[tuple[float, float]], folder: Path) -> Any:
    import geopandas
    from django.core.files.base import ContentFile

    suffix = SUFFIXES[number % len(SUFFIXES)]
    frame = geopandas.GeoDataFrame(
        {"ma": [f"K{number}-{place}" for place in range(ROWS)], "cay": ["xoai"] * ROWS},
        geometry=[_square(places[number * ROWS + place]) for place in range(ROWS)],
        crs="EPSG:4326",
    )
    path = folder / f"thua{number}{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".zip":
        frame.to_file(path.with_suffix(".shz"), driver="ESRI Shapefile")
        path.with_suffix(".shz").rename(path)
    else:
        frame.to_file(path)
    content = path.read_bytes()
    path.unlink()
    return ContentFile(content, name=path.name)


def kills(count: int) -> dict[str, Any]:
    """Kill `count` workers at random moments of reading and storing; tell what was wrong."""
    from django.utils import timezone

    from farms import services
    from farms.models import ImportStatus, Plot
    from geofiles import sandbox
    from office.models import Job, JobStatus
    from office.services import reap_stale_jobs, run_job

    [(holder, clerk), *_rest] = _people()
    places = _places()
    chance, killed, number, wrong = random.Random(500), 0, 0, []
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch, tempfile.TemporaryDirectory(prefix="soak-") as files:
        victims = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.importing_victim"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "TMPDIR": scratch},
        )  # fmt: skip
        assert victims.stdin is not None and victims.stdout is not None
        victims.stdout.readline()

        def attack(job: Any, what: str, stored: Any) -> None:
            nonlocal killed
            assert victims.stdin is not None and victims.stdout is not None
            victims.stdin.write(f"{job.pk} {chance.randrange(10, LONGEST_MS)}\n")
            victims.stdin.flush()
            killed += victims.stdout.readline() == "killed\n"
            if stored() not in (0, ROWS):
                wrong.append(f"{what} {number}: {stored()} of {ROWS}")
            job = Job.objects.get(pk=job.pk)
            if job.status in (JobStatus.RUNNING, JobStatus.QUEUED):  # queued: killed before it took the job
                reap_stale_jobs(timezone.now() + dt.timedelta(minutes=5))
                run_job(job.pk)
                job.refresh_from_db()
            if job.status != JobStatus.DONE:
                wrong.append(f"{what} {number}: {job.status} {job.error_code}")

        while killed < count and not wrong:
            plot_import = services.start_import(holder, _file(number, places, Path(files)), by=clerk)
            attack(plot_import.job, "reading", plot_import.rows.count)
            job = services.commit_import(plot_import, by=clerk, with_amber=True)
            attack(job, "storing", Plot.objects.filter(ref__startswith=f"K{number}-").count)
            plot_import.refresh_from_db()
            if plot_import.status != ImportStatus.COMMITTED:
                wrong.append(f"import {number} is {plot_import.status}")
            number += 1
        victims.stdin.close()
        victims.wait()
        sandbox.sweep(Path(scratch))
        wrong += [f"left behind: {path.name}" for path in Path(scratch).iterdir()]
    return {"what": "kills", "killed": killed, "imports": number, "plots": Plot.objects.count(), "wrong": wrong}


def pairs(count: int) -> dict[str, Any]:
    """Save `count` pairs of overlapping plots by two connections at once; tell what was wrong."""
    from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
    from django.db import connections

    from core.errors import DomainError
    from crops.models import Crop
    from farms import services
    from farms.models import OverlapCase, Plot

    people, crop = _people(), Crop.objects.get(slug="xoai")
    places = _places()[::-1]  # from the other end than the imports
    barrier = threading.Barrier(3)
    saved: list[Any] = [None, None]
    task: dict[str, Any] = {}
    wrong: list[str] = []

    def work(side: int) -> None:
        while True:
            barrier.wait()
            if not task:
                connections.close_all()
                return
            holder, by = people[side if task["is_other"] else 0]
            shape = GEOSGeometry(_square(places[task["place"]], side * SIDE / 4).wkt, srid=4326)
            try:
                saved[side] = services.add_plot(
                    holder, MultiPolygon(shape, srid=4326), by=by, ref=f"P{side}-{task['place']}", crop=crop
                )
            except DomainError as error:
                saved[side] = error
            barrier.wait()

    threads = [threading.Thread(target=work, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for number in range(count):
        task.update(place=number, is_other=bool(number % 2))
        barrier.wait()
        barrier.wait()
        kept = [plot.pk for plot in saved if isinstance(plot, Plot)]
        states = sorted(Plot.objects.filter(pk__in=kept).values_list("status", flat=True))
        cases = OverlapCase.objects.open().filter(second__in=kept).count()
        expected = (["active", "in_conflict"], 1) if number % 2 else (["active"], 0)
        if (states, cases) != expected:
            wrong.append(f"pair {number}: {states}, {cases} cases")
    task.clear()
    barrier.wait()
    for thread in threads:
        thread.join()
    return {"what": "pairs", "pairs": count, "wrong": wrong}


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
    django.setup()
    attack = {"kills": kills, "pairs": pairs}[sys.argv[1]]
    print(json.dumps(attack(int(sys.argv[2]))))
