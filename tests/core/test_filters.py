"""Query parameters: rows B1-B7, B10, B12, G9, G11 of the catalogue."""

from datetime import date

import pytest

from core.errors import BadInput
from core.filters import parse_bbox, without_blanks
from tests.core.conftest import UNITS_URL, assert_problem
from tests.core.service import UNITS
from tests.shapes import square

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]


def names(answer):
    assert answer.status_code == 200, answer.content
    return [feature["properties"]["name"] for feature in answer.json()["features"]]


def refused_parameter(client, query):
    problem = assert_problem(client.get(f"{UNITS_URL}?{query}"), 400)
    return [(error["parameter"], error["code"]) for error in problem["errors"]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,2,3", "bbox_count"),
        ("1,2,3,4,5", "bbox_count"),
        ("1,2,3,4,5,6", "bbox_heights"),
        ("1,2,3,4,5,6,7", "bbox_count"),
        ("a,b,c,d", "bbox_number"),
        ("1,2,3,", "bbox_number"),
        ("", "blank"),
        ("%20", "blank"),
        ("nan,1,2,3", "bbox_number"),
        ("inf,1,2,3", "bbox_number"),
        ("-infinity,1,2,3", "bbox_number"),
        ("1e400,1,2,3", "bbox_number"),
        ("%D9%A1,1,2,3", "bbox_number"),
        ("1_0,1,2,3", "bbox_number"),
        ("105,11,106,10", "bbox_latitudes"),
    ],
)
def test_b1_b2_b3_bbox_that_makes_no_sense(value, code, client):
    assert refused_parameter(client, f"bbox={value}") == [("bbox", code)]


def test_b3_bbox_across_the_antimeridian(client, unit_factory):
    unit_factory(name_vi="Here", boundary=square(105.6, 10.4))

    assert names(client.get(f"{UNITS_URL}?bbox=170,-20,-170,20")) == []
    assert names(client.get(f"{UNITS_URL}?bbox=100,-20,-170,20")) == ["Here"]
    assert names(client.get(f"{UNITS_URL}?bbox=170,-20,106,20")) == ["Here"]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("-540,-100,540,100", [(-180, -90, 180, 90)]),
        ("105,10,106,11", [(105, 10, 106, 11)]),
        ("+105.50, 10, 1.06e2, 11", [(105.5, 10, 106, 11)]),
        ("170,-5,-170,5", [(170, -5, 180, 5), (-180, -5, -170, 5)]),
    ],
)
def test_b4_bbox_is_clamped_to_the_world(text, boxes):
    assert parse_bbox(text) == boxes


def test_b4_bbox_beyond_the_world_finds_everything(client, unit_factory):
    unit_factory(name_vi="Here", boundary=square(105.6, 10.4))

    assert names(client.get(f"{UNITS_URL}?bbox=-999,-999,999,999")) == ["Here"]


def test_bbox_means_overlaps(client, unit_factory):
    unit_factory(name_vi="West", boundary=square(105.6, 10.4, side_m=1_000))
    unit_factory(name_vi="East", boundary=square(105.7, 10.4, side_m=1_000))
    unit_factory(name_vi="No outline")

    assert names(client.get(f"{UNITS_URL}?bbox=105.605,10.405,105.65,10.5")) == ["West"]


@pytest.mark.parametrize("parameter", ["crs", "bbox-crs"])
def test_b5_crs_parameter_makes_no_connection(parameter, client, listener):
    assert refused_parameter(client, f"{parameter}={listener['url']}") == [(parameter, "unknown_parameter")]
    assert listener["calls"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=red", [("colour", "unknown_parameter")]),
        ("level=commune&level=hamlet", [("level", "repeated_parameter")]),
        ("bbox=1,2,3,4&bbox=1,2,3,4", [("bbox", "repeated_parameter")]),
        ("limit=1&limit=2", [("limit", "repeated_parameter")]),
        ("level=village", [("level", "invalid_choice")]),
        ("any_level=commune&any_level=village", [("any_level", "invalid_choice")]),
        ("a=1&b=2", [("a", "unknown_parameter"), ("b", "unknown_parameter")]),
    ],
)
def test_b6_unknown_repeated_and_impossible(query, expected, client):
    assert refused_parameter(client, query) == expected


def test_b6_parameter_that_may_repeat(client, unit_factory, province):
    unit_factory(name_vi="Xã")

    assert set(names(client.get(f"{UNITS_URL}?any_level=commune&any_level=province"))) == {"Xã", province.name_vi}


@pytest.mark.parametrize("value", ["%D9%A1", "1e999", "nan", "1" * 50, "abc", "1_0", "0x10"])
def test_b7_numbers_are_plain_digits(value, client):
    assert refused_parameter(client, f"km2_min={value}")[0][0] in ("km2_min", "km2")


@pytest.mark.parametrize(
    "value", ["2025-7-1", "../..", "2025-07-01T24:00", "0000-01-01", "10000-01-01", "2025-02-30", "%D9%A2025-01-01"]
)
def test_b10_days_are_iso_days(value, client):
    assert refused_parameter(client, f"from_day={value}") == [("from_day", "invalid")]


@pytest.mark.parametrize("parameter", ["ordering", "order_by", "sort", "owner__phone", "parent__code", "name_vi"])
def test_b12_no_sorting_or_filtering_by_hidden_columns(parameter, client):
    assert refused_parameter(client, f"{parameter}=phone") == [(parameter, "unknown_parameter")]


def test_blank_value_means_not_filtered(client, unit_factory):
    unit_factory(name_vi="Here")

    assert names(client.get(f"{UNITS_URL}?level=&q=&km2_min=&from_day=")) == ["Here"]


@pytest.mark.parametrize("words", ["Cao Lãnh", "cao lanh", "CAO LÃNH", "Ca\u006f La\u0303nh", "lãnh"])
def test_g9_search_finds_every_way_of_writing(words, client, unit_factory):
    unit_factory(name_vi="Cao Lãnh")
    unit_factory(name_vi="Sa Đéc")

    assert names(client.get(UNITS_URL, {"q": words})) == ["Cao Lãnh"]


@pytest.mark.parametrize("words", ["Sa Đéc", "sa dec", "SA ĐEC", "đec"])
def test_g9_search_knows_the_letter_with_a_stroke(words, client, unit_factory):
    unit_factory(name_vi="Cao Lãnh")
    unit_factory(name_vi="Sa Đéc")

    assert names(client.get(UNITS_URL, {"q": words})) == ["Sa Đéc"]


@pytest.mark.parametrize(
    ("words", "found"), [("%", ["Lợi 100%"]), ("_", []), ("100%", ["Lợi 100%"]), ("(a+)+$", []), ("\\", [])]
)
def test_search_takes_signs_literally(words, found, client, unit_factory):
    unit_factory(name_vi="Cao Lãnh")
    unit_factory(name_vi="Lợi 100%")

    assert names(client.get(UNITS_URL, {"q": words})) == found


def test_search_text_has_a_length(client):
    assert refused_parameter(client, "q=" + "a" * 1_001) == [("q", "max_length")]


def test_g11_day_filters_are_inclusive(client, unit_factory):
    unit_factory(name_vi="Before", valid_from=date(2025, 6, 30))
    unit_factory(name_vi="On", valid_from=date(2025, 7, 1))

    assert names(client.get(f"{UNITS_URL}?from_day=2025-07-01")) == ["On"]


def test_range_filter(client, unit_factory):
    unit_factory(name_vi="Small", official_area_km2=5)
    unit_factory(name_vi="Large", official_area_km2=50)

    assert names(client.get(f"{UNITS_URL}?km2_min=10&km2_max=60.5")) == ["Large"]


def test_layer_reads_plain_dicts_too(unit_factory):
    unit_factory(level="province", name_vi="P")

    assert [unit.name_vi for unit in UNITS.filtered(None, {"any_level": ["province"]})] == ["P"]
    with pytest.raises(BadInput):
        UNITS.filtered(None, {"page": 2})
    assert UNITS.filtered(None, {"page": 2}, besides=["page"]).count() == 1


def test_without_blanks_drops_what_a_form_left_empty(rf):
    params = rf.get("/?q=&level=commune&bbox=%20&any_level=&any_level=hamlet").GET

    assert without_blanks(params).dict() == {"level": "commune", "any_level": "hamlet"}
