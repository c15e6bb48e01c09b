"""API of overlap cases, under /api/v1/overlaps/: what is shared, what each correction would leave, the decision."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput
from core.problems import parameter_finding
from farms import services
from farms.corrections import Correction, Side, corrections_of
from farms.models import OverlapCase, OverlapDecision, OverlapStatus
from farms.permissions import can_decide_overlap, can_see_all_of, own_cooperatives
from office.idempotency import answer_once

MAX_CASES = 200


class DecisionBody(StrictSerializer):
    """An officer's decision; `reason` is read by both sides and names no person."""

    decision = serializers.ChoiceField(choices=[choice for choice in OverlapDecision.choices if choice[0]])
    reason = serializers.CharField(max_length=1_000)


class OverlapView(ApiView):
    """Base: cases of one's own plots, and those in the units where one may view plots."""

    permission_classes = [IsAuthenticated]

    def case(self, request: Request, pk: int) -> OverlapCase:
        rows = OverlapCase.objects.visible_to(request.user).distinct()
        return get_object_or_404(rows.select_related("first", "second__commune"), pk=pk)

    def answer(self, request: Request, case: OverlapCase) -> HttpResponse:
        """Return the case; outlines of the other holder's plot go only to who views plots there."""
        facts = _facts(case)
        facts["shared"] = json.loads(case.shared.geojson)
        if case.status == OverlapStatus.OPEN:
            seen = {case.first_id, case.second_id} if can_see_all_of(request.user, case) else _own(request, case)
            facts["corrections"] = [_correction(one, seen) for one in corrections_of(case)]
            facts["actions"] = ["decision"] if can_decide_overlap(request.user, case) else []
        return JsonResponse(facts, headers={"Cache-Control": "private, no-store"})


def _own(request: Request, case: OverlapCase) -> set[int]:
    own = own_cooperatives(request.user)
    return {plot.pk for plot in (case.first, case.second) if plot.cooperative_id in own}


def _facts(case: OverlapCase) -> dict[str, Any]:
    return {
        "id": case.pk,
        "status": case.status,
        "first": case.first_id,
        "second": case.second_id,
        "shared_m2": round(case.shared_m2, 1),
        "opened_at": case.opened_at,
        "decision": case.decision or None,
        "reason": case.reason,
        "decided_at": case.decided_at,
    }


def _correction(one: Correction, seen: set[int]) -> dict[str, Any]:
    return {
        "decision": one.decision,
        "is_possible": not one.problem,
        "problem": str(one.problem),
        "first": _side(one.first, seen),
        "second": _side(one.second, seen),
    }


def _side(side: Side, seen: set[int]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "plot": side.plot_id,
        "before_m2": round(side.before_m2, 1),
        "after_m2": round(side.after_m2, 1),
        "change_percent": round(side.change_percent, 2),
    }
    if side.plot_id in seen:
        facts["boundary"] = json.loads(side.boundary.geojson) if side.boundary is not None else None
    return facts


class OverlapListView(OverlapView):
    """GET: cases one may see, newest first; `status` is open (default) or decided."""

    @extend_schema(
        operation_id="overlaps_list",
        parameters=[OpenApiParameter("status", str, enum=OverlapStatus.values)],
        responses=dict,
    )
    def get(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("status", "f"))
        status = request.query_params.get("status", OverlapStatus.OPEN)
        if status not in OverlapStatus.values:
            detail = ", ".join(OverlapStatus.values)
            raise BadInput(findings=[parameter_finding("status", "invalid", detail)])
        rows = OverlapCase.objects.visible_to(request.user).filter(status=status).distinct()
        cases = rows.defer("shared").order_by("-opened_at", "-pk")[:MAX_CASES]
        return JsonResponse({"cases": [_facts(case) for case in cases]}, headers={"Cache-Control": "private, no-store"})


class OverlapDetailView(OverlapView):
    """GET: one case, with the three ready corrections while it is open."""

    @extend_schema(responses=dict)
    def get(self, request: Request, pk: int) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return self.answer(request, self.case(request, pk))


class OverlapDecisionView(OverlapView):
    """POST: decide a case; a correction cuts the plots in the same transaction. Idempotency-Key as elsewhere."""

    @extend_schema(request=DecisionBody, responses={200: dict})
    def post(self, request: Request, pk: int) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return answer_once(
            request, purpose=f"overlaps/{pk}/decision", body=request.data, work=lambda: self._decide(request, pk)
        )

    def _decide(self, request: Request, pk: int) -> HttpResponse:
        body = DecisionBody(data=request.data or {}, context={"request": request})
        body.is_valid(raise_exception=True)
        data = body.validated_data
        services.decide_overlap(self.case(request, pk), data["decision"], reason=data["reason"], by=request.user)
        return self.answer(request, self.case(request, pk))


urlpatterns: list[URLPattern] = [
    path("overlaps/", OverlapListView.as_view(), name="overlap-list"),
    path("overlaps/<int:pk>/", OverlapDetailView.as_view(), name="overlap-detail"),
    path("overlaps/<int:pk>/decision/", OverlapDecisionView.as_view(), name="overlap-decision"),
]
