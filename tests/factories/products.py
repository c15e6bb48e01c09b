"""Factories of products, offers and enquiries, made through the services that the pages use."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from cooperatives.models import Cooperative
from crops.models import Crop
from products import services
from products.models import Enquiry, Offer, Product, ProductKind
from tests.shapes import middle_of, square

_NUMBERS = count(1)
ProductFactory = Callable[..., Product]
OfferFactory = Callable[..., Offer]
EnquiryFactory = Callable[..., Enquiry]
SEAT = middle_of(square(105.65, 10.44))


def make_product(cooperative: Cooperative, *, by: Any, **fields: Any) -> Product:
    """Publish a product at the cooperative's seat, or at its `area`; `is_published=False` hides it again."""
    if cooperative.location is None:
        cooperative.location = SEAT
        cooperative.save(update_fields=["location"])
    is_published = fields.pop("is_published", True)
    fields.setdefault("kind", ProductKind.CROP)
    fields.setdefault("name_vi", f"Sản phẩm thử {next(_NUMBERS)}")
    product = services.publish_product(cooperative, by=by, **fields)
    return product if is_published else services.set_published(product, is_published=False, by=by)


def make_offer(product: Product, *, by: Any, **fields: Any) -> Offer:
    """Offer 12 t from January to March, in force since 2020."""
    fields.setdefault("months", [1, 2, 3])
    fields.setdefault("volume_t", 12)
    fields.setdefault("valid_from", date(2020, 1, 1))
    return services.add_offer(product, by=by, **fields)


def make_enquiry(cooperative: Cooperative, **fields: Any) -> Enquiry:
    """Send an enquiry by mail address, proved already; `proved_at=None` leaves it unconfirmed."""
    fields.setdefault("proved_at", timezone.now())
    fields.setdefault("buyer_name", "Người Mua Thử")
    fields.setdefault("contact", "nguoi.mua@example.test")
    fields.setdefault("message", "Tôi cần mua hàng.")
    fields.setdefault("has_consented", True)
    return services.send_enquiry(cooperative, **fields)


@pytest.fixture
def product_factory(cooperative: Cooperative, mango: Crop, clerk: Any) -> ProductFactory:
    """Return `make_product` for `cooperative`, mango and the clerk unless others are given."""

    def make(**fields: Any) -> Product:
        if fields.get("kind", ProductKind.CROP) == ProductKind.CROP:
            fields.setdefault("crop", mango)
        return make_product(fields.pop("cooperative", cooperative), by=fields.pop("by", clerk), **fields)

    return make


@pytest.fixture
def product(product_factory: ProductFactory) -> Product:
    """Xoài Cát Chu of `cooperative`, published."""
    return product_factory(name_vi="Xoài Cát Chu", name_en="Cat Chu mango")


@pytest.fixture
def offer_factory(request: pytest.FixtureRequest, clerk: Any) -> OfferFactory:
    """Return `make_offer` for `product` (made only then) unless another is given."""

    def make(**fields: Any) -> Offer:
        product = fields.pop("product", None) or request.getfixturevalue("product")
        return make_offer(product, by=fields.pop("by", clerk), **fields)

    return make


@pytest.fixture
def enquiry_factory(cooperative: Cooperative) -> EnquiryFactory:
    """Return `make_enquiry` to `cooperative` unless another is given."""
    return lambda **fields: make_enquiry(fields.pop("cooperative", cooperative), **fields)


@pytest.fixture
def enquiry(enquiry_factory: EnquiryFactory) -> Enquiry:
    """An enquiry to `cooperative`, not read yet."""
    return enquiry_factory()
