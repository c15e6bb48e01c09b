"""Filters of land use: the same behind map, list, API, tile and export."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.filters import BboxFilter, DayFilter, StrictFilterSet, TextSearchFilter
from landuse.models import LandUseLayer, LandUseParcel, LayerKind
from landuse.schemes import meant_by
from places.filters import UnitFilter
from places.models import UnitPiece


class ClassFilter(django_filters.CharFilter):
    """Parcels of the classes that a code stands for, old or new (docs/domain.md §4.5)."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(land_use_class__in=meant_by(value)) if value else qs


class _SearchFilter(TextSearchFilter):
    """Words of the class, number, zone; a code alone, old or new, finds its classes."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        classes = meant_by(value) if value and len(value.strip()) <= 10 else set()
        found = super().filter(qs, value)
        return found | qs.filter(land_use_class__in=classes) if classes else found


class GroundFilter(UnitFilter):
    """Parcels on the ground of a unit: by its code, or a commune's name of today or before."""

    def filter(self, qs: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        if value is None:
            return qs
        pieces = UnitPiece.objects.filter(unit__in=self.units_of(value), piece__intersects=OuterRef("boundary"))
        return qs.filter(Exists(pieces))


class ParcelFilters(StrictFilterSet):
    """`layer` (slug), `class` (code, old or new), `kind`, `on` (a day: plans in force and the newest survey of each
    unit on it), `commune`, `q` (class, number, zone), `bbox`."""

    layer = django_filters.CharFilter(field_name="layer__slug", max_length=60, label=_("Lớp bản đồ"))
    kind = django_filters.ChoiceFilter(
        field_name="layer__kind", choices=LayerKind.choices, label=_("Loại lớp"), empty_label=_("Tất cả")
    )
    on = DayFilter(method="filter_on", label=_("Vào ngày"))
    commune = GroundFilter(field_name="boundary", label=_("Phường, xã"))
    q = _SearchFilter(
        fields=("ref", "name", "land_use_class__name_vi", "land_use_class__name_en"), label=_("Tìm loại đất, số hiệu")
    )
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = LandUseParcel
        fields: list[str] = []

    def filter_on(self, rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return rows.filter(layer__in=LandUseLayer.objects.binding_on(value).values("pk"))


# `class` is a word of Python's own and can't be written as an attribute.
ParcelFilters.base_filters["class"] = ClassFilter(max_length=10, label=_("Mã loại đất (cũ hoặc mới)"))


class ZoneFilters(ParcelFilters):
    """As ParcelFilters without `kind`; `on` is today unless it is given: plans in force on that day."""

    kind = None

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """A plan that has ended or not begun binds nobody: without `on` those of today."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("on") else self.filter_on(rows, "on", localdate())


class LayerFilters(StrictFilterSet):
    """`kind`, `on` (a day the layer describes or binds)."""

    kind = django_filters.ChoiceFilter(choices=LayerKind.choices, label=_("Loại lớp"), empty_label=_("Tất cả"))
    on = DayFilter(method="filter_on", label=_("Ngày"))

    class Meta:
        model = LandUseLayer
        fields: list[str] = []

    def filter_on(self, rows: Any, name: str, value: Any) -> QuerySet[Any]:
        return rows.on(value)
