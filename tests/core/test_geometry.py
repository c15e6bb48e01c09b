"""Shapes from strangers: rows A5-A15, A18, A19 of the catalogue."""

import math
from pathlib import Path

import pytest
from django.contrib.gis.geos import GEOSGeometry

from core.api.geometry import clean_boundary, clean_point
from core.errors import BadInput, RuleViolated
from places.models import AdministrativeUnit
from tests.core.conftest import assert_problem, codes_of

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]

SW, SE, NE, NW = [105.63, 10.45], [105.631, 10.45], [105.631, 10.451], [105.63, 10.451]
RING = [SW, SE, NE, NW, SW]
HOLE = [[105.6303, 10.4503], [105.6306, 10.4503], [105.6306, 10.4506], [105.6303, 10.4503]]
FAR_HOLE = [[105.64, 10.46], [105.641, 10.46], [105.641, 10.461], [105.64, 10.46]]
SPIKE = [[105.6305, 10.451], [105.6305001, 10.456], [105.6305, 10.451001]]
SPECK = [[105.64, 10.45], [105.6400001, 10.45], [105.64, 10.4500001], [105.64, 10.45]]
METRES = [[11758000, 1170000], [11759000, 1170000], [11759000, 1171000], [11758000, 1170000]]
INNER = [[105.6302, 10.4502], [105.6308, 10.4502], [105.6308, 10.4508], [105.6302, 10.4508], [105.6302, 10.4502]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def multi(*polygons):
    return {"type": "MultiPolygon", "coordinates": list(polygons)}


def first_finding(value):
    with pytest.raises(RuleViolated) as caught:
        clean_boundary(value)
    return caught.value.findings[0]


def circle(count):
    """A ring of `count` different positions, 1 km wide."""
    corners = [
        [105.63 + 0.005 * math.cos(2 * math.pi * i / count), 10.45 + 0.005 * math.sin(2 * math.pi * i / count)]
        for i in range(count)
    ]
    return [*corners, corners[0]]


@pytest.mark.parametrize(("number", "code"), [("1e999", "number_out_of_range"), ("1e308", "position_not_finite")])
def test_a5_huge_coordinates(number, code, refused, feature_json):
    text = b'{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[%s,10.45]]]}}'

    assert codes_of(refused(text % number.encode(), 422)) == [code]


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 1e308])
def test_a5_not_finite(number):
    assert first_finding(polygon([SW, [number, 10.45], NE, SW])).code == "position_not_finite"


def test_a6_swapped_latitude_and_longitude(refused, feature_json):
    ring = feature_json["geometry"]["coordinates"][0]
    feature_json["geometry"]["coordinates"][0] = [[lat, lon] for lon, lat in ring]

    problem = refused(feature_json, 422)

    assert problem["errors"][0]["code"] == "position_swapped"
    assert problem["errors"][0]["hint"] == "swapped"
    assert problem["errors"][0]["pointer"] == "/geometry/coordinates/0/0"
    assert len(problem["errors"]) == 5


def test_a6_outside_the_country():
    finding = first_finding(polygon([SW, [2.35, 48.85], NE, SW]))

    assert (finding.code, finding.pointer) == ("position_outside_country", "/geometry/coordinates/0/1")


@pytest.mark.parametrize(
    ("case", "value", "code"),
    [
        ("open ring", polygon([SW, SE, NE, NW]), "ring_open"),
        ("three positions", polygon([SW, SE, SW]), "ring_too_short"),
        ("zero area", polygon([SW, SE, SE, SW]), "area_too_small"),
        ("back and forth", polygon([SW, SE, SW, SE, SW]), "area_too_small"),
        ("one point", polygon([SW] * 5), "area_too_small"),
        ("needle below 1 m2", polygon([SW, SE, [105.631, 10.4500001], SW]), "area_too_small"),
        ("spike out of a square", polygon([SW, SE, NE, *SPIKE, NW, SW]), "spike"),
        ("tiny second part", multi([RING], [SPECK]), "area_too_small"),
    ],
)  # fmt: skip
def test_a7_rings_that_enclose_nothing(case, value, code):
    assert first_finding(value).code == code


@pytest.mark.parametrize(
    ("case", "value", "reason", "near"),
    [
        ("bow-tie", polygon([SW, NE, SE, [105.63, 10.4512], SW]), "Self-intersection", [105.6305455, 10.4505455]),
        ("hole outside", polygon(RING, FAR_HOLE), "Hole lies outside shell", None),
        ("nested shells", multi([RING], [INNER]), "Nested shells", None),
        ("two equal holes", polygon(RING, HOLE, HOLE), "", None),
    ],
)
def test_a8_invalid_shape_is_told_with_reason_and_point(case, value, reason, near):
    finding = first_finding(value)

    assert finding.code == "geometry_invalid"
    assert finding.extra["reason"].startswith(reason)
    assert len(finding.extra["at"]) == 2
    if near:
        assert finding.extra["at"] == pytest.approx(near, abs=1e-5)
    assert str(finding.extra["at"][0]) in str(finding.message)


def test_a8_invalid_shape_is_not_stored(refused, feature_json):
    problem = refused(feature_json | {"geometry": polygon([SW, NE, SE, [105.63, 10.4512], SW])}, 422)

    assert problem["code"] == "bad_geometry"
    assert codes_of(problem) == ["geometry_invalid"]


@pytest.mark.parametrize(
    ("case", "geometry", "code"),
    [
        ("null", None, "geometry_missing"),
        ("empty multipolygon", multi(), "geometry_empty"),
        ("empty polygon", polygon(), "geometry_empty"),
        ("empty ring", polygon([]), "geometry_empty"),
        ("empty part", multi([]), "geometry_empty"),
        ("no coordinates", {"type": "Polygon"}, "coordinates_structure"),
    ],
)
def test_a9_null_and_empty(case, geometry, code, refused, feature_json):
    assert codes_of(refused(feature_json | {"geometry": geometry}, 422)) == [code]


def test_a9_missing_geometry(refused, feature_json):
    del feature_json["geometry"]

    assert codes_of(refused(feature_json, 422)) == ["geometry_missing"]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": SW},
        {"type": "LineString", "coordinates": RING},
        {"type": "GeometryCollection", "geometries": [polygon(RING)]},
        {"type": "Circle", "coordinates": SW},
    ],
)
def test_a10_other_types(geometry, refused, feature_json):
    problem = refused(feature_json | {"geometry": geometry}, 422)

    assert codes_of(problem) == ["geometry_type"]
    assert problem["errors"][0]["pointer"] == "/geometry/type"


def test_a11_polygon_is_promoted(send, feature_json):
    answer = send(feature_json)

    assert answer.status_code == 201, answer.content
    assert answer.json()["geometry"]["type"] == "MultiPolygon"
    assert AdministrativeUnit.objects.get().boundary.geom_type == "MultiPolygon"


@pytest.mark.parametrize(
    ("case", "position", "code"),
    [
        ("z", [105.631, 10.45, 3], "position_dimensions"),
        ("m", [105.631, 10.45, 3, 4], "position_dimensions"),
        ("five", [105.631, 10.45, 1, 2, 3], "position_dimensions"),
        ("one", [105.631], "position_dimensions"),
        ("none", [], "position_dimensions"),
        ("text", ["105.631", "10.45"], "position"),
        ("truth value", [True, 10.45], "position"),
        ("null", None, "position"),
        ("nested", [[105.631, 10.45]], "position"),
        ("object", {"lon": 105.6, "lat": 10.4}, "position"),
    ],
)
def test_a12_positions_that_are_not_two_numbers(case, position, code, refused, feature_json):
    problem = refused(feature_json | {"geometry": polygon([SW, position, NE, SW])}, 422)

    assert codes_of(problem) == [code]
    assert problem["errors"][0]["pointer"] == "/geometry/coordinates/0/1"


@pytest.mark.parametrize("coordinates", ["x", 5, {}, [5], [[5]], ["x"], [["x"]], [{}]])
def test_a12_wrong_structure(coordinates):
    assert first_finding({"type": "MultiPolygon", "coordinates": coordinates}).code in (
        "coordinates_structure",
        "geometry_empty",
        "position",
    )


def test_a13_too_many_vertices_are_refused_before_geos_sees_them(refused, feature_json, monkeypatch):
    def unwanted(*args, **kwargs):
        raise AssertionError("GEOS was called for a shape that is refused by counting")

    monkeypatch.setattr("core.api.geometry.GEOSGeometry", unwanted)
    body = feature_json | {"geometry": polygon(circle(50_000))}

    problem = refused(body, 422)

    assert codes_of(problem) == ["too_many_vertices"]


@pytest.mark.parametrize(
    ("case", "geometry"),
    [
        ("1 MB of WKT", "POLYGON((" + "105 10," * 150_000 + "105 10))"),
        ("deep WKT", "GEOMETRYCOLLECTION(" * 300 + "POINT(1 1)" + ")" * 300),
        ("deep WKB", "0107000000" + "01000000" * 300),
        ("number", 5),
        ("list", [1, 2]),
        ("raster", {"srid": 4326, "width": 1, "height": 1, "name": "/tmp/kernel-a19.tif", "driver": "GTiff"}),
        ("type is no text", {"type": ["Polygon"], "coordinates": []}),
    ],
)
def test_a13_a18_a19_what_is_no_geojson(case, geometry, refused, feature_json):
    problem = refused(feature_json | {"geometry": geometry}, 400)

    assert problem["errors"][0]["pointer"] == "/geometry"
    assert not Path("/tmp/kernel-a19.tif").exists()


def test_a19_raster_bytes():
    with pytest.raises(BadInput):
        clean_boundary(b"\x01" * 100)


@pytest.mark.parametrize("place", ["geometry", "feature"])
@pytest.mark.parametrize("kind", ["link", "file", "proj", "name"])
def test_a14_crs_link_makes_no_connection(place, kind, refused, feature_json, listener):
    crs = {
        "link": {"type": "link", "properties": {"href": listener["url"], "type": "ogcwkt"}},
        "file": {"type": "link", "properties": {"href": "/etc/passwd"}},
        "proj": {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=" + listener["url"]}},
        "name": {"type": "name", "properties": {"name": listener["url"]}},
    }[kind]
    (feature_json["geometry"] if place == "geometry" else feature_json)["crs"] = crs

    problem = refused(feature_json, 422)

    assert codes_of(problem) == ["crs_not_supported"]
    assert listener["calls"] == []


@pytest.mark.parametrize("name", ["EPSG:3857", "urn:ogc:def:crs:EPSG::9217", "urn:ogc:def:crs:OGC:1.3:CRS84"])
def test_a15_crs_name_is_refused_not_relabelled(name, refused, feature_json):
    feature_json["geometry"]["crs"] = {"type": "name", "properties": {"name": name}}

    assert codes_of(refused(feature_json, 422)) == ["crs_not_supported"]


def test_a15_metres_without_a_crs_are_outside_the_country():
    assert first_finding(polygon(METRES)).code == "position_not_finite"


def test_unknown_member_of_a_geometry():
    finding = first_finding(polygon(RING) | {"srid": 4326})

    assert (finding.code, finding.pointer) == ("unknown_field", "/geometry/srid")


def test_good_shape_with_a_hole_and_two_parts_is_kept_exactly():
    parts = [[RING, HOLE], [FAR_HOLE]]

    geometry = clean_boundary(multi(*parts))

    assert geometry.srid == 4326
    assert geometry.valid
    assert [[[list(position) for position in ring] for ring in part] for part in geometry.coords] == parts


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"type": "Point", "coordinates": [10.45, 105.63]}, RuleViolated),
        ({"type": "Point", "coordinates": [105.63, 10.45, 2]}, RuleViolated),
        ({"type": "Polygon", "coordinates": [RING]}, RuleViolated),
        ("POINT(105 10)", BadInput),
    ],
)
def test_point_that_is_refused(value, error):
    with pytest.raises(error):
        clean_point(value)


def test_point_is_kept():
    assert clean_point({"type": "Point", "coordinates": SW}).coords == tuple(SW)


def test_database_refuses_what_got_past_us(send, feature_json, monkeypatch):
    """The last line of defence answers as a problem too: PostgreSQL's own check, told without its name."""
    bowtie = GEOSGeometry("SRID=4326;MULTIPOLYGON(((105 10,105.1 10.1,105.1 10,105 10.1,105 10)))")
    monkeypatch.setattr("core.api.serializers.clean_boundary", lambda value: bowtie)

    problem = assert_problem(send(feature_json), 422)

    assert "unit_" not in str(problem)
