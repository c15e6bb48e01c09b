"""Files written while they are sent: formats, coordinate systems, count, places, a reader that goes away (row G1)."""

import csv
import io
import json
import resource
import threading
import time
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import DataError, connection

from core.errors import BadInput
from exchange import stream_sql
from exchange.catalogue import entry
from exchange.exports import pipes, streams
from exchange.exports.streams import StreamsBusy, open_stream
from exchange.exports.texts import converted
from exchange.models import ExportFormat
from exchange.selection import Selection
from geofiles import crs
from places.models import AdministrativeUnit
from tests.factories.places import make_unit

GEOJSON, GEOJSONL, CSV, KML = ExportFormat.GEOJSON, ExportFormat.GEOJSONL, ExportFormat.CSV, ExportFormat.KML
KML_NAME = "{http://www.opengis.net/kml/2.2}"
NAMES = ['Xã "Một" & <Hai>', "=HYPERLINK(1)", "Xã \\Ba, ệ", "Tư"]
BOX = MultiPolygon(Polygon.from_bbox((105.55, 10.38, 105.75, 10.55)), srid=4326)


@pytest.fixture(scope="module", autouse=True)
def units(django_db_setup, django_db_blocker):
    """Four communes that other connections see too; the first has a shape."""
    with django_db_blocker.unblock():
        made = [
            make_unit(
                code=f"8800{number}", name_vi=name, boundary=BOX if number == 0 else None, is_schematic=number == 0
            )
            for number, name in enumerate(NAMES)
        ]
        yield made
        AdministrativeUnit.objects.filter(pk__in=[unit.pk for unit in made]).delete()


@pytest.fixture(autouse=True)
def open_database(db):
    """Reads of the tests themselves."""


def units_selected(**query):
    return Selection.read(entry("units"), AnonymousUser(), {"level": "commune", **query})


def whole(selection, format, **options):
    stream = open_stream(selection, format, **options)
    try:
        return b"".join(stream).decode()
    finally:
        stream.close()


def other_connections():
    """Process ids of the server's other sessions in this database, also those of earlier tests that it still ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def goes_back_to(before):
    """Whether the server has let go of all sessions but those of `before` within five seconds (row G1)."""
    for _turn in range(50):
        if other_connections() <= before:
            return True
        time.sleep(0.1)
    return False


# --- formats ---------------------------------------------------------------------------------------------------------


def test_geojson_is_one_document_with_its_head_first_and_a_feature_a_line(units):
    text = whole(units_selected(q="xã"), GEOJSON)

    document = json.loads(text)
    assert [feature["properties"]["name"] for feature in document["features"]] == NAMES
    assert [feature["id"] for feature in document["features"]] == [unit.pk for unit in units]
    assert document["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert len(text.splitlines()) == 6  # opening, four features, closing
    assert list(document)[:2] == ["type", "name"]
    assert list(document)[-1] == "features"
    assert document["row_count"] == 4
    assert document["filter"] == {"level": "commune", "q": "xã"}
    assert {"licence", "source", "steward", "written_at", "title"} <= set(document)
    assert document["crs"] == "EPSG:4326"


def test_lines_of_geojson_are_features_and_the_first_says_what_the_file_is():
    lines = [json.loads(line) for line in whole(units_selected(fields="name"), GEOJSONL).splitlines()]

    assert [line["properties"] for line in lines] == [{"name": name} for name in NAMES]
    assert lines[0]["file"]["licence"] == "CC BY 4.0"
    assert all("file" not in line for line in lines[1:])


def test_csv_holds_chosen_columns_in_their_order_and_starts_no_formula():
    text = whole(units_selected(fields="is_schematic,name,valid_from"), CSV)

    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["id", "is_schematic", "name", "valid_from", "wkt"]
    assert [row[2] for row in rows[1:]] == [NAMES[0], "'" + NAMES[1], *NAMES[2:]]
    assert [row[1] for row in rows[1:]] == ["true", "false", "false", "false"]
    assert {row[3] for row in rows[1:]} == {"2025-07-01"}
    assert rows[1][4].startswith("MULTIPOLYGON(((105.55 10.38")
    assert {row[4] for row in rows[2:]} == {""}


def test_csv_with_a_point_instead_of_the_outline():
    text = whole(units_selected(fields="code", geometry="lonlat"), CSV)

    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert list(rows[0]) == ["id", "code", "lon", "lat"]
    assert (float(rows[0]["lon"]), float(rows[0]["lat"])) == pytest.approx((105.65, 10.465), abs=0.01)
    assert (rows[1]["lon"], rows[1]["lat"]) == ("", "")


def test_csv_says_what_it_is_where_it_is_asked_to():
    text = whole(units_selected(q="Một"), CSV, has_notes=True).removeprefix("\ufeff")

    notes = dict(line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("# "))
    assert (notes["row_count"], notes["licence"]) == ("1", "CC BY 4.0")
    assert json.loads(notes["filter"]) == {"level": "commune", "q": "Một"}
    assert len([line for line in text.splitlines() if not line.startswith("# ")]) == 2


def test_kml_is_xml_with_the_fields_of_each_placemark():
    root = ElementTree.fromstring(whole(units_selected(), KML))

    marks = root.findall(f".//{KML_NAME}Placemark")
    assert [mark.findtext(f"{KML_NAME}name") for mark in marks] == NAMES
    data = {item.get("name"): item.findtext(f"{KML_NAME}value") for item in marks[0].iter(f"{KML_NAME}Data")}
    assert data["name"] == NAMES[0]
    assert (data["code"], data["is_schematic"], data["parent_code"]) == ("88000", "true", "")
    assert marks[0].find(f".//{KML_NAME}coordinates").text.startswith("105.55,10.38")
    head = {item.get("name"): item.findtext(f"{KML_NAME}value") for item in root[0][1]}
    assert (head["licence"], head["row_count"]) == ("CC BY 4.0", "4")


def test_nothing_found_is_a_file_without_rows():
    missed = units_selected(q="khong co")
    impossible = replace(missed, found=AdministrativeUnit.objects.none())

    for selection in (missed, impossible):
        document = json.loads(whole(selection, GEOJSON))
        assert (document["features"], document["row_count"]) == ([], 0)
        assert whole(selection, GEOJSONL) == ""
        assert len(whole(selection, CSV).splitlines()) == 1
        assert "Placemark" not in whole(selection, KML)


def test_columns_that_code_adds_stand_beside_the_chosen_ones():
    selection = replace(units_selected(fields="code"), extra={"type_of": "unit_type"})

    rows = list(csv.DictReader(io.StringIO(whole(selection, CSV).removeprefix("\ufeff"))))

    assert {(row["code"], row["type_of"]) for row in rows} == {(f"8800{number}", "Xã") for number in range(4)}


# --- coordinate systems ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["EPSG:5897", "EPSG:3405"])
def test_vn2000_is_that_of_the_pinned_pipeline(system):
    corner = [float(values[0]) for values in crs.points_from_wgs84([105.55], [10.38], system)]

    document = json.loads(whole(units_selected(crs=system), GEOJSON))
    table = whole(units_selected(crs=system, fields="code"), CSV).removeprefix("\ufeff")
    lines = whole(units_selected(crs=system), GEOJSONL).splitlines()

    assert document["features"][0]["geometry"]["coordinates"][0][0][0] == pytest.approx(corner, abs=0.0006)
    assert document["features"][1]["geometry"] is None
    assert document["crs"] == system
    assert document["coordRefSys"].endswith(f"/EPSG/0/{system[5:]}")
    assert json.loads(lines[0])["geometry"] == document["features"][0]["geometry"]
    shapes = [row["wkt"] for row in csv.DictReader(io.StringIO(table))]
    east, north = shapes[0].split("(((")[1].split(",")[0].split()
    assert (float(east), float(north)) == pytest.approx(corner, abs=0.0006)
    assert shapes[1:] == ["", "", ""]


def test_points_in_vn2000_are_easting_and_northing():
    text = whole(units_selected(crs="EPSG:5897", fields="code", geometry="lonlat"), CSV)

    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    back = crs.points_to_wgs84([float(rows[0]["easting"])], [float(rows[0]["northing"])], "EPSG:5897")
    assert (back[0][0], back[1][0]) == pytest.approx((105.65, 10.465), abs=0.01)
    assert (rows[3]["easting"], rows[3]["northing"]) == ("", "")


def test_ten_thousand_points_in_vn2000_are_exact_to_the_millimetre_printed():
    from geofiles.texts import point_texts

    random = np.random.default_rng(6)
    lon, lat = random.uniform(104, 107, 10_000), random.uniform(8.5, 23, 10_000)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(ST_AsBinary(ST_Point(x, y)), 'hex') FROM unnest(%s, %s) AS t(x, y)",
            [lon.tolist(), lat.tolist()],
        )
        texts = point_texts([text for (text,) in cursor.fetchall()], "EPSG:5897", digits=3)

    found = np.array([[float(number) for number in text.split(",")] for text in texts])
    expected = np.column_stack(crs.points_from_wgs84(lon, lat, "EPSG:5897"))
    assert np.abs(found - expected).max() < 0.000501


def test_kml_is_wgs84_only():
    with pytest.raises(BadInput) as refusal:
        open_stream(units_selected(crs="EPSG:5897"), KML)

    assert refusal.value.findings[0].code == "crs_not_possible"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_shapes_are_found_wherever_the_parts_break(size):
    text = b"a\x03one\x03b\x03two\x03\x03three\x03c"
    parts = (text[start : start + size] for start in range(0, len(text), size))

    joined = b"".join(converted(parts, lambda shapes: [f"<{shape}>" for shape in shapes]))

    assert joined == b"a<one>b<two><three>c"


# --- one moment ------------------------------------------------------------------------------------------------------


def test_what_comes_after_the_file_was_begun_is_not_in_it(django_db_blocker):
    stream = open_stream(units_selected(), GEOJSON)
    late = []
    with django_db_blocker.unblock():
        writing = threading.Thread(target=lambda: (late.append(make_unit(code="88009")), connection.close()))
        writing.start()
        writing.join()
    try:
        document = json.loads(b"".join(stream))

        assert document["row_count"] == len(document["features"]) == 4
    finally:
        stream.close()
        removing = threading.Thread(target=lambda: (late[0].delete(), connection.close()))
        with django_db_blocker.unblock():
            removing.start()
            removing.join()


@pytest.mark.parametrize("format", [GEOJSON, KML], ids=str)
def test_a_count_that_takes_too_long_comes_at_the_end(format, monkeypatch):
    monkeypatch.setattr(stream_sql, "count", lambda rows, key: ("SELECT 1 FROM pg_sleep(20)", ()))
    monkeypatch.setattr(streams, "COUNT_PATIENCE_MS", 1)

    text = whole(units_selected(), format)

    if format == GEOJSON:
        assert list(json.loads(text))[-1] == "row_count"
        assert json.loads(text)["row_count"] == 4
    else:
        assert text.endswith("<!-- row_count: 4 --></Document></kml>\n")


def test_what_is_expected_to_be_large_is_not_counted_first(many, monkeypatch):
    monkeypatch.setattr(streams, "COUNTED_AT_MOST", 1_000)
    monkeypatch.setattr(stream_sql, "COUNT_FOR_A_MOMENT", "SELECT 1 / 0, %s")  # nothing may get so far

    document = json.loads(whole(units_selected(), GEOJSON))

    assert list(document)[-1] == "row_count"
    assert document["row_count"] == len(document["features"]) == 5_004


# --- places, readers that go away ------------------------------------------------------------------------------------


def test_more_streams_than_places_are_told_so_until_one_ends(settings):
    settings.EXPORT_STREAMS = 2
    first, second = open_stream(units_selected(), CSV), open_stream(units_selected(), CSV)
    try:
        with pytest.raises(StreamsBusy):
            open_stream(units_selected(), CSV)
        job = open_stream(units_selected(), CSV, needs_place=False)
        job.close()
        first.close()
        third = open_stream(units_selected(), CSV)
        list(third)  # read to its end: the place is free again without being closed
        open_stream(units_selected(), CSV).close()
    finally:
        first.close()
        second.close()


@pytest.fixture
def many(django_db_blocker):
    """Five thousand communes with a source of 190 letters, seen by other connections."""
    fill(django_db_blocker, 5_000)
    yield
    empty(django_db_blocker)


def fill(blocker, rows):
    def insert():
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO places_administrativeunit
                     (code, level, unit_type, name_vi, name_en, search_key, valid_from, legal_ref, source, is_schematic)
                   SELECT (700000 + n)::text, 'commune', 'Xã', 'Xã ' || n, '', 'xa', '2025-07-01', '',
                          repeat('ệ', 190), false
                     FROM generate_series(1, %s) AS n""",
                [rows],
            )
            # Nobody has told the planner yet that the table is large: it would join it to itself row by row.
            cursor.execute("ANALYZE places_administrativeunit")

    elsewhere(blocker, insert)


def empty(blocker):
    def delete():
        with connection.cursor() as cursor:  # the ORM would look for a million relations
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("DELETE FROM places_administrativeunit WHERE code BETWEEN '700000' AND '799999'")

    elsewhere(blocker, delete)


def elsewhere(blocker, work):
    """Run `work` on a connection of its own, so that it is committed whatever the test rolls back."""

    def run():
        try:
            work()
        finally:
            connection.close()

    with blocker.unblock():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()


def test_g1_reader_that_goes_away_frees_connection_and_cursor(many):
    before = other_connections()
    for format in (GEOJSON, CSV, KML):
        stream = open_stream(units_selected(), format)
        try:
            parts = iter(stream)
            next(parts), next(parts)
            assert len(other_connections() - before) == 1
        finally:
            stream.close()

        assert goes_back_to(before)
    assert [thread for thread in threading.enumerate() if thread.name == "export"] == []


def test_stream_that_nobody_reads_is_closed_as_well():
    before = other_connections()

    open_stream(units_selected(), GEOJSON).close()

    assert goes_back_to(before)


def test_reader_that_takes_nothing_loses_its_place(many, monkeypatch):
    monkeypatch.setattr(pipes, "STALL_SECONDS", 0.05)
    before = other_connections()
    stream = open_stream(units_selected(), GEOJSON)
    parts = iter(stream)
    next(parts), next(parts)

    for thread in [thread for thread in threading.enumerate() if thread.name == "export"]:
        thread.join(timeout=10)

    with pytest.raises(pipes.ReaderStalled):
        list(parts)
    stream.close()
    assert goes_back_to(before)


def test_query_that_fails_breaks_the_file_off(monkeypatch):
    """The first row is whole, the one with the name of two letters divides by nothing."""
    divided = "SELECT ',' || (1 / (length(name_vi) - 2))::text FROM places_administrativeunit WHERE code LIKE '8800_'"
    monkeypatch.setattr(stream_sql, "features", lambda *args, **options: (divided.replace("%", "%%"), ()))
    stream = open_stream(units_selected(), GEOJSON)
    parts = iter(stream)
    next(parts)

    with pytest.raises(DataError):
        list(parts)
    stream.close()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(django_db_blocker):
    fill(django_db_blocker, 30_000)
    try:
        whole_size(1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        size = whole_size()

        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert size > 18_000_000
        assert grown_kb < 10_000
    finally:
        empty(django_db_blocker)


def whole_size(most=None):
    stream, size = open_stream(units_selected(), GEOJSON), 0
    for number, part in enumerate(stream):
        size += len(part)
        if number == most:
            break
    stream.close()
    return size


def test_whole_layers_are_read_without_looking_units_up_in_the_same_statement(officer, plot_factory):
    plots = [plot_factory() for _number in range(2)]
    selection = Selection.read(entry("plots"), officer, {})

    settled = selection.settled()

    assert "RECURSIVE" in str(selection.rows().query)
    assert "RECURSIVE" not in str(settled.rows().query)
    assert set(settled.rows()) == set(selection.rows()) == set(plots)
