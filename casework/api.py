"""API of requests, under /api/v1/: read, draft, change, and the steps of both sides."""

import json
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from accounts.reauthentication import require_recent_sign_in
from casework import file_api, services
from casework.eligibility import examine, question_of
from casework.layers import REQUESTS, VIOLATIONS, WATCHED_CODES
from casework.marks import MARKABLE, marks_of
from casework.models import FINAL_STATUSES, CodeRequest, InspectionResult, RequestStatus
from casework.steps import NEEDS_FRESH_SESSION, TAKE
from casework.workflow import STEPS, available_transitions, word_of
from codes.models import CodeScheme, Market, ProductionArea
from core.api.negotiation import as_json
from core.api.preconditions import etag_of, matches
from core.api.schema import GEOJSON, LayerDetailSchema
from core.api.serializers import PointField, StrictSerializer
from core.api.views import LayerDetailView, LayerListView, LayerView
from core.errors import PreconditionMissing, Stale
from core.sql import feature_text
from office.idempotency import answer_once, step_once


class RequestBody(StrictSerializer):
    """What the cooperative says; status, numbers and dates are the system's."""

    area = serializers.PrimaryKeyRelatedField(queryset=ProductionArea.objects.none())
    scheme = serializers.SlugRelatedField(slug_field="slug", queryset=CodeScheme.objects.all())
    markets = serializers.SlugRelatedField(
        slug_field="code", queryset=Market.objects.all(), many=True, required=False, default=list
    )
    expected_output_t = serializers.FloatField(required=False, allow_null=True, min_value=0)
    contact_person = serializers.CharField(required=False, allow_blank=True, max_length=120)
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    has_declared = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            fields["area"].queryset = ProductionArea.objects.visible_to(request.user)  # type: ignore[attr-defined]
        if self.partial:
            fields.pop("area")
        return fields


class ReasonBody(StrictSerializer):
    """`{reason, reason_code}`: own words, or the canned text of a reason of the scheme."""

    reason = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    reason_code = serializers.SlugField(max_length=40, required=False, allow_blank=True)


class ReturnBody(ReasonBody):
    """`{reason, reason_code, fields, plots}`: with the fields and plots (ids) that are to be corrected."""

    # Given to the serializer in `get_fields`: an attribute called `fields` would hide the framework's own.
    def get_fields(self) -> dict[str, Any]:
        marked = serializers.ListField(child=serializers.ChoiceField(choices=list(MARKABLE.items())), required=False)
        plots = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=2_000)
        return super().get_fields() | {"fields": marked, "plots": plots}


class NoteBody(StrictSerializer):
    """`{note}`, may be left out."""

    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class ScheduleBody(NoteBody):
    """`{note, planned_on, inspector}`, each may be left out; `inspector` is a user's number."""

    planned_on = serializers.DateField(required=False)
    inspector = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), required=False)


class ApproveBody(StrictSerializer):
    """`{document_number}`, may be left out."""

    document_number = serializers.CharField(max_length=80, required=False, allow_blank=True)


class InspectionBody(StrictSerializer):
    """A visit: `{visited_on, result, report, position: GeoJSON Point, accuracy_m}`."""

    visited_on = serializers.DateField()
    result = serializers.ChoiceField(choices=InspectionResult.choices)
    report = serializers.CharField(max_length=10_000)
    position = PointField(required=False)
    accuracy_m = serializers.FloatField(required=False, min_value=0)


class NoBody(StrictSerializer):
    """Nothing to say."""


BODIES: dict[str, type[StrictSerializer]] = {
    "submit": NoBody,
    "take_up": NoBody,
    "schedule_inspection": ScheduleBody,
    "record_inspection": InspectionBody,
    "return": ReturnBody,
    "resubmit": NoteBody,
    "approve": ApproveBody,
    "reject": ReasonBody,
    "withdraw": NoteBody,
}
PATHS = {name: word_of(name) for name in TAKE}


class RequestFeature:
    """Mixin: one request as its reader sees it, with the steps open to that reader."""

    layer = REQUESTS

    def feature_answer(self, request: Request, key: Any, *, status: int = 200) -> HttpResponse:
        """Return the feature with `actions`, the same as the buttons of the pages, and `findings` while it is open."""
        text = feature_text(REQUESTS, REQUESTS.one(request.user, key))
        if text is None:
            raise Http404
        code_request = _visible(request, key)
        feature = json.loads(text)
        steps = available_transitions(code_request, request.user)
        feature["properties"]["actions"] = [PATHS[step.name] for step in steps]
        marks = marks_of(code_request) if code_request.status == RequestStatus.RETURNED else None
        if marks is not None:
            feature["properties"]["marks"] = {"fields": marks.fields, "plots": sorted(marks.plots)}
        if code_request.status not in FINAL_STATUSES:
            found = examine(question_of(code_request, on=timezone.localdate()))
            feature["properties"]["findings"] = [finding.as_dict() for finding in found]
        return self.answer(request, as_json(feature), status=status, etag=etag_of(text))  # type: ignore[attr-defined]


def _visible(request: Request, key: Any) -> CodeRequest:
    rows = CodeRequest.objects.visible_to(request.user).select_related(
        "area__crop", "area__variety", "cooperative", "commune", "scheme"
    )
    return get_object_or_404(rows, pk=key)


class RequestListView(RequestFeature, LayerListView):
    """GET: a page of requests. POST: a draft; answers 201 with the feature."""

    @extend_schema(request=RequestBody)
    def post(self, request: Request) -> HttpResponse:
        return answer_once(request, purpose="requests", body=request.data, work=lambda: self._create(request))

    @transaction.atomic
    def _create(self, request: Request) -> HttpResponse:
        body = RequestBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        made = services.draft_request(**body.validated_data, by=request.user)
        response = self.feature_answer(request, made.pk, status=201)
        response["Location"] = f"{request.path}{made.pk}/"
        return response


class RequestDetailView(RequestFeature, LayerDetailView):
    """GET: one request. PATCH: change a draft or a returned one; needs If-Match."""

    @extend_schema(request=RequestBody)
    def patch(self, request: Request, key: int) -> HttpResponse:
        code_request = _visible(request, key)
        body = RequestBody(data=request.data, context={"request": request}, partial=True)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            CodeRequest.objects.select_for_update(of=("self",)).get(pk=key)
            self._check_version(request, key)
            services.update_request(code_request, **body.validated_data, by=request.user)
        return self.feature_answer(request, key)

    def _check_version(self, request: Request, key: int) -> None:
        given = request.META.get("HTTP_IF_MATCH", "")
        if not given:
            raise PreconditionMissing
        if not matches(given, etag_of(feature_text(REQUESTS, REQUESTS.one(request.user, key)) or "")):
            raise Stale


class StepSchema(LayerDetailSchema):
    """Each step has its own body and name; the answer is the request."""

    def get_operation_id(self) -> str:
        return f"requests_{self.view.step}"  # type: ignore[attr-defined]

    def get_request_serializer(self) -> Any:
        return BODIES[self.view.step]  # type: ignore[attr-defined]

    def get_response_serializers(self) -> Any:
        return {(_status_of(self.view.step), GEOJSON): self.feature()}  # type: ignore[attr-defined]

    def get_summary(self) -> str | None:
        return str(STEPS[self.view.step])  # type: ignore[attr-defined]


def _status_of(step: str) -> int:
    return 201 if step == "record_inspection" else 200


class RequestStepView(RequestFeature, LayerView):
    """POST: take a step; answers with the request as it then is."""

    step = ""
    schema = StepSchema()

    def post(self, request: Request, key: int) -> HttpResponse:
        if self.step in NEEDS_FRESH_SESSION and request.auth is None:
            require_recent_sign_in(request._request)
        return step_once(
            request,
            purpose=f"requests/{key}/{self.step}",
            body=request.data,
            work=lambda: self._take(request, key),
            answer=lambda: self.feature_answer(request, key, status=_status_of(self.step)),
        )

    def _take(self, request: Request, key: int) -> None:
        code_request = _visible(request, key)
        body = BODIES[self.step](data=request.data or {}, context={})
        body.is_valid(raise_exception=True)
        TAKE[self.step](code_request, **body.validated_data, by=request.user)


class WatchedCodeListView(LayerListView):
    """GET: codes with their visits, for officers; others get an empty page."""

    layer = WATCHED_CODES


class ViolationListView(LayerListView):
    """GET: a page of verified cases of misuse that were published, each with its decision; no persons."""

    layer = VIOLATIONS


urlpatterns: list[URLPattern] = [
    *file_api.urlpatterns,
    path("violations/", ViolationListView.as_view(), name="violation-list"),
    path("watched-codes/", WatchedCodeListView.as_view(), name="watched-code-list"),
    path("requests/", RequestListView.as_view(), name="request-list"),
    path("requests/<int:key>/", RequestDetailView.as_view(), name="request-detail"),
    *(
        path(f"requests/<int:key>/{word}/", RequestStepView.as_view(step=name), name=f"request-{word}")
        for name, word in PATHS.items()
    ),
]
