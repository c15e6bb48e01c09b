"""Filters of the desk: each kind of row understands those that make sense for it."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from casework.filters import RequestFilters
from casework.models import AlertVerdict, MisuseStatus
from core.filters import StrictFilterSet, TextSearchFilter
from crops.models import Crop
from places.filters import UnitFilter

COMMUNE_LIST = "desk-communes"  # id of the datalist that the page fills with the communes of the officer's units
AGES = (7, 30, 90)  # days
NOBODY = "none"


class CommuneFilter(UnitFilter):
    """A commune chosen from a list or typed, by its name today or a former one; finds what former communes issued."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phường, xã (cả tên cũ)"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"list": COMMUNE_LIST, "autocomplete": "off"}))
        super().__init__(*args, with_former=True, **kwargs)


class CropFilter(django_filters.ModelChoiceFilter):
    """A crop by its slug."""

    def __init__(self, field_name: str) -> None:
        super().__init__(
            field_name=field_name,
            queryset=Crop.objects.all(),
            to_field_name="slug",
            label=_("Cây trồng"),
            empty_label=_("Tất cả"),
        )


class AssigneeFilter(django_filters.ModelChoiceFilter):
    """The officer who has it, or nobody (`none`)."""

    def __init__(self, field_name: str = "assigned_to") -> None:
        super().__init__(
            field_name=field_name,
            queryset=User.objects.filter(posts__isnull=False).distinct(),
            label=_("Người thẩm định"),
            empty_label=_("Tất cả"),
            null_label=_("Chưa ai nhận"),
            null_value=NOBODY,
        )


def _ages() -> list[tuple[str, str]]:
    """Asked for each form, so that the words are in the reader's language."""
    return [(str(days), _("Từ %(n)s ngày trở lên") % {"n": days}) for days in AGES]


def _age_filter() -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(choices=_ages, method="filter_age", label=_("Đã nộp"), empty_label=_("Tất cả"))


class DeskFilters(RequestFilters):
    """Those of requests, and `assignee` and `age`: for the office alone, so not in the API."""

    commune = CommuneFilter(field_name="commune")
    assignee = AssigneeFilter()
    age = _age_filter()

    def filter_age(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Requests first handed in at least so many days ago."""
        return rows.filter(submitted_on__lte=localdate() - dt.timedelta(days=int(value)))


class _VisitCommuneFilter(CommuneFilter):
    """Visits for requests and to codes of the commune."""

    def filter(self, qs: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        if value is None:
            return qs
        units = self.units_of(value)
        return qs.filter(Q(code_request__commune__in=units) | Q(code__commune__in=units))


class VisitFilters(StrictFilterSet):
    """Of planned visits: `commune`, `product`."""

    commune = _VisitCommuneFilter(field_name="commune")
    product = django_filters.ModelChoiceFilter(
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
        method="filter_product",
    )

    def filter_product(self, rows: QuerySet[Any], name: str, value: Crop) -> QuerySet[Any]:
        """Visits for requests and to codes of the crop."""
        return rows.filter(Q(code_request__area__crop=value) | Q(code__crop=value))


class CodeDeskFilters(StrictFilterSet):
    """Of codes: `commune`, `product`."""

    commune = CommuneFilter(field_name="commune")
    product = CropFilter("crop")


class OverlapFilters(StrictFilterSet):
    """Of overlaps, by the later plot: `commune`, `product`."""

    commune = CommuneFilter(field_name="second__commune")
    product = CropFilter("second__crop")


class CaseFilters(StrictFilterSet):
    """Of misuse cases: `q` (the code as it was written), `commune`, `product`, `case_status`, `assignee`."""

    q = TextSearchFilter(fields=("code_text",), label=_("Mã số"))
    commune = CommuneFilter(field_name="commune")
    product = CropFilter("code__crop")
    case_status = django_filters.ChoiceFilter(
        field_name="status",
        choices=[choice for choice in MisuseStatus.choices if choice[0] != MisuseStatus.CLOSED],
        label=_("Trạng thái"),
        empty_label=_("Tất cả"),
    )
    assignee = AssigneeFilter()


class AlertFilters(StrictFilterSet):
    """Of alerts: `commune`, `product`, `verdict`."""

    commune = CommuneFilter(field_name="code__commune")
    product = CropFilter("code__crop")
    verdict = django_filters.ChoiceFilter(choices=AlertVerdict.choices, label=_("Mức độ"), empty_label=_("Tất cả"))
