"""API of products, offers and enquiries."""

import json

import pytest
from django.test import Client
from rest_framework import serializers
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from codes.models import MarketApproval
from core.api.serializers import PointField
from products import services
from products.layers import OFFERS, PRODUCTS
from products.models import Enquiry, Offer, Product
from tests.core.agreement import assert_same_feature
from tests.factories.products import make_product

pytestmark = pytest.mark.django_db
ASKED = {"message": "Cần 5 tấn", "buyer_name": "Vựa Bảy", "contact": "vua.bay@example.test", "consent": True}


class ProductSerializer(GeoFeatureModelSerializer):
    """The same feature by djangorestframework-gis and Python alone."""

    location = PointField()
    name = serializers.CharField(source="name_vi")
    crop = serializers.CharField(source="crop.name_vi")
    crop_code = serializers.CharField(source="crop.short_code")
    variety = serializers.CharField(source="variety.name_vi", default=None)
    holder = serializers.CharField(source="cooperative.name")
    producer = serializers.CharField(source="cooperative.slug")
    commune = serializers.CharField(source="commune.name_vi")
    commune_code = serializers.CharField(source="commune.code")
    months = serializers.SerializerMethodField()
    volume_t = serializers.SerializerMethodField()
    codes = serializers.SerializerMethodField()
    updated_on = serializers.DateTimeField(source="updated_at", format="%Y-%m-%d")

    class Meta:
        model = Product
        geo_field = "location"
        fields = (
            "id", "location", "name", "kind", "crop", "crop_code", "variety", "holder", "producer", "commune",
            "commune_code", "months", "volume_t", "codes", "updated_on",
        )  # fmt: skip

    def get_months(self, product):
        return sorted({month for offer in product.offers.all() for month in offer.months})

    def get_volume_t(self, product):
        return sum(offer.volume_t for offer in product.offers.all())

    def get_codes(self, product):
        return sorted(code.code for code in product.area.codes.all())


class OfferSerializer(GeoFeatureModelSerializer):
    location = GeometryField(source="product.location")
    product = serializers.CharField(source="product.name_vi")
    kind = serializers.CharField(source="product.kind")
    crop = serializers.CharField(source="product.crop.name_vi")
    holder = serializers.CharField(source="product.cooperative.name")
    producer = serializers.CharField(source="product.cooperative.slug")
    commune = serializers.CharField(source="product.commune.name_vi")
    commune_code = serializers.CharField(source="product.commune.code")
    codes = serializers.SerializerMethodField()

    class Meta:
        model = Offer
        geo_field = "location"
        fields = (
            "id", "location", "product", "kind", "crop", "holder", "producer", "commune", "commune_code", "months",
            "volume_t", "quality", "codes",
        )  # fmt: skip

    def get_codes(self, offer):
        return sorted(code.code for code in offer.product.area.codes.all())


@pytest.fixture
def coded(product_factory, area, cat_chu, code, offer_factory):
    """A product of an area with a code and two offers."""
    product = product_factory(area=area, variety=cat_chu, name_vi="Xoài có mã")
    offer_factory(product=product, months=[5, 3], volume_t=2.5)
    offer_factory(product=product, months=[3, 12], volume_t=4, quality="Loại 1")
    return product


@pytest.fixture
def clerk_client(clerk):
    client = Client(raise_request_exception=False)
    client.force_login(clerk)
    return client


def features(client, path, **params):
    answer = client.get(path, params)
    assert answer.status_code == 200, answer.content
    return answer.json()["features"]


def names(client, path="/api/v1/products/", **params):
    found = features(client, path, **params)
    return {feature["properties"].get("name") or feature["properties"]["product"] for feature in found}


def post(client, path, body, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def error_codes(answer):
    return {(error.get("pointer") or error.get("parameter"), error["code"]) for error in answer.json()["errors"]}


# --- Reading ------------------------------------------------------------------------------------------------------


def test_product_is_the_same_feature_by_both_ways(coded, anonymous):
    assert_same_feature(PRODUCTS, ProductSerializer, anonymous, coded.pk)


def test_offer_is_the_same_feature_by_both_ways(coded, anonymous):
    for offer in coded.offers.all():
        assert_same_feature(OFFERS, OfferSerializer, anonymous, offer.pk)


def test_public_fields_are_those_of_the_layer():
    assert set(PRODUCTS.fields) == {*Product.PUBLIC_FIELDS}
    assert set(OFFERS.fields) == {*Offer.PUBLIC_FIELDS}


def test_product_feature_holds_what_a_stranger_relies_on(client, coded):
    (feature,) = features(client, "/api/v1/products/", q="có mã")

    shown = feature["properties"]
    assert feature["id"] == coded.pk
    assert feature["geometry"]["type"] == "Point"
    assert (shown["months"], shown["volume_t"], shown["codes"]) == ([3, 5, 12], 6.5, ["VN-XXOR-0001"])
    assert (shown["crop"], shown["variety"], shown["holder"]) == ("Xoài", "Cát Chu", "Hợp tác xã Của Tôi")


def test_product_without_offer_and_area_has_empty_lists(client, product):
    (feature,) = features(client, "/api/v1/products/")

    assert feature["properties"]["months"] == []
    assert feature["properties"]["codes"] == []
    assert feature["properties"]["volume_t"] is None


@pytest.mark.parametrize("path", ["/api/v1/products/", "/api/v1/offers/"])
def test_hidden_products_are_in_no_list(path, client, product_factory, offer_factory):
    hidden = product_factory(is_published=False, name_vi="Hàng ẩn")
    offer = offer_factory(product=hidden)

    assert "Hàng ẩn" not in names(client, path)
    assert client.get(f"/api/v1/products/{hidden.pk}/").status_code == 404
    assert client.get(f"/api/v1/offers/{offer.pk}/").status_code == 404


@pytest.fixture
def three(cooperative, neighbour, neighbour_clerk, clerk, coded, offer_factory, longan, unit_factory, province):
    """Mango with a code approved by China, fish in another commune, longan of the neighbour."""
    fish = make_product(cooperative, by=clerk, kind="aquaculture", name_vi="Cá điêu hồng")
    elsewhere = unit_factory(parent=province, code="99007", unit_type="Xã", name_vi="Nơi Khác")
    Product.objects.filter(pk=fish.pk).update(commune=elsewhere, location="SRID=4326;POINT(106.1 10.2)")
    nhan = make_product(neighbour, by=neighbour_clerk, crop=longan, name_vi="Nhãn xuồng")
    offer_factory(product=fish, months=[7])
    offer_factory(product=nhan, by=neighbour_clerk, months=[8])
    return coded


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"Xoài có mã", "Cá điêu hồng", "Nhãn xuồng"}),
        ({"product": "xoai"}, {"Xoài có mã"}),
        ({"product": "nhan"}, {"Nhãn xuồng"}),
        ({"kind": "aquaculture"}, {"Cá điêu hồng"}),
        ({"month": "3"}, {"Xoài có mã"}),
        ({"month": "8"}, {"Nhãn xuồng"}),
        ({"month": "1"}, set()),
        ({"commune": "99007"}, {"Cá điêu hồng"}),
        ({"commune": "99001"}, {"Xoài có mã", "Nhãn xuồng"}),
        ({"commune": "99"}, {"Xoài có mã", "Cá điêu hồng", "Nhãn xuồng"}),
        ({"q": "ca DIEU"}, {"Cá điêu hồng"}),
        ({"q": "láng giềng"}, {"Nhãn xuồng"}),
        ({"q": "%"}, set()),
        ({"bbox": "106,10,107,11"}, {"Cá điêu hồng"}),
        ({"bbox": "100,8,101,9"}, set()),
        ({"product": "xoai", "month": "8"}, set()),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/products/", "/api/v1/offers/"])
def test_filters_choose_and_counts_agree_with_the_list(path, params, expected, client, three):
    answer = client.get(path, params | {"count": "true"}).json()

    found = {feature["properties"].get("name") or feature["properties"]["product"] for feature in answer["features"]}
    assert found == expected
    assert answer["numberMatched"] == answer["numberReturned"] == len(answer["features"])


@pytest.mark.parametrize("path", ["/api/v1/products/", "/api/v1/offers/"])
def test_market_filter_asks_for_an_approved_code(path, client, three, code, china):
    assert names(client, path, market="CHN") == set()  # issued, but China has not said yes

    MarketApproval.objects.filter(code=code, market=china).update(status="approved")

    assert names(client, path, market="CHN") == {"Xoài có mã"}
    assert client.get(path, {"market": "USA"}).status_code == 400  # no such market here


def test_producer_filter(client, three):
    assert names(client, producer="htx-lang-gieng") == {"Nhãn xuồng"}


@pytest.mark.parametrize("path", ["/api/v1/products/", "/api/v1/offers/"])
@pytest.mark.parametrize(
    "params",
    [
        {"month": "13"}, {"month": "x"}, {"kind": "gold"}, {"product": "khong-co"}, {"market": "XXX"},
        {"commune": "00000"}, {"bbox": "1,2,3"}, {"mont": "3"}, {"limit": "0"},
    ],
)  # fmt: skip
def test_bad_parameter_is_named(path, params, client, db):
    answer = client.get(path, params)

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert [error["parameter"] for error in answer.json()["errors"]] == list(params)


# --- Enquiries ------------------------------------------------------------------------------------------------------


def test_enquiry_by_api_gives_the_private_address_and_no_contact(client, product, settings):
    body = ASKED | {"cooperative": product.cooperative.slug, "product": product.slug, "wanted_months": [4]}

    answer = post(client, "/api/v1/enquiries/", body)

    assert answer.status_code == 201
    enquiry = Enquiry.objects.get()
    shown = answer.json()
    assert shown["token"] == enquiry.token
    assert shown["url"].endswith(f"/enquiries/{enquiry.token}/")
    assert shown["status"] == "unconfirmed"
    assert "vua.bay" not in answer.content.decode()
    assert client.get(f"/api/v1/enquiries/by-token/{enquiry.token}/").json()["id"] == enquiry.pk


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"status": "answered"}, "/status", "unknown_field"),
        ({"id": 7}, "/id", "unknown_field"),
        ({"token": "abc"}, "/token", "unknown_field"),
        ({"answered_at": "2026-01-01"}, "/answered_at", "unknown_field"),
        ({"consent": False}, "/consent", "consent_missing"),
        ({"contact": "xin chào"}, "/contact", "bad_contact"),
        ({"quantity_t": 0}, "/quantity_t", "min_value"),
        ({"wanted_months": [13]}, "/wanted_months/0", "max_value"),
        ({"market": "ZZZ"}, "/market", "does_not_exist"),
        ({"cooperative": "khong-co"}, "/cooperative", "does_not_exist"),
        ({"message": ""}, "/message", "blank"),
    ],
)
def test_enquiry_by_api_that_is_refused(fields, pointer, code, client, cooperative):
    answer = post(client, "/api/v1/enquiries/", ASKED | {"cooperative": cooperative.slug} | fields)

    assert answer.status_code == 422
    assert (pointer, code) in error_codes(answer)
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"buyer_name": "A\u202eB"}, {"message": "A\u200bB"}, {"buyer_name": "A\nBcc: b@c.d"}]
)
def test_enquiry_by_api_with_hidden_signs_is_refused(fields, client, cooperative):
    answer = post(client, "/api/v1/enquiries/", ASKED | {"cooperative": cooperative.slug} | fields)

    assert answer.status_code == 422
    assert not Enquiry.objects.exists()


def test_enquiry_to_a_household_is_refused_like_one_to_nobody(client, cooperative_factory):
    household = cooperative_factory(kind="household")

    answer = post(client, "/api/v1/enquiries/", ASKED | {"cooperative": household.slug})

    assert answer.status_code == 422
    assert error_codes(answer) == {("/cooperative", "does_not_exist")}


def test_product_of_another_cooperative_is_refused(client, product, neighbour):
    body = ASKED | {"cooperative": neighbour.slug, "product": product.slug}

    assert error_codes(post(client, "/api/v1/enquiries/", body)) == {("/product", "foreign_product")}


def test_budget_of_enquiries_holds_for_the_api_too(client, cooperative, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "enquiry": 1}
    body = ASKED | {"cooperative": cooperative.slug}

    first, second = (post(client, "/api/v1/enquiries/", body) for _number in range(2))

    assert (first.status_code, second.status_code) == (201, 429)
    assert second["Retry-After"]


def test_clerk_lists_and_answers(clerk_client, enquiry):
    listed = clerk_client.get("/api/v1/enquiries/").json()
    answered = post(clerk_client, f"/api/v1/enquiries/{enquiry.pk}/answer/", {"text": "Còn 3 tấn"})

    assert [shown["id"] for shown in listed] == [enquiry.pk]
    assert answered.status_code == 201
    assert [line["text"] for line in answered.json()["lines"]] == ["Tôi cần mua hàng.", "Còn 3 tấn"]
    assert answered.json()["status"] == "answered"
    assert "example.test" not in answered.content.decode()
    assert "token" not in answered.json()


def test_answer_to_a_closed_enquiry_is_a_conflict(clerk_client, enquiry):
    services.close_enquiry(enquiry)

    answer = post(clerk_client, f"/api/v1/enquiries/{enquiry.pk}/answer/", {"text": "Còn"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "wrong_state"


@pytest.mark.parametrize(
    ("person", "read", "answer"),
    [("viewer", 200, 403), ("neighbour_clerk", 404, 404), ("officer", 404, 404), ("anonymous", 401, 401)],
)
def test_who_may_read_and_answer(request, person, read, answer, enquiry):
    client, user = Client(raise_request_exception=False), request.getfixturevalue(person)
    if user.is_authenticated:
        client.force_login(user)

    assert client.get(f"/api/v1/enquiries/{enquiry.pk}/").status_code == read
    assert post(client, f"/api/v1/enquiries/{enquiry.pk}/answer/", {"text": "a"}).status_code == answer


def test_wrong_token_is_404(client, enquiry):
    assert client.get("/api/v1/enquiries/by-token/khong-co/").status_code == 404
