"""Products by commune, planning zones by date, land use by date."""

from datetime import date

import pytest

from landuse.models import LayerKind

pytestmark = pytest.mark.django_db


def features(client, name, **params):
    answer = client.get(f"/api/v1/{name}/", params)
    assert answer.status_code == 200, answer.content
    return answer.json()["features"]


def properties(client, name, **params):
    return [feature["properties"] for feature in features(client, name, **params)]


@pytest.fixture
def market(product_factory, offer_factory, commune):
    """Two products with offers and one without, of one cooperative, in one commune."""
    mango = product_factory(name_vi="Xoài")
    offer_factory(product=mango, months=[1, 2], volume_t=10)
    offer_factory(product=mango, months=[6], volume_t=5)
    jam = product_factory(kind="processed", name_vi="Mứt")
    offer_factory(product=jam, months=[2, 3], volume_t=1.5)
    product_factory(kind="livestock", name_vi="Vịt")
    product_factory(kind="livestock", name_vi="Giấu", is_published=False)
    return commune


def test_products_are_added_up_by_commune(client, market):
    rows = properties(client, "products-by-commune")

    assert rows == [
        {
            "code": market.code,
            "name": market.name_vi,
            "unit_type": market.unit_type,
            "products": 3,
            "producers": 1,
            "volume_t": 16.5,
            "crops": ["Xoài"],
            "months": [1, 2, 3, 6],
        }
    ]


@pytest.mark.parametrize(
    "params",
    [{}, {"kind": "processed"}, {"month": "6"}, {"product": "xoai"}, {"q": "vit"}, {"min_volume": "10"}],
    ids=lambda params: next(iter(params), "all"),
)
def test_sums_of_communes_are_those_of_the_products(client, market, params):
    rows = properties(client, "products-by-commune", **params)

    products = properties(client, "products", **params)
    assert sum(row["products"] for row in rows) == len(products) > 0
    assert sum(row["volume_t"] or 0 for row in rows) == sum(row["volume_t"] or 0 for row in products)


def test_commune_without_products_is_not_listed(client, market, unit_factory, province):
    unit_factory(parent=province, code="99077")

    assert [row["code"] for row in properties(client, "products-by-commune")] == [market.code]
    assert properties(client, "products-by-commune", kind="forestry") == []
    assert properties(client, "products-by-commune", bbox="100,8,101,9") == []


def test_one_commune_has_an_address(client, market):
    one = client.get(f"/api/v1/products-by-commune/{market.code}/").json()

    assert one["properties"]["products"] == 3
    assert client.get("/api/v1/products-by-commune/00000/").status_code == 404


@pytest.fixture
def plans(land_use_layer_factory, parcel_factory):
    """A plan that has ended, one in force, a draft that is not public, and two surveys."""
    old = land_use_layer_factory(
        slug="qh-cu", kind=LayerKind.PLANNING, as_of=date(2015, 1, 1), valid_to=date(2021, 1, 1)
    )
    now = land_use_layer_factory(slug="qh-nay", kind=LayerKind.PLANNING, as_of=date(2021, 1, 1))
    draft = land_use_layer_factory(slug="qh-nhap", kind=LayerKind.PLANNING, is_public=False, as_of=date(2022, 1, 1))
    first = land_use_layer_factory(slug="ht-2020", as_of=date(2020, 1, 1))
    second = land_use_layer_factory(slug="ht-2024", as_of=date(2024, 1, 1))
    for layer in (old, now, draft, first, second):
        parcel_factory(layer=layer)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("", ["qh-nay"]),
        ("2016-05-01", ["qh-cu"]),
        ("2020-12-31", ["qh-cu"]),
        ("2021-01-01", ["qh-nay"]),
        ("2010-01-01", []),
    ],
    ids=["today", "old", "last-day", "first-day", "before"],
)
def test_planning_zones_are_those_in_force_on_the_day(client, plans, on, expected):
    zones = properties(client, "planning-zones", **({"on": on} if on else {}))

    assert [zone["layer"] for zone in zones] == expected


def test_drafts_of_plans_are_for_those_who_make_them(client, plans, planner):
    client.force_login(planner)

    assert {zone["layer"] for zone in properties(client, "planning-zones")} == {"qh-nay", "qh-nhap"}


def test_land_use_of_a_day_is_the_newest_survey_and_the_plans_in_force(client, plans):
    assert {parcel["layer"] for parcel in properties(client, "land-use")} == {
        "qh-cu", "qh-nay", "ht-2020", "ht-2024"
    }  # fmt: skip
    assert {parcel["layer"] for parcel in properties(client, "land-use", on="2022-01-01")} == {"qh-nay", "ht-2020"}
    assert {parcel["layer"] for parcel in properties(client, "land-use", on="2025-01-01")} == {"qh-nay", "ht-2024"}
    assert {parcel["layer"] for parcel in properties(client, "land-use", on="2025-01-01", kind="land_use")} == {
        "ht-2024"
    }


@pytest.mark.parametrize("on", ["2025-02-30", "hôm nay", "01/07/2025"], ids=["no-such-day", "words", "vietnamese"])
def test_days_that_cannot_be_read_are_refused_by_name(client, plans, on):
    answer = client.get("/api/v1/planning-zones/", {"on": on})

    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["on"]


def test_zones_have_no_kind_to_filter_by(client, plans):
    assert client.get("/api/v1/planning-zones/", {"kind": "land_use"}).status_code == 400
