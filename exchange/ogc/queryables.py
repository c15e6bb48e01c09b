"""What may be asked in a filter: the fields that leave the house, and the shape as it is shown. Nothing else (B12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.layers import Layer, as_expression

GEOMETRY = "geometry"


class Kind(StrEnum):
    """Of what sort the values are; comparisons are between values of one sort."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    MOMENT = "moment"
    TEXTS = "texts"
    NUMBERS = "numbers"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Queryable:
    """A property by name; `source` is its expression, None for the shape."""

    name: str
    kind: Kind
    source: Any = None
    is_integer: bool = False


_KINDS: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.BooleanField, Kind.BOOLEAN),
    (models.DateTimeField, Kind.MOMENT),
    (models.DateField, Kind.DAY),
    (models.IntegerField, Kind.NUMBER),
    (models.FloatField, Kind.NUMBER),
    (models.DecimalField, Kind.NUMBER),
)
_SCHEMAS: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.NUMBERS: {"type": "array", "items": {"type": "number"}},
    Kind.SHAPE: {"format": "geometry-any", "x-ogc-role": "primary-geometry"},
}


_KNOWN: dict[str, tuple[Layer, Mapping[str, Queryable]]] = {}


def queryables_of(layer: Layer) -> Mapping[str, Queryable]:
    """Return the queryables of `layer` by name, their kinds taken from the expressions behind the fields."""
    known = _KNOWN.get(layer.name)
    if known is None or known[0] is not layer:  # kinds do not change while the process runs
        known = _KNOWN[layer.name] = (layer, _found(layer))
    return known[1]


def _found(layer: Layer) -> Mapping[str, Queryable]:
    rows = layer.rows(AnonymousUser()).annotate(**layer.columns())
    found = {}
    for name, alias in zip(layer.fields, layer.columns(), strict=True):
        field = _plain(rows.query.annotations[alias].output_field)
        found[name] = Queryable(name, _kind(field), as_expression(layer.fields[name]), _is_integer(field))
    if layer.geometry is not None:
        found[GEOMETRY] = Queryable(GEOMETRY, Kind.SHAPE)
    return found


def _plain(field: Any) -> Any:
    while isinstance(field, models.GeneratedField | models.ForeignKey):
        field = field.output_field if isinstance(field, models.GeneratedField) else field.target_field
    return field


def _kind(field: Any) -> Kind:
    if isinstance(field, ArrayField):
        return Kind.NUMBERS if _kind(_plain(field.base_field)) == Kind.NUMBER else Kind.TEXTS
    return next((kind for of, kind in _KINDS if isinstance(field, of)), Kind.TEXT)


def _is_integer(field: Any) -> bool:
    return isinstance(field.base_field if isinstance(field, ArrayField) else field, models.IntegerField)


def properties_of(layer: Layer, titles: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the queryables as properties of a JSON Schema, with `titles` where there are any."""
    properties = {}
    for name, found in queryables_of(layer).items():
        schema = dict(_SCHEMAS[found.kind])
        if found.is_integer and found.kind == Kind.NUMBER:
            schema["type"] = "integer"
        if titles.get(name):
            schema["title"] = str(titles[name])
        properties[name] = schema
    return properties
