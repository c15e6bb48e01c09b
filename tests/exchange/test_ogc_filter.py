"""CQL2 in text and JSON against rows that are counted by hand; times, boxes, areas; and every number the same."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import BadInput
from exchange.ogc.conditions import narrowed
from exchange.ogc.cql import read_cql
from places.layers import UNITS
from tests.shapes import rectangle

pytestmark = pytest.mark.django_db

ITEMS = "/ogc/collections/units/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
INSIDE = "105.605 10.405"  # in the middle of the commune A


@pytest.fixture
def units(unit_factory):
    """Three communes beside each other, one without an outline, and one that has ended."""
    unit_factory(
        code="90101",
        name_vi="Mỹ Xoài",
        boundary=rectangle(105.60, 10.40, width_m=1_000, height_m=1_000),
        official_area_km2=10,
        valid_from=date(2025, 7, 1),
        unit_type="Phường",
    )
    unit_factory(
        code="90102",
        name_vi="Cao Lãnh",
        boundary=rectangle(105.70, 10.40, width_m=1_000, height_m=1_000),
        official_area_km2=20,
        valid_from=date(2025, 9, 1),
    )
    unit_factory(code="90103", name_vi="O'Đất_%", official_area_km2=None, valid_from=date(2026, 1, 1), legal_ref="NQ 9")
    unit_factory(code="90104", name_vi="Đã Hết", valid_from=date(2000, 1, 1), valid_to=date(2025, 7, 1))


@pytest.fixture
def found(client, units):
    """Return found(**params): codes of the items, walked along `next`, the total checked."""

    def found(path=ITEMS, **params):
        answer = client.get(path, {name.replace("_", "-"): value for name, value in params.items()})
        assert answer.status_code == 200, answer.content
        page = answer.json()
        codes = [feature["properties"]["code"] for feature in page["features"]]
        assert page["numberMatched"] == len(codes)
        return "".join(sorted(code[-1] for code in codes))

    return found


TEXTS = [
    ("code = '90101'", "1"),
    ("code <> '90101'", "23"),
    ("official_area_km2 > 10", "2"),
    ("official_area_km2 >= 10 AND official_area_km2 < 20", "1"),
    ("official_area_km2 <= 20", "12"),
    ("official_area_km2 IS NULL", "3"),
    ("official_area_km2 IS NOT NULL", "12"),
    ("NOT official_area_km2 > 10", "1"),  # unknown stays unknown: not 3
    ("official_area_km2 <> 10", "2"),
    ("official_area_km2 BETWEEN 10 AND 15", "1"),
    ("official_area_km2 NOT BETWEEN 10 AND 15", "2"),
    ("10 = official_area_km2", "1"),
    ("15 > official_area_km2", "1"),
    ("code IN ('90101','90103')", "13"),
    ("code NOT IN ('90101','90103')", "2"),
    ("name LIKE 'Cao%'", "2"),
    ("name NOT LIKE 'Cao%'", "13"),
    ("name LIKE '_ỹ Xoài'", "1"),
    ("name LIKE '%\\_\\%'", "3"),
    ("name = 'O''Đất_%'", "3"),
    ("name = 'my xoai'", ""),
    ("CASEI(name) = CASEI('MỸ XOÀI')", "1"),
    ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('MY XOAI'))", "1"),
    ("ACCENTI(name) LIKE 'Cao Lanh'", "2"),
    ("CASEI(name) LIKE CASEI('CAO%')", "2"),
    ("is_schematic", ""),
    ("NOT is_schematic", "123"),
    ("is_schematic = FALSE", "123"),
    ("TRUE", "123"),
    ("FALSE OR code = '90102'", "2"),
    ("(code = '90101' OR code = '90102') AND NOT code = '90102'", "1"),
    ("code = '90101' OR code = '90102' AND code = '90103'", "1"),
    ("valid_from > DATE('2025-07-01')", "23"),
    ("valid_from = '2025-09-01'", "2"),
    ("T_AFTER(valid_from, DATE('2025-07-01'))", "23"),
    ("T_BEFORE(valid_from, DATE('2025-09-01'))", "1"),
    ("T_EQUALS(valid_from, DATE('2025-09-01'))", "2"),
    ("T_DURING(valid_from, INTERVAL('2025-07-15', '2025-12-31'))", "2"),
    ("T_DURING(valid_from, INTERVAL('2025-07-15', '..'))", "23"),
    ("T_INTERSECTS(valid_from, INTERVAL('..', '2025-09-01'))", "12"),
    ("T_DISJOINT(valid_from, INTERVAL('2025-08-01', '2025-10-01'))", "13"),
    ("T_CONTAINS(INTERVAL('2025-08-01', '2025-10-01'), valid_from)", "2"),
    ("T_STARTS(valid_from, INTERVAL('2025-09-01', '2025-10-01'))", "2"),
    ("T_FINISHES(valid_from, INTERVAL('2025-08-01', '2025-09-01'))", "2"),
    ("valid_to IS NULL", "123"),
    ("valid_from < valid_to", ""),
    ("name_en <> legal_ref", "3"),
    ("S_INTERSECTS(geometry, BBOX(105.5, 10.3, 105.65, 10.5))", "1"),
    (f"S_INTERSECTS(geometry, POINT({INSIDE}))", "1"),
    (f"S_CONTAINS(geometry, POINT({INSIDE}))", "1"),
    (f"S_WITHIN(POINT({INSIDE}), geometry)", "1"),
    (f"S_DISJOINT(geometry, POINT({INSIDE}))", "2"),
    (f"NOT S_INTERSECTS(geometry, POINT({INSIDE}))", "2"),  # where nothing is drawn nothing is known
    ("S_WITHIN(geometry, POLYGON((105.5 10.3,105.65 10.3,105.65 10.5,105.5 10.5,105.5 10.3)))", "1"),
    ("S_CROSSES(geometry, LINESTRING(105.5 10.405,105.9 10.405))", "12"),
    ("S_TOUCHES(geometry, POINT(105.60 10.40))", "1"),
    ("S_OVERLAPS(geometry, BBOX(105.605, 10.405, 105.9, 10.5))", "12"),
    ("S_EQUALS(geometry, POINT(1 1))", ""),
    ("geometry IS NULL", "3"),
]


@pytest.mark.parametrize(("text", "codes"), TEXTS, ids=[text for text, _codes in TEXTS])
def test_text_and_its_json_find_the_same_rows(found, text, codes):
    from_text = found(filter=text, filter_lang="cql2-text")
    as_json = json.dumps(read_cql(text, "cql2-text"), ensure_ascii=False)

    assert from_text == codes
    assert found(filter=as_json, filter_lang="cql2-json") == codes
    assert found(filter=text) == codes  # text is the default


def test_lists_are_compared_as_sets(client, product_factory, offer_factory):
    offer_factory(product=product_factory(), months=[1, 2, 3])
    offer_factory(product=product_factory(), months=[3, 4])

    def months(text):
        page = client.get("/ogc/collections/offers/items", {"filter": text}).json()
        return sorted(feature["properties"]["months"] for feature in page["features"])

    assert months("A_CONTAINS(months, (1,3))") == [[1, 2, 3]]
    assert months("A_OVERLAPS(months, (4,9))") == [[3, 4]]
    assert months("A_CONTAINEDBY(months, (3,4,5))") == [[3, 4]]
    assert months("A_EQUALS(months, (4,3))") == [[3, 4]]
    assert client.get("/ogc/collections/offers/items", {"filter": "A_CONTAINS(months, (1.5))"}).status_code == 400
    assert months("A_OVERLAPS(months, (4,99999999999999999999))") == [[3, 4]]
    answer = client.get(
        "/ogc/collections/products/items", {"filter": "A_CONTAINS(months, (3,4)) AND months IS NOT NULL"}
    )
    assert [feature["properties"]["months"] for feature in answer.json()["features"]] == [[3, 4]]


def test_shapes_of_a_filter_come_in_the_system_that_is_named(found):
    lat_first = "S_INTERSECTS(geometry, POINT(10.405 105.605))"
    zone = "S_INTERSECTS(geometry, BBOX(565000, 1149000, 568000, 1152000))"

    assert found(filter=lat_first, filter_crs=EPSG + "4326") == "1"
    assert found(filter=zone, filter_crs=EPSG + "5897") == "1"


def test_filters_of_the_layer_and_of_areas_go_together_with_the_filter(found):
    within = "POLYGON((105.5 10.3,105.65 10.3,105.65 10.5,105.5 10.5,105.5 10.3))"

    assert found(level="commune", filter="code<>'90101'") == "23"
    assert found(within=within) == "1"
    assert found(within=within, filter="code='90102'") == ""
    assert found(bbox="105.5,10.3,105.65,10.5", level="commune") == "1"


def test_a_box_is_met_by_the_shape_not_by_its_frame(client, unit_factory):
    west, east = rectangle(105.0, 10.0, width_m=500, height_m=500), rectangle(106.0, 11.0, width_m=500, height_m=500)
    unit_factory(code="90109", boundary=west | east)

    def matched(box):
        return client.get(ITEMS, {"bbox": box}).json()["numberMatched"]

    assert matched("105.4,10.4,105.6,10.6") == 0
    assert matched("104.9,9.9,105.1,10.1") == 1


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("2025-07-01", "1"),
        ("2025-06-30", "4"),
        ("2025-06-30T16:59:59Z", "4"),  # still 30 June in Viet Nam
        ("2025-06-30T17:00:00Z", "1"),
        ("2025-10-01", "12"),
        ("../2025-06-30", "4"),
        ("2026-01-01/..", "123"),
        ("2025-06-01/2025-09-01", "124"),
        ("/1999-12-31", ""),
    ],
)
def test_units_of_a_day_or_period(found, text, codes):
    assert found(datetime=text) == codes


def test_a_day_is_said_once(client, units):
    assert client.get(ITEMS, {"datetime": "2025-10-01", "on": "2025-06-01"}).status_code == 400
    assert client.get(ITEMS, {"on": "2025-06-30"}).json()["numberMatched"] == 1


def test_queryables_are_declared_and_are_what_a_filter_takes(client, units):
    for collection in client.get("/ogc/collections").json()["collections"]:
        path = f"/ogc/collections/{collection['id']}"
        answer = client.get(f"{path}/queryables")
        schema = answer.json()

        assert answer["Content-Type"] == "application/schema+json"
        assert schema["$id"].endswith(f"{path}/queryables")
        assert schema["additionalProperties"] is False
        assert schema["properties"]["geometry"]["x-ogc-role"] == "primary-geometry"
        for name in schema["properties"]:
            asked = client.get(f"{path}/items", {"filter": f"{name} IS NULL", "limit": 1})
            assert asked.status_code == 200, (name, asked.content)
        for feature in client.get(f"{path}/items").json()["features"]:
            assert set(feature["properties"]) | {"geometry"} == set(schema["properties"])


OPERATORS = ["and", "or", "not", "=", "<", "like", "in", "between", "isNull"]
OPERATORS += ["casei", "t_during", "s_intersects", "a_contains", "+", "nope"]
NAMES = st.sampled_from(["code", "name", "official_area_km2", "valid_from", "is_schematic", "geometry", "nope"])
VALUES = st.one_of(
    st.text(max_size=6), st.floats(), st.booleans(), st.none(), st.just({"date": "2025-07-01"}), st.integers()
)
NODES = st.recursive(
    st.one_of(VALUES, NAMES.map(lambda name: {"property": name})),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(OPERATORS),
            st.lists(inner, max_size=3),
        ),
    ),
    max_leaves=12,
)


@given(node=NODES)
@hypothesis_settings(
    max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_any_json_is_a_filter_or_refused(db, node):
    try:
        value = read_cql(json.dumps(node), "cql2-json")
        rows = narrowed(UNITS, UNITS.rows(None), value)
    except BadInput:
        return
    assert rows.count() >= 0


@given(text=st.text(alphabet="()=<>'\"\\%ANDORTcode name.19-,", max_size=60))
@hypothesis_settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_any_text_is_a_filter_or_refused(db, text):
    try:
        rows = narrowed(UNITS, UNITS.rows(None), read_cql(text, "cql2-text"))
    except BadInput:
        return
    assert rows.count() >= 0


def test_all_relations_of_time_are_those_of_allen(found):
    """Each relation against a period around, beside and over the three days of the communes."""
    around = "INTERVAL('2025-08-01','2025-10-01')"

    assert found(filter=f"T_CONTAINS({around}, valid_from)") == "2"
    assert found(filter="T_MEETS(INTERVAL('2025-08-01', '2025-09-01'), valid_from)") == "2"
    assert found(filter="T_METBY(INTERVAL('2025-09-01', '2025-10-01'), valid_from)") == "2"
    assert found(filter="T_STARTEDBY(INTERVAL('2025-09-01', '2025-10-01'), valid_from)") == "2"
    assert found(filter="T_FINISHEDBY(INTERVAL('2025-08-01', '2025-09-01'), valid_from)") == "2"
    later = "INTERVAL('2025-09-15', '2026-02-01')"
    assert found(filter=f"T_OVERLAPS(INTERVAL(valid_from, '2025-10-01'), {later})") == "12"
    assert found(filter=f"T_OVERLAPPEDBY({later}, INTERVAL(valid_from, '2025-10-01'))") == "12"
