"""OGC API Tiles: tile matrix sets, tilesets of a collection, TileJSON, and the tiles, which `maps` draws."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import maps.views.tiles
from core.errors import BadInput
from core.filters import without_blanks
from core.problems import parameter_finding
from exchange.catalogue import Entry, entry
from exchange.ogc import tiles
from exchange.ogc.access import admit, recognise
from exchange.ogc.formats import NotAcceptable
from maps.layers import MapLayer

METADATA = {"json": tiles.JSON}
TILESET = {"json": tiles.JSON, "tilejson": tiles.TILEJSON}
TILE = {"mvt": maps.views.tiles.MVT}


@require_safe
def matrix_sets(request: HttpRequest) -> HttpResponse:
    """GET /ogc/tileMatrixSets"""
    admit(request)
    _without_parameters(_asked(request, METADATA)[1])
    return _document(request, tiles.matrix_sets(_base(request)), is_public=True)


@require_safe
def matrix_set(request: HttpRequest) -> HttpResponse:
    """GET /ogc/tileMatrixSets/WebMercatorQuad"""
    admit(request)
    _without_parameters(_asked(request, METADATA)[1])
    return _document(request, tiles.matrix_set(), is_public=True)


@require_safe
def tilesets(request: HttpRequest, name: str) -> HttpResponse:
    """GET /ogc/collections/<collection>/tiles"""
    admit(request)
    found, layer = _drawn(request, name)
    _format, params = _asked(request, METADATA)
    layer.layer.filtered(request.user, params)
    return _document(request, tiles.tilesets(found, layer, params, _base(request)), is_public=not found.is_personal)


@require_safe
def tileset(request: HttpRequest, name: str) -> HttpResponse:
    """GET /ogc/collections/<collection>/tiles/WebMercatorQuad; `f=tilejson` gives TileJSON 3.0.

    The layer's filters may be given and go on into the address of the tiles.
    """
    admit(request)
    found, layer = _drawn(request, name)
    chosen, params = _asked(request, TILESET)
    describe = tiles.tilejson if chosen == "tilejson" else tiles.tileset
    document = describe(found, layer, params, _base(request))
    return _document(request, document, is_public=not found.is_personal, content_type=TILESET[chosen])


@require_safe
def tile(request: HttpRequest, name: str, z: str, y: str, x: str) -> HttpResponse:
    """GET /ogc/collections/<collection>/tiles/WebMercatorQuad/{z}/{y}/{x}: as /tiles/<layer>/{z}/{x}/{y}.mvt.

    Filters, rights, budget and caching are those of the maps' tiles; a token opens what it opens elsewhere.
    """
    recognise(request)
    _drawn(request, name)
    _format, params = _asked(request, TILE)
    request.GET = params  # type: ignore[assignment]  # `f` is ours, not a filter of the layer
    return maps.views.tiles.tile(request, name, z, x, y)


def _drawn(request: HttpRequest, name: str) -> tuple[Entry, MapLayer]:
    """The collection and its map layer; 404 where the reader may not take it out, or it is not drawn as tiles."""
    found = entry(name)
    layer = tiles.map_layer_of(found) if found is not None and found.may_export(request.user) else None
    if found is None or layer is None:
        raise Http404
    return found, layer


def _asked(request: HttpRequest, offered: dict[str, str]) -> tuple[str, QueryDict]:
    """The representation (`f`, else Accept, else the first one) and the other parameters.

    Raises BadInput for an unknown `f`, NotAcceptable (406) where Accept takes none of them.
    """
    params = without_blanks(request.GET)
    chosen = params.pop("f", [])
    if len(chosen) > 1:
        raise BadInput(findings=[parameter_finding("f", "repeated_parameter", _("Tham số này chỉ được gửi một lần."))])
    if chosen:
        if chosen[0] not in offered:
            known = ", ".join(offered)
            raise BadInput(findings=[parameter_finding("f", "invalid", _("f phải là: %(known)s.") % {"known": known})])
        return chosen[0], params
    preferred = request.get_preferred_type(list(offered.values()))
    # A browser says that it reads pages before anything else; these documents have none.
    if preferred is None and not request.accepts("text/html"):
        raise NotAcceptable
    by_type = {kind: name for name, kind in offered.items()}
    return by_type.get(preferred or "", next(iter(offered))), params


def _without_parameters(params: QueryDict) -> None:
    text = _("Không có tham số này ở địa chỉ này.")
    if params:
        raise BadInput(findings=[parameter_finding(name[:100], "unknown_parameter", text) for name in params])


def _base(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _document(
    request: HttpRequest, document: dict[str, Any], *, is_public: bool, content_type: str = tiles.JSON
) -> HttpResponse:
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False}, content_type=content_type)
    is_shared = is_public and not request.user.is_authenticated
    response["Cache-Control"] = maps.views.tiles.PUBLIC if is_shared else maps.views.tiles.PRIVATE
    patch_vary_headers(response, ["Accept", "Accept-Language", "Authorization", "Cookie"])
    return response
