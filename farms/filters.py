"""Filters of plots: the same behind page, list, API, tile and export."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop, Variety
from farms.models import Plot, PlotStatus
from places.filters import UnitFilter

HA_IN_M2 = 10_000


class HectareFilter(django_filters.NumberFilter):
    """A column in m² against a number of hectares."""

    def filter(self, qs, value):  # type: ignore[no-untyped-def]
        return super().filter(qs, None if value is None else float(value) * HA_IN_M2)


class PlotFilters(StrictFilterSet):
    """`crop, variety, cooperative` (slugs), `commune` (unit code), `status`, `area_min, area_max` (ha), `q`, `bbox`."""

    q = TextSearchFilter(fields=("ref",), label=_("Tìm theo số thửa"))
    crop = django_filters.ModelChoiceFilter(
        queryset=Crop.objects.all(), to_field_name="slug", label=_("Cây trồng"), empty_label=_("Tất cả")
    )
    variety = django_filters.ModelChoiceFilter(
        queryset=Variety.objects.all(), to_field_name="slug", label=_("Giống"), empty_label=_("Tất cả")
    )
    status = django_filters.ChoiceFilter(choices=PlotStatus.choices, label=_("Trạng thái"), empty_label=_("Tất cả"))
    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    cooperative = django_filters.ModelChoiceFilter(
        queryset=Cooperative.objects.all(),
        to_field_name="slug",
        label=_("Hợp tác xã (tên trong địa chỉ)"),
        widget=forms.TextInput,  # a list of choices would name private households to everybody who may filter
    )
    area_min = HectareFilter(
        field_name="area_m2", lookup_expr="gte", min_value=0, max_value=1_000_000, label=_("Diện tích từ (ha)")
    )
    area_max = HectareFilter(
        field_name="area_m2", lookup_expr="lte", min_value=0, max_value=1_000_000, label=_("Diện tích đến (ha)")
    )
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = Plot
        fields: list[str] = []
