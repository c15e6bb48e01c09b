"""Pages of maps, tiles, take-away maps."""

from django.urls import URLPattern, path, re_path

from maps.views import archives, land_use, pages, products, seasons, takeaway, tiles

app_name = "maps"
urlpatterns: list[URLPattern] = [
    path("embed/", products.embedded_map, name="embed"),
    path("maps/layers.json", tiles.layer_list, name="layers"),
    path("maps/codes/", pages.code_map, name="code-map"),
    path("maps/land-use/", land_use.land_use_map, name="land-use"),
    path("maps/land-use/compare/", land_use.comparison, name="land-use-compare"),
    path("maps/land-use/compare/order/", land_use.comparison_order, name="land-use-compare-order"),
    path("maps/land-use/conflicts/", land_use.conflicts, name="land-use-conflicts"),
    path("maps/land-use/parcels/<int:pk>/", land_use.parcel, name="land-use-parcel"),
    path("maps/land-use/documents/<slug:slug>.pdf", land_use.layer_document, name="land-use-document"),
    path("maps/seasons/", seasons.season_map, name="seasons"),
    path("maps/seasons/table.csv", seasons.season_table, name="season-table"),
    path("maps/take-away/", takeaway.choose, name="takeaway"),
    path("maps/take-away/products.html", takeaway.products, name="takeaway-products"),
    path("maps/take-away/land-use.html", takeaway.land_use, name="takeaway-land-use"),
    # Numbers no tile can have (signs, points, twenty digits) are no addresses at all.
    re_path(
        r"^tiles/(?P<name>[a-z-]{1,40})/(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,8})/(?P<y>[0-9]{1,8})\.mvt$",
        tiles.tile,
        name="tile",
    ),
    path("tiles/archive/<slug:basemap_id>.pmtiles", archives.archive, name="archive"),
    re_path(r"^tiles/(?P<name>[a-z-]{1,40})\.json$", tiles.tilejson, name="tilejson"),
]
