"""Filters of areas and codes; parameter names are those of the products layer."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from codes.models import (
    ApprovalStatus,
    CodeScheme,
    CodeStatus,
    Market,
    MarketApproval,
    ProductionArea,
    ProductionAreaCode,
)
from cooperatives.models import Certificate
from core.filters import BboxFilter, StrictFilterSet, TextSearchFilter
from crops.models import Crop
from places.filters import UnitFilter

MONTHS = [(str(month), str(month)) for month in range(1, 13)]
EXPIRED = "expired"
YES, NO = "yes", "no"
CODED = [(YES, _("Có mã còn hiệu lực")), (NO, _("Không có mã còn hiệu lực"))]
CERTIFIED = [(YES, _("Có chứng nhận còn hạn")), (NO, _("Không có chứng nhận còn hạn"))]
SHOWN_STATUSES = [*CodeStatus.choices, (EXPIRED, _("Hết hạn"))]


class AreaFilters(StrictFilterSet):
    """`product` (crop), `month` (1-12) of an offer, `market` of a valid code, `coded` and `certified` (yes, no) today,
    `commune`, `q`, `bbox`."""

    product = django_filters.ModelChoiceFilter(
        field_name="crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    month = django_filters.ChoiceFilter(
        choices=MONTHS, method="filter_month", label=_("Tháng có hàng"), empty_label=_("Cả năm")
    )
    market = django_filters.ModelChoiceFilter(
        queryset=Market.objects.all(),
        to_field_name="code",
        method="filter_market",
        label=_("Có mã còn hiệu lực cho"),
        empty_label=_("Mọi thị trường"),
    )
    coded = django_filters.ChoiceFilter(
        choices=CODED, method="filter_coded", label=_("Mã số vùng trồng"), empty_label=_("Tất cả")
    )
    certified = django_filters.ChoiceFilter(
        choices=CERTIFIED, method="filter_certified", label=_("Chứng nhận"), empty_label=_("Tất cả")
    )
    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    q = TextSearchFilter(folded=("search_key",), label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="shape")

    class Meta:
        model = ProductionArea
        fields: list[str] = []

    def filter_month(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # By name: products stand above this app in the graph, the relation leads down from them.
        today = localdate()
        offered = rows.filter(
            Q(products__offers__valid_to=None) | Q(products__offers__valid_to__gt=today),
            products__is_published=True,
            products__cooperative__status="verified",
            products__offers__months__contains=[int(value)],
            products__offers__valid_from__lte=today,
        )
        return rows.filter(pk__in=offered.exclude(cooperative__kind="household").order_by().values("pk"))

    def filter_coded(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        held = Exists(ProductionAreaCode.objects.active_on(localdate()).filter(area=OuterRef("pk")))
        return rows.filter(held if value == YES else ~held)

    def filter_certified(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Areas whose holder has a certificate in force, for all crops or for the area's."""
        held = Exists(
            Certificate.objects.valid_on(localdate()).filter(
                Q(crop=None) | Q(crop=OuterRef("crop")), cooperative=OuterRef("cooperative")
            )
        )
        return rows.filter(held if value == YES else ~held)

    def filter_market(self, rows: QuerySet[Any], name: str, value: Market) -> QuerySet[Any]:
        good = ProductionArea.objects.with_active_code(value.code, localdate())
        return rows.filter(pk__in=good.values("pk"))


class CodeFilters(StrictFilterSet):
    """`product` (crop), `market`, `approval` (what that market, or any, says), `commune`, `status` (with `expired`),
    `scheme`, `q` (code or area), `bbox`."""

    q = TextSearchFilter(fields=("code", "area_name"), label=_("Mã hoặc tên vùng"))
    product = django_filters.ModelChoiceFilter(
        field_name="crop",
        queryset=Crop.objects.all(),
        to_field_name="slug",
        label=_("Cây trồng"),
        empty_label=_("Tất cả"),
    )
    market = django_filters.ModelChoiceFilter(
        queryset=Market.objects.all(),
        to_field_name="code",
        method="filter_market",
        label=_("Thị trường"),
        empty_label=_("Tất cả"),
    )
    approval = django_filters.ChoiceFilter(
        choices=ApprovalStatus.choices,
        method="filter_approval",
        label=_("Thị trường nói gì"),
        empty_label=_("Tất cả"),
    )
    status = django_filters.ChoiceFilter(
        choices=SHOWN_STATUSES, field_name="shown_status", label=_("Trạng thái"), empty_label=_("Tất cả")
    )
    scheme = django_filters.ModelChoiceFilter(
        queryset=CodeScheme.objects.all(), to_field_name="slug", label=_("Chế độ"), empty_label=_("Tất cả")
    )
    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    bbox = BboxFilter(field_name="shape")

    class Meta:
        model = ProductionAreaCode
        fields: list[str] = []

    def filter_market(self, rows: QuerySet[Any], name: str, value: Market) -> QuerySet[Any]:
        """Codes that name the market, whatever it says of them."""
        return rows.filter(Exists(MarketApproval.objects.filter(code=OuterRef("pk"), market=value)))

    def filter_approval(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Codes of which the chosen market says this; without a market: any of them."""
        said = MarketApproval.objects.filter(code=OuterRef("pk"), status=value)
        market = self.form.cleaned_data.get("market")
        return rows.filter(Exists(said.filter(market=market) if market else said))
