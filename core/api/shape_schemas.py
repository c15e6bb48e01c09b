"""JSON schemas of GeoJSON shapes and features, as clients send them and as they get them."""

from typing import Any

from drf_spectacular.contrib.rest_framework_gis import GeoFeatureModelSerializerExtension

_WORDS = "RFC 7946: WGS 84, longitude before latitude, no height"
# Three corners would be the fewest: the fourth position closes the ring.
RING_EXAMPLE = [[105.63, 10.45], [105.631, 10.45], [105.631, 10.451], [105.63, 10.451], [105.63, 10.45]]
_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_LINE = {"type": "array", "items": _POSITION, "minItems": 2}
_RING = {"type": "array", "items": _POSITION, "minItems": 4}
_COORDINATES: dict[str, dict[str, Any]] = {
    "Point": _POSITION,
    "MultiPoint": {"type": "array", "items": _POSITION},
    "LineString": _LINE,
    "MultiLineString": {"type": "array", "items": _LINE},
    "Polygon": {"type": "array", "items": _RING, "minItems": 1},
    "MultiPolygon": {"type": "array", "items": {"type": "array", "items": _RING, "minItems": 1}, "minItems": 1},
}


def _geometry(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string", "enum": [kind]}, "coordinates": _COORDINATES[kind]},
    }


def _one_of(kinds: tuple[str, ...], example: dict[str, Any]) -> dict[str, Any]:
    return {"description": _WORDS, "oneOf": [_geometry(kind) for kind in kinds], "example": example}


POINT_SCHEMA = _geometry("Point") | {
    "description": _WORDS,
    "example": {"type": "Point", "coordinates": RING_EXAMPLE[0]},
}
BOUNDARY_SCHEMA = _one_of(("Polygon", "MultiPolygon"), {"type": "Polygon", "coordinates": [RING_EXAMPLE]})
SHOWN_SCHEMA = _one_of(tuple(_COORDINATES), {"type": "MultiPolygon", "coordinates": [[RING_EXAMPLE]]}) | {
    "nullable": True
}


class FeatureExtension(GeoFeatureModelSerializerExtension):
    """Describes our own envelope: no id, closed rings of two numbers a position, and which properties must be."""

    target_class = "core.api.serializers.StrictFeatureSerializer"
    match_subclasses = True
    priority = 1  # before the library's, which also matches

    def map_geo_feature_model_serializer(self, serializer: Any, base_schema: dict[str, Any]) -> dict[str, Any]:
        flat = dict(base_schema["properties"])
        geo_field, id_field = serializer.Meta.geo_field, serializer.Meta.id_field
        geometry, number = flat.pop(geo_field, None), flat.pop(id_field, None) if id_field else None
        needed = [name for name in base_schema.get("required", []) if name in flat]
        properties = {"type": "object", "properties": flat} | ({"required": needed} if needed else {})
        is_partial = getattr(serializer, "partial", False)
        return {
            "type": "object",
            "description": base_schema.get("description", ""),
            "required": ["type"] if is_partial else ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                **({"id": number} if number else {}),
                "geometry": geometry or POINT_SCHEMA,
                "properties": properties,
            },
        }
