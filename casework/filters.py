"""Filters of requests and of watched codes: the same behind desk, list, map and API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, RequestStatus
from casework.monitoring import WATCHED
from codes.filters import CodeFilters
from codes.models import CodeScheme, Market
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop
from places.filters import UnitFilter


class RequestFilters(StrictFilterSet):
    """`q` (area or cooperative), `product` (crop), `scheme`, `market`, `status`, `commune`, `bbox` of the area."""

    q = TextSearchFilter(folded=("area__search_key", "cooperative__search_key"), label=_("Vùng hoặc đơn vị"))
    commune = UnitFilter(field_name="commune", label=_("Mã phường, xã"))
    product = django_filters.ModelChoiceFilter(
        field_name="area__crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    scheme = django_filters.ModelChoiceFilter(
        queryset=CodeScheme.objects.all(), to_field_name="slug", label=_("Chế độ"), empty_label=_("Tất cả")
    )
    market = django_filters.ModelChoiceFilter(
        field_name="markets",
        queryset=Market.objects.all(),
        to_field_name="code",
        label=_("Thị trường"),
        empty_label=_("Tất cả"),
    )
    status = django_filters.ChoiceFilter(choices=RequestStatus.choices, label=_("Trạng thái"), empty_label=_("Tất cả"))
    bbox = BboxFilter(field_name="area__boundary")

    class Meta:
        model = CodeRequest
        fields: list[str] = []


class WatchedCodeFilters(CodeFilters):
    """Those of codes, and `monitoring`: `due`, or `later` (a visit is planned by the scheme, not due yet)."""

    monitoring = django_filters.ChoiceFilter(
        choices=[("due", _("Đến hạn")), ("later", _("Chưa đến hạn"))],
        method="filter_monitoring",
        label=_("Giám sát"),
        empty_label=_("Tất cả"),
    )

    def filter_monitoring(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "due":
            return rows.filter(layer_is_due=True)
        return rows.filter(layer_is_due=False, layer_next_visit__isnull=False, status__in=WATCHED)


class ViolationFilters(StrictFilterSet):
    """Of published violations: `q` (code), `product` (crop), `commune` of the code, today's or a former one."""

    q = TextSearchFilter(fields=("code__code",), label=_("Mã số"))
    product = django_filters.ModelChoiceFilter(
        field_name="code__crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    commune = UnitFilter(field_name="code__commune", label=_("Phường, xã (cả tên cũ)"), with_former=True)
