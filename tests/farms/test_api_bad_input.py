"""Catalogue rows A1-A23 against the real endpoint: a problem document, the right status, nothing stored."""

import json
import math

import pytest

from farms.models import OverlapCase, Plot
from office.models import IdempotencyKey, Notice
from tests.shapes import bowtie, rectangle, square

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/plots/"
GOOD = json.loads(square(105.63, 10.45).geojson)
RING = GOOD["coordinates"][0][0]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry=GOOD, **changes):
    properties = {"ref": "A1", "crop": "xoai", "cooperative": "htx-cua-toi"} | changes.pop("properties", {})
    return {"type": "Feature", "geometry": geometry, "properties": properties} | changes


def text(value):
    return json.dumps(value).encode()


def circle(points):
    ring = [
        [105.63 + 0.001 * math.cos(2 * math.pi * n / points), 10.45 + 0.001 * math.sin(2 * math.pi * n / points)]
        for n in range(points)
    ]
    return polygon([*ring, ring[0]])


def scaled(number):
    return (
        json.dumps(feature(polygon([[105.63, 10.45], "X", [105.64, 10.46], [105.63, 10.45]])))
        .replace('"X"', number)
        .encode()
    )


INNER = json.loads(square(105.8, 10.45, side_m=10).geojson)["coordinates"][0][0]
NESTED = {
    "type": "MultiPolygon",
    "coordinates": [[RING], [json.loads(square(105.6303, 10.4503, 10).geojson)["coordinates"][0][0]]],
}
SPIKE = polygon([RING[0], RING[1], [105.65, 10.45], RING[1], RING[2], RING[3], RING[0]])

CASES = [
    ("A1 empty", b"", 400),
    ("A1 list", b"[]", 400),
    ("A1 text", b'"x"', 400),
    ("A1 cut", text(feature())[:-5], 400),
    ("A1 bad utf-8", text(feature())[:-2] + b"\xff}", 400),
    ("A1 utf-16", json.dumps(feature()).encode("utf-16"), 400),
    ("A2 deep", b"[" * 100_000 + b"]" * 100_000, 400),
    ("A2 deep coordinates", text(feature()).replace(text(GOOD["coordinates"]), b"[" * 3000 + b"]" * 3000), 400),
    ("A3 30 MB", b'{"x":"' + b"x" * 30_000_000 + b'"}', 413),
    ("A4 NaN", scaled("[NaN, 10.45]"), 400),
    ("A4 Infinity", scaled("[105.6, Infinity]"), 400),
    ("A5 1e999", scaled("[1e999, 10.45]"), 422),
    ("A5 1e308", scaled("[1e308, 10.45]"), 422),
    ("A6 swapped", text(feature(polygon([[y, x] for x, y in RING]))), 422),
    ("A6 abroad", text(feature(json.loads(square(2.35, 48.85).geojson))), 422),
    ("A7 open ring", text(feature(polygon(RING[:-1]))), 422),
    ("A7 three positions", text(feature(polygon([RING[0], RING[1], RING[0]]))), 422),
    ("A7 zero area", text(feature(polygon([RING[0], RING[1], RING[0], RING[0]]))), 422),
    ("A7 spike", text(feature(SPIKE)), 422),
    ("A8 bow tie", text(feature(json.loads(bowtie(105.63, 10.45).geojson))), 422),
    ("A8 hole outside", text(feature(polygon(RING, INNER))), 422),
    ("A8 nested shells", text(feature(NESTED)), 422),
    ("A9 null", text(feature(None)), 422),
    ("A9 empty", text(feature({"type": "MultiPolygon", "coordinates": []})), 422),
    ("A10 point", text(feature({"type": "Point", "coordinates": [105.63, 10.45]})), 422),
    ("A10 collection", text(feature({"type": "GeometryCollection", "geometries": [GOOD]})), 422),
    ("A12 height", text(feature(polygon([[x, y, 2.0] for x, y in RING]))), 422),
    ("A12 five numbers", text(feature(polygon([[x, y, 1, 2, 3] for x, y in RING]))), 422),
    ("A12 text numbers", text(feature(polygon([[str(x), str(y)] for x, y in RING]))), 422),
    ("A13 50,000 vertices", text(feature(circle(50_000))), 422),
    ("A13 WKT", text(feature("POLYGON((" + "105 10," * 150_000 + "105 10))")), 400),
    ("A14 crs link", text(feature(crs={"type": "link", "properties": {"href": "http://127.0.0.1:9/x"}})), 422),
    (
        "A14 crs file",
        text(feature(GOOD | {"crs": {"type": "link", "properties": {"href": "file:///etc/passwd"}}})),
        422,
    ),
    ("A15 crs mercator", text(feature(crs={"type": "name", "properties": {"name": "EPSG:3857"}})), 422),
    ("A15 crs VN-2000", text(feature(crs={"type": "name", "properties": {"name": "EPSG:5897"}})), 422),
    ("A16 text properties", text({**feature(), "properties": "x"}), 400),
    ("A16 null properties", text({**feature(), "properties": None}), 400),
    ("A16 list properties", text({**feature(), "properties": []}), 400),
    ("A16 no type", text({"geometry": GOOD, "properties": {}}), 400),
    ("A18 WKT collection", text(feature("GEOMETRYCOLLECTION(" * 300 + ")" * 300)), 400),
    ("A19 raster", text(feature({"srid": 4326, "width": 1, "height": 1, "bands": [{"data": [1]}]})), 400),
    ("A20 key twice", text(feature()).replace(b'"ref": "A1"', b'"ref": "A1", "ref": "A2"'), 400),
    ("A20 unknown key", text(feature(properties={"colour": "red"})), 422),
    ("A21 5,000 digits", text(feature()).replace(b'"A1"', b"9" * 5_000), 400),
    (
        "A21 10^25 trees",
        text(feature(properties={"tree_count": 0})).replace(b'"tree_count": 0', b'"tree_count": 1' + b"0" * 25),
        400,
    ),
    ("A22 status", text(feature(properties={"status": "active"})), 422),
    ("A22 version", text(feature(properties={"version": 9})), 422),
    ("A22 created_by", text(feature(properties={"created_by": 1})), 422),
    ("A22 commune", text(feature(properties={"commune": 1})), 422),
    ("A22 id", text(feature(id=7)), 422),
    ("month 13", text(feature(properties={"harvest_months": [13]})), 422),
    ("hidden sign in ref", text(feature(properties={"ref": "A\u202e1"})), 422),
    ("nul in ref", text(feature(properties={"ref": "A\x001"})), 422),
    ("foreign cooperative", text(feature(properties={"cooperative": "htx-lang-gieng"})), 422),
    ("outside communes", text(feature(json.loads(square(107.5, 12.5).geojson))), 422),
]


def stored():
    return [model.objects.count() for model in (Plot, OverlapCase, Notice, IdempotencyKey)]


@pytest.mark.parametrize(("case", "body", "status"), CASES, ids=[case[0] for case in CASES])
def test_bad_input_is_explained_and_stores_nothing(client, clerk, mango, neighbour, case, body, status):
    client.force_login(clerk)

    answer = client.post(ADDRESS, body, content_type="application/geo+json")

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert problem["code"]
    assert stored() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/xml"]
)
def test_foreign_media_type_is_refused(client, clerk, mango, kind):
    """A17, A23."""
    client.force_login(clerk)

    answer = client.generic("POST", ADDRESS, text(feature()), content_type=kind)

    assert answer.status_code == 415
    assert stored() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["application/geo+json", "application/json"])
def test_good_feature_is_stored(client, clerk, mango, kind):
    """A11, A23."""
    client.force_login(clerk)

    answer = client.post(ADDRESS, text(feature(polygon(RING))), content_type=kind)

    assert answer.status_code == 201
    assert Plot.objects.get().boundary.geom_type == "MultiPolygon"


def test_swapped_coordinates_get_a_hint(client, clerk, mango):
    client.force_login(clerk)
    body = text(feature(polygon([[y, x] for x, y in RING])))

    problem = client.post(ADDRESS, body, content_type="application/json").json()

    assert "swapped" in json.dumps(problem)


def test_invalid_shape_names_reason_and_place(client, clerk, mango):
    client.force_login(clerk)
    crossed = polygon([[105.63, 10.45], [105.632, 10.452], [105.632, 10.45], [105.63, 10.454], [105.63, 10.45]])

    answer = client.post(ADDRESS, text(feature(crossed)), content_type="application/json")

    [error] = answer.json()["errors"]
    assert error["reason"] == "Self-intersection"
    assert error["at"] == pytest.approx([105.63133, 10.45133], abs=1e-4)


@pytest.mark.parametrize("person", ["outsider", "viewer", "officer", "planner"])
def test_who_may_not_add(request, client, mango, cooperative, person):
    client.force_login(request.getfixturevalue(person))

    answer = client.post(ADDRESS, text(feature()), content_type="application/json")

    assert answer.status_code in (403, 422)
    assert stored() == [0, 0, 0, 0]


def test_anonymous_is_asked_who_he_is(client, mango, cooperative):
    answer = client.post(ADDRESS, text(feature()), content_type="application/json")

    assert answer.status_code == 401
    assert client.get(ADDRESS).status_code == 401


def test_overlap_is_named(client, clerk, plot):
    client.force_login(clerk)
    body = text(feature(json.loads(rectangle(105.63, 10.45, width_m=60, height_m=60).geojson)))

    answer = client.post(ADDRESS, body, content_type="application/json")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["neighbour"] == "T-1"
