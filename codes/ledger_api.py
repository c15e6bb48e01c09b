"""API of the volume ledger, under /api/v1/: declare a lot, answer "was this you?", cancel, read a code's ledger."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from codes import numbering, services
from codes.ledger import ledger_of
from codes.models import Lot, Market, PackingHouseCode, ProductionAreaCode
from codes.services import LotFacts
from cooperatives.models import Cooperative
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput, Finding, RuleViolated
from office.idempotency import answer_once

FIRST_YEAR = 2000


class LotBody(StrictSerializer):
    """A lot: `declared_for` is the slug of the firm that declares, `code` however it is spelled."""

    code = serializers.CharField(max_length=60)
    declared_for = serializers.SlugField(max_length=80)
    lot_number = serializers.CharField(max_length=60)
    shipped_on = serializers.DateField()
    weight_kg = serializers.DecimalField(max_digits=11, decimal_places=1)
    market = serializers.SlugRelatedField(
        slug_field="code", queryset=Market.objects.all(), required=False, allow_null=True, default=None
    )
    packing_code = serializers.CharField(max_length=60, required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class LotAnswerBody(StrictSerializer):
    """`{is_ours}`: whether the lot is the holder's."""

    is_ours = serializers.BooleanField()


class CancelBody(StrictSerializer):
    """`{reason}`"""

    reason = serializers.CharField(max_length=1000)


class LotSerializer(serializers.ModelSerializer):
    """A lot as its declarer, the holder of the code and officers see it."""

    code = serializers.CharField(source="code.code")
    declared_for = serializers.CharField(source="declared_for.slug")
    packing_code = serializers.CharField(source="packing_code.code", default=None)

    class Meta:
        model = Lot
        fields = (
            "id", "code", "declared_for", "packing_code", "lot_number", "shipped_on", "weight_kg", "market", "note",
            "declared_at", "answer", "answered_at", "cancelled_at", "cancel_reason",
        )  # fmt: skip
        read_only_fields = fields


class LedgerSerializer(serializers.Serializer):
    """The ledger of a code in a calendar year, in tonnes; null where no yield norm is known."""

    code = serializers.CharField()
    year = serializers.IntegerField()
    expected_t = serializers.FloatField(allow_null=True)
    declared_t = serializers.FloatField()
    remaining_t = serializers.FloatField(allow_null=True)
    is_overdrawn = serializers.BooleanField()


def _shown(lot: Lot, *, status: int = 200) -> Response:
    rows = Lot.objects.select_related("code", "declared_for", "packing_code")
    data = LotSerializer(rows.get(pk=lot.pk)).data
    return Response(data, status=status, headers={"Cache-Control": "private, no-store"})


class _LotView(ApiView):
    permission_classes = [IsAuthenticated]

    def once(self, request: Request, purpose: str, work: Any) -> Any:
        """Answer by `work()`, once for each Idempotency-Key."""

        def rendered() -> Response:
            response = self.finalize_response(request, work())
            return response.render()

        return answer_once(request, purpose=purpose, body=request.data, work=rendered)

    def lot(self, request: Request, pk: int) -> Lot:
        return get_object_or_404(Lot.objects.visible_to(request.user), pk=pk)


class LotListView(_LotView):
    """POST: declare a lot; answers 201."""

    @extend_schema(request=LotBody, responses={201: LotSerializer})
    def post(self, request: Request) -> Any:
        return self.once(request, "lots", lambda: self._declare(request))

    def _declare(self, request: Request) -> Response:
        body = LotBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        code = numbering.find_code(values.pop("code"))
        declarer = Cooperative.objects.worked_for_by(request.user).filter(slug=values.pop("declared_for")).first()
        typed = values.pop("packing_code")
        packing_code = PackingHouseCode.objects.spelled(typed) if typed else None
        findings = [
            Finding("not_found", text, f"/{name}")
            for name, text, is_missing in (
                ("code", _("Không có mã số này."), code is None),
                ("declared_for", _("Bạn không làm cho đơn vị này."), declarer is None),
                ("packing_code", _("Không có mã số cơ sở đóng gói này."), bool(typed) and packing_code is None),
            )
            if is_missing
        ]
        if findings or code is None or declarer is None:
            raise RuleViolated("invalid", findings=findings)
        facts = LotFacts(**values, packing_code=packing_code)
        return _shown(services.declare_lot(code, facts, declarer=declarer, by=request.user), status=201)


class LotAnswerView(_LotView):
    """POST: answer "was this you?" for the holder of the code."""

    @extend_schema(request=LotAnswerBody, responses=LotSerializer)
    def post(self, request: Request, pk: int) -> Any:
        return self.once(request, f"lots/{pk}/answer", lambda: self._answer(request, pk))

    def _answer(self, request: Request, pk: int) -> Response:
        lot = self.lot(request, pk)
        body = LotAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        return _shown(services.answer_lot(lot, is_ours=body.validated_data["is_ours"], by=request.user))


class LotCancelView(_LotView):
    """POST: take a declaration back."""

    @extend_schema(request=CancelBody, responses=LotSerializer)
    def post(self, request: Request, pk: int) -> Any:
        return self.once(request, f"lots/{pk}/cancel", lambda: self._cancel(request, pk))

    def _cancel(self, request: Request, pk: int) -> Response:
        lot = self.lot(request, pk)
        body = CancelBody(data=request.data)
        body.is_valid(raise_exception=True)
        return _shown(services.cancel_lot(lot, body.validated_data["reason"], by=request.user))


class LedgerView(_LotView):
    """GET: the ledger of a code, for its holder and for officers of its place; `year` defaults to this year."""

    @extend_schema(parameters=[OpenApiParameter("year", int)], responses=LedgerSerializer)
    def get(self, request: Request, key: str) -> Response:
        refuse_parameters(request, allowed=("f", "year"))
        found = numbering.find_code(key)
        visible = ProductionAreaCode.objects.visible_to(request.user)
        if found is None or not visible.filter(pk=found.pk).exists():
            raise Http404
        text = request.query_params.get("year", f"{localdate().year}")
        if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= localdate().year):
            raise BadInput("bad_year", findings=[Finding("bad_year", _("Năm không hợp lệ."), "year")])
        ledger = ledger_of(found, int(text))
        shown = {
            "code": found.code,
            "year": ledger.year,
            "expected_t": ledger.expected_t,
            "declared_t": ledger.declared_t,
            "remaining_t": ledger.remaining_t,
            "is_overdrawn": ledger.is_overdrawn,
        }
        return Response(shown, headers={"Cache-Control": "private, no-store"})


urlpatterns: list[URLPattern] = [
    path("lots/", LotListView.as_view(), name="lot-list"),
    path("lots/<int:pk>/answer/", LotAnswerView.as_view(), name="lot-answer"),
    path("lots/<int:pk>/cancel/", LotCancelView.as_view(), name="lot-cancel"),
    path("codes/<str:key>/ledger/", LedgerView.as_view(), name="code-ledger"),
]
