"""Who sees which product, offer and enquiry."""

from datetime import date

import pytest

from cooperatives.models import Cooperative
from products.models import Enquiry, Offer, Product
from tests.factories.cooperatives import make_membership
from tests.factories.products import make_product

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("case", "fields", "is_public"),
    [
        ("verified", {}, True),
        ("pending", {"status": "pending"}, False),
        ("returned", {"status": "returned"}, False),
        ("household", {"kind": "household"}, False),
        ("firm", {"kind": "firm"}, True),
    ],
)
def test_public_products_are_those_of_verified_organisations(
    case, fields, is_public, cooperative_factory, outsider, mango
):
    cooperative = cooperative_factory(**fields | {"status": "verified"})
    make_membership(cooperative, outsider)
    product = make_product(cooperative, by=outsider, crop=mango)
    Cooperative.objects.filter(pk=cooperative.pk).update(**fields)  # registrations of before, brought in from elsewhere

    assert Product.objects.public().filter(pk=product.pk).exists() is is_public


def test_hidden_product_is_seen_only_by_its_own_people(product_factory, clerk, neighbour_clerk, anonymous):
    hidden = product_factory(is_published=False)

    seen = {name: hidden in Product.objects.visible_to(user) for name, user in [
        ("clerk", clerk), ("neighbour", neighbour_clerk), ("anonymous", anonymous)
    ]}  # fmt: skip

    assert seen == {"clerk": True, "neighbour": False, "anonymous": False}


def test_published_product_is_seen_by_all(product, neighbour_clerk, anonymous):
    assert product in Product.objects.visible_to(neighbour_clerk)
    assert product in Product.objects.visible_to(anonymous)


@pytest.mark.parametrize(
    ("case", "fields", "found"),
    [
        ("month of the offer", {"months": [5, 6]}, True),
        ("another month", {"months": [4]}, False),
        ("over yesterday", {"months": [5], "valid_to": date(2026, 11, 22)}, False),
        ("begins tomorrow", {"months": [5], "valid_from": date(2026, 11, 23)}, False),
        ("begins today", {"months": [5], "valid_from": date(2026, 11, 22)}, True),
    ],
)
def test_products_of_a_month(case, fields, found, product, offer_factory):
    offer_factory(**fields)

    assert Product.objects.in_month(5, TODAY).filter(pk=product.pk).exists() is found


def test_search_disregards_diacritics(product):
    assert list(Product.objects.search("XOAI cat")) == [product]
    assert list(Product.objects.search("xoài")) == [product]
    assert list(Product.objects.search("nhãn")) == []


def test_offers_of_hidden_products_are_not_public(product_factory, offer_factory):
    shown, hidden = offer_factory(), offer_factory(product=product_factory(is_published=False))

    public = Offer.objects.public()

    assert shown in public
    assert hidden not in public


@pytest.mark.parametrize(
    ("person", "sees"),
    [("clerk", True), ("viewer", True), ("neighbour_clerk", False), ("officer", False), ("anonymous", False)],
)
def test_who_sees_an_enquiry(request, person, sees, enquiry):
    user = request.getfixturevalue(person)

    assert Enquiry.objects.visible_to(user).filter(pk=enquiry.pk).exists() is sees
