"""Filters of products and offers: the same behind map, list, API, tile and export."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes.models import Market, ProductionAreaCode
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop
from places.filters import UnitFilter
from products.models import Offer, Product, ProductKind
from products.querysets import ProductQuerySet

MONTHS = [(str(month), str(month)) for month in range(1, 13)]


class ProductFilters(StrictFilterSet):
    """`product` (crop), `kind`, `month` (1-12), `market` of a valid code, `commune`, `producer`, `q`, `bbox`."""

    product = django_filters.ModelChoiceFilter(
        field_name="crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    kind = django_filters.ChoiceFilter(choices=ProductKind.choices, label=_("Nhóm"), empty_label=_("Tất cả"))
    month = django_filters.ChoiceFilter(
        choices=MONTHS, method="filter_month", label=_("Tháng có hàng"), empty_label=_("Cả năm")
    )
    market = django_filters.ModelChoiceFilter(
        queryset=Market.objects.all(),
        to_field_name="code",
        method="filter_market",
        label=_("Có mã còn hiệu lực cho"),
        empty_label=_("Mọi thị trường"),
    )
    commune = UnitFilter(field_name="commune", label=_("Nơi sản xuất"))
    producer = django_filters.CharFilter(field_name="cooperative__slug", label=_("Đơn vị"))
    q = TextSearchFilter(folded=("search_key", "cooperative__search_key"), label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="location")

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_month(self, rows: ProductQuerySet, name: str, value: str) -> QuerySet[Any]:
        return rows.in_month(int(value), localdate())

    def filter_market(self, rows: QuerySet[Any], name: str, value: Market) -> QuerySet[Any]:
        codes = ProductionAreaCode.objects.good_for(value.code, localdate()).filter(area=OuterRef("area"))
        return rows.filter(Exists(codes))


class OfferFilters(StrictFilterSet):
    """`product` (crop), `kind`, `month`, `market`, `commune`, `q`, `bbox` of the offered product."""

    product = django_filters.ModelChoiceFilter(
        field_name="product__crop", queryset=Crop.objects.all(), to_field_name="slug"
    )
    kind = django_filters.ChoiceFilter(field_name="product__kind", choices=ProductKind.choices)
    month = django_filters.ChoiceFilter(choices=MONTHS, method="filter_month")
    market = django_filters.ModelChoiceFilter(
        queryset=Market.objects.all(), to_field_name="code", method="filter_market"
    )
    commune = UnitFilter(field_name="product__commune")
    q = TextSearchFilter(folded=("product__search_key", "product__cooperative__search_key"))
    bbox = BboxFilter(field_name="product__location")

    class Meta:
        model = Offer
        fields: list[str] = []

    def filter_month(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(months__contains=[int(value)])

    def filter_market(self, rows: QuerySet[Any], name: str, value: Market) -> QuerySet[Any]:
        codes = ProductionAreaCode.objects.good_for(value.code, localdate()).filter(area=OuterRef("product__area"))
        return rows.filter(Exists(codes))
