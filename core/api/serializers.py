"""Serializers that take exactly what they know: unknown and read-only keys are refused, not ignored (A16, A20, A22)."""

from typing import Any, NoReturn

from django.contrib.gis.db import models
from django.contrib.gis.geos import GEOSGeometry
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from core.api.geometry import boundary_document, clean_boundary, clean_point, refuse_crs
from core.api.problems import MALFORMED, findings_of, json_pointer
from core.api.shape_schemas import BOUNDARY_SCHEMA, POINT_SCHEMA
from core.errors import BadInput, Finding, RuleViolated
from core.sql import COORDINATE_DIGITS


@extend_schema_field(BOUNDARY_SCHEMA)
class BoundaryField(serializers.Field):
    """A MultiPolygon in EPSG:4326; reads GeoJSON by `clean_boundary`, which also promotes a Polygon."""

    def to_internal_value(self, data: Any) -> GEOSGeometry:
        return data if isinstance(data, GEOSGeometry) else clean_boundary(data)

    def to_representation(self, value: GEOSGeometry | None) -> dict[str, Any] | None:
        return None if value is None else boundary_document(value, COORDINATE_DIGITS)


@extend_schema_field(POINT_SCHEMA)
class PointField(serializers.Field):
    """A Point in EPSG:4326; reads GeoJSON by `clean_point`."""

    def to_internal_value(self, data: Any) -> GEOSGeometry:
        return data if isinstance(data, GEOSGeometry) else clean_point(data)

    def to_representation(self, value: GEOSGeometry | None) -> dict[str, Any] | None:
        return None if value is None else boundary_document(value, COORDINATE_DIGITS)


class StrictFields:
    """Mixin: unknown keys and read-only keys are errors; errors become findings with JSON pointers."""

    def pointer(self, path: tuple[str, ...]) -> str:
        """Return the JSON pointer into the client's document for a path of field names."""
        return json_pointer(path)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        self._require_object()
        valid = super().is_valid(raise_exception=False)  # type: ignore[misc]
        if not valid and raise_exception:
            findings = list(findings_of(self.errors, pointer=self.pointer))  # type: ignore[attr-defined]
            malformed = any(finding.code in MALFORMED for finding in findings)
            raise (BadInput if malformed else RuleViolated)("invalid", findings=findings)
        return valid

    def _require_object(self) -> None:
        """The framework takes an empty body for `{}`, and says of a list only that it is invalid."""
        data, request = self.initial_data, self.context.get("request")  # type: ignore[attr-defined]
        if not data and request is not None and _has_no_body(request):
            raise BadInput("malformed_json", findings=[Finding("empty_body", _("Nội dung gửi lên trống."))])
        if not isinstance(data, dict):
            _bad_envelope("", _("Cần một đối tượng JSON."))

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            errors = self._unwanted(data)
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)  # type: ignore[misc]

    def _unwanted(self, data: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        fields = self.fields  # type: ignore[attr-defined]
        errors = {}
        for key in data:
            if key not in fields:
                errors[key[:100]] = [ErrorDetail(str(_("Không có trường này.")), code="unknown_field")]
            elif fields[key].read_only:
                errors[key] = [
                    ErrorDetail(str(_("Trường này do hệ thống đặt, không nhận từ ngoài.")), code="read_only")
                ]
        return errors


def _bad_envelope(pointer: str, detail: Any) -> NoReturn:
    raise BadInput("malformed_json", findings=[Finding("invalid_envelope", detail, pointer)])


def _has_no_body(request: Any) -> bool:
    return (request.META.get("CONTENT_LENGTH") or "0") == "0"


class StrictSerializer(StrictFields, serializers.Serializer):
    """For documents that are no model, e.g. the body of an action."""


class StrictModelSerializer(StrictFields, serializers.ModelSerializer):
    """For models without a shape."""


class StrictFeatureSerializer(StrictFields, GeoFeatureModelSerializer):
    """A GeoJSON Feature in and out (one thing; lists are built by `core.sql`).

    `Meta` as in djangorestframework-gis: `model, geo_field, fields, read_only_fields, id_field`. The envelope is
    checked first: `type` is "Feature", `properties` an object (400), `geometry` as `clean_boundary` says (422). On a
    partial update either of the two may be missing. Properties and geometry get pointers of the client's document.
    """

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.MultiPolygonField: BoundaryField,
        models.PointField: PointField,
    }

    def pointer(self, path: tuple[str, ...]) -> str:
        if path and path[0] == self.Meta.geo_field:
            return json_pointer(("geometry", *path[1:]))
        return json_pointer(("properties", *path)) if path else ""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data if data is serializers.empty else self._flat(data))

    def to_internal_value(self, data: dict[str, Any]) -> Any:
        errors = self._unwanted(data)
        if errors:
            raise serializers.ValidationError(errors)
        return serializers.ModelSerializer.to_internal_value(self, data)

    def _flat(self, feature: dict[str, Any]) -> dict[str, Any]:
        """Return the properties with the geometry under its field's name; raise for a bad envelope."""
        if feature.get("type") != "Feature":
            _bad_envelope("/type", _("“type” phải là “Feature”."))
        refuse_crs(feature, "")
        strange = sorted(set(feature) - {"type", "geometry", "properties", "bbox"})
        if strange:
            raise RuleViolated(
                "invalid",
                findings=[
                    Finding(
                        "unknown_field",
                        _("Không có trường này, hoặc do hệ thống đặt."),
                        json_pointer((key[:100],)),
                    )
                    for key in strange[:20]
                ],
            )
        flat = self._properties(feature)
        geo_field = self.Meta.geo_field
        if geo_field and "geometry" in feature:
            flat[geo_field] = self._geometry(feature["geometry"])
        elif geo_field and not self.partial and self.fields[geo_field].required:
            clean_boundary(None)
        return flat

    def _geometry(self, value: Any) -> Any:
        """Clean here: the framework would answer for null before the field sees it."""
        field = self.fields[self.Meta.geo_field]
        if field.read_only or (value is None and field.allow_null):
            return value
        return field.to_internal_value(value)

    def _properties(self, feature: dict[str, Any]) -> dict[str, Any]:
        if "properties" not in feature and self.partial:
            return {}
        properties = feature.get("properties")
        if not isinstance(properties, dict):
            _bad_envelope("/properties", _("“properties” phải là một đối tượng."))
        hidden = self.Meta.geo_field
        if hidden and hidden in properties:
            raise RuleViolated(
                "invalid",
                findings=[Finding("unknown_field", _("Hình dạng phải nằm trong “geometry”."), f"/properties/{hidden}")],
            )
        return dict(properties)
