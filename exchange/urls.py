"""Catalogue and downloads."""

from django.urls import path

from exchange import analysis_urls, urls_jobs
from exchange.ogc.tile_urls import urlpatterns as ogc_tiles
from exchange.ogc.urls import urlpatterns as ogc_features
from exchange.views import access, catalogue, crops, eudr, exports

app_name = "exchange"
urlpatterns = [
    *ogc_features,
    *ogc_tiles,
    path("data/", catalogue.catalogue, name="catalogue"),
    *analysis_urls.urlpatterns,
    path("data/catalogue.jsonld", catalogue.linked_data, name="linked-data"),
    path("data/<slug:name>/access/", access.ask, name="access"),
    path("data/eudr/", eudr.eudr, name="eudr"),
    path("data/crops.csv", crops.code_list, name="crop-list"),
    *urls_jobs.urlpatterns,
    path("data/<slug:name>.geojson", exports.export, name="export"),
    path("data/<slug:name>.csv-metadata.json", exports.metadata, name="csv-metadata"),
    path("data/<slug:name>.<slug:suffix>", exports.export, name="stream"),
    path("data/<slug:name>/", catalogue.layer, name="layer"),  # last: fixed words come before the names of layers
]
