"""Catalogue and downloads."""

from django.urls import path

from exchange.views import catalogue, exports

app_name = "exchange"
urlpatterns = [
    path("data/", catalogue.catalogue, name="catalogue"),
    path("data/<slug:name>.geojson", exports.export, name="export"),
]
