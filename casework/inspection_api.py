"""API of visits, under /api/v1/inspections/: what a phone sends once it has signal, exactly once by its client id.

Only the writes: what was recorded is read on the officers' pages. The position is in no answer.
"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from casework import services
from casework.corners import SYSTEMS, read_corners
from casework.inspection_forms import decode_signature
from casework.models import Inspection, InspectionPurpose, InspectionResult
from casework.services.inspections import Seen
from casework.views.inspections import subject_of
from core.api.serializers import PointField, StrictSerializer
from core.api.views import ApiView
from core.errors import BadInput, Finding, RuleViolated


class AnswerBody(StrictSerializer):
    """A line of the checklist: `answer` is true, false, a number, a text or null."""

    item = serializers.CharField(max_length=40)
    answer = serializers.JSONField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class SampleBody(StrictSerializer):
    """A sample that was taken."""

    number = serializers.CharField(max_length=120, required=False, allow_blank=True)
    what = serializers.CharField(max_length=120, required=False, allow_blank=True)
    for_test = serializers.CharField(max_length=120, required=False, allow_blank=True)


class VisitBody(StrictSerializer):
    """A visit. `client_id` is a UUID made on the phone; `request` (number) or `code`, not both.

    `corners_text`: one corner a line, latitude and longitude, or X and Y of the VN-2000 grid `corner_system`.
    `signature`: PNG as a data address.
    """

    client_id = serializers.UUIDField()
    request = serializers.IntegerField(required=False, min_value=1)
    code = serializers.CharField(required=False, max_length=60)
    purpose = serializers.ChoiceField(choices=InspectionPurpose.choices, required=False)
    visited_on = serializers.DateField()
    result = serializers.ChoiceField(choices=InspectionResult.choices)
    report = serializers.CharField(max_length=10_000)
    answers = AnswerBody(many=True, required=False)
    samples = SampleBody(many=True, required=False)
    position = PointField(required=False)
    accuracy_m = serializers.FloatField(required=False, min_value=0)
    corners_text = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    corner_system = serializers.ChoiceField(choices=[name for name, _label in SYSTEMS], required=False)
    signer_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    signature = serializers.CharField(required=False, allow_blank=True, max_length=600_000)
    recorded_at = serializers.DateTimeField(required=False)


class VisitAnswer(serializers.Serializer):
    """What the server says of a visit, the same each time it is sent."""

    id = serializers.IntegerField()
    client_id = serializers.UUIDField()
    result = serializers.CharField()
    url = serializers.CharField()


class PhotoBody(serializers.Serializer):
    """multipart/form-data with a photo (JPEG, PNG, WebP, at most 9 MB), its own client id and a caption."""

    client_id = serializers.UUIDField()
    caption = serializers.CharField(required=False, allow_blank=True, max_length=160)
    photo = serializers.FileField()


class PhotoAnswer(serializers.Serializer):
    """The photo as stored: `client_id` and its number."""

    id = serializers.IntegerField()
    client_id = serializers.UUIDField()


class InspectionListView(ApiView):
    """POST: record a visit. The same `client_id` again is the same visit and gets the same answer."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=VisitBody, responses={201: VisitAnswer}, operation_id="inspections_create")
    def post(self, request: Request) -> Response:
        body = VisitBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = dict(body.validated_data)
        about = {name: data.pop(name, None) for name in ("request", "code")}
        if (about["request"] is None) == (about["code"] is None):
            text = _("Cần đúng một trong hai: request hoặc code.")
            raise BadInput("invalid", findings=[Finding("one_subject", text, "/request")])
        seen = Seen(
            answers=data.pop("answers", []),
            samples=data.pop("samples", []),
            corners=read_corners(data.pop("corners_text", "")),
            corner_system=data.pop("corner_system", SYSTEMS[0][0]),
            signer_name=data.pop("signer_name", ""),
            signature=decode_signature(data.pop("signature", "")),
            recorded_at=data.pop("recorded_at", None),
        )
        subject = subject_of(request.user, about)
        inspection = services.record_inspection(subject, **data, seen=seen, by=request.user)
        answer = {
            "id": inspection.pk,
            "client_id": str(inspection.client_id),
            "result": inspection.result,
            "url": reverse("casework:inspection", args=[inspection.pk]),
        }
        return Response(answer, status=201)


class InspectionPhotoView(ApiView):
    """POST: a photo of one's own visit; also later than the visit, in any order, each once by its `client_id`."""

    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": PhotoBody}, responses={201: PhotoAnswer}, operation_id="inspections_photo"
    )
    def post(self, request: Request, client_id: Any) -> Response:
        inspection = get_object_or_404(Inspection.objects.visible_to(request.user), client_id=client_id)
        body = PhotoBody(data=request.data)
        if not body.is_valid():
            wrong = body.errors.items()
            raise RuleViolated(
                "invalid", findings=[Finding("invalid", " ".join(texts), f"/{name}") for name, texts in wrong]
            )
        photo = services.add_photo(
            inspection,
            image=body.validated_data["photo"].read(),
            client_id=body.validated_data["client_id"],
            caption=body.validated_data.get("caption", ""),
            by=request.user,
        )
        return Response({"id": photo.pk, "client_id": str(photo.client_id)}, status=201)


urlpatterns: list[URLPattern] = [
    path("inspections/", InspectionListView.as_view(), name="inspection-list"),
    path("inspections/<uuid:client_id>/photos/", InspectionPhotoView.as_view(), name="inspection-photos"),
]
