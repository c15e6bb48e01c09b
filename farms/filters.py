"""Filters of plots: the same behind page, list, API, tile and export."""

import re
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Certificate, Cooperative
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop, Variety
from farms.models import Plot, PlotSeason, PlotStatus, SeasonName
from places.filters import UnitFilter

HA_IN_M2 = 10_000
MONTHS = [(str(month), str(month)) for month in range(1, 13)]
CURRENT = "current"
STATUSES = [*PlotStatus.choices, (CURRENT, _("Chưa lưu trữ"))]
YES, NO = "yes", "no"
CODED = [(YES, _("Trong vùng có mã còn hiệu lực")), (NO, _("Chưa có mã còn hiệu lực"))]
CERTIFIED = [(YES, _("Có chứng nhận còn hạn")), (NO, _("Không có chứng nhận còn hạn"))]
_SEASON = re.compile(rf"(\d{{4}})-({'|'.join(SeasonName.values)})", re.ASCII)


class HectareFilter(django_filters.NumberFilter):
    """A column in m² against a number of hectares."""

    def filter(self, qs, value):  # type: ignore[no-untyped-def]
        return super().filter(qs, None if value is None else float(value) * HA_IN_M2)


class _SeasonField(forms.CharField):
    def clean(self, value: Any) -> tuple[int, str] | None:
        text = super().clean(value)
        if not text:
            return None
        found = _SEASON.fullmatch(text)
        if found is None:
            detail = _("Hãy ghi năm và vụ, ví dụ 2026-winter_spring; các vụ: %(known)s.")
            raise ValidationError(detail % {"known": ", ".join(SeasonName.values)}, code="invalid")
        return int(found[1]), found[2]


class SeasonFilter(django_filters.Filter):
    """`season`: a year and the name of a season, "2026-winter_spring"."""

    field_class = _SeasonField


class PlotFilters(StrictFilterSet):
    """`crop, variety, cooperative` (slugs), `commune` (unit code), `status` (with `current`), `area_min, area_max`
    (ha), `q`, `bbox`; `coded` and `certified` (yes, no) today; `month` of harvest (1 to 12); `season`: plots with a
    recorded season, whose crop `crop` then means instead of today's."""

    q = TextSearchFilter(fields=("ref",), label=_("Tìm theo số thửa"))
    crop = django_filters.ModelChoiceFilter(
        queryset=Crop.objects.all(),
        to_field_name="slug",
        method="filter_crop",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    variety = django_filters.ModelChoiceFilter(
        queryset=Variety.objects.all(), to_field_name="slug", label=_("Giống"), empty_label=_("Tất cả")
    )
    status = django_filters.ChoiceFilter(
        choices=STATUSES, method="filter_status", label=_("Trạng thái"), empty_label=_("Tất cả")
    )
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
    coded = django_filters.ChoiceFilter(
        choices=CODED, method="filter_coded", label=_("Mã số vùng trồng"), empty_label=_("Tất cả")
    )
    certified = django_filters.ChoiceFilter(
        choices=CERTIFIED, method="filter_certified", label=_("Chứng nhận"), empty_label=_("Tất cả")
    )
    month = django_filters.ChoiceFilter(
        choices=MONTHS, method="filter_month", label=_("Tháng thu hoạch"), empty_label=_("Cả năm")
    )
    season = SeasonFilter(max_length=30, method="filter_season", label=_("Năm và vụ"))
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = Plot
        fields: list[str] = []

    def filter_crop(self, rows: QuerySet[Any], name: str, value: Crop) -> QuerySet[Any]:
        return rows if self.form.cleaned_data.get("season") else rows.filter(crop=value)

    def filter_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.exclude(status=PlotStatus.ARCHIVED) if value == CURRENT else rows.filter(status=value)

    def filter_coded(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # By name: areas and codes stand above this app in the graph, the relation leads up to them.
        in_time = Q(area_plots__area__codes__valid_until=None) | Q(
            area_plots__area__codes__valid_until__gte=localdate()
        )
        coded = Plot.objects.filter(in_time, area_plots__area__codes__status="active").order_by().values("pk")
        return rows.filter(pk__in=coded) if value == YES else rows.exclude(pk__in=coded)

    def filter_certified(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Plots whose cooperative holds a certificate in force, for all crops or for the plot's."""
        held = Exists(
            Certificate.objects.valid_on(localdate()).filter(
                Q(crop=None) | Q(crop=OuterRef("crop")), cooperative=OuterRef("cooperative")
            )
        )
        return rows.filter(held if value == YES else ~held)

    def filter_month(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(harvest_months__contains=[int(value)])

    def filter_season(self, rows: QuerySet[Any], name: str, value: tuple[int, str] | None) -> QuerySet[Any]:
        if value is None:
            return rows
        seasons = PlotSeason.objects.filter(year=value[0], season=value[1])
        crop = self.form.cleaned_data.get("crop")
        return rows.filter(pk__in=(seasons.filter(crop=crop) if crop else seasons).order_by().values("plot"))
