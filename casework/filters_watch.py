"""Filters of the report of overrides and of the list of alerts: the same behind page and CSV."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.models import AlertVerdict, CodeAlert, EligibilityOverride
from codes.models import CodeScheme
from core.filters import StrictFilterSet, TextSearchFilter
from places.filters import UnitFilter

STATES: dict[str, dict[str, Any]] = {
    "open": {"closed_at": None, "dismissed_by": None},
    "dismissed": {"closed_at": None, "dismissed_by__isnull": False},
    "closed": {"closed_at__isnull": False},
}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class OverrideFilters(StrictFilterSet):
    """`rule`, `scheme`, `commune`, `since` and `until` (days, both counted), `officer` (part of the name)."""

    rule = django_filters.CharFilter(label=_("Quy tắc (mã)"), max_length=40)
    scheme = django_filters.ModelChoiceFilter(
        field_name="code_request__scheme",
        queryset=CodeScheme.objects.all(),
        to_field_name="slug",
        label=_("Chế độ"),
        empty_label=_("Tất cả"),
    )
    commune = UnitFilter(field_name="code_request__commune", label=_("Mã phường, xã"))
    officer = TextSearchFilter(fields=("by__full_name", "by__username"), label=_("Cán bộ"))
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label=_("Từ ngày"), widget=_day())
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label=_("Đến hết ngày"), widget=_day())

    class Meta:
        model = EligibilityOverride
        fields: list[str] = []


class AlertFilters(StrictFilterSet):
    """`state` (open unless said otherwise, dismissed, closed), `verdict`, `rule`, `commune`, `q` (code or area)."""

    q = TextSearchFilter(fields=("code__code", "code__area_name"), label=_("Mã số hoặc vùng trồng"))
    state = django_filters.ChoiceFilter(
        choices=[("open", _("Đang mở")), ("dismissed", _("Đã bỏ qua")), ("closed", _("Đã hết"))],
        method="filter_state",
        label=_("Tình trạng"),
        empty_label=_("Tất cả"),
    )
    verdict = django_filters.ChoiceFilter(choices=AlertVerdict.choices, label=_("Mức độ"), empty_label=_("Tất cả"))
    rule = django_filters.CharFilter(label=_("Quy tắc (mã)"), max_length=40)
    commune = UnitFilter(field_name="code__commune", label=_("Mã phường, xã"))

    class Meta:
        model = CodeAlert
        fields: list[str] = []

    def filter_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(**STATES[value])
