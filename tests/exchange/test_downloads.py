"""The addresses of streamed files: parameters, formats, refusals to people and to programs."""

import csv
import io
import json

import pytest

from exchange.catalogue import entry
from exchange.exports.streams import open_stream
from exchange.models import Export, ExportFormat
from exchange.selection import Selection
from tests.exchange.test_views import planner_client, stock  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"accept": "text/html,application/xhtml+xml"}


def text_of(response):
    assert response.status_code == 200, getattr(response, "content", b"")
    text = b"".join(response.streaming_content).decode()
    response.close()
    return text


def rows_of(response):
    return list(csv.DictReader(io.StringIO(text_of(response).removeprefix("\ufeff"))))


def test_files_of_the_stock(planner_client, planner, client, outsider, stock, settings):  # noqa: F811
    """One stock for all questions: filling the tables is what takes the time."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 100_000)
    check_table_holds_what_the_api_says(planner_client)
    check_area_fields_and_system(planner_client)
    check_headers_and_metadata(planner_client)
    check_refusals(planner_client)
    check_formats_of_jobs(planner_client)
    check_busy(planner_client)
    check_export_kept_as_a_row_asks_for_the_same(planner)
    check_layers_of_others_do_not_exist(client, outsider)


def check_table_holds_what_the_api_says(client):
    for name in ("plots", "products", "areas", "codes"):
        features = client.get(f"/api/v1/{name}/").json()["features"]

        rows = rows_of(client.get(f"/data/{name}.csv"))

        assert [row["id"] for row in rows] == [str(feature["id"]) for feature in features], name
        for row, feature in zip(rows, features, strict=True):
            for field, value in feature["properties"].items():
                assert row[field] == written(value), (name, field)


def written(value):
    """What a table says of a value of the API."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def check_area_fields_and_system(client):
    everything = rows_of(client.get("/data/plots.csv", {"fields": "ref,area_ha"}))
    inside = {"unit": "99001", "fields": "ref", "crs": "EPSG:9210", "geometry": "lonlat"}
    rows = rows_of(client.get("/data/plots.csv", inside))
    nowhere = {"within": "POLYGON((100 5,100.1 5,100.1 5.1,100 5))"}

    assert list(everything[0]) == ["id", "ref", "area_ha", "wkt"]
    assert list(rows[0]) == ["id", "ref", "easting", "northing"]
    assert len(rows) == len(everything)
    assert rows_of(client.get("/data/plots.csv", nowhere)) == []


def check_headers_and_metadata(client):
    answer = client.get("/data/products.csv", {"kind": "processed", "fields": "name,months"})
    rows, described = rows_of(answer), answer["Link"].partition("<")[2].partition(">")[0]
    document = client.get(described.partition("/data/")[1] + described.partition("/data/")[2]).json()
    head = client.head("/data/products.kml")

    assert answer["OGC-NumberReturned"] == str(len(rows)) == "1"
    assert answer["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert answer["Content-Disposition"].endswith('.csv"')
    assert document["notes"][0]["row_count"] == 1
    assert document["notes"][0]["filter"] == {"kind": "processed"}
    columns = document["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == list(rows[0])
    assert columns[2]["datatype"] == "integer"
    assert columns[2]["separator"] == ", "
    assert document["dc:license"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert (head.status_code, head.content, head["OGC-NumberReturned"]) == (200, b"", "2")


REFUSED = {
    "fields": ({"fields": "name,owner"}, "unknown_field"),
    "crs": ({"crs": "EPSG:3857"}, "unknown_crs"),
    "geometry": ({"geometry": "wkb"}, "invalid"),
    "unit": ({"unit": "00"}, "unknown_unit"),
    "within": ({"within": "POINT(105 10)"}, "invalid_polygon"),
    "kin": ({"kin": "crop"}, "unknown_parameter"),
}


def check_refusals(client):
    for parameter, (query, code) in REFUSED.items():
        answer = client.get("/data/products.csv", query)

        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), parameter
        (found,) = answer.json()["errors"]
        assert (found["parameter"], found["code"]) == (parameter, code)
    several = client.get("/data/products.csv", {"crs": "1", "fields": "x", "kin": "y"}).json()["errors"]
    assert {found["parameter"] for found in several} == {"crs", "fields", "kin"}
    page = client.get("/data/products.csv", {"crs": "EPSG:3857"}, headers=BROWSER)
    assert page.status_code == 400
    assert "EPSG:3857" in page.content.decode()
    assert client.get("/data/products.kml", {"crs": "EPSG:5897"}).json()["errors"][0]["code"] == "crs_not_possible"


def check_formats_of_jobs(client):
    answer = client.get("/data/plots.gpkg", {"q": "T-9"})
    led = client.get("/data/plots.gpkg", {"q": "T-9"}, headers=BROWSER)

    assert (answer.status_code, answer.json()["code"]) == (404, "export_needed")
    assert answer.json()["errors"][0]["href"].endswith("/data/plots/export/?q=T-9&format=gpkg")
    assert (led.status_code, led["Location"]) == (302, "/data/plots/export/?q=T-9&format=gpkg")
    assert client.get(led["Location"]).status_code == 200
    assert client.get("/data/plots.exe").status_code == 404


def check_busy(client):
    visitor = Selection.read(entry("units"), None, {})
    under_way = [open_stream(visitor, ExportFormat.CSV) for _number in range(2)]
    try:
        page = client.get("/data/plots.csv", {"q": "T-9"}, headers=BROWSER)
        answer = client.get("/data/plots.csv", {"q": "T-9"})
    finally:
        for stream in under_way:
            stream.close()

    assert page.status_code == answer.status_code == 503
    assert page["Retry-After"] == answer["Retry-After"] == "30"
    assert 'href="/data/plots/export/?q=T-9&amp;format=csv"' in page.content.decode()
    assert answer.json()["code"] == "streams_busy"
    assert answer.json()["errors"][0]["href"].endswith("/data/plots/export/?q=T-9&format=csv")
    assert len(rows_of(client.get("/data/plots.csv", {"q": "T-9"}))) == 1


def check_export_kept_as_a_row_asks_for_the_same(planner):
    asked = {"q": "T-", "unit": ["99001"], "by": "place", "fields": "ref,crop", "crs": "5897", "geometry": "lonlat"}
    first = Selection.read(entry("plots"), planner, asked)
    kept = Export(
        layer="plots",
        format="csv",
        query=json.loads(json.dumps(first.query())),
        columns=list(first.columns),
        crs=first.crs,
        requested_by=planner,
    )

    again = Selection.of(kept)

    assert (again.columns, again.crs, again.geometry) == (("ref", "crop"), "EPSG:5897", "lonlat")
    assert set(again.rows()) == set(first.rows())
    assert again.count() == 2
    kept.requested_by = None
    assert Selection.of(kept).count() == 0  # a visitor sees no plots, whoever asked first


def check_layers_of_others_do_not_exist(client, outsider):
    for suffix in ("csv", "geojsonl", "kml", "gpkg", "csv-metadata.json"):
        assert client.get(f"/data/plots.{suffix}").status_code == 404
    client.force_login(outsider)
    for suffix in ("csv", "geojsonl", "kml", "gpkg", "csv-metadata.json"):
        assert client.get(f"/data/plots.{suffix}").status_code == 404
