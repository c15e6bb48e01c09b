"""API for those who search: facets with counts, and suggestions while somebody types. Under /api/v1/."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import PUBLIC_SECONDS, ApiView, refuse_parameters
from core.errors import BadInput
from core.filters import as_query_dict
from core.problems import parameter_finding
from products.facets import facets
from products.filters import ProductFilters
from products.layers import PRODUCTS
from products.suggestions import MAX_LETTERS, suggestions

_PUBLIC = {"Cache-Control": f"public, max-age={PUBLIC_SECONDS}"}


class FacetValueSerializer(serializers.Serializer):
    """A value of a filter and how many products it would leave under all other filters."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the framework's own word for a field's title
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer):
    """The number of products that match, and the facets by the name of their parameter."""

    numberMatched = serializers.IntegerField()
    facets = serializers.DictField(child=FacetValueSerializer(many=True))


class SuggestionSerializer(serializers.Serializer):
    """Something that the typed text may mean (`kind`: product, variety, name, producer, commune); `parameters` are the
    filters that ask for it."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the framework's own word for a field's title
    note = serializers.CharField()
    parameters = serializers.DictField(child=serializers.CharField())


class SuggestionsSerializer(serializers.Serializer):
    """At most ten suggestions, the closest first."""

    suggestions = SuggestionSerializer(many=True)


def _filters() -> list[OpenApiParameter]:
    return [OpenApiParameter(name, OpenApiTypes.STR) for name in ProductFilters.parameters()]


class FacetsView(ApiView):
    """GET: how many products each value of each filter would leave; takes all filters of /api/v1/products/."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=_filters(), responses=FacetsSerializer)
    def get(self, request: Request) -> Response:
        params = as_query_dict(request.query_params)
        rows = PRODUCTS.filtered(request.user, params)
        found = facets(params, rows)
        body: dict[str, Any] = {
            "numberMatched": rows.count(),
            "facets": {name: [value.as_dict() for value in values] for name, values in found.items()},
        }
        return Response(body, headers=_PUBLIC)


class SuggestView(ApiView):
    """GET: what the text `q` may mean: crops, varieties, products, producers, communes by their old and new names."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[OpenApiParameter("q", OpenApiTypes.STR, required=True)], responses=SuggestionsSerializer)
    def get(self, request: Request) -> Response:
        refuse_parameters(request, allowed=("q",))
        text = request.query_params.get("q", "")
        if len(text) > MAX_LETTERS:
            raise BadInput(findings=[parameter_finding("q", "max_length", _("Tối đa %(n)d chữ.") % {"n": MAX_LETTERS})])
        body = {"suggestions": [found.as_dict() for found in suggestions(text)]}
        return Response(body, headers=_PUBLIC)
