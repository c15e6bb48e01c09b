"""The layers `requests` (one's own, and those of one's office) and `watched-codes` (codes with their visits)."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, DateField, F, FloatField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import ExpressionWrapper
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.permissions import units_with
from casework.filters import RequestFilters, ViolationFilters, WatchedCodeFilters
from casework.models import CodeRequest, MisuseCase
from casework.monitoring import with_monitoring
from casework.permissions import can_watch_codes
from codes.layers import CODES
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


def _watched(user: Any) -> QuerySet[ProductionAreaCode]:
    """All codes as `CODES` shows them; the visits of those in the officer's own units."""
    codes = with_monitoring(CODES.rows(user), localdate())  # type: ignore[arg-type]
    own = Q(commune__in=units_with(user, "casework.examine_request"))
    watched = codes.annotate(
        layer_is_due=Case(When(own, then=F("is_monitoring_due")), default=Value(False), output_field=BooleanField()),
        layer_last_visit=Case(When(own, then=F("last_visit_on")), output_field=DateField()),
        layer_next_visit=Case(When(own, then=F("next_visit_on")), output_field=DateField()),
    )
    return watched if can_watch_codes(user) else watched.none()


WATCHED_CODES = Layer(
    name="watched-codes",
    title=_("Mã số vùng trồng và giám sát"),
    rows=_watched,
    filterset=WatchedCodeFilters,
    geometry=CODES.geometry,
    mercator=CODES.mercator,
    fields={
        **CODES.fields,
        "last_visit_on": "layer_last_visit",
        "next_visit_on": "layer_next_visit",
        "is_monitoring_due": "layer_is_due",
    },
    tile_fields=(*CODES.tile_fields, "last_visit_on", "next_visit_on", "is_monitoring_due"),
    key=CODES.key,
)


def _violations(user: Any) -> QuerySet[MisuseCase]:
    """Published cases; the same for everybody."""
    return MisuseCase.objects.public().filter(code__isnull=False)


VIOLATIONS = Layer(
    name="violations",
    title=_("Vi phạm sử dụng mã số đã công bố"),
    rows=_violations,
    filterset=ViolationFilters,
    fields={
        "code": "code__code",
        "crop": "code__crop_name",
        "commune": "code__commune_name",
        "decision_number": "decision_number",
        "decided_on": "decided_on",
        "public_text": "public_text",
    },
    is_public=True,
)
