"""Filters of products and offers: the same behind map, list, facets, season map, API, tile, export and saved search."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes.models import Market, ProductionAreaCode
from cooperatives.models import CertificateKind
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop, Variety
from places.filters import UnitFilter
from products.models import Offer, Product, ProductKind, ShopKind
from products.near import MAX_KM, read_place
from products.querysets import ProductQuerySet

MONTHS = [(str(month), str(month)) for month in range(1, 13)]
CERTIFICATES = [
    *CertificateKind.choices,
    ("ocop3", _("OCOP từ 3 sao")),
    ("ocop4", _("OCOP từ 4 sao")),
    ("ocop5", _("OCOP 5 sao")),
]


class _PlaceField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return read_place(text) if text else None


class PlaceFilter(django_filters.Filter):
    """`near`: a place as `longitude,latitude` in degrees."""

    field_class = _PlaceField


class _FilterForm(forms.Form):
    """What one parameter says of another."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "near" in cleaned and "km" in cleaned and (cleaned["near"] is None) != (cleaned["km"] is None):
            if cleaned["near"] is None:
                self.add_error("km", ValidationError(_("Hãy cho biết cả vị trí (near)."), code="near_missing"))
            else:
                self.add_error("near", ValidationError(_("Hãy cho biết cả bán kính (km)."), code="km_missing"))
        return cleaned


class ProductFilters(StrictFilterSet):
    """What buyers ask: all conditions hold together.

    `product` (crop), `variety`, `kind`, `q`; `month` (1-12, repeatable: any of them); `commune` (code or name, old
    names and merged units too); `near` and `km`; `market` of a code in force; `certificate` in force today of the
    product's cooperative for its crop; `min_volume` (tonnes a season; with `month`, of the offers of those months);
    `sells_on` (kind of shop); `producer`; `bbox`.
    """

    product = django_filters.ModelChoiceFilter(
        field_name="crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    variety = django_filters.ModelChoiceFilter(
        queryset=Variety.objects.all(), to_field_name="slug", label=_("Giống"), empty_label=_("Tất cả")
    )
    kind = django_filters.ChoiceFilter(choices=ProductKind.choices, label=_("Nhóm"), empty_label=_("Tất cả"))
    month = django_filters.MultipleChoiceFilter(choices=MONTHS, method="filter_month", label=_("Tháng có hàng"))
    market = django_filters.ModelChoiceFilter(
        queryset=Market.objects.all(),
        to_field_name="code",
        method="filter_market",
        label=_("Có mã còn hiệu lực cho"),
        empty_label=_("Mọi thị trường"),
    )
    certificate = django_filters.ChoiceFilter(
        choices=CERTIFICATES, method="filter_certificate", label=_("Chứng nhận còn hạn"), empty_label=_("Tất cả")
    )
    min_volume = django_filters.NumberFilter(
        method="filter_min_volume", min_value=0, max_value=10_000_000, label=_("Sản lượng từ (tấn)")
    )
    sells_on = django_filters.ChoiceFilter(
        choices=ShopKind.choices, method="filter_sells_on", label=_("Bán trên"), empty_label=_("Tất cả")
    )
    commune = UnitFilter(field_name="commune", label=_("Nơi sản xuất"))
    near = PlaceFilter(method="filter_near", max_length=60, label=_("Quanh vị trí"))
    km = django_filters.NumberFilter(
        method="filter_km", min_value=0.1, max_value=MAX_KM, label=_("Trong bán kính (km)")
    )
    producer = django_filters.CharFilter(field_name="cooperative__slug", label=_("Đơn vị"))
    q = TextSearchFilter(folded=("search_key", "cooperative__search_key"), label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="location")

    class Meta:
        model = Product
        fields: list[str] = []
        form = _FilterForm

    def filter_month(self, rows: ProductQuerySet, name: str, value: list[str]) -> QuerySet[Any]:
        volume = self.form.cleaned_data.get("min_volume")
        return rows.with_offer(localdate(), months=_numbers(value), min_volume_t=_tonnes(volume))

    def filter_min_volume(self, rows: ProductQuerySet, name: str, value: Any) -> QuerySet[Any]:
        if self.form.cleaned_data.get("month"):
            return rows  # `filter_month` asks for both at once: this much in those months
        return rows.with_offer(localdate(), min_volume_t=_tonnes(value))

    def filter_market(self, rows: QuerySet[Any], name: str, value: Market) -> QuerySet[Any]:
        codes = ProductionAreaCode.objects.good_for(value.code, localdate()).filter(area=OuterRef("area"))
        return rows.filter(Exists(codes))

    def filter_certificate(self, rows: ProductQuerySet, name: str, value: str) -> QuerySet[Any]:
        kind, stars = (CertificateKind.OCOP, int(value[-1])) if value[-1].isdigit() else (value, None)
        return rows.certified(kind, localdate(), min_stars=stars)

    def filter_sells_on(self, rows: ProductQuerySet, name: str, value: str) -> QuerySet[Any]:
        return rows.sold_on(value)

    def filter_near(self, rows: ProductQuerySet, name: str, value: Any) -> QuerySet[Any]:
        return rows.within_km(value, float(self.form.cleaned_data["km"]))

    def filter_km(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows  # `filter_near` reads it


class OfferFilters(ProductFilters):
    """The same parameters for offers: `month` and `min_volume` ask for the offer's own, all others for its product."""

    class Meta(ProductFilters.Meta):
        model = Offer  # type: ignore[assignment]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the products first, then the offers by what they say themselves."""
        asked = self.form.cleaned_data
        products = super().filter_queryset(Product.objects.order_by())
        rows = queryset.filter(product__in=products.values("pk"))
        if asked.get("month"):
            rows = rows.filter(months__overlap=_numbers(asked["month"]))
        if asked.get("min_volume") is not None:
            rows = rows.filter(volume_t__gte=float(asked["min_volume"]))
        return rows

    def filter_month(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return rows

    def filter_min_volume(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows


def _numbers(months: list[str]) -> list[int]:
    return sorted({int(month) for month in months})


def _tonnes(value: Any) -> float | None:
    return None if value is None else float(value)
