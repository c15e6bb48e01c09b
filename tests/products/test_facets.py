"""Counts beside the filters: what each value would leave, while the other filters stay."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from core.errors import BadInput
from products.facets import facets
from products.layers import PRODUCTS
from products.models import Listing, ShopHost
from tests.factories.codes import make_market

pytestmark = pytest.mark.django_db


def counts(name, **params):
    return {value.value: value.count for value in facets(params)[name] if value.count}


@pytest.fixture
def mixed(product_factory, offer_factory, cooperative, mango, longan, neighbour, neighbour_clerk):
    """Two mangoes (months 3; 3 and 9) of one cooperative, a longan (month 9) of another."""
    first, second = product_factory(name_vi="Xoài một"), product_factory(name_vi="Xoài hai")
    third = product_factory(name_vi="Nhãn", crop=longan, cooperative=neighbour, by=neighbour_clerk)
    offer_factory(product=first, months=[3], volume_t=5)
    offer_factory(product=second, months=[3, 9], volume_t=50)
    offer_factory(product=third, months=[9], volume_t=8, by=neighbour_clerk)
    return first, second, third


def test_each_facet_counts_under_all_other_filters(mixed, mango, longan):
    assert counts("product") == {mango.slug: 2, longan.slug: 1}
    assert counts("product", product=mango.slug) == {mango.slug: 2, longan.slug: 1}
    assert counts("product", month="9") == {mango.slug: 1, longan.slug: 1}
    assert counts("month", product=longan.slug) == {"9": 1}
    assert counts("month", month="3") == {"3": 2, "9": 2}


def test_month_counts_follow_the_volume_of_the_month(mixed):
    assert counts("month", min_volume="8") == {"3": 1, "9": 2}


def test_all_months_are_there(mixed):
    assert [value.value for value in facets({})["month"]] == [str(month) for month in range(1, 13)]


def test_value_in_use_stays_though_it_finds_nothing(mixed, longan):
    (shown,) = [value for value in facets({"product": longan.slug, "month": "3"})["product"] if value.count == 0]

    assert (shown.value, shown.label) == (longan.slug, longan.name_vi)


def test_markets_certificates_and_shops(
    client, product_factory, area_factory, code_factory, certificate_factory, mango, longan
):
    area = area_factory(growers=3)
    product = product_factory(area=area)
    product_factory(name_vi="Không mã")
    make_market("USA")
    make_market("CHN")
    code_factory(area=area).approvals.create(market_id="USA", status="approved", decided_on="2026-01-05")
    certificate_factory()
    certificate_factory(kind="ocop", stars=4, crop=mango)
    certificate_factory(kind="organic", crop=longan)
    shop = ShopHost.objects.create(host="shop.example.test", name="Sàn Thử", kind="voso")
    for number in (1, 2):
        Listing.objects.create(product=product, shop=shop, url=f"https://shop.example.test/{number}")

    assert counts("market") == {"USA": 1}
    assert counts("certificate") == {"vietgap": 2, "ocop": 2, "ocop3": 2, "ocop4": 2}
    assert counts("sells_on") == {"voso": 1}


@pytest.mark.parametrize(
    "state", [{"check_status": "refused"}, {"ended_on": dt.date(2026, 1, 5)}], ids=["refused", "ended"]
)
def test_a_certificate_that_no_longer_counts_is_in_no_count(state, product_factory, certificate_factory, officer):
    product_factory()
    certificate_factory(kind="ocop", stars=4)
    certificate_factory(
        kind="vietgap", checked_by=officer, checked_at=timezone.now(), **{"check_status": "checked"} | state
    )

    found = counts("certificate")

    assert found == {"ocop": 1, "ocop3": 1, "ocop4": 1}
    assert PRODUCTS.filtered(AnonymousUser(), {"certificate": "vietgap"}).count() == 0


def test_labels_are_in_the_readers_language(mixed, mango):
    with override("en"):
        labels = {value.value: value.label for value in facets({})["product"]}

    assert labels[mango.slug] == mango.name_en


def test_number_of_queries_does_not_grow(mixed, product_factory, offer_factory):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            facets({"month": "3"})
        return len(queries)

    before = asked()
    for _number in range(5):
        offer_factory(product=product_factory(), months=[3])

    assert asked() == before <= 10


def test_bad_parameter_is_refused():
    with pytest.raises(BadInput):
        facets({"colour": "red"})


# --- API ----------------------------------------------------------------------------------------------------------


def test_api_of_facets(client, mixed, mango):
    answer = client.get("/api/v1/facets/", {"month": "9", "min_volume": ""})

    body = answer.json()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=60"
    assert body["numberMatched"] == 2
    assert body["facets"]["product"][0].keys() == {"value", "label", "count"}
    assert sum(value["count"] for value in body["facets"]["product"]) == 2


def test_api_of_facets_names_what_is_wrong(client):
    answer = client.get("/api/v1/facets/", {"near": "105,10"})

    assert answer.status_code == 400
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [("near", "km_missing")]
