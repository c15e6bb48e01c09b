"""Model fields and constraints that several apps share."""

from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import MultiPolygonField
from django.contrib.gis.db.models.functions import IsEmpty, IsValid
from django.db import models
from django.db.models import CheckConstraint, F, Q

from core.expressions import InBox, Is2D, SquareMetres, VertexCount, WebMercator
from core.text import clean_line, clean_lines


class TextLine(models.CharField):
    """One line of text for people: stored NFC, without hidden signs (see `core.text.clean_line`)."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return clean_line(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return clean_line(value) if isinstance(value, str) else value


class TextBlock(models.TextField):
    """Several lines of text for people, stored NFC."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return clean_lines(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return clean_lines(value) if isinstance(value, str) else value


class BoundaryField(MultiPolygonField):
    """A MultiPolygon in EPSG:4326. Truths about it (valid, 2D, ...) are constraints: `boundary_constraints`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"srid": 4326} | kwargs)


def area_field(source: str = "boundary") -> models.GeneratedField:
    """Return the geodesic area in m² of `source`, computed and stored by PostgreSQL, so that it exists once."""
    return models.GeneratedField(expression=SquareMetres(F(source)), output_field=models.FloatField(), db_persist=True)


def web_mercator_field(source: str = "boundary") -> models.GeneratedField:
    """Return a stored EPSG:3857 copy of `source` for tiles: halves a tile's cost (docs/adr/0005)."""
    return models.GeneratedField(
        expression=WebMercator(F(source)),
        output_field=MultiPolygonField(srid=3857, spatial_index=False),
        db_persist=True,
    )


def boundary_constraints(table: str, field: str = "boundary", *, max_vertices: int = 0) -> list[CheckConstraint]:
    """Return the checks that keep one bad polygon from killing the map (docs/adr/0004): valid, not empty, 2D,
    inside the country box and, when `max_vertices` is given, not too detailed."""
    west, south, east, north = settings.COUNTRY_BOX
    checks: list[tuple[str, Any]] = [
        ("valid", IsValid(F(field))),
        ("not_empty", Q(IsEmpty(F(field)), _negated=True)),
        ("2d", Is2D(F(field))),
        ("in_country", InBox(F(field), west, south, east, north)),
    ]
    if max_vertices:
        checks.append(("vertices", models.lookups.LessThanOrEqual(VertexCount(F(field)), max_vertices)))
    return [CheckConstraint(name=f"{table}_{field}_{name}", condition=condition) for name, condition in checks]
