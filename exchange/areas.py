"""The area that is asked for: units by code, of today or of another day, and a polygon. And the unit of each row.

One rule for exports, analysis and lists, so that their numbers agree (docs/domain.md §2.1):
- units that are in force today: by the row's own unit (`Layer.unit`) and what lies above it; a row that keeps a unit
  of a former day is traced to today's;
- layers that know no unit, and units of another day with `by=place`: the unit whose outline holds the row's point on
  surface; a point that two outlines hold goes to the first by code, so that each row counts once;
- units of another day with `by=succession`: the row's unit traced through the recorded successions. A row whose trace
  ends in several units, or in none, belongs to none: it is "not attributable", never guessed.
"""

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon
from django.core.exceptions import ValidationError
from django.db.models import (
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
)
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, Finding
from core.filters import as_query_dict
from core.layers import Layer
from core.problems import parameter_finding
from places.models import AdministrativeUnit, UnitPiece
from places.tracing import is_todays_edition, traced_to

ANALYSIS_UNIT = "analysis_unit"
PARAMETERS = ("unit", "on", "by", "within")
MAX_UNITS = 200
MAX_VERTICES = 1_000
MAX_TEXT = 60_000  # signs of a polygon of 1,000 vertices in full length
_POINT = "area_point"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CODE = re.compile(r"[0-9]{2,12}", re.ASCII)
_WKT = re.compile(r"(?:SRID=4326;)?\s*(?:MULTI)?POLYGON\s*\(([-+0-9.eE,()\s]+)\)\s*", re.ASCII | re.IGNORECASE)


class By(TextChoices):
    """How a row comes to a unit of another day."""

    PLACE = "place", _("Theo vị trí trên bản đồ")
    SUCCESSION = "succession", _("Theo văn bản sáp nhập")


@dataclass(frozen=True, slots=True)
class Area:
    """What was asked for: `units` in force on `on`, and a polygon in EPSG:4326; without both: everywhere."""

    units: tuple[AdministrativeUnit, ...]
    on: dt.date
    by: By
    within: GEOSGeometry | None
    said: Mapping[str, tuple[str, ...]]  # the parameters as sent

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "Area":
        """Read `unit` (repeatable code), `on`, `by` and `within` (GeoJSON or WKT, EPSG:4326); others are not looked at.

        Raises BadInput with a finding for each parameter that cannot be read; blank ones are as if not sent.
        """
        data, findings = as_query_dict(params), []
        on = by = within = None
        try:
            on = _day(_single(data, "on"))
        except ValidationError as error:
            findings.append(_finding("on", error))
        try:
            by = _by(_single(data, "by"))
        except ValidationError as error:
            findings.append(_finding("by", error))
        try:
            within = _polygon(_single(data, "within"))
        except ValidationError as error:
            findings.append(_finding("within", error))
        units: tuple[AdministrativeUnit, ...] = ()
        if on is not None:
            try:
                units = _units(_filled(data, "unit"), on)
            except ValidationError as error:
                findings.append(_finding("unit", error))
        if findings or on is None or by is None:
            raise BadInput(findings=findings)
        said = {name: tuple(_filled(data, name)) for name in PARAMETERS if _filled(data, name)}
        return cls(units, on, by, within, said)

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing is narrowed."""
        return not self.units and self.within is None

    def query(self) -> dict[str, list[str]]:
        """Return the parameters as sent, for addresses and for what is kept of an export."""
        return {name: list(values) for name, values in self.said.items()}

    def narrowed(self, layer: Layer, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return `rows` of `layer` in these units and in this polygon.

        Polygon and outlines are held against the geometry as the layer shows it. Raises BadInput where the layer has
        neither unit nor geometry to ask.
        """
        if self.within is not None:
            rows = rows.filter(**{f"{_geometry(layer, 'within')}__intersects": self.within})
        if not self.units:
            return rows
        own, placed, choices = [], {}, Q(pk__in=[])
        for level in sorted({unit.level for unit in self.units}):
            ids = [unit.pk for unit in self.units if unit.level == level]
            if is_by_unit(layer, level, self.on, self.by):
                own += [source for source, target in traced_to(level, self.on).items() if target in ids]
            else:
                placed[level] = ids
        if own:
            choices |= Q(**{f"{layer.unit}__in": own})
        for level, ids in placed.items():
            rows = _with_place(layer, rows, level, self.on, f"area_{level}")
            choices |= Q(**{f"area_{level}__in": ids, f"{layer.geometry}__bboverlaps": _box(ids)})
        return rows.filter(choices)


def unit_of(
    layer: Layer, rows: QuerySet[Any], *, level: str, on: dt.date, by: str, name: str = ANALYSIS_UNIT
) -> QuerySet[Any]:
    """Return `rows` of `layer` with `analysis_unit` (or `name`): the id of the unit of `level` in force on `on`, None
    where the row cannot be attributed."""
    if not is_by_unit(layer, level, on, by):
        return _with_place(layer, rows, level, on, name)
    # An object of {source: target} is folded to a constant and searched by halving; a CASE of a thousand branches or a
    # join that the ORM does not know would be the other ways.
    table = Value(json.dumps({str(source): target for source, target in sorted(traced_to(level, on).items())}))
    key = Cast(F(f"{layer.unit}_id"), TextField())
    return rows.annotate(**{name: _Looked(Cast(table, JSONField()), key)})


class _Looked(Func):
    """The number that stands under the key (second) in a JSON object (first)."""

    template = "(%(expressions)s)::integer"
    arg_joiner = " ->> "
    output_field = IntegerField()


def is_by_unit(layer: Layer, level: str, on: dt.date, by: str) -> bool:
    """Whether rows of `layer` come to units of that level and day by their own unit, not by their place."""
    return bool(layer.unit) and (by == By.SUCCESSION or is_todays_edition(level, on))


def _with_place(layer: Layer, rows: QuerySet[Any], level: str, on: dt.date, name: str) -> QuerySet[Any]:
    in_force = Q(unit__valid_to=None) | Q(unit__valid_to__gt=on)
    pieces = UnitPiece.objects.filter(
        in_force, unit__level=level, unit__valid_from__lte=on, piece__intersects=OuterRef(_POINT)
    )
    found = Subquery(pieces.order_by("unit__code").values("unit_id")[:1], output_field=IntegerField())
    return rows.annotate(**{_POINT: PointOnSurface(F(_geometry(layer, "unit")))}).annotate(**{name: found})


def _geometry(layer: Layer, parameter: str) -> str:
    if layer.geometry is None:
        detail = _("Lớp này không có vị trí, nên không lọc theo vị trí được.")
        raise BadInput(findings=[parameter_finding(parameter, "no_geometry", detail)])
    return layer.geometry


def _box(ids: list[int]) -> Polygon:
    """Return the box around the outlines, which the index of the rows can serve; empty where none is drawn."""
    extent = AdministrativeUnit.objects.filter(pk__in=ids).order_by().aggregate(box=Extent("boundary"))["box"]
    box = Polygon.from_bbox(extent) if extent else Polygon()
    box.srid = 4326
    return box


# --- reading -----------------------------------------------------------------------------------------------------


def _finding(name: str, error: ValidationError) -> Finding:
    return parameter_finding(name, error.code or "invalid", " ".join(error.messages))


def _filled(data: QueryDict, name: str) -> list[str]:
    return [value.strip() for value in data.getlist(name) if value.strip()]


def _single(data: QueryDict, name: str) -> str:
    values = _filled(data, name)
    if len(values) > 1:
        raise ValidationError(_("Tham số này chỉ được gửi một lần."), code="repeated_parameter")
    return values[0] if values else ""


def _day(text: str) -> dt.date:
    if not text:
        return localdate()
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValidationError(_("Hãy nhập ngày theo dạng năm-tháng-ngày, ví dụ 2026-07-01."), code="invalid")


def _by(text: str) -> By:
    if text and text not in By.values:
        raise ValidationError(_("Hãy chọn place (theo vị trí) hoặc succession (theo văn bản)."), code="invalid_choice")
    return By(text or By.PLACE)


def _units(codes: list[str], on: dt.date) -> tuple[AdministrativeUnit, ...]:
    wanted = sorted(set(codes))
    if len(wanted) > MAX_UNITS:
        raise ValidationError(_("Chỉ chọn được tối đa %(most)d đơn vị.") % {"most": MAX_UNITS}, code="too_many")
    unreadable = [code for code in wanted if not _CODE.fullmatch(code)]
    if unreadable:
        detail = _("Hãy ghi mã đơn vị hành chính bằng 2 đến 12 chữ số, không phải: %(code)s.")
        raise ValidationError(detail % {"code": unreadable[0][:40]}, code="invalid")
    units = list(AdministrativeUnit.objects.on(on).filter(code__in=wanted).without_shapes()) if wanted else []
    missing = sorted(set(wanted) - {unit.code for unit in units})
    if missing:
        detail = _("Vào ngày %(day)s không có đơn vị hành chính nào mang mã %(code)s.")
        raise ValidationError(detail % {"day": f"{on:%d/%m/%Y}", "code": ", ".join(missing[:5])}, code="unknown_unit")
    return tuple(units)


def _polygon(text: str) -> GEOSGeometry | None:
    """Return a valid (multi)polygon of at most 1,000 vertices; the text is looked through before a parser gets it."""
    if not text:
        return None
    if len(text) > MAX_TEXT:
        raise _too_many_vertices()
    shape = _from_geojson(text) if text.startswith("{") else _from_wkt(text)
    if shape.num_coords > MAX_VERTICES:
        raise _too_many_vertices()
    if shape.empty:
        raise _unreadable()
    west, south, east, north = shape.extent
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValidationError(_("Vùng phải theo kinh độ, vĩ độ (WGS 84)."), code="outside_world")
    if not shape.valid:
        raise ValidationError(_("Đường bao của vùng tự cắt hoặc chưa khép đúng."), code="invalid_polygon")
    shape.srid = 4326
    return shape


def _too_many_vertices() -> ValidationError:
    return ValidationError(_("Vùng chỉ được có tối đa 1.000 đỉnh; hãy vẽ đơn giản hơn."), code="too_many_vertices")


def _unreadable() -> ValidationError:
    return ValidationError(_("Hãy gửi một Polygon hay MultiPolygon bằng GeoJSON hoặc WKT."), code="invalid_polygon")


def _from_wkt(text: str) -> GEOSGeometry:
    if not _WKT.fullmatch(text):
        raise _unreadable()
    try:
        return GEOSGeometry(text.split(";")[-1].strip())
    except (GEOSException, ValueError):
        raise _unreadable() from None


def _from_geojson(text: str) -> GEOSGeometry:
    try:
        document = json.loads(text)
        rings = document["coordinates"]
        parts = {"Polygon": [rings], "MultiPolygon": rings}[document["type"]]
        polygons = [Polygon(*[[_position(position) for position in ring] for ring in part]) for part in parts]
    except (GEOSException, KeyError, TypeError, ValueError, RecursionError):
        raise _unreadable() from None
    if not polygons:
        raise _unreadable()
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _position(position: Any) -> tuple[float, float]:
    lon, lat = position  # no heights: RFC 7946 allows them, an area has none
    if isinstance(lon, bool) or isinstance(lat, bool) or not (math.isfinite(lon) and math.isfinite(lat)):
        raise ValueError
    return float(lon), float(lat)
