"""API of the season map: /api/v1/seasons/."""

from typing import Any

from django.http import QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import PUBLIC_SECONDS, ApiView
from core.errors import BadInput
from core.filters import without_blanks
from core.problems import parameter_finding
from products import seasons


class SeasonRowSerializer(serializers.Serializer):
    """A product in a commune; `tonnes` and `producers` stand in the order of `months`."""

    commune_code = serializers.CharField()
    commune = serializers.CharField()
    kind = serializers.CharField()
    product = serializers.CharField(allow_null=True, help_text="slug of the crop; null where `kind` says it")
    name = serializers.CharField()
    tonnes = serializers.ListField(child=serializers.FloatField())
    producers = serializers.ListField(child=serializers.IntegerField())


class SeasonsSerializer(serializers.Serializer):
    """Tonnes by commune, product and month, of the offers in force on `on`."""

    on = serializers.DateField()
    months = serializers.ListField(child=serializers.IntegerField())
    tonnes = serializers.ListField(child=serializers.FloatField(), help_text="all rows together")
    producers = serializers.ListField(child=serializers.IntegerField(), help_text="each producer once a month")
    rows = SeasonRowSerializer(many=True)


class SeasonListView(ApiView):
    """GET: what can be bought in which month, by the filters of offers.

    `month` (repeatable) chooses which months are told; all twelve where none is given. Not in pages: a province has
    some thousand rows.
    """

    permission_classes = [AllowAny]

    @extend_schema(
        responses=SeasonsSerializer,
        parameters=[OpenApiParameter("month", int, many=True, description="1 to 12; which months to tell")],
    )
    def get(self, request: Request) -> Response:
        params = without_blanks(request.query_params)
        months = _months(params)
        offers = seasons.season_offers(params)
        year = _told(seasons.year_of(offers), months)
        rows = [
            {
                "commune_code": line.commune_code,
                "commune": line.commune,
                "kind": line.goods.kind,
                "product": line.goods.slug or None,
                "name": line.goods.name,
                **_told(line.year, months),
            }
            for line in seasons.lines(offers)
            if any(line.year.producers[month - 1] for month in months)
        ]
        response = Response({"on": localdate().isoformat(), "months": months, **year, "rows": rows})
        response["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
        patch_vary_headers(response, ("Accept-Language", "Cookie", "Authorization"))
        return response


def _told(year: seasons.Year, months: list[int]) -> dict[str, Any]:
    return {
        "tonnes": [year.tonnes[month - 1] for month in months],
        "producers": [year.producers[month - 1] for month in months],
    }


def _months(params: QueryDict) -> list[int]:
    asked = set(params.getlist("month"))
    if not asked <= {str(month) for month in seasons.MONTHS}:
        raise BadInput(findings=[parameter_finding("month", "invalid_choice", _("Tháng là một số từ 1 đến 12."))])
    return sorted(int(month) for month in asked) or list(seasons.MONTHS)
