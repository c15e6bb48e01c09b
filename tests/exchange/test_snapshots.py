"""Nightly snapshots: what a visitor reads, in files that tools fetch whole or in ranges, with checksums."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils.timezone import localdate

from exchange import table_sql
from exchange.catalogue import entry
from exchange.exports.tables import table_of
from exchange.models import ExportFormat, Snapshot
from exchange.reference import load
from exchange.selection import Selection
from exchange.services import snapshots as services
from office.models import JobStatus, Schedule
from office.services import run_job, start_job
from places.models import AdministrativeUnit

pytestmark = pytest.mark.django_db
writes = pytest.mark.django_db(transaction=True)
MONDAY = date(2026, 11, 16)


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)


def keep(layer, format, day, content=b"0123456789", **fields):
    """Write a snapshot's file and row, as a night would have."""
    path = f"{layer}/{day.isoformat()}.{format}"
    target = services.folder_of(layer) / Path(path).name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return Snapshot.objects.create(
        layer=layer, format=format, made_on=day, written_at=f"{day}T01:30:00+07:00", path=path, size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), row_count=1, **fields,
    )  # fmt: skip


@writes
def test_night_keeps_every_public_layer_in_every_format(area, code, plot_factory, product_factory, client):
    product_factory(area=area)
    plot_factory(ref="T-RIENG")

    job = run_job(start_job("exchange.make_snapshots", {}, by=None).pk)

    assert job.status == JobStatus.DONE, job.error
    made = set(Snapshot.objects.values_list("layer", "format"))
    assert made == {
        (found.layer.name, str(format))
        for found in services.entries_with_snapshots()
        for format in services.formats_of(found)
    }
    assert "plots" not in {layer for layer, _format in made}
    for snapshot in Snapshot.objects.filter(layer__in=["areas", "units"]):
        content = services.path_of(snapshot).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (snapshot.size, snapshot.sha256)
        assert b"T-RIENG" not in content
    whole = json.loads(b"".join(client.get("/data/areas/latest.geojson").streaming_content))
    streamed = json.loads(b"".join(client.get("/data/areas.geojson").streaming_content))
    assert whole["features"] == streamed["features"] != []
    assert Snapshot.objects.get(layer="areas", format="geojson").row_count == len(whole["features"])


def test_a_row_without_a_shape_is_looked_for_in_no_tile(commune):
    units = Selection.read(entry("units"), AnonymousUser(), {}).settled()
    table = table_of(units, mercator=True)
    names = [(table.aliases[0], table.columns[0].name)]
    query, params = table_sql.tiles(*table.inner, names, layer="units", zoom=10, most=None)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}", params)
        plan = cursor.fetchone()[0][0]["Plan"]

    assert AdministrativeUnit.objects.filter(boundary=None).exists()
    assert 0 < most_rows(plan) < 100  # of the world's 1,048,576 tiles


def most_rows(plan):
    """Return the rows of the step that gave, or refused, most of them."""
    of_step = plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Join Filter", 0))
    return max([of_step, *map(most_rows, plan.get("Plans", []))])


@writes
def test_repeated_night_replaces_the_day(product_factory):
    product_factory()
    first = services.make_snapshot(entry("products"), ExportFormat.CSV, MONDAY)
    product_factory(name_vi="Ổi")

    second = services.make_snapshot(entry("products"), ExportFormat.CSV, MONDAY)

    assert (first.pk, first.row_count + 1) == (second.pk, second.row_count)
    table = services.path_of(second).read_text("utf-8-sig")
    assert table.startswith("id,name")  # the bare table: tools read it from its address
    assert [path.name for path in services.folder_of("products").iterdir()] == [f"{MONDAY}.csv"]


def test_old_ones_go_but_the_newest_stays(settings):
    settings.SNAPSHOT_KEEP_DAYS = 30
    old, newest = keep("units", "csv", MONDAY - timedelta(days=90)), keep("units", "csv", MONDAY - timedelta(days=60))
    alone, young = keep("units", "fgb", MONDAY - timedelta(days=70)), keep("codes", "csv", MONDAY)

    assert services.drop_old(MONDAY) == 1

    assert set(Snapshot.objects.all()) == {newest, alone, young}
    assert not services.path_of(old).exists()
    assert services.path_of(newest).exists()


def test_latest_and_dated_addresses(client):
    keep("units", "fgb", MONDAY - timedelta(days=1), b"yesterday")
    row = keep("units", "fgb", MONDAY, b"today")

    latest, dated = client.get("/data/units/latest.fgb"), client.get(f"/data/units/{MONDAY - timedelta(days=1)}.fgb")

    assert b"".join(latest.streaming_content) == b"today"
    assert b"".join(dated.streaming_content) == b"yesterday"
    assert (latest["ETag"], latest["Content-Type"]) == (f'"{row.sha256}"', "application/flatgeobuf")
    assert latest["Cache-Control"] == "public, max-age=300"
    assert dated["Cache-Control"] == "public, max-age=31536000"
    again = client.get("/data/units/latest.fgb", headers={"if-none-match": latest["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "part", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-50", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-500", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-12", 416, None, "bytes */10"),
        ("bytes=7-3", 416, None, "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(asked, status, part, where, client):
    keep("units", "pmtiles", MONDAY)

    answer = client.get("/data/units/latest.pmtiles", headers={"range": asked})

    assert answer.status_code == status
    assert answer.get("Content-Range") == where
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert part is None or body == part


def test_range_of_a_file_that_has_changed_comes_whole(client):
    keep("units", "fgb", MONDAY)
    headers = {"range": "bytes=0-3", "if-range": '"another"'}

    answer = client.get("/data/units/latest.fgb", headers=headers)

    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"0123456789")


def test_range_answers_are_never_longer_than_some_megabytes(client, monkeypatch):
    from exchange.views import snapshots as views

    monkeypatch.setattr(views, "MOST_BYTES", 4)
    keep("units", "fgb", MONDAY)

    answer = client.get("/data/units/latest.fgb", headers={"range": "bytes=2-"})

    assert (answer.content, answer["Content-Range"]) == (b"2345", "bytes 2-5/10")


@pytest.mark.parametrize(
    "address",
    ["units/latest.csv", "units/latest.exe", "plots/latest.csv", "nothing/latest.csv", "units/2026-11-15.fgb",
     "units/2026-13-45.fgb", "plots/snapshots/", "plots/SHA256SUMS"],
)  # fmt: skip
def test_what_there_is_not(address, client, planner):
    keep("units", "fgb", MONDAY)
    keep("plots", "csv", MONDAY)
    client.force_login(planner)

    assert client.get(f"/data/{address}").status_code == 404


def test_row_whose_file_is_gone_is_404(client):
    services.path_of(keep("units", "fgb", MONDAY)).unlink()

    assert client.get("/data/units/latest.fgb").status_code == 404


def test_checksums_are_those_of_the_files(client):
    rows = [keep("units", format, MONDAY, format.encode()) for format in ("csv", "fgb")]

    lines = client.get("/data/units/SHA256SUMS").content.decode().splitlines()

    assert lines == [f"{row.sha256}  {MONDAY}.{row.format}" for row in rows]


def test_checksums_do_not_count_as_files_fetched(client, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"takeaway": 1}
    keep("units", "fgb", MONDAY)

    statuses = [client.get("/data/units/SHA256SUMS").status_code for _number in range(3)]

    assert statuses == [200, 200, 200]


def test_page_lists_days_and_says_when_there_are_none(client):
    assert "Chưa có bản chụp nào" in client.get("/data/units/snapshots/").content.decode()
    keep("units", "fgb", MONDAY)
    keep("units", "fgb", MONDAY - timedelta(days=1))

    page = client.get("/data/units/snapshots/").content.decode()

    assert "/data/units/latest.fgb" in page
    assert f"/data/units/{MONDAY - timedelta(days=1)}.fgb" in page


def test_clock_starts_them_every_night():
    load()
    load()

    schedule = Schedule.objects.get(kind="exchange.make_snapshots")
    assert (schedule.every_seconds, schedule.is_active) == (86_400, True)
    assert schedule.due_at.date() <= localdate() + timedelta(days=1)
    assert Schedule.objects.filter(kind="exchange.drop_expired").count() == 1
