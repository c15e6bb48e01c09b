"""Filters of requests: the same behind desk, list and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, RequestStatus
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
