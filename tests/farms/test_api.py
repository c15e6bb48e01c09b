"""Plots by API: reading with rights, versions, repeats."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from farms.models import Plot, PlotStatus
from tests.factories.people import make_person
from tests.shapes import square

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/plots/"
PROPERTIES = ["area_ha", "commune_code", "cooperative", "crop", "legal_area_ha", "ref", "status", "variety", "version"]


def feature(ref="A1", shape=None):
    return {
        "type": "Feature",
        "geometry": json.loads((shape or square(105.60, 10.42)).geojson),
        "properties": {"ref": ref, "crop": "xoai", "cooperative": "htx-cua-toi"},
    }


@pytest.fixture
def as_clerk(client, clerk, mango):
    client.force_login(clerk)
    return client


def test_list_has_exactly_the_promised_properties(as_clerk, plot, cat_chu, grower_factory):
    plot.grower = grower_factory(person=make_person(full_name="Canh Ngọc Bích Zzyzx", phone="0000999888"))
    plot.variety = cat_chu
    plot.save()

    answer = as_clerk.get(ADDRESS)

    [found] = answer.json()["features"]
    assert sorted(found["properties"]) == PROPERTIES
    assert found["properties"]["area_ha"] == pytest.approx(1, rel=1e-3)
    assert found["properties"]["commune_code"] == "99001"
    assert "Zzyzx" not in answer.content.decode()
    assert answer["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    ("person", "count"), [("clerk", 1), ("neighbour_clerk", 0), ("officer", 1), ("foreign_officer", 0), ("planner", 1)]
)
def test_list_shows_what_one_may_see(request, client, plot, person, count):
    client.force_login(request.getfixturevalue(person))

    assert client.get(ADDRESS).json()["numberReturned"] == count


def test_list_costs_the_same_for_one_and_for_many(as_clerk, plot_factory):
    plot_factory()
    with CaptureQueriesContext(connection) as few:
        as_clerk.get(ADDRESS)
    for _turn in range(20):
        plot_factory()
    with CaptureQueriesContext(connection) as many:
        as_clerk.get(ADDRESS)

    assert len(few) == len(many)


@pytest.mark.parametrize(
    ("query", "refs"),
    [
        ("crop=xoai", ["T-1"]),
        ("crop=nhan", ["N-1"]),
        ("commune=99001", ["T-1", "N-1"]),
        ("commune=99", ["T-1", "N-1"]),
        ("cooperative=htx-cua-toi", ["T-1", "N-1"]),
        ("status=in_conflict", ["N-1"]),
        ("area_min=2", ["N-1"]),
        ("area_max=2", ["T-1"]),
        ("q=n-", ["N-1"]),
        ("bbox=105.62,10.44,105.64,10.46", ["T-1"]),
    ],
)
def test_filters(as_clerk, plot, plot_factory, longan, query, refs):
    plot_factory(ref="N-1", crop=longan, boundary=square(105.60, 10.42, side_m=200), status=PlotStatus.IN_CONFLICT)

    found = as_clerk.get(f"{ADDRESS}?{query}").json()["features"]

    assert [item["properties"]["ref"] for item in found] == refs


@pytest.mark.parametrize(
    "query", ["crop=none", "grower=1", "ordering=grower__person__phone", "limit=0", "bbox=1,2,3", "area_min=x"]
)
def test_bad_parameter_is_named(as_clerk, plot, query):
    answer = as_clerk.get(f"{ADDRESS}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_added_plot_comes_back_with_address_and_etag(as_clerk):
    answer = as_clerk.post(ADDRESS, feature(), content_type="application/json")

    again = as_clerk.get(answer["Location"])
    assert answer.status_code == 201
    assert again["ETag"] == answer["ETag"]
    assert again.json() == answer.json()


def test_repeat_with_the_same_key_stores_once(as_clerk):
    sent = [
        as_clerk.post(ADDRESS, feature(), content_type="application/json", headers={"Idempotency-Key": "k1"})
        for _turn in range(2)
    ]
    other = as_clerk.post(ADDRESS, feature("B2"), content_type="application/json", headers={"Idempotency-Key": "k1"})

    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    assert Plot.objects.count() == 1
    assert other.status_code == 422


def test_change_needs_the_version_it_changes(as_clerk, plot):
    address = f"{ADDRESS}{plot.pk}/"
    change = {"type": "Feature", "properties": {"tree_count": 120}}
    etag = as_clerk.get(address)["ETag"]

    without = as_clerk.patch(address, change, content_type="application/json")
    stale = as_clerk.patch(address, change, content_type="application/json", headers={"If-Match": '"0"'})
    done = as_clerk.patch(address, change, content_type="application/json", headers={"If-Match": etag})

    plot.refresh_from_db()
    assert [answer.status_code for answer in (without, stale, done)] == [428, 412, 200]
    assert (plot.tree_count, plot.version) == (120, 2)


def test_redrawn_by_put(as_clerk, plot):
    address = f"{ADDRESS}{plot.pk}/"
    body = feature("T-9", square(105.601, 10.421, side_m=50))
    del body["properties"]["cooperative"]

    answer = as_clerk.put(
        address, body, content_type="application/json", headers={"If-Match": as_clerk.get(address)["ETag"]}
    )

    assert answer.status_code == 200
    assert answer.json()["properties"]["area_ha"] == pytest.approx(0.25, rel=1e-3)
    assert answer.json()["properties"]["ref"] == "T-9"


def test_archived_with_reason(as_clerk, plot):
    address = f"{ADDRESS}{plot.pk}/"
    match = {"If-Match": as_clerk.get(address)["ETag"]}

    without = as_clerk.delete(address, headers=match)
    done = as_clerk.delete(f"{address}?reason=sold", headers=match)

    plot.refresh_from_db()
    assert (without.status_code, done.status_code) == (400, 204)
    assert plot.status == PlotStatus.ARCHIVED


@pytest.mark.parametrize("key", ["999999", "x", "1" * 26])
def test_unknown_plot_is_not_found(as_clerk, key):
    assert as_clerk.get(f"{ADDRESS}{key}/").status_code == 404


def test_plot_of_another_cooperative_is_not_found(client, neighbour_clerk, plot):
    client.force_login(neighbour_clerk)
    address = f"{ADDRESS}{plot.pk}/"

    answers = [
        client.get(address),
        client.patch(address, {"type": "Feature"}, content_type="application/json", headers={"If-Match": "*"}),
        client.delete(f"{address}?reason=sold", headers={"If-Match": "*"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_officer_may_look_but_not_change(client, officer, plot):
    client.force_login(officer)
    address = f"{ADDRESS}{plot.pk}/"
    body = {"type": "Feature", "properties": {"tree_count": 1}}

    answer = client.patch(
        address, body, content_type="application/json", headers={"If-Match": client.get(address)["ETag"]}
    )

    assert answer.status_code == 403
