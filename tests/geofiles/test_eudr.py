"""The check of EUDR files: every fault is found with its place; what can be corrected then passes."""

import copy
import json

import jsonschema
import pytest

from geofiles import eudr, sandbox
from geofiles.eudr.corrections import Parts
from geofiles.eudr.reading import NotRead
from tests.exchange.profiles.helpers import schema

WEST, SOUTH = 105.612345, 10.412345


def ring(west=WEST, south=SOUTH, side=0.001):
    """A square run as RFC 7946 asks; its coordinates have six decimals."""
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    return [[round(west + side * x, 6), round(south + side * y, 6)] for x, y in corners]


def hole():
    return ring(WEST + 0.0003, SOUTH + 0.0003, 0.0004)[::-1]


def feature(geometry, **properties):
    base = {"ProducerName": "HTX Thử", "ProducerCountry": "VN", "ProductionPlace": "Mỹ Xương"}
    return {"type": "Feature", "geometry": geometry, "properties": base | properties}


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def point(**properties):
    return feature({"type": "Point", "coordinates": [WEST, SOUTH]}, **properties)


def collection(*features, **more):
    return {"type": "FeatureCollection", **more, "features": list(features)}


def raw(document):
    return json.dumps(document).encode()


def codes(document):
    return eudr.check(raw(document))["counts"]


def found(document):
    """The one finding."""
    (one,) = eudr.check(raw(document))["findings"]
    return one


def test_good_file_has_no_findings():
    good = collection(
        feature(polygon(ring())),
        feature({"type": "MultiPolygon", "coordinates": [[ring(105.7)], [ring(105.8)]]}),
        point(Area=3.5),
        feature({"type": "MultiPoint", "coordinates": [[105.912345, SOUTH], [105.922345, SOUTH]]}, Area=1),
        feature({"type": "GeometryCollection", "geometries": [polygon(ring(106.1)), polygon(ring(106.2))]}),
    )

    answer = eudr.check(raw(good))

    assert (answer["counts"], answer["features"]) == ({}, 5)


BOWTIE = [ring()[0], ring()[2], ring()[1], ring()[3], ring()[0]]
SPIKE = [*ring()[:2], [WEST + 0.001, SOUTH + 0.0005], [WEST + 0.0010004, SOUTH + 0.0005], *ring()[2:]]
PROPERTIES = "/features/0/properties"
COUNTRY = f"{PROPERTIES}/ProducerCountry"
FIRST_RING = "/features/0/geometry/coordinates/0"
FIRST_POSITION = f"{FIRST_RING}/0"
FAULTS = [
    ("open ring", feature(polygon(ring()[:-1])), "ring_not_closed", FIRST_RING),
    ("hole", feature(polygon(ring(), hole())), "hole", "/features/0/geometry/coordinates/1"),
    ("bow tie", feature(polygon(BOWTIE)), "self_crossing", "/features/0/geometry"),
    ("near vertices", feature(polygon(SPIKE)), "duplicate_vertices", FIRST_RING),
    ("two positions", feature(polygon(ring()[:2] + ring()[:1])), "ring_too_short", FIRST_RING),
    ("no geometry", feature(None), "no_geometry", "/features/0/geometry"),
    ("line", feature({"type": "LineString", "coordinates": ring()}), "wrong_geometry_type", "/features/0/geometry"),
    ("text for a number", feature(polygon([["105.6", 10.4]])), "bad_coordinates", FIRST_POSITION),
    ("not a number", feature(polygon([[float("nan"), 10.4]])), "bad_coordinates", FIRST_POSITION),
    ("one number", feature(polygon([[105.6]])), "bad_coordinates", FIRST_POSITION),
    ("metres", feature(polygon([[569000.123456, 1156800.5]] * 4)), "out_of_range", FIRST_POSITION),
    ("latitude first", feature(polygon([p[::-1] for p in ring()])), "axes_swapped", FIRST_POSITION),
    ("height", feature(polygon([[*p, 3.5] for p in ring()])), "height", FIRST_POSITION),
    ("few decimals", feature(polygon(ring(105.61, 10.41))), "few_decimals", FIRST_RING),
    ("sliver", feature(polygon(ring(side=0.000002))), "no_ground", "/features/0/geometry"),
    ("large point", point(Area=4.5), "point_too_large", "/features/0/properties/Area"),
    ("area of too many digits", point(Area=10**400), "area_not_a_number", "/features/0/properties/Area"),
    ("area as text", point(Area="4"), "area_not_a_number", "/features/0/properties/Area"),
    ("no area", point(), "point_without_area", "/features/0/geometry"),
    ("area of a polygon", feature(polygon(ring()), Area=2), "area_on_polygon", "/features/0/properties/Area"),
    ("number as a name", point(Area=1, ProductionPlace=7), "property_not_text", f"{PROPERTIES}/ProductionPlace"),
    ("country in words", point(Area=1, ProducerCountry="Việt Nam"), "country_not_iso2", COUNTRY),
    ("nameless", point(Area=1, ProducerName=""), "no_producer", "/features/0/properties"),
    ("properties as a list", {**point(), "properties": []}, "properties_not_object", "/features/0/properties"),
    ("not a feature", {"type": "Polygon"}, "not_a_feature", "/features/0"),
]  # fmt: skip


@pytest.mark.parametrize(("faulty", "code", "pointer"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_each_fault_is_found_at_its_place(faulty, code, pointer):
    answer = eudr.check(raw(collection(faulty)))

    first = next(one for one in answer["findings"] if one["code"] == code)
    assert first["pointer"] == pointer
    assert set(answer["counts"]) - {code} <= {"point_without_area"}


def test_place_of_a_crossing_is_on_earth():
    crossing = found(collection(feature(polygon(ring(105.7))), feature(polygon(BOWTIE), id="x")))

    assert (crossing["feature"], crossing["severity"]) == (2, "refused")
    assert crossing["point"] == pytest.approx([WEST + 0.0005, SOUTH + 0.0005], abs=1e-6)


def test_misspelt_names_are_told_with_the_right_ones():
    wrong = feature(polygon(ring()))
    wrong["properties"] = {"producer_name": "HTX", "PRODUCERCOUNTRY": "VN", "note": "x"}

    answer = eudr.check(raw(collection(wrong)))

    assert answer["counts"] == {"no_producer": 1, "property_name": 2}
    assert {one["params"]["meant"] for one in answer["findings"] if "meant" in one["params"]} == {
        "ProducerName", "ProducerCountry",
    }  # fmt: skip


def test_same_ground_twice_names_the_first():
    twice = found(collection(feature(polygon(ring())), feature(polygon([*ring()[:-1][::-1], ring()[3]]))))

    assert (twice["code"], twice["feature"], twice["params"]) == ("same_ground_twice", 2, {"first": 1})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "crs_member"),
        ("EPSG:4326", "crs_member"),
        ("urn:ogc:def:crs:EPSG::5897", "other_crs"),
    ],
)
def test_crs_member_is_judged_and_never_followed(name, code):
    declared = {"type": "name", "properties": {"name": name}}

    assert codes(collection(feature(polygon(ring())), crs=declared)) == {code: 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"type": "FeatureCollection", "features": [', "not_json"),
        (b"[1, 2]", "not_geojson"),
        (b'{"type": "Topology"}', "not_geojson"),
        (b'{"type": "FeatureCollection", "features": []}', "no_features"),
        (b'{"type": "FeatureCollection", "features": {"a": 1}}', "not_geojson"),
        (b'{"type": "Feature", "x": "\xff"}', "not_utf8"),
        (b"[" * 100_000, "too_deep"),
    ],
    ids=["cut off", "array", "topojson", "empty", "object of features", "latin", "nested"],
)
def test_what_is_no_document_is_said_once(body, code):
    answer = eudr.check(body)

    assert list(answer["counts"]) == [code]


def test_findings_of_a_kind_are_counted_and_the_first_kept():
    many = collection(*(point(ProducerName=f"N{number}") for number in range(300)))

    answer = eudr.check(raw(many))

    assert answer["counts"] == {"point_without_area": 300}
    assert len(answer["findings"]) == 200


def test_halves_of_surrogate_pairs_can_be_shown():
    answer = eudr.check(b'{"type":"FeatureCollection","features":[{"type":"Feature","id":"\\ud800","geometry":null,'
                        b'"properties":{"ProducerName":"x"}}]}')  # fmt: skip

    assert answer["findings"][0]["name"].encode("utf-8") == b"?"


# --- Correction ------------------------------------------------------------------------------------------------


def corrected(document):
    parts, left_out = eudr.correct(raw(document))
    return [json.loads(part) for part in parts], left_out


MENDABLE = ["open ring", "hole", "near vertices", "latitude first", "height", "area of a polygon"]


@pytest.mark.parametrize("name", MENDABLE)
def test_mendable_faults_are_mended(name):
    faulty = copy.deepcopy(next(row[1] for row in FAULTS if row[0] == name))

    (document,), left_out = corrected(collection(faulty))

    assert left_out == []
    assert codes(document) == {}
    jsonschema.validate(document, schema("eudr"))


@pytest.mark.parametrize(
    "name", ["bow tie", "two positions", "no geometry", "line", "metres", "sliver", "large point", "area as text",
             "country in words", "number as a name", "properties as a list", "not a feature"],
)  # fmt: skip
def test_what_only_its_maker_can_mend_is_left_out_by_number(name):
    faulty = next(row[1] for row in FAULTS if row[0] == name)

    (document,), left_out = corrected(collection(feature(polygon(ring(105.7))), faulty))

    assert left_out == [2]
    assert len(document["features"]) == 1


def test_polygon_with_holes_becomes_pieces_that_cover_the_same_ground():
    import shapely

    second = ring(WEST + 0.0008, SOUTH + 0.0001, 0.0001)
    whole = shapely.Polygon(ring(), [hole(), second])

    (document,), _left_out = corrected(collection({**feature(polygon(ring(), hole(), second)), "id": "T-1"}))

    pieces = [shapely.from_geojson(json.dumps(one["geometry"])) for one in document["features"]]
    assert [one["id"] for one in document["features"]] == ["T-1-1", "T-1-2", "T-1-3"]
    assert shapely.union_all(pieces).symmetric_difference(whole).area < 1e-9
    assert sum(piece.area for piece in pieces) == pytest.approx(whole.area, rel=1e-4)


def test_names_are_put_right_and_others_kept():
    wrong = feature(polygon(ring()))
    wrong["properties"] = {"producer name": "HTX", "note": "x"}

    (document,), _left_out = corrected(collection(wrong))

    assert document["features"][0]["properties"] == {"ProducerName": "HTX", "note": "x"}


def test_other_systems_are_not_corrected():
    declared = {"type": "name", "properties": {"name": "EPSG:5897"}}

    with pytest.raises(NotRead):
        eudr.correct(raw(collection(feature(polygon(ring())), crs=declared)))


def test_parts_stay_below_the_limit():
    parts = Parts(limit=200)
    for _number in range(5):
        parts.add(b'{"type":"Feature","geometry":null,"properties":{}}')

    files = parts.files()

    assert [len(json.loads(file)["features"]) for file in files] == [3, 2]
    assert max(map(len, files)) <= 200


def test_fenced_process_says_the_same():
    body = raw(collection(feature(polygon(BOWTIE)), feature(polygon(ring(), hole()))))

    assert sandbox.check_eudr(body) == eudr.check(body)
    assert sandbox.correct_eudr(body) == eudr.correct(body)
