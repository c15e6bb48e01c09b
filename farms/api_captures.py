"""API of captures, under /api/v1/captures/: what a phone sends once it has signal, exactly once by its own ids.

Only writes: a stored plot is read as every other plot.
"""

from dataclasses import replace
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives.models import Cooperative, Grower
from core.api.geometry import clean_boundary
from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import DomainError, Finding, RuleViolated
from crops.models import Crop
from farms.models import Determination, Plot, PlotStatus
from farms.services.captures import CAPTURED, Walk, add_plot_photo, capture_plot

MIN_CORNERS = 3
MAX_TRACK_SENT = 20_000  # beyond what a body may hold; the service says how many are kept


class CaptureBody(StrictSerializer):
    """A plot captured in the field. `ring`: [[longitude, latitude], ...] in order; we close it.

    `accuracy_m` is the mean error of the `fixes` positions used; `track` the line as walked:
    [[longitude, latitude, error in m, seconds since the start], ...]. `grower` is a member number. A blank `ref` gets a
    number of ours.
    """

    capture_id = serializers.UUIDField()
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    crop = serializers.SlugRelatedField(slug_field="slug", queryset=Crop.objects.all())
    ring = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(), min_length=2, max_length=2), max_length=20_000
    )
    determination = serializers.ChoiceField(choices=[(one.value, one.label) for one in CAPTURED], required=False)
    accuracy_m = serializers.FloatField(min_value=0, max_value=100_000)
    fixes = serializers.IntegerField(min_value=0, max_value=10_000_000)
    started_at = serializers.DateTimeField(required=False, allow_null=True)
    finished_at = serializers.DateTimeField(required=False, allow_null=True)
    track = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4),
        required=False, max_length=MAX_TRACK_SENT,
    )  # fmt: skip
    device = serializers.CharField(required=False, allow_blank=True, max_length=120)
    ref = serializers.CharField(required=False, allow_blank=True, max_length=60)
    grower = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=20)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2_000)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.worked_for_by(request.user)  # type: ignore[attr-defined]
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        number = attrs.pop("grower", None)
        attrs["grower"] = self._grower(attrs["cooperative"], number) if number else None
        return attrs

    def _grower(self, holder: Cooperative, number: str) -> Grower:
        found = Grower.objects.current().filter(cooperative=holder, number=number).first()
        if found is None:
            detail = _("Hợp tác xã không có thành viên mang số này.")
            raise RuleViolated("unknown_grower", detail, findings=[Finding("unknown_grower", detail, "/grower")])
        return found


class CaptureAnswer(serializers.Serializer):
    """The plot as stored, the same each time it is sent; `notice` says what still has to happen, else blank."""

    id = serializers.IntegerField()
    capture_id = serializers.UUIDField()
    ref = serializers.CharField()
    status = serializers.ChoiceField(choices=PlotStatus.choices)
    area_ha = serializers.FloatField()
    notice = serializers.CharField()
    url = serializers.CharField()


class CapturePhotoBody(serializers.Serializer):
    """multipart/form-data with a photo (JPEG, PNG, WebP), its own client id, a caption, when it was taken."""

    client_id = serializers.UUIDField()
    caption = serializers.CharField(required=False, allow_blank=True, max_length=160)
    taken_at = serializers.DateTimeField(required=False)
    photo = serializers.FileField()


class CapturePhotoAnswer(serializers.Serializer):
    """The photo as stored: its number and `client_id`."""

    id = serializers.IntegerField()
    client_id = serializers.UUIDField()


class CaptureListView(ApiView):
    """POST: store a plot captured in the field. The same `capture_id` again is the same plot and gets the same answer.

    409 names the cooperative's own plot on that ground; on ground of another holder the plot is stored `in_conflict`.
    """

    permission_classes = [IsAuthenticated]

    @extend_schema(request=CaptureBody, responses={201: CaptureAnswer}, operation_id="captures_create")
    def post(self, request: Request) -> Response:
        refuse_parameters(request)
        body = CaptureBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = dict(body.validated_data)
        boundary = closed_boundary(data.pop("ring"))
        walk = Walk(
            accuracy_m=data.pop("accuracy_m"),
            fixes=data.pop("fixes"),
            determination=data.pop("determination", Determination.DRIVEN),
            started_at=data.pop("started_at", None),
            finished_at=data.pop("finished_at", None),
            track=data.pop("track", ()),
            device=data.pop("device", ""),
        )
        plot = capture_plot(data.pop("cooperative"), boundary=boundary, walk=walk, by=request.user, **data)
        return Response(_answer(plot), status=201)


class CapturePhotoView(ApiView):
    """POST: a photo of a plot that one captured oneself; after the plot, in any order, each once by its `client_id`."""

    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": CapturePhotoBody},
        responses={201: CapturePhotoAnswer},
        operation_id="captures_photo",
    )
    def post(self, request: Request, capture_id: Any) -> Response:
        own = Plot.objects.visible_to(request.user).filter(created_by=request.user)
        plot = get_object_or_404(own, capture_id=capture_id)
        body = CapturePhotoBody(data=request.data)
        if not body.is_valid():
            wrong = body.errors.items()
            raise RuleViolated(
                "invalid", findings=[Finding("invalid", " ".join(texts), f"/{name}") for name, texts in wrong]
            )
        fields = dict(body.validated_data)
        photo = add_plot_photo(plot, image=fields.pop("photo").read(), by=request.user, **fields)
        return Response({"id": photo.pk, "client_id": str(photo.client_id)}, status=201)


def closed_boundary(ring: list[list[Any]]) -> Any:
    """Return the MultiPolygon inside a ring of positions, open or closed; errors as `clean_boundary`, at /ring."""
    if len(ring) < MIN_CORNERS:
        detail = _("Cần ít nhất ba điểm góc.")
        raise RuleViolated("corners_too_few", detail, findings=[Finding("corners_too_few", detail, "/ring")])
    closed = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    try:
        return clean_boundary({"type": "Polygon", "coordinates": [closed]}, "/ring")
    except DomainError as error:
        # The client sent one ring, not a polygon: its positions are at /ring/0, the one that closes it is the first.
        error.findings = tuple(_in_ring(finding, len(ring)) for finding in error.findings)
        raise


def _in_ring(finding: Finding, count: int) -> Finding:
    head, _sep, place = finding.pointer.removeprefix("/ring/coordinates").removeprefix("/0").partition("/")
    if head or not place.isdigit():
        return replace(finding, pointer="/ring")
    return replace(finding, pointer=f"/ring/{int(place) % count}")


def _answer(plot: Plot) -> dict[str, Any]:
    notice = ""
    if plot.status == PlotStatus.IN_CONFLICT:
        notice = _("Thửa chồng lên đất của đơn vị khác: đã mở vụ chồng lấn, cán bộ sẽ giải quyết.")
    return {
        "id": plot.pk,
        "capture_id": str(plot.capture_id),
        "ref": plot.ref,
        "status": plot.status,
        "area_ha": round(plot.area_ha, 4),
        "notice": notice,
        "url": plot.get_absolute_url(),
    }


urlpatterns: list[URLPattern] = [
    path("captures/", CaptureListView.as_view(), name="capture-list"),
    path("captures/<uuid:capture_id>/photos/", CapturePhotoView.as_view(), name="capture-photos"),
]
