"""Filters of cooperatives and of the directory of their members: the same behind page, list, API, tile and export."""

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, Grower, HolderKind
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from core.text import fold
from crops.models import Crop
from people.models import ConsentField
from people.querysets import named
from places.filters import UnitFilter

DIRECTORY_ORDERS: dict[str, tuple[Any, ...]] = {
    "name": ("person__search_key", "pk"),
    "hamlet": ("shown_hamlet", "person__search_key", "pk"),
    "cooperative": ("cooperative__name", "person__search_key", "pk"),
    "area": (F("shown_m2").desc(nulls_last=True), "person__search_key", "pk"),
}


class CooperativeFilters(StrictFilterSet):
    """`kind`, `commune` (unit code, with units below), `q` (name), `bbox`.

    For rows of the layer `cooperatives`: `q` and `bbox` look at what it shows, so that nobody finds a household's
    name or seat by asking often.
    """

    kind = django_filters.ChoiceFilter(choices=HolderKind.choices, label=_("Loại hình"), empty_label=_("Tất cả"))
    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    q = TextSearchFilter(folded=("shown_search_key",), label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="seat")

    class Meta:
        model = Cooperative
        fields: list[str] = []


class DirectoryPlaceFilters(StrictFilterSet):
    """`commune` (code or name, old names and merged units too) and `cooperative` (words of its name).

    These are asked of those who are only counted as well; a household's name is its person's, so none finds it.
    """

    commune = UnitFilter(field_name="cooperative__commune", with_former=True, label=_("Xã, tên mới hoặc cũ"))
    cooperative = django_filters.CharFilter(method="filter_cooperative", max_length=100, label=_("Hợp tác xã"))

    class Meta:
        model = Grower
        fields: list[str] = []

    def filter_cooperative(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        found = rows.filter(cooperative__search_key__contains=fold(value))
        return found.exclude(cooperative__kind=HolderKind.HOUSEHOLD)


class DirectoryFilters(DirectoryPlaceFilters):
    """As DirectoryPlaceFilters, and `hamlet`, `crop` (slug), `q` (name), `sort`: each finds only who opened that field.

    For rows of `cooperatives.directory.found`. There is no filter and no order by numbers of persons.
    """

    hamlet = TextSearchFilter(fields=("shown_hamlet",), max_length=80, label=_("Ấp, khóm"))
    crop = django_filters.ModelChoiceFilter(
        queryset=Crop.objects.all(),
        to_field_name="slug",
        method="filter_crop",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    q = django_filters.CharFilter(method="filter_q", max_length=100, label=_("Họ và tên"))
    sort = django_filters.ChoiceFilter(
        method="filter_sort",
        choices=[
            ("name", _("Họ và tên")),
            ("hamlet", _("Ấp, khóm")),
            ("cooperative", _("Hợp tác xã")),
            ("area", _("Diện tích lớn trước")),
        ],
        label=_("Xếp theo"),
        empty_label=None,
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By name unless another order is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if rows.query.order_by else rows.order_by(*DIRECTORY_ORDERS["name"])

    def filter_crop(self, rows: QuerySet[Any], name: str, value: Crop) -> QuerySet[Any]:
        # By relation name, in a query of its own: joined here it would multiply the sums of land.
        growing = Grower.objects.filter(Q(plots__crop=value) & ~Q(plots__status="archived"))
        return rows.filter(pk__in=growing.values("pk"), opened__contains=[ConsentField.LAND.value])

    def filter_q(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(named("person__search_key", value))

    def filter_sort(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.order_by(*DIRECTORY_ORDERS[value])
