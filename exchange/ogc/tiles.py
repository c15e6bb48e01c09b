"""OGC API Tiles (OGC 20-057) over the tiles of the maps: documents that lead to them, the tiles are drawn by `maps`.

One tile matrix set, WebMercatorQuad (OGC 17-083r4, Annex D.1); its row comes before its column in addresses.
"""

from math import asinh, pi, radians, tan
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from exchange.catalogue import Entry
from maps.grid import WORLD_M
from maps.layers import BY_NAME, MapLayer
from maps.views.tiles import MVT, tilejson_of

MATRIX_SET = "WebMercatorQuad"
MATRIX_SET_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
TILEJSON = "application/vnd.mapbox.tilejson+json"
JSON = "application/json"
LEVELS = 25  # of the registered set, whatever of them is served
PIXELS = 256
PIXEL_M = 0.00028  # of the scale denominator: OGC 17-083r4 §6.1.1.1

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
)


def map_layer_of(entry: Entry) -> MapLayer | None:
    """Return what the layer's tiles are made of, None for a layer that is not drawn as tiles."""
    found = BY_NAME.get(entry.layer.name)
    return found if found is not None and found.layer is entry.layer else None


def links(entry: Entry, base: str = "") -> list[dict[str, Any]]:
    """Return the links from a collection to its tiles, [] where it has none. `base`: scheme and host, before paths."""
    if map_layer_of(entry) is None:
        return []
    return [
        {
            "rel": f"{REL}tilesets-vector",
            "type": JSON,
            "title": _("Ô bản đồ vector"),
            "href": base + reverse("exchange:ogc-tilesets", args=[entry.layer.name]),
        }
    ]


def matrix_set_links(base: str = "") -> list[dict[str, Any]]:
    """Return the link from the landing page to the tile matrix sets."""
    href = base + reverse("exchange:ogc-matrix-sets")
    return [{"rel": f"{REL}tiling-schemes", "type": JSON, "title": _("Lưới ô bản đồ"), "href": href}]


def matrix_sets(base: str) -> dict[str, Any]:
    """Return the list of tile matrix sets."""
    return {
        "links": [_link("self", base + reverse("exchange:ogc-matrix-sets"))],
        "tileMatrixSets": [
            {
                "id": MATRIX_SET,
                "title": MATRIX_SET,
                "uri": MATRIX_SET_URI,
                "crs": WEB_MERCATOR,
                "links": [_link("self", base + _matrix_set_path())],
            }
        ],
    }


def matrix_set() -> dict[str, Any]:
    """Return the definition of WebMercatorQuad: lengths in metres of EPSG:3857, from the north-western corner."""
    return {
        "id": MATRIX_SET,
        "title": MATRIX_SET,
        "uri": MATRIX_SET_URI,
        "crs": WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(z) for z in range(LEVELS)],
    }


def _matrix(z: int) -> dict[str, Any]:
    cell_m = WORLD_M / PIXELS / (1 << z)
    return {
        "id": str(z),
        "scaleDenominator": cell_m / PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-WORLD_M / 2, WORLD_M / 2],
        "tileWidth": PIXELS,
        "tileHeight": PIXELS,
        "matrixWidth": 1 << z,
        "matrixHeight": 1 << z,
    }


def tilesets(entry: Entry, layer: MapLayer, params: QueryDict, base: str) -> dict[str, Any]:
    """Return the list of tilesets of a collection: one. Its filters go on into the addresses."""
    address = reverse("exchange:ogc-tilesets", args=[layer.name])
    return {"links": [_link("self", base + _with(address, params))], "tilesets": [_head(entry, layer, params, base)]}


def tileset(entry: Entry, layer: MapLayer, params: QueryDict, base: str) -> dict[str, Any]:
    """Return the metadata of a tileset: what is in its tiles, where they lie, which of them exist."""
    described = tilejson_of(layer, params, "")
    west, south, east, north = described["bounds"]
    return _head(entry, layer, params, base) | {
        "description": str(entry.description),
        # In the grid's own system: no client has to convert it.
        "boundingBox": {"crs": WEB_MERCATOR, "lowerLeft": _metres(west, south), "upperRight": _metres(east, north)},
        "tileMatrixSetLimits": [
            _limits(z, west, south, east, north) for z in range(layer.min_zoom, layer.max_zoom + 1)
        ],
        "layers": [
            {
                "id": part["id"],
                "dataType": "vector",
                "minTileMatrix": str(part["minzoom"]),
                "maxTileMatrix": str(part["maxzoom"]),
                "propertiesSchema": {"type": "object", "properties": {name: {} for name in part["fields"]}},
            }
            for part in described["vector_layers"]
        ],
    }


def tilejson(entry: Entry, layer: MapLayer, params: QueryDict, base: str) -> dict[str, Any]:
    """Return TileJSON 3.0 of the same tiles, at the addresses of this interface."""
    address = base + tile_template(layer.name)
    for theirs, ours in (("{tileMatrix}", "{z}"), ("{tileRow}", "{y}"), ("{tileCol}", "{x}")):
        address = address.replace(theirs, ours)
    return tilejson_of(layer, params, address) | {"attribution": str(entry.steward)}


def tile_template(name: str) -> str:
    """Return the address of the tiles with {tileMatrix}, {tileRow} and {tileCol} in it."""
    return f"{reverse('exchange:ogc-tileset', args=[name])}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"


def _head(entry: Entry, layer: MapLayer, params: QueryDict, base: str) -> dict[str, Any]:
    own = reverse("exchange:ogc-tileset", args=[layer.name])
    described = params.copy()
    described["f"] = "tilejson"
    return {
        "title": str(entry.layer.title),
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": MATRIX_SET_URI,
        "links": [
            _link("self", base + _with(own, params)),
            _link("describedby", base + _with(own, described), TILEJSON),
            _link(f"{REL}tiling-scheme", base + _matrix_set_path()),
            _link(f"{REL}geodata", f"{base}/ogc/collections/{layer.name}"),
            _link("item", base + _with(tile_template(layer.name), params), MVT) | {"templated": True},
        ],
    }


def _limits(z: int, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """The tiles of a level that meet the box."""
    first, last = _place(z, west, north), _place(z, east, south)
    return {
        "tileMatrix": str(z),
        "minTileRow": first[1],
        "maxTileRow": last[1],
        "minTileCol": first[0],
        "maxTileCol": last[0],
    }


def _metres(lon: float, lat: float) -> list[float]:
    """A place in EPSG:3857, to the centimetre."""
    return [round(lon / 360 * WORLD_M, 2), round(asinh(tan(radians(lat))) / pi * WORLD_M / 2, 2)]


def _place(z: int, lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the tile that holds a place."""
    side = 1 << z
    column, row = (lon + 180) / 360 * side, (1 - asinh(tan(radians(lat))) / pi) / 2 * side
    return min(side - 1, int(column)), min(side - 1, int(row))


def _link(rel: str, href: str, kind: str = JSON) -> dict[str, Any]:
    return {"rel": rel, "type": kind, "href": href}


def _with(address: str, params: QueryDict) -> str:
    return f"{address}?{params.urlencode()}" if params else address


def _matrix_set_path() -> str:
    return reverse("exchange:ogc-matrix-set")
