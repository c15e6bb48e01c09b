"""What the database refuses, whoever writes."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from products.models import Enquiry, Offer, Product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("case", "fields", "constraint"),
    [
        ("crop product without a crop", {"crop": None}, "product_crop_iff_kind_crop"),
        ("fish with a crop", {"kind": "aquaculture"}, "product_crop_iff_kind_crop"),
    ],
)
def test_product_that_the_database_refuses(case, fields, constraint, product):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(**fields)


def test_product_name_stands_once_in_a_cooperative(product, product_factory):
    other = product_factory()

    with pytest.raises(IntegrityError, match="product_name_once_per_cooperative"), transaction.atomic():
        Product.objects.filter(pk=other.pk).update(name_vi=product.name_vi)


@pytest.mark.parametrize(
    ("case", "fields", "constraint"),
    [
        ("no month", {"months": []}, "offer_months_are_months"),
        ("month 13", {"months": [13]}, "offer_months_are_months"),
        ("month 0", {"months": [0, 1]}, "offer_months_are_months"),
        ("nothing to sell", {"volume_t": 0}, "offer_volume_positive"),
        ("ends before it begins", {"valid_to": date(2019, 1, 1)}, "offer_dates"),
    ],
)
def test_offer_that_the_database_refuses(case, fields, constraint, offer_factory):
    offer = offer_factory()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(**fields)


@pytest.mark.parametrize(
    ("case", "fields", "constraint"),
    [
        ("quantity 0", {"quantity_t": 0}, "enquiry_quantity_positive"),
        ("answered without a date", {"status": "answered"}, "enquiry_answered_has_date"),
    ],
)
def test_enquiry_that_the_database_refuses(case, fields, constraint, enquiry):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Enquiry.objects.filter(pk=enquiry.pk).update(**fields)


@pytest.mark.parametrize(("language", "name"), [("vi", "Xoài Cát Chu"), ("en", "Cat Chu mango")])
def test_product_has_its_name_in_the_readers_language(language, name, product):
    with override(language):
        assert str(product) == name


def test_product_without_an_english_name_keeps_its_own(product_factory):
    product = product_factory(name_vi="Mật ong sen", name_en="")

    with override("en"):
        assert product.name == "Mật ong sen"


def test_token_of_an_enquiry_cannot_be_guessed(enquiry_factory):
    tokens = {enquiry_factory().token for _number in range(5)}

    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 32  # 24 random bytes
