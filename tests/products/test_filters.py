"""Filters of products and offers, one by one and where two belong together."""

from datetime import date

import pytest
from django.contrib.gis.geos import Point

from core.errors import BadInput
from products.layers import OFFERS, PRODUCTS
from products.models import Listing, Product, ShopHost
from tests.factories.crops import make_variety

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(anonymous):
    """Return a function that gives the names of the products (or `layer`'s) that match."""

    def ask(layer=PRODUCTS, **params):
        rows = layer.filtered(anonymous, params)
        return sorted(rows.values_list("name_vi" if layer is PRODUCTS else "product__name_vi", flat=True))

    return ask


def test_several_months_mean_any_of_them(found, product_factory, offer_factory):
    offer_factory(product=product_factory(name_vi="Xoài sớm"), months=[3])
    offer_factory(product=product_factory(name_vi="Xoài muộn"), months=[8, 9])
    offer_factory(product=product_factory(name_vi="Xoài tết"), months=[12])

    assert found(month=["3", "9"]) == ["Xoài muộn", "Xoài sớm"]
    assert found(OFFERS, month=["3", "9"]) == ["Xoài muộn", "Xoài sớm"]


def test_volume_is_that_of_all_offers_together(found, product, offer_factory):
    offer_factory(product=product, months=[3], volume_t=6)
    offer_factory(product=product, months=[9], volume_t=6)

    assert found(min_volume="12") == ["Xoài Cát Chu"]
    assert found(min_volume="12.5") == []


def test_volume_with_a_month_is_that_of_the_month(found, product, offer_factory):
    offer_factory(product=product, months=[3], volume_t=2)
    offer_factory(product=product, months=[9], volume_t=100)

    assert found(min_volume="20", month="9") == ["Xoài Cát Chu"]
    assert found(min_volume="20", month="3") == []
    assert found(OFFERS, min_volume="20", month="3") == []


def test_volume_of_an_offer_is_its_own(found, product, offer_factory):
    offer_factory(product=product, months=[3], volume_t=6)
    offer_factory(product=product, months=[9], volume_t=7)

    assert found(OFFERS, min_volume="7") == ["Xoài Cát Chu"]
    assert found(OFFERS, min_volume="8") == []


@pytest.mark.parametrize(
    ("case", "fields", "is_found"),
    [
        ("in force", {}, True),
        ("last day today", {"valid_until": date(2026, 11, 22)}, True),
        ("over yesterday", {"valid_until": date(2026, 11, 21)}, False),
        ("begins tomorrow", {"issued_on": date(2026, 11, 23)}, False),
        ("another kind", {"kind": "organic"}, False),
    ],
)
def test_certificate_counts_only_while_it_is_valid(
    found, product, certificate_factory, monkeypatch, case, fields, is_found
):
    monkeypatch.setattr("products.filters.localdate", lambda: date(2026, 11, 22))
    certificate_factory(**fields)

    assert bool(found(certificate="vietgap")) is is_found


def test_certificate_of_another_crop_or_cooperative_does_not_count(
    found, product, certificate_factory, neighbour, longan
):
    certificate_factory(crop=longan)
    certificate_factory(cooperative=neighbour)

    assert found(certificate="vietgap") == []


def test_certificate_of_the_same_crop_counts(found, product, certificate_factory, mango):
    certificate_factory(crop=mango)

    assert found(certificate="vietgap") == ["Xoài Cát Chu"]


@pytest.mark.parametrize(("asked", "is_found"), [("ocop", True), ("ocop3", True), ("ocop4", True), ("ocop5", False)])
def test_stars_are_at_least(found, product, certificate_factory, asked, is_found):
    certificate_factory(kind="ocop", stars=4)

    assert bool(found(certificate=asked)) is is_found


def test_shop_that_is_switched_off_is_no_place_of_sale(found, product):
    shop = ShopHost.objects.create(host="shop.example.test", name="Sàn Thử", kind="voso")
    Listing.objects.create(product=product, shop=shop, url="https://shop.example.test/1")

    before = found(sells_on="voso")
    ShopHost.objects.update(is_active=False)

    assert before == ["Xoài Cát Chu"]
    assert found(sells_on="voso") == []


def test_variety(found, product_factory, mango):
    chu, loc = make_variety(mango, slug="chu", name_vi="Chu"), make_variety(mango, slug="loc", name_vi="Lộc")
    product_factory(name_vi="Xoài Chu", variety=chu)
    product_factory(name_vi="Xoài Lộc", variety=loc)

    assert found(variety="loc") == ["Xoài Lộc"]


# --- Within km ----------------------------------------------------------------------------------------------------


def placed(product, lon, lat):
    Product.objects.filter(pk=product.pk).update(location=Point(lon, lat, srid=4326))


@pytest.mark.parametrize(
    ("lon", "lat", "km", "is_near"),
    [
        # From 10° to 11° N are 110.61 km; one degree of longitude at 10° N is 109.64 km (WGS 84, textbook series).
        (105.0, 11.0, "110.7", True),
        (105.0, 11.0, "110.5", False),
        (106.0, 10.0, "109.7", True),
        (106.0, 10.0, "109.5", False),
    ],
)
def test_distance_is_measured_on_the_ellipsoid(found, product, lon, lat, km, is_near):
    placed(product, lon, lat)

    assert bool(found(near="105,10", km=km)) is is_near


def test_box_of_the_index_loses_nothing(found, product_factory):
    for number, (lon, lat) in enumerate([(105.0, 10.0449), (105.0, 9.9551), (105.0454, 10.0), (104.9546, 10.0)]):
        placed(product_factory(name_vi=f"Xoài {number}"), lon, lat)  # each 4.97 km from the middle

    assert len(found(near="105,10", km="5")) == 4


@pytest.mark.parametrize("near", ["105.0,10.0", " 105 , 10 ", "10.0,105.0", "10.0 105.0"])
def test_place_may_be_written_as_map_sites_do(found, product, near):
    placed(product, 105.001, 10.001)

    assert found(near=near, km="1") == ["Xoài Cát Chu"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"near": "105,10"}, ("near", "km_missing")),
        ({"km": "5"}, ("km", "near_missing")),
        ({"near": "105", "km": "5"}, ("near", "invalid")),
        ({"near": "a,b", "km": "5"}, ("near", "invalid")),
        ({"near": "nan,10", "km": "5"}, ("near", "invalid")),
        ({"near": "190,95", "km": "5"}, ("near", "out_of_range")),
        ({"near": "105,10", "km": "0"}, ("km", "min_value")),
        ({"near": "105,10", "km": "501"}, ("km", "max_value")),
        ({"month": ["5", "13"]}, ("month", "invalid_choice")),
        ({"min_volume": "-1"}, ("min_volume", "min_value")),
        ({"min_volume": "١٢"}, ("min_volume", "invalid")),
        ({"certificate": "ocop6"}, ("certificate", "invalid_choice")),
        ({"sells_on": "shopee"}, ("sells_on", "invalid_choice")),
        ({"variety": "khong-co"}, ("variety", "invalid_choice")),
    ],
)
@pytest.mark.parametrize("layer", [PRODUCTS, OFFERS], ids=["products", "offers"])
def test_bad_value_is_named(anonymous, layer, params, expected):
    with pytest.raises(BadInput) as error:
        layer.filtered(anonymous, params)

    assert expected in {(finding.extra["parameter"], finding.code) for finding in error.value.findings}
