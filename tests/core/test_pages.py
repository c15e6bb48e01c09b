"""Pages of a layer, single features, caching, versions: rows B4, B7-B9, B15, B16, A26, F14; and that both ways to
write a feature agree."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core import signing
from django.db.models import Value
from django.test import Client

from core.layers import Layer
from core.sql import feature_page
from places.models import AdministrativeUnit
from tests.core.agreement import assert_same_feature
from tests.core.conftest import UNITS_URL, assert_problem
from tests.core.service import UNITS, UNITS_BY_DATE, UnitFilters, UnitSerializer
from tests.shapes import square

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]


@pytest.fixture
def seven_units(unit_factory, province):
    """Seven communes side by side."""
    return [
        unit_factory(name_vi=f"Xã {number}", parent=province, boundary=square(105.6 + number / 100, 10.4))
        for number in range(7)
    ]


def keys(answer):
    return [feature["id"] for feature in answer.json()["features"]]


def walk(client, url):
    """Return the ids of each page from `url` to the last."""
    pages = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.content
        assert answer.json()["numberReturned"] == len(answer.json()["features"])
        pages.append(keys(answer))
        url = answer.json()["next"]
    return pages


def test_feature_has_what_the_layer_names_and_nothing_else(client, unit_factory, province):
    unit = unit_factory(
        name_vi='Mỹ “Thử” "\\ </b>', parent=province, boundary=square(105.63, 10.45), official_area_km2=12.5
    )

    answer = client.get(f"{UNITS_URL}?level=commune")

    assert answer["Content-Type"] == "application/geo+json"
    [feature] = answer.json()["features"]
    assert feature["type"] == "Feature"
    assert feature["id"] == unit.pk
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["geometry"]["coordinates"][0][0][0] == [105.63, 10.45]
    assert feature["properties"] == {
        "code": unit.code,
        "name": 'Mỹ “Thử” "\\ </b>',
        "parent_code": "99",
        "valid_from": "2025-07-01",
        "area_km2": 12.5,
        "is_schematic": False,
    }


def test_row_without_a_shape_has_null_geometry(client, unit_factory):
    unit_factory()

    assert client.get(UNITS_URL).json()["features"][0]["geometry"] is None


def test_empty_page(client):
    page = client.get(UNITS_URL).json()

    assert (page["type"], page["features"], page["numberReturned"], page["next"]) == ("FeatureCollection", [], 0, None)


def test_pages_follow_each_other_without_gap_or_double(client, seven_units):
    pages = walk(client, f"{UNITS_URL}?limit=3&level=commune")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [key for page in pages for key in page] == [unit.pk for unit in seven_units]


def test_last_page_that_is_exactly_full_has_no_next(client, seven_units):
    assert [len(page) for page in walk(client, f"{UNITS_URL}?limit=7&level=commune")] == [7]


def test_rows_added_or_removed_while_paging_shift_nothing(client, seven_units):
    first = client.get(f"{UNITS_URL}?limit=3&level=commune")
    seven_units[0].delete()

    second = client.get(first.json()["next"])

    assert keys(second) == [unit.pk for unit in seven_units[3:6]]


def test_order_by_a_column_with_ties(client, unit_factory):
    days = [date(2025, 7, 1), date(2025, 7, 3), date(2025, 7, 1), date(2025, 7, 2), date(2025, 7, 1)]
    units = [unit_factory(valid_from=day) for day in days]

    pages = walk(client, "/api/v1/units-by-date/?limit=2")

    expected = sorted(units, key=lambda unit: (unit.valid_from, unit.code), reverse=True)
    assert [key for page in pages for key in page] == [unit.code for unit in expected]


def test_count_is_told_when_asked(client, seven_units):
    page = client.get(f"{UNITS_URL}?limit=2&level=commune&count=true").json()

    assert (page["numberReturned"], page["numberMatched"]) == (2, 7)
    assert "numberMatched" not in client.get(UNITS_URL).json()


def test_page_is_one_query(django_assert_num_queries, seven_units):
    with django_assert_num_queries(1):
        page = feature_page(UNITS, UNITS.filtered(None, {"bbox": "105,10,106,11"}), limit=100)

    assert page.returned == 7


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "many", "", "%D9%A5", "+5", "1e2", "0x5", " 5", "00"])
def test_b7_limit_that_is_no_positive_integer(limit, client):
    problem = assert_problem(client.get(f"{UNITS_URL}?limit={limit}"), 400)

    assert [error["parameter"] for error in problem["errors"]] == ["limit"]


@pytest.mark.parametrize("limit", ["10001", "1000000000", "9" * 30])
def test_b8_limit_above_the_maximum_is_clamped(limit, client, seven_units, monkeypatch):
    monkeypatch.setattr("core.api.pages.MAX_LIMIT", 5)

    page = client.get(f"{UNITS_URL}?level=commune&limit={limit}").json()

    assert page["numberReturned"] == 5
    assert page["next"]


def test_b9_offset_is_unknown(client):
    assert_problem(client.get(f"{UNITS_URL}?offset={10**25}"), 400)


@pytest.mark.parametrize(
    "forge",
    [
        # Made when the test runs: a signature holds the time, and it must not stand in the name of a test.
        pytest.param(lambda: "abc", id="text"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "100", id="number"),
        pytest.param(lambda: "a" * 3_000, id="long"),
        pytest.param(lambda: signing.dumps(["1", "1"], salt="core.api.pages:private-units"), id="other layer"),
        pytest.param(lambda: signing.dumps(["1", "1"]), id="other use"),
        pytest.param(lambda: signing.dumps([1], salt="core.api.pages:units"), id="not two"),
    ],
)
def test_b9_forged_cursor(forge, client):
    problem = assert_problem(client.get(UNITS_URL, {"cursor": forge()}), 400)

    assert [error["parameter"] for error in problem["errors"]] == ["cursor"]


def test_b9_cursor_changed_by_one_letter(client, seven_units):
    url = client.get(f"{UNITS_URL}?limit=2").json()["next"]

    assert_problem(client.get(url[:-1] + ("A" if url[-1] != "A" else "B")), 400)


@pytest.mark.parametrize("key", ["0", "9999999", str(10**25), "-1", "1.5", "abc", "%F0%9F%8D%8B", "1%20OR%201=1"])
def test_b15_unknown_feature(key, client):
    assert_problem(client.get(f"{UNITS_URL}{key}/"), 404)


@pytest.mark.parametrize("value", ["xyz", "html", "", "JSON"])
def test_b16_unknown_f(value, client):
    problem = assert_problem(client.get(f"{UNITS_URL}?f={value}"), 400)

    assert problem["errors"][0]["parameter"] == "f"


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("*/*", 200, "application/geo+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200, "application/geo+json"),
        ("application/geo+json", 200, "application/geo+json"),
        ("application/json", 200, "application/json"),
        ("image/png", 406, "application/problem+json"),
        ("text/html", 406, "application/problem+json"),
    ],
)
def test_b16_accept(accept, status, content_type, client):
    answer = client.get(UNITS_URL, headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (status, content_type)


def test_detail_has_an_etag_and_answers_304(client, seven_units):
    url = f"{UNITS_URL}{seven_units[0].pk}/"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert first.json()["properties"]["name"] == "Xã 0"
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert_problem(client.get(f"{url}?limit=1"), 400)


def test_feature_by_another_key(client, unit_factory):
    unit = unit_factory()

    answer = client.get(f"/api/v1/units-by-date/{unit.code}/")

    assert answer.json()["id"] == unit.code
    assert answer.json()["geometry"] is None


# --- Changes -----------------------------------------------------------------------------------------------------


def test_a26_change_with_the_version_that_was_read(send, token_client, seven_units):
    url = f"{UNITS_URL}{seven_units[0].pk}/"
    etag = token_client.get(url)["ETag"]

    answer = send({"type": "Feature", "properties": {"name": "Xã Mới"}}, url, method="PATCH", **{"If-Match": etag})

    assert answer.status_code == 200, answer.content
    assert answer.json()["properties"]["name"] == "Xã Mới"
    assert answer["ETag"] != etag
    assert AdministrativeUnit.objects.get(pk=seven_units[0].pk).name_vi == "Xã Mới"


@pytest.mark.parametrize(
    ("case", "headers", "status"),
    [
        ("without If-Match", {}, 428),
        ("other version", {"If-Match": '"0123456789abcdef"'}, 412),
        ("garbage", {"If-Match": "x"}, 412),
    ],
)
def test_a26_change_of_an_unknown_version(case, headers, status, send, seven_units):
    body = {"type": "Feature", "properties": {"name": "Xã Mới"}}

    answer = send(body, f"{UNITS_URL}{seven_units[0].pk}/", method="PATCH", **headers)

    assert_problem(answer, status)
    assert AdministrativeUnit.objects.get(pk=seven_units[0].pk).name_vi == "Xã 0"


def test_a26_second_of_two_editors_is_told(send, token_client, seven_units):
    url = f"{UNITS_URL}{seven_units[0].pk}/"
    etag = token_client.get(url)["ETag"]
    body = {"type": "Feature", "properties": {"name": "Người thứ nhất"}}
    assert send(body, url, method="PATCH", **{"If-Match": etag}).status_code == 200

    second = send(
        {"type": "Feature", "properties": {"name": "Người thứ hai"}}, url, method="PATCH", **{"If-Match": etag}
    )

    assert assert_problem(second, 412)["code"] == "stale"
    assert AdministrativeUnit.objects.get(pk=seven_units[0].pk).name_vi == "Người thứ nhất"


def test_a26_weakened_etag_of_a_proxy_still_counts(send, token_client, seven_units):
    url = f"{UNITS_URL}{seven_units[0].pk}/"
    etag = token_client.get(url)["ETag"]
    body = {"type": "Feature", "properties": {"name": "Xã Mới"}}

    assert send(body, url, method="PATCH", **{"If-Match": f"W/{etag}"}).status_code == 200


def test_a28_removing_what_others_need(send, token_client, province, seven_units):
    url = f"{UNITS_URL}{province.pk}/"

    answer = send(b"", url, method="DELETE", **{"If-Match": token_client.get(url)["ETag"]})

    assert assert_problem(answer, 409)["code"] == "in_use"
    assert AdministrativeUnit.objects.filter(pk=province.pk).exists()


def test_same_code_twice_is_a_conflict(send, feature_json):
    assert send(feature_json).status_code == 201

    assert_problem(send(feature_json), 409)


# --- Rights and caches -------------------------------------------------------------------------------------------


def test_private_layer_needs_a_user(client, token_client, seven_units):
    assert_problem(client.get("/api/v1/private-units/"), 401)
    assert_problem(client.get(f"/api/v1/private-units/{seven_units[0].pk}/"), 401)
    assert token_client.get("/api/v1/private-units/").status_code == 200


def test_writing_to_a_public_layer_needs_a_user(send, feature_json):
    assert_problem(send(feature_json, client=Client()), 401)


def test_f14_shared_caches_keep_only_what_everybody_may_see(client, token_client, seven_units):
    anonymous, signed_in = client.get(UNITS_URL), token_client.get(UNITS_URL)

    assert anonymous["Cache-Control"].startswith("public")
    assert signed_in["Cache-Control"] == "private, no-store"
    for answer in (anonymous, signed_in):
        assert {"Cookie", "Authorization"} <= {name.strip() for name in answer["Vary"].split(",")}


@pytest.mark.parametrize("query", ["limit=0", "f=xyz"])
def test_f14_errors_are_not_kept(query, client):
    assert client.get(f"{UNITS_URL}?{query}")["Cache-Control"] == "no-store"


def test_page_and_serializer_write_the_same_feature(seven_units, unit_factory, province):
    unit_factory(name_vi="Không ranh giới", official_area_km2=1 / 3)
    unit_factory(name_vi="Có lỗ", boundary=square(105.123456789, 10.987654321, side_m=77), parent=province)

    for unit in AdministrativeUnit.objects.all():
        assert_same_feature(UNITS, UnitSerializer, None, unit.pk)


def test_disagreement_is_found(seven_units):
    class Odd(UnitSerializer):
        def get_properties(self, instance, fields):
            return super().get_properties(instance, fields) | {"name": "khác"}

    with pytest.raises(AssertionError):
        assert_same_feature(UNITS, Odd, None, seven_units[0].pk)


def test_times_are_told_in_viet_nam_time(person):
    person.last_login = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    person.save()
    layer = Layer(
        name="people",
        title="People",
        rows=lambda user: get_user_model().objects.all(),
        filterset=UnitFilters,
        fields={"seen_at": "last_login", "joined_at": "date_joined"},
    )

    page = feature_page(layer, layer.rows(None), limit=5)

    assert json.loads(page.features)["properties"]["seen_at"] == "2027-01-01T00:30:00+07:00"


def test_line_breaks_in_texts_do_not_cut_a_page(seven_units):
    layer = replace(UNITS, fields={"note": Value("first,\nsecond")}, tile_fields=())

    page = feature_page(layer, layer.rows(None), limit=2)

    features = json.loads(b"[%b]" % page.features)
    assert [feature["properties"]["note"] for feature in features] == ["first,\nsecond"] * 2
    assert page.has_more


def test_tile_fields_are_a_subset():
    with pytest.raises(ValueError, match="tile_fields"):
        Layer(
            name="x",
            title="x",
            rows=lambda user: AdministrativeUnit.objects.all(),
            filterset=UnitFilters,
            fields={"code": "code"},
            tile_fields=("name",),
        )


def test_b9_cursor_of_another_order_is_a_bad_request(client, seven_units):
    cursor = signing.dumps(["no day", "x"], salt=f"core.api.pages:{UNITS_BY_DATE.name}")

    assert_problem(client.get("/api/v1/units-by-date/", {"cursor": cursor}), 400)
