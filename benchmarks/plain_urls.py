"""The peer "drf-gis": plots by GeoFeatureModelSerializer, as a careful user of the library would write it.

The same properties as our layer; joins by `select_related`, and only the columns that are shown are read. No rights, no
filters, no budget: what our view does besides is not charged to the peer.
"""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import generics, serializers
from rest_framework_gis.pagination import GeoJsonPagination
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from codes.models import ProductionAreaCode
from codes.numbering import take_serials
from farms.models import Plot


class PlotFeature(GeoFeatureModelSerializer):
    """A plot with the properties of the layer `plots`."""

    crop = serializers.CharField(source="crop.name_vi")
    variety = serializers.CharField(source="variety.name_vi", default=None)
    area_ha = serializers.FloatField()
    commune_code = serializers.CharField(source="commune.code")
    cooperative = serializers.CharField(source="cooperative.name")

    class Meta:
        model = Plot
        geo_field = "boundary"
        fields = ("id", "ref", "crop", "variety", "area_ha", "commune_code", "cooperative", "status")


class Pages(GeoJsonPagination):
    """Numbered pages of 1,000 with the count, as the library has them."""

    page_size = 1_000
    page_size_query_param = "limit"
    max_page_size = 1_000


class PlotPages(generics.ListAPIView):
    """GET /plots/?page=N"""

    serializer_class = PlotFeature
    pagination_class = Pages

    def get_queryset(self) -> Any:
        shown = ("ref", "status", "area_m2", "boundary", "crop__name_vi", "variety__name_vi", "commune__code")
        related = ("crop", "variety", "commune", "cooperative")
        return Plot.objects.select_related(*related).only(*shown, "cooperative__name").order_by("pk")


@transaction.atomic
def issue(request: HttpRequest, source: int) -> HttpResponse:
    """POST /issue/<code>/: take a number and store a code like this one, without rights, checks, events or notices."""
    code = ProductionAreaCode.objects.get(pk=source)
    code.pk, code.scope = None, "BARE"
    (code.serial,) = take_serials(code.scheme, [code.scope])
    code.code = f"BARE-{code.serial:06d}"
    code.save(force_insert=True)
    return HttpResponse(code.code)


urlpatterns = [path("plots/", PlotPages.as_view()), path("issue/<int:source>/", issue)]
