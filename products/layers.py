"""The layers `products` and `offers`; nothing but what is named here leaves."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FloatField, Func, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes.models import ProductionAreaCode
from codes.places import without_consents
from cooperatives.expressions import public_holder_name
from core.layers import Layer
from products.filters import OfferFilters, ProductFilters
from products.models import Offer, Product


def _offers_today() -> QuerySet[Offer]:
    return Offer.objects.on(localdate()).filter(product=OuterRef("pk")).order_by()


def _months() -> ArraySubquery:
    """The sorted months (1-12) of all offers in force today of the outer product."""
    month = Func(F("months"), function="unnest", output_field=IntegerField())
    return ArraySubquery(_offers_today().annotate(month=month).order_by("month").values("month").distinct())


def _volume() -> Subquery:
    total = _offers_today().values("product").annotate(total=Sum("volume_t")).values("total")
    return Subquery(total, output_field=FloatField())


def _active_codes(path: str) -> ArraySubquery:
    codes = ProductionAreaCode.objects.active_on(localdate()).filter(area=OuterRef(path)).order_by("code")
    return ArraySubquery(codes.values("code"))


def _public_products(user: Any) -> QuerySet[Product]:
    # Evaluated per request: the day may change while the process runs.
    return Product.objects.public().annotate(
        layer_volume_t=_volume(),
        layer_codes=_active_codes("area"),
        layer_months=_months(),
    )


PRODUCTS = Layer(
    name="products",
    title=_("Nông sản"),
    rows=_public_products,
    filterset=ProductFilters,
    geometry="location",
    lasting=without_consents("location", area="area"),
    unit="commune",
    fields={
        "name": "name_vi",
        "kind": "kind",
        "crop": "crop__name_vi",
        "crop_code": "crop__short_code",
        "variety": "variety__name_vi",
        "holder": public_holder_name("cooperative"),
        "producer": "cooperative__slug",
        "commune": "commune__name_vi",
        "commune_code": "commune__code",
        "months": "layer_months",
        "volume_t": "layer_volume_t",
        "codes": "layer_codes",
        "updated_on": TruncDate("updated_at"),
    },
    tile_fields=("name", "kind", "crop", "crop_code", "holder", "producer", "commune", "volume_t"),
    is_public=True,
)


def _public_offers(user: Any) -> QuerySet[Offer]:
    return Offer.objects.on(localdate()).public().annotate(layer_codes=_active_codes("product__area"))


OFFERS = Layer(
    name="offers",
    title=_("Chào bán"),
    rows=_public_offers,
    filterset=OfferFilters,
    geometry="product__location",
    lasting=without_consents("product__location", area="product__area", commune="product__commune"),
    unit="product__commune",
    fields={
        "product": "product__name_vi",
        "kind": "product__kind",
        "crop": "product__crop__name_vi",
        "holder": public_holder_name("product__cooperative"),
        "producer": "product__cooperative__slug",
        "commune": "product__commune__name_vi",
        "commune_code": "product__commune__code",
        "months": "months",
        "volume_t": "volume_t",
        "quality": "quality",
        "codes": "layer_codes",
    },
    is_public=True,
)
