"""The layer `requests` of the API: one's own requests, and those of one's office."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FloatField, OuterRef, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.utils.translation import gettext_lazy as _

from casework.filters import RequestFilters
from casework.models import CodeRequest
from codes.models import Market, ProductionAreaCode
from core.layers import Layer


def _requests(user: Any) -> QuerySet[CodeRequest]:
    markets = Market.objects.filter(requests=OuterRef("pk")).order_by("code").values("code")
    codes = ProductionAreaCode.objects.filter(requests=OuterRef("pk")).order_by("code").values("code")
    return CodeRequest.objects.visible_to(user).annotate(
        layer_markets=ArraySubquery(markets), layer_codes=ArraySubquery(codes)
    )


REQUESTS = Layer(
    name="requests",
    title=_("Hồ sơ đề nghị cấp mã"),
    rows=_requests,
    filterset=RequestFilters,
    geometry="area__boundary",
    fields={
        "area": "area_id",
        "area_name": "area__name",
        "cooperative": "cooperative__slug",
        "scheme": "scheme__slug",
        "markets": "layer_markets",
        "status": "status",
        "crop": "area__crop__name_vi",
        "area_ha": ExpressionWrapper(F("area__area_m2") / 10_000.0, output_field=FloatField()),
        "commune": "commune__name_vi",
        "commune_code": "commune__code",
        "receipt": "receipt",
        "expected_output_t": "expected_output_t",
        "return_reason": "return_reason",
        "submitted_on": "submitted_on",
        "due_on": "due_on",
        "decided_at": "decided_at",
        "codes": "layer_codes",
    },
)
