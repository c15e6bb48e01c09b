"""The tiles in the OpenAPI document of `/ogc/`."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.api.schema import filter_parameters
from core.problems import CONTENT_TYPE, STATUSES
from exchange.catalogue import Entry
from exchange.ogc.tiles import JSON, LEVELS, MATRIX_SET, TILEJSON, map_layer_of
from maps.layers import MapLayer
from maps.views.tiles import MVT

PROBLEMS = (400, 401, 404, 406, 414, 429, 500, 503)
_OBJECT = {"schema": {"type": "object"}}


def tile_paths(collections: Iterable[Entry]) -> dict[str, Any]:
    """Return the paths of the tile matrix sets, and of the tilesets of those collections that are drawn as tiles."""
    paths = {
        "/tileMatrixSets": _get("tileMatrixSets", _("Lưới ô bản đồ"), {JSON: _OBJECT}, "Tiles", [_format("json")]),
        f"/tileMatrixSets/{MATRIX_SET}": _get("tileMatrixSet", MATRIX_SET, {JSON: _OBJECT}, "Tiles", [_format("json")]),
    }
    for entry in collections:
        layer = map_layer_of(entry)
        if layer is not None:
            paths |= _paths_of(layer)
    return paths


def _paths_of(layer: MapLayer) -> dict[str, Any]:
    name, stem = layer.name, layer.name.replace("-", "_")
    title = str(layer.layer.title)
    filters = [
        _query(one.name, one.type if isinstance(one.type, dict) else {"type": "string"}, str(one.description))
        for one in filter_parameters(layer.layer.filterset)
    ]
    own = f"/collections/{name}/tiles"
    tile = {MVT: {"schema": {"type": "string", "format": "binary"}}}
    address = [
        _number("tileMatrix", min(layer.max_zoom, LEVELS - 1)),
        _number("tileRow", (1 << layer.max_zoom) - 1),
        _number("tileCol", (1 << layer.max_zoom) - 1),
    ]
    drawn = _get(f"{stem}_tile", title, tile, name, [*address, *filters, _format("mvt")])
    drawn["get"]["responses"]["204"] = {"description": _("Ở mức thu phóng này lớp chưa được vẽ")}
    drawn["get"]["responses"]["304"] = {"description": _("Không đổi từ lần đọc trước (If-None-Match)")}
    kinds = {JSON: _OBJECT, TILEJSON: _OBJECT}
    return {
        own: _get(f"{stem}_tilesets", title, {JSON: _OBJECT}, name, [*filters, _format("json")]),
        f"{own}/{MATRIX_SET}": _get(f"{stem}_tileset", title, kinds, name, [*filters, _format("json", "tilejson")]),
        f"{own}/{MATRIX_SET}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": drawn,
    }


def _get(
    operation: str, summary: str, content: dict[str, Any], tag: str, parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses: dict[str, Any] = {"200": {"description": summary, "content": content}}
    for status in PROBLEMS:
        responses[str(status)] = {"description": str(STATUSES[status][1]), "content": {CONTENT_TYPE: problem}}
    found = {"operationId": operation, "summary": summary, "tags": [tag], "parameters": parameters}
    return {"get": found | {"responses": responses}}


def _query(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    found = {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": False}
    return found | ({"description": description} if description else {})


def _format(*names: str) -> dict[str, Any]:
    return _query("f", {"type": "string", "enum": list(names)})


def _number(name: str, most: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return {"name": name, "in": "path", "required": True, "schema": schema}
