"""Filters of land use: the same behind map, list, API, tile and export."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.filters import BboxFilter, DayFilter, StrictFilterSet, TextSearchFilter
from landuse.models import LandUseLayer, LandUseParcel, LayerKind


class ParcelFilters(StrictFilterSet):
    """`layer` (slug), `class` (code), `kind`, `q` (class name or parcel number), `bbox`."""

    layer = django_filters.CharFilter(field_name="layer__slug", max_length=60, label=_("Lớp bản đồ"))
    kind = django_filters.ChoiceFilter(
        field_name="layer__kind", choices=LayerKind.choices, label=_("Loại lớp"), empty_label=_("Tất cả")
    )
    q = TextSearchFilter(fields=("ref", "land_use_class__name_vi"), label=_("Tìm loại đất, số hiệu"))
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = LandUseParcel
        fields: list[str] = []


# `class` is a word of Python's own and can't be written as an attribute.
ParcelFilters.base_filters["class"] = django_filters.CharFilter(
    field_name="land_use_class__code", lookup_expr="iexact", max_length=10, label=_("Loại đất")
)


class LayerFilters(StrictFilterSet):
    """`kind`, `on` (a day the layer describes or binds)."""

    kind = django_filters.ChoiceFilter(choices=LayerKind.choices, label=_("Loại lớp"), empty_label=_("Tất cả"))
    on = DayFilter(method="filter_on", label=_("Ngày"))

    class Meta:
        model = LandUseLayer
        fields: list[str] = []

    def filter_on(self, rows: Any, name: str, value: Any) -> QuerySet[Any]:
        return rows.on(value)
