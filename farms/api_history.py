"""API of what plots were: versions of one, a set on two days, seasons."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import StrictSerializer
from core.api.views import ApiView, refuse_parameters
from core.errors import BadInput
from core.problems import parameter_finding
from crops.models import Crop, Variety
from farms import history
from farms.forms_history import ChangesForm
from farms.models import Plot, PlotSeason
from farms.services import seasons
from farms.views.history import changes_scope

CHANGES_PARAMETERS = ("cooperative", "from", "to", "commune", "crop", "import", "f")


class PlotPart(ApiView):
    """What hangs on a plot that the caller may see."""

    permission_classes = [IsAuthenticated]

    def plot(self, request: Request, key: int) -> Plot:
        """Return the plot; Http404 for those who may not see it."""
        rows = Plot.objects.visible_to(request.user).select_related("cooperative", "crop").defer("boundary_3857")
        return get_object_or_404(rows, pk=key)


class VersionsView(PlotPart):
    """GET: versions, newest first. With `old` and `new` (ids of versions) also the ground between the two."""

    @extend_schema(
        parameters=[OpenApiParameter("old", int), OpenApiParameter("new", int)], responses={200: OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("old", "new", "f"))
        plot = self.plot(request, key)
        versions = history.versions_of(plot)
        answer: dict[str, Any] = {"plot": plot.pk, "versions": [_version(one) for one in versions]}
        pair = [request.query_params.get(name, "") for name in ("old", "new")]
        if any(pair):
            known = {str(one.id) for one in versions}
            findings = [
                parameter_finding(name, "unknown_version", _("Không có phiên bản này."))
                for name, value in zip(("old", "new"), pair, strict=True)
                if value not in known
            ]
            if findings:
                raise BadInput(findings=findings)
            ground = history.compare(plot, int(pair[0]), int(pair[1]))
            answer["difference"] = {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"ground": one.kind, "area_ha": round(one.area_ha, 4)},
                        "geometry": one.geometry,
                    }
                    for one in ground
                ],
            }
        return Response(answer)


def _version(version: history.Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "version": version.number,
        "at": version.at,
        "deed": str(version.deed),
        "by": version.by,
        "on_behalf_of": version.holder,
        "why": version.why,
        "status": version.status,
        "area_ha": round(version.area_ha, 4),
        "is_redrawn": bool(version.is_redrawn),
        "changes": [
            {"field": one.name, "label": str(one.label), "old": one.old, "new": one.new} for one in version.changes
        ],
    }


class ChangesView(ApiView):
    """GET: the plots of a cooperative at the end of day `from` and of day `to`: counts, hectares, and the ground that
    came and went as features (`ground` is `added`, `removed` or `kept`); the first 4,000 shapes, `is_cut` tells."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in CHANGES_PARAMETERS[:-1]],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        refuse_parameters(request, allowed=CHANGES_PARAMETERS)
        cooperative, communes = changes_scope(request._request)
        form = ChangesForm(request.query_params, cooperative=cooperative, communes=communes)
        if not form.is_valid():
            raise BadInput(
                findings=[
                    parameter_finding(name, "invalid", str(lines[0]))
                    for name, lines in form.errors.items()  # one line for each parameter
                ]
            )
        query = form.query()
        changes = history.set_changes(query)
        features = history.set_shapes(query)
        return Response(
            {
                "type": "FeatureCollection",
                "from": query.old,
                "to": query.new,
                "old_ha": round(changes.old_ha, 4),
                "new_ha": round(changes.new_ha, 4),
                "totals": [
                    {
                        "change": one.kind,
                        "count": one.count,
                        "old_ha": round(one.old_ha, 4),
                        "new_ha": round(one.new_ha, 4),
                    }
                    for one in changes.totals
                ],
                "successions": [
                    {"kind": str(one.label), "old": one.old, "new": one.new} for one in changes.successions
                ],
                "is_cut": len(features) >= history.MAX_SHAPES,
                "features": features,
            },
            content_type="application/geo+json",
        )


class SeasonSerializer(StrictSerializer):
    """A season of a plot; `crop` and `variety` are slugs."""

    id = serializers.IntegerField(read_only=True)
    year = serializers.IntegerField()
    season = serializers.CharField(max_length=14, default="year")
    crop = serializers.SlugRelatedField(slug_field="slug", queryset=Crop.objects.all())
    variety = serializers.SlugRelatedField(
        slug_field="slug", queryset=Variety.objects.all(), required=False, allow_null=True
    )
    harvested_t = serializers.FloatField(required=False, allow_null=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SeasonListView(PlotPart):
    """GET: what grew on the plot. POST: record a season; 409 `season_taken` where it is on record already."""

    @extend_schema(responses=SeasonSerializer(many=True))
    def get(self, request: Request, key: int) -> Response:
        refuse_parameters(request, allowed=("f",))
        rows = self.plot(request, key).seasons.select_related("crop", "variety")
        return Response(SeasonSerializer(rows, many=True).data)

    @extend_schema(request=SeasonSerializer, responses={201: SeasonSerializer})
    def post(self, request: Request, key: int) -> Response:
        refuse_parameters(request)
        serializer = SeasonSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made = seasons.record_season(self.plot(request, key), by=request.user, **serializer.validated_data)
        return Response(SeasonSerializer(made).data, status=201)


class SeasonDetailView(PlotPart):
    """PATCH: change a season. DELETE: take out one that was recorded by mistake."""

    def season(self, request: Request, key: int, pk: int) -> PlotSeason:
        return get_object_or_404(self.plot(request, key).seasons.select_related("crop", "variety"), pk=pk)

    @extend_schema(request=SeasonSerializer, responses={200: SeasonSerializer})
    def patch(self, request: Request, key: int, pk: int) -> Response:
        refuse_parameters(request)
        row = self.season(request, key, pk)
        serializer = SeasonSerializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Response(SeasonSerializer(seasons.change_season(row, by=request.user, **serializer.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: int, pk: int) -> Response:
        refuse_parameters(request)
        seasons.remove_season(self.season(request, key, pk), by=request.user)
        return Response(status=204)


urlpatterns: list[URLPattern] = [
    path("plots/changes/", ChangesView.as_view(), name="plot-changes"),
    path("plots/<int:key>/versions/", VersionsView.as_view(), name="plot-versions"),
    path("plots/<int:key>/seasons/", SeasonListView.as_view(), name="plot-seasons"),
    path("plots/<int:key>/seasons/<int:pk>/", SeasonDetailView.as_view(), name="plot-season"),
]
