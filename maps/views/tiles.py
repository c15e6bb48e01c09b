"""Tiles, TileJSON and the list of layers."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from core.errors import TooManyRequests
from core.filters import without_blanks
from core.problems import problem_response
from core.throttling import caller_of, client_address, count_in_handfuls
from maps import tiles
from maps.base_features import BaseFeature
from maps.grid import Tile
from maps.kept_tiles import PUBLIC_TILES, Kept
from maps.layers import BASE_MAP, BY_NAME, MAP_LAYERS, UNIT_MAP, MapLayer
from places.models import AdministrativeUnit

MVT = "application/vnd.mapbox-vector-tile"
PUBLIC = "public, max-age=60"
PRIVATE = "private, no-cache"
GROUND = (UNIT_MAP, BASE_MAP)  # of every map; the page's own style draws them


@require_safe
def tile(request: HttpRequest, name: str, z: str, x: str, y: str) -> HttpResponse:
    """GET /tiles/<layer>/{z}/{x}/{y}.mvt

    404 where there is no such layer or tile, 204 below the layer's first zoom (nothing asked of the database), 400
    naming each bad parameter, 401 for private layers without sign-in, 429 over budget, 503 when all slots are busy.
    """
    layer = _layer(name)
    place = Tile.at(int(z), int(x), int(y))
    if place is None or place.z > layer.max_zoom:
        raise Http404
    if place.z < layer.min_zoom:
        return HttpResponse(status=204, headers={"Cache-Control": PUBLIC})
    return _answer(request, layer, place)


def _answer(request: HttpRequest, layer: MapLayer, place: Tile) -> HttpResponse:
    is_shared = layer.is_same_for_all or (layer.layer.is_public and not request.user.is_authenticated)
    if not (is_shared or request.user.is_authenticated):
        return problem_response(request, 401)
    # A layer that is the same for all never looks at the session: one query less, and no cookie in the answer's way.
    caller = f"address:{client_address(request)}" if layer.is_same_for_all else caller_of(request)
    wait = count_in_handfuls("tiles", caller)
    if wait:
        raise TooManyRequests(retry_after=wait)
    params = without_blanks(request.GET)
    if is_shared:
        return _shared_answer(request, layer, place, params)
    made = tiles.make_tile(layer, place, user=request.user, params=params)
    etag = tiles.etag_of(made.content)
    if _is_known(request, etag):
        return _with_caching(HttpResponse(status=304), layer, etag, is_shared=False)
    zipped = tiles.compressed(made.content) if _takes_gzip(request) else b""
    response = _with_caching(_tile_response(request, made.content, zipped), layer, etag, is_shared=False)
    return response if made.is_kept else _not_kept(response)


def _shared_answer(request: HttpRequest, layer: MapLayer, place: Tile, params: QueryDict) -> HttpResponse:
    """The tile asked as nobody: 304 or from memory where nothing has changed, and never anyone's own."""
    shapes_from = layer.shapes_from()
    key = tiles.version_key(layer, place, params.urlencode(), shapes_from)
    etag = tiles.etag_of(key.encode())
    if _is_known(request, etag):
        return _with_caching(HttpResponse(status=304), layer, etag, is_shared=True)
    kept = PUBLIC_TILES.get(key)
    if kept is None:
        made = tiles.make_tile(layer, place, user=tiles.NOBODY, params=params, shapes_from=shapes_from)
        kept = Kept(made.content, tiles.compressed(made.content))
        if not made.is_kept:
            return _not_kept(_tile_response(request, kept.content, kept.zipped))
        PUBLIC_TILES.keep(key, kept)
    return _with_caching(_tile_response(request, kept.content, kept.zipped), layer, etag, is_shared=True)


def _takes_gzip(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _tile_response(request: HttpRequest, content: bytes, zipped: bytes) -> HttpResponse:
    if not content or not _takes_gzip(request):
        return HttpResponse(content, content_type=MVT)
    return HttpResponse(zipped, content_type=MVT, headers={"Content-Encoding": "gzip"})


def _not_kept(response: HttpResponse) -> HttpResponse:
    """A tile that says that it could not be made in time must not be shown again once there is time."""
    del response["ETag"]
    response["Cache-Control"] = "no-store"
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return etag in known or known == ["*"]


def _with_caching(response: HttpResponse, layer: MapLayer, etag: str, *, is_shared: bool) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = PUBLIC if is_shared else PRIVATE
    patch_vary_headers(response, ["Accept-Encoding"])
    if not layer.is_same_for_all:
        patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


@require_safe
def tilejson(request: HttpRequest, name: str) -> HttpResponse:
    """GET /tiles/<layer>.json: TileJSON 3.0.0; the layer's filters may be given and go into the tiles' address."""
    layer = _layer(name)
    params = without_blanks(request.GET)
    address = f"{request.scheme}://{request.get_host()}{tile_address(layer)}"
    response = JsonResponse(tilejson_of(layer, params, address), json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = PUBLIC
    return response


def tilejson_of(layer: MapLayer, params: QueryDict, address: str) -> dict[str, Any]:
    """Return the TileJSON of a layer whose tiles lie at `address` ({z}, {x}, {y} in it); BadInput for bad filters."""
    layer.layer.filtered(tiles.NOBODY, params)
    query = f"?{params.urlencode()}" if params else ""
    shapes_from = layer.shapes_from()
    zooms = range(layer.min_zoom, layer.max_zoom + 1)
    names = list(dict.fromkeys(source.name for z in zooms for source in layer.sources_at(z, shapes_from)))
    return {
        "tilejson": "3.0.0",
        "name": layer.name,
        "description": str(layer.layer.title),
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [f"{address}{query}"],
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "bounds": list(settings.MAP_BOUNDS),
        "vector_layers": [
            {"id": name, "fields": _fields(layer, name), **_zooms(layer, name, shapes_from)} for name in names
        ],
    }


def _fields(layer: MapLayer, name: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for source in layer.sources:
        if source.name == name:
            fields |= dict.fromkeys(source.properties(layer.layer), "")
    return fields


def _zooms(layer: MapLayer, name: str, shapes_from: int) -> dict[str, int]:
    zooms = range(layer.min_zoom, layer.max_zoom + 1)
    served = [z for z in zooms if any(source.name == name for source in layer.sources_at(z, shapes_from))]
    return {"minzoom": served[0], "maxzoom": served[-1]}


@require_safe
def layer_list(request: HttpRequest) -> HttpResponse:
    """GET /maps/layers.json: every layer this visitor may see, with paint, legend and popup (docs/frontend.md)."""
    is_known = request.user.is_authenticated
    shown = [layer for layer in MAP_LAYERS if layer not in GROUND and (layer.layer.is_public or is_known)]
    body = json.dumps(catalogue(shown), ensure_ascii=False)
    etag = f'W/"{hashlib.blake2b(body.encode(), digest_size=12).hexdigest()}"'
    known = _is_known(request, etag)
    response = HttpResponse(status=304) if known else HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = PRIVATE
    patch_vary_headers(response, ["Cookie"])
    return response


def catalogue(shown: list[MapLayer]) -> dict[str, Any]:
    """Return the document of /maps/layers.json for these layers."""
    schematic = AdministrativeUnit.objects.current().filter(is_schematic=True).exists()
    return {
        "layers": [entry(layer) for layer in shown],
        "units": {
            "tiles": tile_address(UNIT_MAP),
            "geojson": geojson_address(UNIT_MAP),
            "min_zoom": UNIT_MAP.min_zoom,
            "max_zoom": UNIT_MAP.max_zoom,
            "is_schematic": schematic,
        },
        "base": base_entry(),
        "bounds": first_view(),
        "attribution": settings.MAP_ATTRIBUTION,
    }


def base_entry() -> dict[str, Any] | None:
    """Return where water and roads come from, with whose data they are; None where none were loaded."""
    sources = list(BaseFeature.objects.order_by("source").values_list("source", flat=True).distinct())
    if not sources:
        return None
    return {
        "tiles": tile_address(BASE_MAP),
        "geojson": geojson_address(BASE_MAP),
        "min_zoom": BASE_MAP.min_zoom,
        "max_zoom": BASE_MAP.max_zoom,
        "attribution": "; ".join(sources),
    }


def first_view() -> list[float]:
    """Return the box of this installation's province, with `MAP_BOUNDS` where its outline is not loaded."""
    provinces = AdministrativeUnit.objects.current().provinces().with_code(settings.PROVINCE_CODE)
    box = provinces.aggregate(box=Extent("boundary"))["box"]
    return [round(degrees, 4) for degrees in box] if box else list(settings.MAP_BOUNDS)


def entry(layer: MapLayer) -> dict[str, Any]:
    """Return one layer as docs/frontend.md describes it."""
    shapes_from = layer.shapes_from()
    look = layer.draw(shapes_from)
    return {
        "name": layer.name,
        "title": str(layer.layer.title),
        "tiles": tile_address(layer),
        "tilejson": reverse("maps:tilejson", args=[layer.name]),
        "geojson": geojson_address(layer),
        "min_zoom": layer.min_zoom,
        "max_zoom": layer.max_zoom,
        "shapes_from": shapes_from,
        "id_property": "id",
        "visible": True,
        "filters": sorted(layer.layer.filterset.parameters()),
        "colour_by": look.colour_by,
        "kinds": look.kinds,
        "legend": look.legend,
        "popup": look.popup,
    }


def tile_address(layer: MapLayer) -> str:
    """Return the address of the layer's tiles with {z}, {x}, {y} in it."""
    return f"/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt"


def geojson_address(layer: MapLayer) -> str:
    """Return the address of the layer in the API: by convention the layer's name."""
    return f"/api/v1/{layer.name}/"


def _layer(name: str) -> MapLayer:
    try:
        return BY_NAME[name]
    except KeyError:
        raise Http404 from None
