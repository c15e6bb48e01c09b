"""Imports under hard use: killed workers, two tabs, quotas, clients that go away, overlapping saves at once."""

import datetime as dt
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.utils import timezone

from core.errors import DomainError, WrongState
from farms import services
from farms.models import ImportStatus, OverlapCase, Plot, PlotImport, PlotStatus, Verdict
from farms.services.imports import ImportQuotaExceeded, SameFile
from geofiles import features, sandbox, writers
from office.models import Document, Job, JobStatus
from office.services import reap_stale_jobs, run_job, tell_progress
from tests.factories.office import make_upload
from tests.farms.importing import geojson_bytes, geojson_file
from tests.shapes import bowtie, square, square_east_of

GROUND = square(105.63, 10.45)
FORMATS = {"geojson": ".geojson", "gpkg": ".gpkg", "shapefile": ".zip", "kml": ".kml", "flatgeobuf": ".fgb"}
ROWS = 40


@pytest.mark.django_db
def test_d14_one_bad_row_is_named_and_the_others_are_stored_as_a_whole(media, clerk, cooperative, mango, work_off):
    rows = [
        (square(105.56 + 0.002 * (number % 40), 10.40 + 0.002 * (number // 40)), {"ma": f"A{number}", "cay": "xoai"})
        for number in range(400)
    ]
    rows[123] = (bowtie(105.63, 10.46), {"ma": "A123", "cay": "xoai"})
    plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk)
    work_off()
    plot_import.refresh_from_db()

    services.commit_import(plot_import, by=clerk, with_amber=False)
    work_off()

    [bad] = plot_import.rows.filter(verdict=Verdict.RED)
    assert (bad.row, bad.findings[0]["code"], len(bad.findings[0]["at"])) == (124, "invalid_geometry", 2)
    assert Plot.objects.count() == 399


@pytest.mark.django_db
def test_d18_client_that_stops_leaves_nothing(media, clerk, cooperative):
    class Stopped(OSError):
        pass

    file = geojson_file((GROUND, {"ma": "A1"}))
    whole = file.read()
    file.seek(0)

    def chunks(size=None):
        yield whole[: len(whole) * 6 // 10]
        raise Stopped

    file.chunks = chunks

    with pytest.raises(Stopped):
        services.start_import(cooperative, file, by=clerk)

    assert not PlotImport.objects.exists()
    assert not Document.objects.exists()
    assert not [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_d20_day_has_so_many_files_for_each_user(media, settings, clerk, owner, cooperative):
    settings.IMPORT_FILES_A_DAY = 2
    for number in range(2):
        services.start_import(cooperative, geojson_file((GROUND, {"ma": f"A{number}"})), by=clerk)

    with pytest.raises(ImportQuotaExceeded) as refused:
        services.start_import(cooperative, geojson_file((GROUND, {"ma": "B"})), by=clerk)

    assert (refused.value.status, 0 < refused.value.retry_after <= 86_400) == (429, True)
    assert services.start_import(cooperative, geojson_file((GROUND, {"ma": "C"})), by=owner)


@pytest.mark.django_db
def test_d20_day_has_so_many_bytes_and_begins_anew(media, settings, clerk, cooperative):
    settings.IMPORT_BYTES_A_DAY = 500
    first = services.start_import(cooperative, geojson_file((GROUND, {"ma": "A"})), by=clerk)

    with pytest.raises(ImportQuotaExceeded):
        services.start_import(cooperative, geojson_file((GROUND, {"ma": "B"})), by=clerk)
    PlotImport.objects.filter(pk=first.pk).update(created_at=timezone.now() - dt.timedelta(hours=25))

    assert services.start_import(cooperative, geojson_file((GROUND, {"ma": "B"})), by=clerk)


@pytest.mark.django_db
def test_quota_answers_429_with_retry_after(client, media, settings, clerk, cooperative, mango):
    settings.IMPORT_FILES_A_DAY = 0
    services_import = geojson_file((GROUND, {"ma": "A", "cay": "xoai"}))
    PlotImport.objects.create(
        cooperative=cooperative,
        document=Document.objects.create(name="x", size=1, sha256="0" * 64, uploaded_by=clerk),
        created_by=clerk,
    )
    client.force_login(clerk)

    answer = client.post("/api/v1/imports/", {"file": services_import, "cooperative": cooperative.slug})

    assert (answer.status_code, answer.json()["code"]) == (429, "import_quota_exceeded")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.django_db
def test_checks_of_many_rows_are_as_many_statements_as_of_few(
    media, clerk, cooperative, mango, work_off, django_assert_max_num_queries
):
    def read(count, lat):
        rows = [(square(105.56 + 0.002 * n, lat), {"ma": f"{lat}-{n}", "cay": "xoai"}) for n in range(count)]
        plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk)
        with django_assert_max_num_queries(200) as seen:
            run_job(plot_import.job_id)
        return len(seen)

    few, many = read(2, 10.41), read(60, 10.42)

    assert abs(many - few) <= 2  # a heartbeat may fall in


# --- several processes or connections at once ---


@pytest.fixture
def shared(transactional_db, commune, cooperative, neighbour, clerk, neighbour_clerk, mango):
    """People and places that other connections see."""
    return clerk


def _at_once(*works):
    """Run functions in threads that begin together; return what each returned or raised."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        barrier.wait()
        try:
            results[place] = work()
        except DomainError as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_import_given_up_while_it_is_read_leaves_no_row(shared, media, cooperative, monkeypatch):
    plot_import = services.start_import(cooperative, geojson_file((GROUND, {"ma": "A", "cay": "xoai"})), by=shared)
    given_up = []

    def tell(job, percent, step=""):
        if percent >= 64 and not given_up:  # the rows are being checked
            given_up.append(percent)
            [result] = _at_once(lambda: services.cancel_import(plot_import, by=shared))
            assert isinstance(result, PlotImport)
        tell_progress(job, percent, step)

    monkeypatch.setattr("farms.services.imports.timing.tell_progress", tell)
    run_job(plot_import.job_id)

    plot_import.refresh_from_db()
    assert (bool(given_up), plot_import.status) == (True, ImportStatus.CANCELLED)
    assert plot_import.rows.count() == 0
    with pytest.raises(WrongState):
        services.cancel_import(plot_import, by=shared)


def test_d16_same_file_from_two_tabs_is_one_import(shared, media, cooperative):
    content = geojson_bytes((GROUND, {"ma": "A1", "cay": "xoai"}))

    def send():
        return services.start_import(cooperative, make_upload("thua.geojson", content), by=shared)

    found = _at_once(send, send)

    assert sorted(type(result).__name__ for result in found) == ["PlotImport", "SameFile"]
    assert PlotImport.objects.count() == 1
    [refused] = [result for result in found if isinstance(result, SameFile)]
    assert refused.findings[0].extra["import"] == str(PlotImport.objects.get().pk)


def test_a24_overlapping_saves_at_once_end_in_one_refusal_or_one_case(
    shared, cooperative, neighbour, neighbour_clerk, mango
):
    for number in range(50):
        shape = square(105.56 + 0.003 * (number % 25), 10.41 + 0.003 * (number // 25))
        other = square_east_of(shape, gap_m=-20)
        is_same = number % 2 == 0
        second = (cooperative, shared) if is_same else (neighbour, neighbour_clerk)

        def save(holder, by, ref, ground):
            return services.add_plot(holder, ground, by=by, ref=ref, crop=mango)

        found = _at_once(
            lambda s=shape, n=number: save(cooperative, shared, f"A{n}", s),
            lambda o=other, n=number, w=second: save(*w, f"B{n}", o),
        )

        kept = [result for result in found if isinstance(result, Plot)]
        states = sorted(Plot.objects.filter(pk__in=[plot.pk for plot in kept]).values_list("status", flat=True))
        cases = OverlapCase.objects.open().filter(second__in=kept).count()
        if is_same:
            assert (states, cases, len(found) - len(kept)) == ([PlotStatus.ACTIVE], 0, 1)
        else:
            assert (states, cases) == ([PlotStatus.ACTIVE, PlotStatus.IN_CONFLICT], 1)


def _file_in(kind, folder, number):
    """A file of ROWS plots in a format, on ground of its own."""
    import geopandas
    import shapely

    shapes = [
        shapely.from_wkt(square(105.56 + 0.002 * place, 10.41 + 0.0015 * number, side_m=80).wkt)
        for place in range(ROWS)
    ]
    columns = {"ma": [f"K{number}-{place}" for place in range(ROWS)], "cay": ["xoai"] * ROWS}
    path = folder / f"thua{number}{FORMATS[kind]}"
    if kind == "flatgeobuf":
        geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_file(path, driver="FlatGeobuf")
    else:
        writers.write(features.make_batch(shapes, columns), path, kind)
    return make_upload(path.name, path.read_bytes())


@pytest.mark.slow
def test_d17_worker_killed_at_any_moment_leaves_all_or_nothing(shared, media, cooperative, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "TMPDIR": str(scratch), "DATABASE_ROLE": "owner"}
    command = [sys.executable, "-m", "benchmarks.importing_victim", name, str(django_settings.MEDIA_ROOT)]
    chance, killed = random.Random(17), 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as victims:
        assert victims.stdout.readline() == "ready\n"

        def run(job):
            victims.stdin.write(f"{job.pk} {chance.randrange(20, 1_500)}\n")
            victims.stdin.flush()
            return victims.stdout.readline() == "killed\n"

        for number in range(20):
            kind = sorted(FORMATS)[number % len(FORMATS)]
            plot_import = services.start_import(cooperative, _file_in(kind, tmp_path, number), by=shared)
            killed += run(plot_import.job)
            assert plot_import.rows.count() in (0, ROWS)
            _finish(plot_import.job)
            plot_import.refresh_from_db()
            job = services.commit_import(plot_import, by=shared, with_amber=True)
            killed += run(job)
            assert Plot.objects.filter(ref__startswith=f"K{number}-").count() in (0, ROWS)
            _finish(job)
            plot_import.refresh_from_db()
            assert plot_import.status == ImportStatus.COMMITTED
        victims.stdin.close()

    sandbox.sweep(scratch)
    assert Plot.objects.count() == 20 * ROWS
    assert killed >= 10
    assert list(scratch.iterdir()) == []


def _finish(job):
    """A job whose worker was lost is found by the reaper and done again here."""
    job = Job.objects.get(pk=job.pk)
    if job.status in (JobStatus.RUNNING, JobStatus.QUEUED):  # queued: killed before it took the job
        reap_stale_jobs(timezone.now() + dt.timedelta(minutes=5))
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.DONE, "")
