"""API of drawing plots: exact neighbours to snap to, a look at a shape before it is stored, split, merge, conversion.

An outline is personal data: of plots that the caller may not see, only the m² of shared ground is told, as saving
would tell it.
"""

import json
from typing import Any

from django.contrib.gis.geos import LineString
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from cooperatives.models import Cooperative
from core.api.geometry import clean_boundary, clean_point
from core.api.preconditions import locked_for_change
from core.api.serializers import BoundaryField, StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput, DomainError, Finding, RuleViolated
from core.filters import parse_bbox
from core.permissions import require
from core.problems import parameter_finding
from crops.models import Variety
from farms import services
from farms.layers import PLOTS
from farms.looking import MAX_NEIGHBOURS, look_at, neighbours_of
from farms.models import Plot
from farms.permissions import can_add_plot
from farms.services.overlaps import lock_plots
from farms.services.shapes import MAX_PARTS
from geofiles import crs as systems
from geofiles.errors import GeoFileError
from office.idempotency import answer_once

MAX_BOX_DEGREES = 0.5  # a screen at the zoom where plots are drawn; more would be a download
MAX_LINE_POINTS = 500
PRIVATE = {"Cache-Control": "private, no-store"}


LINE_SCHEMA = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "enum": ["LineString"]},
        "coordinates": {
            "type": "array",
            "minItems": 2,
            "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        },
    },
}


@extend_schema_field(LINE_SCHEMA)
class LineField(serializers.Field):
    """A GeoJSON LineString in EPSG:4326, inside the country box."""

    def to_internal_value(self, data: Any) -> LineString:
        positions = data.get("coordinates") if isinstance(data, dict) and data.get("type") == "LineString" else None
        if not isinstance(positions, list) or not 2 <= len(positions) <= MAX_LINE_POINTS:
            detail = _("Cần một LineString có từ 2 đến 500 điểm.")
            raise RuleViolated("bad_geometry", findings=[Finding("geometry_type", detail, "/line")])
        points = [
            clean_point({"type": "Point", "coordinates": position}, f"/line/coordinates/{number}")
            for number, position in enumerate(positions)
        ]
        return LineString([point.coords for point in points], srid=4326)

    def to_representation(self, value: LineString) -> dict[str, Any]:
        return dict(json.loads(value.geojson))


class CheckBody(StrictSerializer):
    """A shape as it is being drawn; `plot` is the plot that is redrawn, so that it does not meet itself."""

    geometry = serializers.JSONField()
    cooperative = serializers.SlugRelatedField(slug_field="slug", queryset=Cooperative.objects.none())
    plot = serializers.IntegerField(required=False, allow_null=True, min_value=1)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            fields["cooperative"].queryset = Cooperative.objects.worked_for_by(request.user)  # type: ignore[attr-defined]
        return fields


class SplitBody(StrictSerializer):
    """Either a line across the plot or the parts themselves; `refs` in the order of the parts (the largest first)."""

    line = LineField(required=False)
    parts = serializers.ListField(child=BoundaryField(), required=False, min_length=2, max_length=MAX_PARTS)
    refs = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=MAX_PARTS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("line" in attrs) == ("parts" in attrs):
            raise serializers.ValidationError(_("Hãy gửi line hoặc parts, đúng một trong hai."), code="line_or_parts")
        return attrs


class MergeBody(StrictSerializer):
    """The plots (ids) that become one, and what it is called; a variety they do not agree on may be given."""

    plots = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=2, max_length=MAX_PARTS)
    ref = serializers.CharField(max_length=60)
    variety = serializers.SlugRelatedField(
        slug_field="slug", queryset=Variety.objects.all(), required=False, allow_null=True
    )


class PointsBody(StrictSerializer):
    """Points `[x, y]` (degrees: longitude, latitude; metres: east, north) from one system to another."""

    source = serializers.CharField(max_length=20)  # type: ignore[assignment]
    target = serializers.CharField(max_length=20)
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=1,
        max_length=5_000,
    )


class DrawingView(ApiView):
    """Base: for signed-in users; who may see or change a plot is asked of it."""

    permission_classes = [IsAuthenticated]

    def body(self, kind: type[StrictSerializer], request: Request) -> dict[str, Any]:
        serializer = kind(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class NeighbourView(DrawingView):
    """GET: outlines one may see in `bbox` (at most half a degree wide), exact to the last digit, at most 2,000."""

    @extend_schema(
        operation_id="plots_neighbours",
        parameters=[
            OpenApiParameter("bbox", str, required=True, description="west,south,east,north"),
            OpenApiParameter("besides", int, description="id of the plot that is being redrawn"),
        ],
        responses=dict,
    )
    def get(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("bbox", "besides", "f"))
        box, besides = _box_of(request), request.query_params.get("besides", "")
        if besides and not (besides.isascii() and besides.isdigit() and len(besides) <= 18):
            raise BadInput(findings=[parameter_finding("besides", "invalid", _("Cần số nguyên."))])
        rows = neighbours_of(request.user, box, besides=int(besides) if besides else None)
        found = [
            (row.pk, row.ref, row.status, row.geojson)  # type: ignore[attr-defined]
            for row in rows.only("ref", "status")[: MAX_NEIGHBOURS + 1]
        ]
        features = [
            {"type": "Feature", "id": pk, "properties": {"ref": ref, "status": status}, "geometry": json.loads(shape)}
            for pk, ref, status, shape in found[:MAX_NEIGHBOURS]
        ]
        answer = {"type": "FeatureCollection", "features": features, "is_cut": len(found) > MAX_NEIGHBOURS}
        return JsonResponse(answer, headers=PRIVATE)


def _box_of(request: Request) -> tuple[float, float, float, float]:
    try:
        boxes = parse_bbox(request.query_params.get("bbox", ""))
    except ValidationError as error:
        raise BadInput(findings=[parameter_finding("bbox", "invalid", error.messages[0])]) from error
    west, south, east, north = boxes[0]
    if len(boxes) > 1 or east - west > MAX_BOX_DEGREES or north - south > MAX_BOX_DEGREES:
        detail = _("Khung quá rộng: tối đa %(most)s độ mỗi chiều.") % {"most": MAX_BOX_DEGREES}
        raise BadInput(findings=[parameter_finding("bbox", "bbox_too_wide", detail)])
    return west, south, east, north


class CheckView(DrawingView):
    """POST: what storing this shape would meet; stores nothing. A bad shape is an answer (`is_valid: false`) too."""

    @extend_schema(operation_id="plots_check", request=CheckBody, responses={200: dict})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        data = self.body(CheckBody, request)
        cooperative: Cooperative = data["cooperative"]
        require(can_add_plot(request.user, cooperative))
        try:
            boundary = clean_boundary(data["geometry"])
        except DomainError as error:
            findings = [finding.as_dict() for finding in error.findings]
            return JsonResponse({"is_valid": False, "findings": findings}, headers=PRIVATE)
        look = look_at(cooperative, boundary, besides=data.get("plot"))
        answer = {
            "is_valid": True,
            "findings": [],
            "area_m2": round(look.area_m2, 2),
            "perimeter_m": round(look.perimeter_m, 2),
            "commune": None
            if look.commune is None
            else {"code": look.commune.code, "name": look.commune.full_name},
            "own": [
                {"id": met.plot_id, "ref": met.ref, "shared_m2": round(met.shared_m2, 1)} for met in look.own
            ],
            "others_m2": round(look.others_m2),
        }  # fmt: skip
        return JsonResponse(answer, headers=PRIVATE)


class PointsView(DrawingView):
    """POST: convert points between WGS 84 and VN-2000 by the official parameters; stores nothing."""

    @extend_schema(operation_id="plots_points", request=PointsBody, responses={200: dict})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        data = self.body(PointsBody, request)
        xs, ys = zip(*data["points"], strict=True)
        try:
            lon, lat = systems.points_to_wgs84(xs, ys, data["source"])
            east, north = systems.points_from_wgs84(lon, lat, data["target"])
        except GeoFileError as error:
            detail = _("Không đổi được tọa độ: hãy xem lại hệ tọa độ và các số.")
            raise RuleViolated(
                "points_not_convertible", detail, findings=[Finding(error.code, detail, "/points")]
            ) from error
        points = [[float(x), float(y)] for x, y in zip(east, north, strict=True)]
        return JsonResponse({"points": points}, headers=PRIVATE)


class SplitView(DrawingView):
    """POST (If-Match: the ETag of the plot): split it by a line or into parts; 201 with the new plots' ids."""

    @extend_schema(operation_id="plots_split", request=SplitBody, responses={201: dict})
    def post(self, request: Request, pk: int) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return answer_once(
            request, purpose=f"farms.split/{pk}", body=request.data, work=lambda: self._split(request, pk)
        )

    def _split(self, request: Request, pk: int) -> HttpResponse:
        plot = _visible(request, pk)
        data = self.body(SplitBody, request)
        with transaction.atomic():
            lock_plots([plot.pk])  # ground before plots, as every writer
            with locked_for_change(request, PLOTS, plot.pk):
                refs = data.get("refs")
                if "line" in data:
                    made = services.split_by_line(plot, data["line"], by=request.user, refs=refs)
                else:
                    made = services.split_plot(plot, data["parts"], by=request.user, refs=refs)
        return _made(made)


class MergeView(DrawingView):
    """POST: make one plot of several; 201 with its id. The header Idempotency-Key makes a repeat harmless."""

    @extend_schema(operation_id="plots_merge", request=MergeBody, responses={201: dict})
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return answer_once(request, purpose="farms.merge", body=request.data, work=lambda: self._merge(request))

    def _merge(self, request: Request) -> HttpResponse:
        data = self.body(MergeBody, request)
        ids = set(data.pop("plots"))
        plots = list(Plot.objects.visible_to(request.user).filter(pk__in=ids).select_related("cooperative"))
        if len(plots) != len(ids):
            raise Http404
        ref = data.pop("ref")
        return _made([services.merge_plots(plots, by=request.user, ref=ref, **data)])


def _visible(request: Request, pk: int) -> Plot:
    return get_object_or_404(Plot.objects.visible_to(request.user).select_related("cooperative"), pk=pk)


def _made(plots: list[Plot]) -> HttpResponse:
    rows = [
        {"id": plot.pk, "ref": plot.ref, "status": plot.status, "area_m2": round(plot.area_m2, 2)} for plot in plots
    ]
    return JsonResponse({"plots": rows}, status=201, headers=PRIVATE)


urlpatterns: list[URLPattern] = [
    path("plots/neighbours/", NeighbourView.as_view(), name="plot-neighbours"),
    path("plots/check/", CheckView.as_view(), name="plot-check"),
    path("plots/points/", PointsView.as_view(), name="plot-points"),
    path("plots/merge/", MergeView.as_view(), name="plot-merge"),
    path("plots/<int:pk>/split/", SplitView.as_view(), name="plot-split"),
]
