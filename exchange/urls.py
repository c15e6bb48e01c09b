"""Catalogue, downloads and OGC API, each below one prefix, so that finding any address compares few of them."""

from django.urls import include, path

from exchange import analysis_urls, urls_jobs
from exchange.ogc.tile_urls import urlpatterns as ogc_tiles
from exchange.ogc.urls import urlpatterns as ogc_features
from exchange.views import access, catalogue, crops, eudr, exports, ogc

app_name = "exchange"
data = [
    path("", catalogue.catalogue, name="catalogue"),
    *analysis_urls.urlpatterns,
    path("catalogue.jsonld", catalogue.linked_data, name="linked-data"),
    path("<slug:name>/access/", access.ask, name="access"),
    path("eudr/", eudr.eudr, name="eudr"),
    path("crops.csv", crops.code_list, name="crop-list"),
    *urls_jobs.urlpatterns,
    path("<slug:name>.geojson", exports.export, name="export"),
    path("<slug:name>.csv-metadata.json", exports.metadata, name="csv-metadata"),
    path("<slug:name>.<slug:suffix>", exports.export, name="stream"),
    path("<slug:name>/", catalogue.layer, name="layer"),  # last: fixed words come before the names of layers
]
urlpatterns = [
    path("ogc/", include([*ogc_features, *ogc_tiles])),
    path("ogc", ogc.landing),  # QGIS takes the slash at the end away, and follows no redirect (3.22)
    path("data/", include(data)),
]
