"""The catalogue in the API: /api/v1/catalogue/."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import ApiView, refuse_parameters
from exchange.catalogue import CATALOGUE, Entry, links


class FieldSerializer(serializers.Serializer):
    """A field of a layer."""

    name = serializers.CharField()
    meaning = serializers.CharField()
    type = serializers.ChoiceField(choices=["text", "number", "integer", "boolean", "date", "datetime"])
    is_list = serializers.BooleanField()
    unit = serializers.CharField(allow_blank=True)
    values = serializers.ListField(child=serializers.CharField(), help_text="The only values it may hold; else empty.")


class CatalogueEntrySerializer(serializers.Serializer):
    """A layer that the caller may take out."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    licence = serializers.CharField()
    steward = serializers.CharField()
    last_change = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField()
    has_geometry = serializers.BooleanField()
    date_parameter = serializers.CharField(allow_blank=True, help_text="The parameter that takes a day; else empty.")
    filters = serializers.ListField(child=serializers.CharField())
    fields = serializers.ListField(child=FieldSerializer())  # type: ignore[assignment]
    page = serializers.URLField()
    api = serializers.URLField()
    collection = serializers.CharField(allow_blank=True)
    tilejson = serializers.CharField(allow_blank=True)


class CatalogueSerializer(serializers.Serializer):
    """All layers that the caller may take out."""

    layers = CatalogueEntrySerializer(many=True)


class CatalogueView(ApiView):
    """GET: every layer that the caller may take out, with its fields, count, licence and addresses."""

    permission_classes = [AllowAny]

    @extend_schema(responses=CatalogueSerializer)
    def get(self, request: Request) -> Response:
        refuse_parameters(request, allowed=("f",))
        shown = [_as_json(entry, request) for entry in CATALOGUE if entry.may_export(request.user)]
        return Response({"layers": shown}, headers={"Cache-Control": "private, no-store"})


def _as_json(entry: Entry, request: HttpRequest | Request) -> dict[str, Any]:
    changed = entry.last_change()
    addresses = {
        "page": links.page_of(entry),
        "api": links.api_of(entry),
        "collection": links.collection_of(entry),
        "tilejson": links.tilejson_of(entry),
    }
    return {
        "name": entry.name,
        "title": str(entry.layer.title),
        "description": str(entry.description),
        "licence": entry.licence_for(request.user),
        "steward": str(entry.steward),
        "last_change": changed,
        "count": entry.layer.filtered(request.user, {}).count(),
        "has_geometry": entry.layer.geometry is not None,
        "date_parameter": entry.date_parameter,
        "filters": sorted(entry.layer.filterset.parameters()),
        "fields": [
            {
                "name": field.name,
                "meaning": str(field.meaning.text),
                "type": field.type,
                "is_list": field.is_list,
                "unit": field.meaning.unit,
                "values": [value for value, _label in field.meaning.values],
            }
            for field in entry.fields()
        ],
        **{name: f"{settings.PUBLIC_URL}{path}" if path else "" for name, path in addresses.items()},
    }


urlpatterns = [path("catalogue/", CatalogueView.as_view(), name="catalogue")]
