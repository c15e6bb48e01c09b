"""The addresses of OGC API Tiles below /ogc/."""

from django.urls import path, re_path

from exchange.views import ogc_tiles

# Numbers that no tile can have are no addresses; the row comes before the column (OGC 20-057).
TILE = r"WebMercatorQuad/(?P<z>[0-9]{1,2})/(?P<y>[0-9]{1,8})/(?P<x>[0-9]{1,8})"

urlpatterns = [
    path("tileMatrixSets", ogc_tiles.matrix_sets, name="ogc-matrix-sets"),
    path("tileMatrixSets/WebMercatorQuad", ogc_tiles.matrix_set, name="ogc-matrix-set"),
    path("collections/<slug:name>/tiles", ogc_tiles.tilesets, name="ogc-tilesets"),
    path("collections/<slug:name>/tiles/WebMercatorQuad", ogc_tiles.tileset, name="ogc-tileset"),
    re_path(rf"^collections/(?P<name>[a-z-]{{1,40}})/tiles/{TILE}$", ogc_tiles.tile, name="ogc-tile"),
]
