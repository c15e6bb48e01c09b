"""The OpenAPI 3.0 document of `/ogc/`: one path for each collection that the reader sees, with its own parameters."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.api.pages import DEFAULT_LIMIT, MAX_LIMIT
from core.api.schema import PROBLEM_SCHEMA, feature_schema, filter_parameters
from core.problems import CONTENT_TYPE, STATUSES
from exchange.catalogue import Entry
from exchange.ogc.cql import JSON as CQL_JSON
from exchange.ogc.cql import TEXT as CQL_TEXT
from exchange.ogc.crs import CRS84, CRSS
from exchange.ogc.formats import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from exchange.ogc.items import MAX_OFFSET, OWN_PARAMETERS, narrowing_parameters
from exchange.ogc.tiles_openapi import tile_paths

READ_PROBLEMS = (400, 401, 404, 405, 406, 414, 429, 500, 503)
_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_CRS = {"type": "string", "format": "uri", "enum": list(CRSS), "default": CRS84.uri}
_CRS_PARAMETERS = ("crs", "bbox-crs", "filter-crs")
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": _LINKS,
        "extent": {"type": "object"},
        "itemType": {"type": "string"},
        "crs": {"type": "array", "items": {"type": "string"}},
        "storageCrs": {"type": "string"},
    },
}


def document(base: str, collections: Iterable[Entry]) -> dict[str, Any]:
    """Return the document in the active language; `base`: address of `/ogc` without the slash at its end."""
    paths = {
        "/": _get("landingPage", _("Trang đầu"), _body("Landing")),
        "/api": _get("apiDefinition", _("Mô tả này"), {"type": "object"}, OPENAPI),
        "/conformance": _get("conformance", _("Các phần của chuẩn"), _body("Conformance")),
        "/collections": _get("collections", _("Các lớp"), _body("Collections")),
    }
    schemas = {
        "Link": _LINK,
        "Problem": PROBLEM_SCHEMA,
        "Collection": _COLLECTION,
        "Landing": _object(["links"], links=_LINKS, title={"type": "string"}, description={"type": "string"}),
        "Conformance": _object(["conformsTo"], conformsTo={"type": "array", "items": {"type": "string"}}),
        "Collections": _object(
            ["links", "collections"], links=_LINKS, collections={"type": "array", "items": _body("Collection")}
        ),
    }
    for entry in collections:
        paths |= _paths_of(entry)
        schemas |= _schemas_of(entry)
    paths |= tile_paths(collections)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Vùng Trồng: OGC API Features",
            "version": "1.0.0",
            "description": _(
                "Các lớp dữ liệu theo chuẩn OGC API Features phần 1, 2, 3. Nguồn và giấy phép ghi ở từng lớp."
            ),
        },
        "servers": [{"url": base}],
        "tags": [{"name": "Capabilities"}, {"name": "Tiles"}, *({"name": entry.layer.name} for entry in collections)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": {"f": _format(), **{name: _parameter(name, _CRS) for name in _CRS_PARAMETERS}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": _("Mã truy cập của bạn")},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": _("Tên bất kỳ; mật khẩu là mã truy cập (cho QGIS)"),
                },
            },
        },
        # An empty requirement: public layers are read without either.
        "security": [{}, {"token": []}, {"password": []}],
    }


def _paths_of(entry: Entry) -> dict[str, Any]:
    name, title = entry.layer.name, str(entry.layer.title)
    stem = name.replace("-", "_")
    own = f"/collections/{name}"
    key = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    page = {"$ref": f"#/components/schemas/{_pascal(name)}Page"}
    feature = {"$ref": f"#/components/schemas/{_pascal(name)}Feature"}
    schema = {"type": "object"}
    narrowing = narrowing_parameters(entry)
    narrowed = [found for found in items_parameters(entry) if found.get("name") in narrowing]
    return {
        own: _get(f"{stem}_collection", title, _body("Collection"), tag=name, parameters=narrowed),
        f"{own}/items": _get(f"{stem}_items", title, page, GEOJSON, tag=name, parameters=items_parameters(entry)),
        f"{own}/items/{{featureId}}": _get(
            f"{stem}_feature",
            title,
            feature,
            GEOJSON,
            tag=name,
            parameters=[key, _shared("crs")],
            with_not_modified=True,
        ),
        f"{own}/queryables": _get(f"{stem}_queryables", title, schema, SCHEMA, tag=name, parameters=narrowed),
        f"{own}/schema": _get(f"{stem}_schema", title, schema, SCHEMA, tag=name, parameters=narrowed),
    }


def items_parameters(entry: Entry) -> list[dict[str, Any]]:
    """Return the parameters of `/items` of this collection: the standard's, and those of the layer and of areas."""
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    own = [
        _parameter("limit", limit, _("Số đối tượng mỗi trang; hơn mức cao nhất thì lấy mức cao nhất.")),
        _parameter("offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
        _parameter("cursor", {"type": "string"}, _("Lấy từ liên kết “next” của trang trước.")),
        _parameter(
            "bbox",
            {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
            _("Các đối tượng giao với khung này."),
        ),
        _shared("bbox-crs"),
        _shared("crs"),
        _parameter("datetime", {"type": "string"}, _("Ngày, thời điểm hoặc khoảng a/b, ../b, a/.. (RFC 3339).")),
        _parameter("filter", {"type": "string"}, "CQL2 (OGC 21-065r2)"),
        _parameter("filter-lang", {"type": "string", "enum": [CQL_TEXT, CQL_JSON], "default": CQL_TEXT}),
        _shared("filter-crs"),
    ]
    layers = [
        _parameter(found.name, found.type if isinstance(found.type, dict) else {"type": "string"}, found.description)
        for found in filter_parameters(entry.layer.filterset)
        if found.name not in OWN_PARAMETERS
    ]
    taken = {parameter["name"] for parameter in layers}
    areas = [
        _parameter("unit", {"type": "array", "items": {"type": "string"}}, _("Mã đơn vị hành chính; có thể nhiều mã."))
        | {"explode": True},
        _parameter("on", {"type": "string", "format": "date"}, _("Ngày của ranh giới hành chính.")),
        _parameter("by", {"type": "string", "enum": ["place", "succession"], "default": "place"}),
        _parameter("within", {"type": "string"}, _("Đa giác, GeoJSON hoặc WKT, WGS 84.")),
    ]
    return [*own, *layers, *(parameter for parameter in areas if parameter["name"] not in taken)]


def _schemas_of(entry: Entry) -> dict[str, Any]:
    name = _pascal(entry.layer.name)
    feature = feature_schema(entry.layer)
    feature["properties"]["links"] = _LINKS
    return {
        f"{name}Feature": feature,
        f"{name}Page": _object(
            ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
            type={"type": "string", "enum": ["FeatureCollection"]},
            links=_LINKS,
            timeStamp={"type": "string", "format": "date-time"},
            numberMatched={"type": "integer", "minimum": 0},
            numberReturned={"type": "integer", "minimum": 0},
            features={"type": "array", "items": {"$ref": f"#/components/schemas/{name}Feature"}},
        ),
    }


def _get(
    operation: str,
    summary: str,
    schema: dict[str, Any],
    kind: str = JSON,
    *,
    tag: str = "Capabilities",
    parameters: Iterable[dict[str, Any]] = (),
    with_not_modified: bool = False,
) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": {
            "description": summary,
            "content": {kind: {"schema": schema}, HTML: {"schema": {"type": "string"}}},
        }
    }
    if with_not_modified:
        responses["304"] = {"description": _("Không đổi từ lần đọc trước (If-None-Match)")}
    for status in READ_PROBLEMS:
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        responses[str(status)] = {"description": str(STATUSES[status][1]), "content": {CONTENT_TYPE: problem}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*parameters, {"$ref": "#/components/parameters/f"}],
            "responses": responses,
        }
    }


def _parameter(name: str, schema: Any, description: Any = "") -> dict[str, Any]:
    found = {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": False}
    return found | ({"description": str(description)} if description else {})


def _shared(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


def _format() -> dict[str, Any]:
    return _parameter("f", {"type": "string", "enum": ["json", "html"]})


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _body(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
