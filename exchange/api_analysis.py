"""API of the analysis: GET /api/v1/analysis/."""

from typing import Any

from django.urls import path
from django.utils.cache import patch_vary_headers
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView
from core.filters import as_query_dict
from exchange.analysis import MEASURES, AnalysisRequest, figures
from exchange.analysis.limits import with_time
from exchange.analysis.request import LEVELS
from exchange.analysis.tables import document
from exchange.areas import By
from exchange.views.analysis import caching


class FigureSerializer(serializers.Serializer):
    """A figure; of a share, `part` and `whole` in hectares. `unit_code` is null for the total and what belongs to no
    unit."""

    unit_code = serializers.CharField(allow_null=True)
    unit_name = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    rows = serializers.IntegerField(help_text="rows counted: plots, areas, codes, offers, products")
    value = serializers.FloatField(allow_null=True, help_text="in `unit` of the answer; null: a share of nothing")
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)


class AnalysisSerializer(serializers.Serializer):
    """Figures by administrative unit, largest first, with the total and what belongs to no unit."""

    measure = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField(help_text="ha, t, % or nothing: a number of things")
    level = serializers.CharField()
    on = serializers.DateField(help_text="the day whose boundaries are meant")
    by = serializers.CharField()
    as_of = serializers.DateField(allow_null=True, help_text="the day whose data are meant; null: now")
    layer = serializers.CharField(help_text="the layer whose rows are counted")
    filter = serializers.DictField(help_text="the parameters with which that layer has these rows")
    source = serializers.CharField()  # type: ignore[assignment]
    steward = serializers.CharField()
    licence = serializers.CharField()
    row_count = serializers.IntegerField()
    written_at = serializers.DateTimeField()
    note = serializers.CharField(required=False)
    rows = FigureSerializer(many=True)
    total = FigureSerializer()
    not_attributable = FigureSerializer(allow_null=True)


def _parameter(name: str, description: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, description=description, **more)


class AnalysisView(ApiView):
    """GET: a measure by administrative unit of today or of another day.

    Visitors measure areas, codes, offers and producers; plots need the right to take them out. Not in pages.
    """

    permission_classes = [AllowAny]

    @extend_schema(
        responses=AnalysisSerializer,
        parameters=[
            _parameter("measure", "what to measure", enum=[measure.name for measure in MEASURES]),
            _parameter("level", "default commune", enum=[str(level) for level in LEVELS]),
            _parameter("on", "the day whose boundaries are meant, default today", type=str),
            _parameter("by", "how rows come to units of another day, default place", enum=By.values),
            _parameter("unit", "only rows in these units (codes of that day)", many=True),
            _parameter("within", "only rows in this polygon: GeoJSON or WKT, WGS 84"),
            _parameter("crop", "slug of a crop"),
            _parameter("season", "year and season, 2026-winter_spring (plots)"),
            _parameter("month", "1 to 12, of harvest or offer"),
            _parameter("as_of", "the day whose plots are meant, default today (some measures of plots)", type=str),
        ],
    )
    def get(self, request: Request) -> Response:
        question = AnalysisRequest.read(request.user, as_query_dict(request.query_params), besides=("f",))
        with with_time(is_long=question.entry().is_personal):
            found = figures(question)
        response = Response(document(found))
        response["Cache-Control"] = caching(request, question)
        patch_vary_headers(response, ("Accept-Language", "Cookie", "Authorization"))
        return response


urlpatterns = [path("analysis/", AnalysisView.as_view())]
