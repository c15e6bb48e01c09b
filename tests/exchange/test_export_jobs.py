"""Exports as jobs: every format holds the rows, their fields and where they come from; cancelling, days kept."""

import datetime as dt
import io
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import mapbox_vector_tile
import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import OfficerPost
from core.errors import BadInput, NotAllowed, RuleViolated, WrongState
from exchange.catalogue import entry
from exchange.exports.files import write_export
from exchange.models import Export, ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.selection import Selection
from exchange.services import exports as services
from geofiles.lists import sheets_of
from geofiles.sandbox import read_file
from office.models import JobStatus, Notice
from office.services import deliver_messages, run_job
from tests.geofiles.test_pmtiles import Archive
from tests.maps.conftest import tile_at
from tests.shapes import square

pytestmark = pytest.mark.django_db
# A file is written by a connection of its own, which sees only what was committed.
writes = pytest.mark.django_db(transaction=True)
GEOGRAPHIC = ("gpkg", "fgb", "parquet", "shp")
TEXT = ("geojson", "geojsonl", "csv", "kml")


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def planner_client(planner):
    client = Client()
    client.force_login(planner)
    return client


@pytest.fixture
def plots(plot_factory, neighbour):
    return [
        plot_factory(ref="Thửa Đất-01", boundary=square(105.63, 10.45, side_m=100), harvest_months=[3, 4]),
        plot_factory(ref='T "2", é', boundary=square(105.64, 10.46, side_m=200)),
        plot_factory(ref="T-3", cooperative=neighbour),
    ]


def select(user, layer="plots", **query):
    return Selection.read(entry(layer), user, query)


def order(user, format, *, layer="plots", personal=(), purpose="", **query):
    selection = select(user, layer, **query)
    shape = services.shape_from(selection, format=format, personal_fields=personal, purpose=purpose)
    return services.order_export(selection, shape, by=user)


def made(user, format, **more):
    export = order(user, format, **more)
    job = run_job(export.job_id)
    assert job.status == JobStatus.DONE, job.error
    export.refresh_from_db()
    return export


def without_time(text):
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", "", text)


def in_order(batch):
    """FlatGeobuf sorts features along a curve."""
    refs = batch.column("ref")
    return batch.take(sorted(range(len(refs)), key=refs.__getitem__))


def content(export):
    with export.document.file.open("rb") as file:
        return file.read()


def features(export, tmp_path, suffix):
    path = tmp_path / f"made.{'zip' if suffix == 'shp' else suffix}"
    path.write_bytes(content(export))
    return read_file(path)


@writes
def test_files_hold_all_rows_with_their_fields(planner, plots, tmp_path):
    for format in GEOGRAPHIC:
        export = made(planner, format)

        batch = in_order(features(export, tmp_path, format))
        assert export.row_count == len(batch) == 3
        assert batch.column("ref") == sorted(plot.ref for plot in plots)
        by_ref = {plot.ref: plot for plot in plots}
        for ref, key, area_ha, shape in zip(
            batch.column("ref"), batch.column("id"), batch.column("area_ha"), batch.geometries, strict=True
        ):
            plot = by_ref[ref]
            assert (key, area_ha) == (plot.pk, pytest.approx(plot.area_m2 / 10_000))
            assert shape.area == pytest.approx(plot.boundary.area, abs=1e-14)


@writes
def test_vn2000_comes_back_to_the_same_place(planner, plots, tmp_path):
    corners = {plot.ref: plot.boundary.extent[:2] for plot in plots}
    for format in GEOGRAPHIC:
        batch = features(made(planner, format, crs="EPSG:5897"), tmp_path, format)

        assert batch.crs == "EPSG:5897"
        for ref, shape in zip(batch.column("ref"), batch.in_wgs84().geometries, strict=True):
            assert shape.bounds[:2] == pytest.approx(corners[ref], abs=1e-8)


@writes
def test_text_formats_as_jobs_are_those_of_the_stream(planner, planner_client, plots):
    for format in TEXT:
        export = made(planner, format)

        answer = planner_client.get(f"/data/plots.{format}", {"notes": "1"} if format == "csv" else {})
        streamed = b"".join(answer.streaming_content).decode()
        assert export.row_count == 3
        assert "Thửa" in streamed
        assert without_time(content(export).decode()) == without_time(streamed)


@writes
def test_filters_area_and_fields_are_kept(planner, plots, tmp_path):
    export = made(planner, "gpkg", q="T-3", fields="ref,crop")

    batch = features(export, tmp_path, "gpkg")
    assert batch.columns == ("id", "ref", "crop")
    assert batch.column("ref") == ["T-3"]
    assert (export.query, export.columns) == ({"q": ["T-3"]}, ["ref", "crop"])


@writes
def test_every_file_says_what_it_is(planner, plots, tmp_path):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    expected = {"licence", "filter", "written_at", "row_count", "source"}

    parquet = made(planner, "parquet", crop="xoai")
    metadata = pyarrow.read_metadata(io.BytesIO(content(parquet))).metadata
    assert expected <= set(json.loads(metadata[b"vung_trong"]))
    geopackage = tmp_path / "said.gpkg"
    geopackage.write_bytes(content(made(planner, "gpkg")))
    connection = sqlite3.connect(geopackage)
    said = " ".join(row[0] for row in connection.execute("SELECT metadata FROM gpkg_metadata"))
    connection.close()
    assert all(name in said for name in expected)
    shapefile = zipfile.ZipFile(io.BytesIO(content(made(planner, "shp"))))
    assert all(name in shapefile.read("readme.txt").decode() for name in expected)
    assert "cooperativ,cooperative" in shapefile.read("fields.csv").decode("utf-8-sig")
    assert expected <= {row[0] for row in sheets(made(planner, "xlsx"))[1]}


def sheets(export):
    return [rows for _name, rows in sheets_of(Path(export.document.file.path))[1]]


@writes
def test_workbook_holds_a_point_inside_each_shape(planner, plots):
    head, *rows = sheets(made(planner, "xlsx"))[0]

    rows = [dict(zip(head, row, strict=False)) for row in rows]
    assert [row["ref"] for row in rows] == [plot.ref for plot in plots]
    assert float(rows[0]["lon"]) == pytest.approx(plots[0].boundary.centroid.x, abs=0.001)


@writes
def test_tiles_hold_each_shape_with_its_fields(planner, plots, tmp_path):
    path = tmp_path / "made.pmtiles"
    path.write_bytes(content(made(planner, "pmtiles", fields="ref")))

    archive = Archive(path)

    for zoom in (10, 14):
        seen = set()
        for plot in plots:
            tile = mapbox_vector_tile.decode(archive.tile(*tile_at(zoom, *plot.boundary.centroid.coords)))
            assert set(tile) == {"plots"}
            seen |= {feature["properties"]["ref"] for feature in tile["plots"]["features"]}
        assert seen == {plot.ref for plot in plots}
    metadata = archive.metadata()
    assert metadata["vector_layers"][0]["fields"] == {"id": "Number", "ref": "String"}
    assert metadata["vung_trong"]["row_count"] == 3
    west, south, east, north = archive.box
    assert west < 105.63 < east
    assert south < 10.45 < north


@writes
def test_far_tiles_keep_the_largest_and_the_last_zoom_all(planner, plots, tmp_path, monkeypatch):
    monkeypatch.setattr("exchange.exports.tilesets.MOST", 1)
    path = tmp_path / "made.pmtiles"
    path.write_bytes(content(made(planner, "pmtiles")))

    archive = Archive(path)

    far = mapbox_vector_tile.decode(archive.tile(*tile_at(10, *plots[1].boundary.centroid.coords)))
    assert [feature["properties"]["ref"] for feature in far["plots"]["features"]] == [plots[1].ref]
    near = [
        mapbox_vector_tile.decode(archive.tile(*tile_at(14, *plot.boundary.centroid.coords)))["plots"]["features"]
        for plot in plots
    ]
    assert {feature["properties"]["ref"] for tile in near for feature in tile} == {plot.ref for plot in plots}


@writes
def test_lists_become_text_or_stay_lists(product_factory, offer_factory, anonymous, tmp_path):
    offer_factory(product=product_factory(), months=[3, 4])
    parquet = pytest.importorskip("pyarrow.parquet")

    table = parquet.read_table(io.BytesIO(content(made(anonymous, "parquet", layer="offers"))))
    batch = features(made(anonymous, "gpkg", layer="offers"), tmp_path, "gpkg")

    assert table.column("months").to_pylist() == [[3, 4]]
    assert batch.column("months") == ["3, 4"]


@writes
def test_layer_with_points_and_outlines_keeps_both(area, planner, anonymous, product_factory, tmp_path):
    product_factory(area=area)

    archive = zipfile.ZipFile(io.BytesIO(content(made(anonymous, "shp", layer="areas"))))

    assert any(name.startswith("areas_") and name.endswith(".shp") for name in archive.namelist())


@writes
def test_nothing_found_is_a_file_without_rows(planner, plots, tmp_path):
    for format in ("gpkg", "fgb", "parquet", "xlsx", "shp", "pmtiles", *TEXT):
        assert made(planner, format, q="khong-co").row_count == 0


@writes
def test_rows_of_one_moment(planner, plots, tmp_path):
    """The head counts what the file holds, whatever is written meanwhile."""
    seen = []

    def meanwhile(percent):
        if not seen:
            seen.append(percent)
            plots[0].delete()

    written = write_export(
        select(planner), ExportFormat.PARQUET, ExportProfile.PLAIN, tmp_path / "x.parquet", meanwhile
    )

    assert seen
    assert written.row_count == written.head["row_count"] == 3


@writes
def test_requester_is_told_in_the_app_and_by_mail(planner, plots):
    planner.email = "planner@example.test"
    planner.save()

    export = made(planner, "gpkg")
    deliver_messages()

    notice = Notice.objects.get(user=planner)
    assert notice.url == export.get_absolute_url()
    assert export.get_absolute_url() in mail.outbox[0].body
    assert export.expires_at - timezone.now() > dt.timedelta(days=6, hours=23)


@writes
def test_rights_of_today_decide(planner, planner_client, plots):
    waiting, done = order(planner, "gpkg"), made(planner, "gpkg")
    OfficerPost.objects.filter(user=planner).delete()

    job = run_job(waiting.job_id)

    assert (job.status, job.error_code) == (JobStatus.FAILED, "not_allowed")
    assert planner_client.get(f"/data/exports/{done.pk}/file").status_code == 404


@writes
def test_file_is_the_requesters_alone(planner, officer, anonymous, client, plots):
    export = made(planner, "gpkg")

    assert client.get(f"/data/exports/{export.pk}/file").status_code == 404
    assert client.get(export.get_absolute_url()).status_code == 404
    client.force_login(officer)
    assert client.get(f"/data/exports/{export.pk}/file").status_code == 404
    client.force_login(planner)
    answer = client.get(f"/data/exports/{export.pk}/file")
    assert answer["Content-Disposition"].startswith('attachment; filename="plots-')
    assert b"".join(answer.streaming_content)[:6] == b"SQLite"


@writes
def test_visitor_who_holds_the_link_holds_the_file(client, outsider, anonymous, product_factory):
    product_factory()
    export = made(anonymous, "fgb", layer="products")

    for reader in (None, outsider):
        if reader:
            client.force_login(reader)
        answer = client.get(f"/data/exports/{export.pk}/file")
        assert b"".join(answer.streaming_content)[:3] == b"fgb"


def test_cancelled_export_leaves_nothing(planner, plots, settings):
    export = order(planner, "gpkg")

    services.cancel_export(export, by=planner)

    assert run_job(export.job_id) is None
    export.refresh_from_db()
    assert (export.document, export.job.status) == (None, JobStatus.CANCELLED)
    with pytest.raises(WrongState):
        services.cancel_export(export, by=planner)


@writes
def test_cancelled_in_the_middle_stops_the_writing(planner, plots, tmp_path):
    class Enough(Exception):
        pass

    def stop(percent):
        raise Enough

    for format in ExportFormat:
        with pytest.raises(Enough):
            write_export(select(planner), format, ExportProfile.PLAIN, tmp_path / f"x.{format}", stop)


@writes
def test_failed_query_fails_the_job(planner, plots, monkeypatch):
    monkeypatch.setattr("exchange.table_sql.copy_csv", lambda query: f"COPY (SELECT 1/0 FROM ({query}) AS q) TO STDOUT")
    export = order(planner, "gpkg")

    job = run_job(export.job_id)

    assert (job.status, job.error_code) == (JobStatus.FAILED, "internal_error")
    assert Export.objects.get().document is None


@writes
def test_files_go_after_their_days_and_the_order_later(planner, plots, client):
    export = made(planner, "gpkg")
    path = Path(export.document.file.path)
    later = export.expires_at + dt.timedelta(minutes=1)

    assert services.drop_expired(later)["files"] == 1

    assert not path.exists()
    client.force_login(planner)
    assert client.get(f"/data/exports/{export.pk}/file").status_code == 410
    assert "hết hạn" in client.get(export.get_absolute_url()).content.decode()
    assert services.drop_expired(later)["files"] == 0
    Export.objects.update(requested_at=timezone.now() - dt.timedelta(days=91))
    assert services.drop_expired(later)["orders"] == 1


def test_leftovers_of_killed_workers_go(settings, planner):
    import os

    old = Path(settings.MEDIA_ROOT) / "making" / "export-old"
    old.mkdir(parents=True)
    os.utime(old, (1, 1))

    assert services.drop_expired()["scratch"] == 1
    assert not old.exists()


def test_only_some_exports_at_a_time(planner, plots):
    for _number in range(services.MOST_OF_A_USER):
        order(planner, "gpkg")

    with pytest.raises(WrongState, match="nhiều tệp"):
        order(planner, "gpkg")


@pytest.mark.parametrize("format", ["kml", "pmtiles"])
def test_formats_of_wgs84_refuse_vn2000(format, planner, plots):
    with pytest.raises(RuleViolated) as refused:
        order(planner, format, crs="EPSG:5897")

    assert refused.value.code == "format_needs_wgs84"


def test_unknown_words_are_named(planner):
    with pytest.raises(BadInput) as refused:
        services.shape_from(select(planner), format="doc", profile="x", personal_fields=["salary"])

    assert [finding.pointer for finding in refused.value.findings] == ["/format", "/profile", "/personal"]


def test_layer_without_right_is_not_ordered(outsider, plots):
    with pytest.raises(NotAllowed):
        order(outsider, "gpkg")


@writes
def test_workbook_with_too_many_rows_is_refused_before_it_is_written(planner, plots, monkeypatch):
    from dataclasses import replace

    from exchange.exports import files

    few = {**files.FORMATS, ExportFormat.XLSX: replace(files.FORMATS[ExportFormat.XLSX], max_rows=2)}
    monkeypatch.setattr(files, "FORMATS", few)
    export = order(planner, "xlsx")

    job = run_job(export.job_id)

    assert (job.status, job.error_code) == (JobStatus.FAILED, "too_many_rows")


def test_file_by_a_profile_is_of_the_time_before_its_rows_were_read(planner, tmp_path, monkeypatch):
    class Slow:
        def write(self, selection, format, path, progress):
            monkeypatch.setattr("exchange.selection.timezone.localtime", lambda: timezone.now() + dt.timedelta(hours=1))
            return 7

    monkeypatch.setitem(PROFILES, ExportProfile.EUDR, Slow())

    written = write_export(select(planner), ExportFormat.GEOJSON, ExportProfile.EUDR, tmp_path / "x.zip")

    assert (written.row_count, written.head["row_count"]) == (7, 7)
    assert dt.datetime.fromisoformat(written.head["written_at"]) <= timezone.now()
