"""Values written in a filter: numbers, texts, days, moments, shapes. Each is checked before the database gets it."""

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.db.models import BooleanField, DateField, DateTimeField, FloatField, TextField, Value
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_lazy as _

from core.filters import SHOWN_VALUE
from exchange.ogc.cql import refusal
from exchange.ogc.crs import Crs, to_longitude_latitude
from exchange.ogc.queryables import Kind

MAX_VERTICES = 1_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DEPTHS: Mapping[str, int] = {  # lists around a position
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written; its kind comes from what it is compared with."""

    value: Any

    def as_kind(self, kind: Kind, *, is_integer: bool = False) -> Any:
        """Return the value as one of `kind`; BadInput where it is none."""
        read = _READERS[kind]
        value = read(self.value)
        if value is None or (is_integer and value != int(value)):
            detail = _("Giá trị “%(value)s” không cùng loại với trường được so sánh.")
            raise refusal("type_mismatch", detail % {"value": str(self.value)[:SHOWN_VALUE]})
        return int(value) if is_integer else value

    def expression(self, kind: Kind) -> Any:
        """Return the value as a parameter of `kind`."""
        return Value(self.as_kind(kind), _FIELDS[kind])


def read_literal(node: Any) -> Literal:
    """Return the scalar that `node` is: a text, number, boolean, `{"date": ...}` or `{"timestamp": ...}`."""
    if isinstance(node, dict) and len(node) == 1:
        (name, value), *_rest = node.items()
        if name in ("date", "timestamp") and isinstance(value, str):
            return Literal(value)
    if isinstance(node, str | bool | int | float):
        return Literal(node)
    raise refusal("invalid", _("Bộ lọc CQL2 viết chưa đúng."))


def read_day(text: Any) -> dt.date | None:
    """Return an ISO day, None where it is none."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def read_moment(text: Any) -> dt.datetime | None:
    """Return a moment of RFC 3339, or the first of a day in Viet Nam; None where it is none."""
    if not isinstance(text, str):
        return None
    day = read_day(text)
    if day is not None:
        return dt.datetime.combine(day, dt.time(), get_default_timezone())
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        return None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
    Kind.DAY: read_day,
    Kind.MOMENT: read_moment,
}
_FIELDS: Mapping[Kind, Any] = {
    Kind.TEXT: TextField(),
    Kind.NUMBER: FloatField(),
    Kind.BOOLEAN: BooleanField(),
    Kind.DAY: DateField(),
    Kind.MOMENT: DateTimeField(),
}


# --- shapes ------------------------------------------------------------------------------------------------------


def read_shape(node: Any, crs: Crs) -> GEOSGeometry:
    """Return the shape of a GeoJSON geometry or `{"bbox": [...]}` in `crs`, as longitude and latitude (EPSG:4326).

    Raises BadInput for anything that is not a valid, flat shape of at most 1,000 vertices.
    """
    if isinstance(node, dict) and set(node) == {"bbox"}:
        node = _of_box(node["bbox"])
    if not isinstance(node, dict) or node.get("type") not in _DEPTHS or set(node) != {"type", "coordinates"}:
        raise _bad_shape()
    points: list[tuple[float, float]] = []
    nested = _gathered(node["coordinates"], _DEPTHS[node["type"]], points)
    try:
        converted = to_longitude_latitude(crs, points)
        coordinates = _spread(nested, converted)
        shape = GEOSGeometry(json.dumps({"type": node["type"], "coordinates": coordinates}))
        west, south, east, north = shape.extent
        is_fine = shape.valid and not shape.empty and -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    except (GEOSException, ValueError, TypeError):
        raise _bad_shape() from None
    if not is_fine:
        raise _bad_shape()
    shape.srid = 4326
    return shape


def _of_box(box: Any) -> dict[str, Any]:
    if not isinstance(box, list) or len(box) != 4:
        raise _bad_shape()
    west, south, east, north = (_number(value) for value in box)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _gathered(value: Any, depth: int, points: list[tuple[float, float]]) -> Any:
    """Put the positions into `points` and return the nesting with their indexes."""
    if not isinstance(value, list) or not value:
        raise _bad_shape()
    if depth:
        return [_gathered(item, depth - 1, points) for item in value]
    numbers = [_number(item) for item in value]
    if len(numbers) != 2 or None in numbers or len(points) >= MAX_VERTICES:
        raise _bad_shape()
    points.append((numbers[0], numbers[1]))  # type: ignore[arg-type]
    return len(points) - 1


def _spread(nested: Any, points: list[tuple[float, float]]) -> Any:
    return points[nested] if isinstance(nested, int) else [_spread(item, points) for item in nested]


def _bad_shape() -> Any:
    return refusal(
        "invalid_geometry",
        _("Hình trong bộ lọc phải là một hình hợp lệ, hai chiều, tối đa 1.000 đỉnh, nằm trên Trái Đất."),
    )
