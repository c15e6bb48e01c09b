"""OpenAPI description of layer views, drawn from the same `Layer` and filters that answer."""

import re
from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.utils.translation import gettext as _
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from core.api.shape_schemas import SHOWN_SCHEMA
from core.filters import BboxFilter, DayFilter, Parameter, StrictFilterSet
from core.layers import Layer
from core.problems import CONTENT_TYPE

GEOJSON = "application/geo+json"
READ_PROBLEMS = (400, 401, 404, 406, 429, 503)
WRITE_PROBLEMS = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503)

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "example": "/problems/rule_violated"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "request id, as in X-Request-Id"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "parameter": {"type": "string", "description": "query parameter"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_FIELD_SCHEMAS: tuple[tuple[type[models.Field], dict[str, Any]], ...] = (
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.FloatField, {"type": "number"}),
    (models.DecimalField, {"type": "number"}),
    (models.JSONField, {}),
)
_LINK = {
    "type": "object",
    "required": ["rel", "href"],
    "properties": {name: {"type": "string"} for name in ("rel", "type", "href")},
}


# Views say in their docstrings what each method does: "GET: a page. PUT, PATCH (If-Match): change it."
_METHODS = r"(?:GET|POST|PUT|PATCH|DELETE)"
_PART = re.compile(rf"\b({_METHODS}(?:, {_METHODS})*)((?: \([^)]*\))?): ")


def words_of(docstring: str, method: str) -> str:
    """Return what a view's docstring says of `method`; the whole text when it names no methods."""
    pieces = _PART.split(docstring)
    for methods, _condition, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if method in methods.split(", "):
            said = text.strip()
            return said[:1].upper() + said[1:]
    return docstring.strip()


class OwnSessionScheme(SessionScheme):
    """Describes our session authentication, which is the framework's with better words."""

    target_class = "core.api.authentication.SessionAuthentication"


class StrictSchema(AutoSchema):
    """Adds problem documents to every operation, and its words from the view's docstring."""

    def get_description(self) -> str:  # type: ignore[override]
        return words_of(super().get_description(), self.method)

    def get_summary(self) -> str | None:
        return re.split(r"[.;:](?:\s|$)", self.get_description(), maxsplit=1)[0]

    def _get_format_parameters(self) -> list[Any]:
        """None: `format` is unknown here, `f` stands with the other parameters."""
        return []

    def component(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Register `schema` once under `name` and return a reference to it."""
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component.ref

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        problem = self.component("Problem", PROBLEM_SCHEMA)
        for status in READ_PROBLEMS if self.method == "GET" else WRITE_PROBLEMS:
            bodies.setdefault(
                str(status),
                {"content": {CONTENT_TYPE: {"schema": problem}}, "description": "problem document"},
            )
        return bodies


class LayerSchema(StrictSchema):
    """What the views of one layer have in common."""

    verb = ""

    @property
    def layer(self) -> Layer:
        return self.view.layer  # type: ignore[attr-defined,no-any-return]

    def get_tags(self) -> list[str]:
        return [self.layer.name]

    def get_operation_id(self) -> str:
        verbs = {"GET": self.verb, "POST": "create", "PUT": "replace", "PATCH": "change", "DELETE": "remove"}
        return f"{self.layer.name.replace('-', '_')}_{verbs[self.method]}"

    def get_summary(self) -> str | None:
        return str(self.layer.title) if self.method == "GET" else super().get_summary()

    def feature(self) -> dict[str, Any]:
        """Return a reference to the layer's Feature schema."""
        name = "".join(part.capitalize() for part in self.layer.name.replace("_", "-").split("-"))
        return self.component(f"{name}Feature", feature_schema(self.layer))

    def body(self) -> dict[str, Any]:
        """Return the schema of a successful GET."""
        return self.feature()

    def get_request_serializer(self) -> Any:
        return None if self.method == "GET" else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        if self.method == "GET":
            return {(200, GEOJSON): self.body()}
        if self.method == "DELETE":
            return {204: None}
        return {(201 if self.method == "POST" else 200, GEOJSON): self.feature()}


class LayerListSchema(LayerSchema):
    """A page of features."""

    verb = "list"

    def body(self) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["type", "features", "numberReturned", "next", "links"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "numberReturned": {"type": "integer"},
                "numberMatched": {"type": "integer", "description": "with count=true"},
                "next": {"type": "string", "format": "uri", "nullable": True},
                "links": {"type": "array", "items": _LINK},
                "features": {"type": "array", "items": self.feature()},
            },
        }

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET":
            return []
        return [*filter_parameters(self.layer.filterset), *page_parameters()]


class LayerDetailSchema(LayerSchema):
    """One feature."""

    verb = "read"

    def get_override_parameters(self) -> list[Any]:
        kind = int if self.layer.key == "pk" else str
        key = OpenApiParameter("key", kind, OpenApiParameter.PATH, description=self.layer.key)
        return [key, _format_parameter()] if self.method == "GET" else [key, *_if_match(self.method)]


def _if_match(method: str) -> list[OpenApiParameter]:
    if method == "POST":
        return []
    return [
        OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description=_("ETag của bản đã đọc"))
    ]


def _format_parameter() -> OpenApiParameter:
    return OpenApiParameter("f", str, enum=["json", "geojson"])


def page_parameters() -> list[OpenApiParameter]:
    """Return `limit`, `cursor`, `count`, `f`."""
    limit = {"type": "integer", "minimum": 1, "default": 100}
    return [
        OpenApiParameter("limit", limit, description=_("số đối tượng mỗi trang, nhiều nhất 10.000")),
        OpenApiParameter("cursor", str, description=_("lấy từ liên kết “next” của trang trước")),
        OpenApiParameter("count", bool, description=_("true: kèm tổng số (numberMatched)")),
        _format_parameter(),
    ]


def filter_parameters(filterset: type[StrictFilterSet]) -> list[OpenApiParameter]:
    """Return the query parameters of a filter set."""
    return [
        OpenApiParameter(
            name,
            _parameter_schema(parameter),
            description=str(parameter.item.label or parameter.item.extra.get("help_text") or ""),
            explode=True if parameter.is_multiple else None,
        )
        for name, parameter in filterset.parameters().items()
    ]


def _parameter_schema(parameter: Parameter) -> dict[str, Any]:
    if parameter.is_multiple:
        return {"type": "array", "items": _item_schema(parameter.item)}
    return _item_schema(parameter.item)


def _item_schema(item: django_filters.Filter) -> dict[str, Any]:
    if isinstance(item, BboxFilter):
        return {"type": "string", "example": "105.5,10.3,105.8,10.6"}
    if isinstance(item, DayFilter):
        return {"type": "string", "format": "date"}
    if isinstance(item, django_filters.NumberFilter | django_filters.RangeFilter):
        return {"type": "number"}
    if isinstance(item, django_filters.BooleanFilter):
        return {"type": "boolean"}
    schema: dict[str, Any] = {"type": "string"}
    choices = item.extra.get("choices")
    choices = getattr(choices, "choices", choices)  # a TextChoices class, or pairs
    if (
        isinstance(item, django_filters.ChoiceFilter | django_filters.MultipleChoiceFilter)
        and choices
        and not callable(choices)
    ):
        schema["enum"] = [value for value, _label in choices]
    return schema


def feature_schema(layer: Layer) -> dict[str, Any]:
    """Return the JSON schema of the layer's features, its property types taken from the expressions behind them."""
    rows = layer.rows(AnonymousUser()).annotate(**layer.columns())
    properties = {
        name: _property_schema(rows.query.annotations[alias].output_field, _is_required(rows.model, layer.fields[name]))
        for name, alias in zip(layer.fields, layer.columns(), strict=True)
    }
    meta = rows.model._meta
    key = meta.pk if layer.key == "pk" else meta.get_field(layer.key)
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": _field_schema(key),
            "geometry": SHOWN_SCHEMA if layer.geometry else {"type": "object", "nullable": True},
            "properties": {"type": "object", "required": list(properties), "properties": properties},
        },
    }


def _is_required(model: type[models.Model], source: Any) -> bool:
    """True when the property is a plain not-null column of the row itself."""
    if not isinstance(source, str) or LOOKUP_SEP in source:
        return False
    return any(field.name == source and not field.null for field in model._meta.concrete_fields)


def _property_schema(field: Any, required: bool) -> dict[str, Any]:
    return _field_schema(field) | ({} if required else {"nullable": True})


def _field_schema(field: Any) -> dict[str, Any]:
    if isinstance(field, ArrayField):
        return {"type": "array", "items": _field_schema(field.base_field)}
    if isinstance(field, models.GeneratedField):
        return _field_schema(field.output_field)
    if isinstance(field, models.ForeignKey):
        return _field_schema(field.target_field)
    if isinstance(field, models.AutoField | models.BigAutoField):
        return {"type": "integer"}
    return next((dict(schema) for kind, schema in _FIELD_SCHEMAS if isinstance(field, kind)), {"type": "string"})
