"""The figures on the map: classes of about as many units each, colours that grow darker, outlines for the screen."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models import Extent, GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import F, Func, Q, Value

from exchange.analysis.figures import Analysis, Figure
from places.models import AdministrativeUnit

COLOURS = ("#fdefcf", "#f8d07f", "#f0ac2b", "#2f7653", "#154d38")  # lightness falls: told apart without hue
NO_ROWS = "#e9e6da"
SCREEN_DEGREES = 0.0003  # about 30 m: less than a pixel at the scale of a province
SCREEN_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A class of the legend: from (exclusive, the first inclusive) to (inclusive); `number` 1 to 5, 0: no rows."""

    number: int
    colour: str
    low: float
    high: float


def steps(figures: Sequence[Figure]) -> list[Step]:
    """Return up to five classes by quantiles over the values above nought; fewer where values are few or equal."""
    values = sorted(figure.value for figure in figures if figure.value)
    if not values:
        return []
    count = min(len(COLOURS), len(set(values)))
    highs = sorted({values[-(-len(values) * part // count) - 1] for part in range(1, count + 1)})
    lows = [values[0], *highs[:-1]]
    first = len(COLOURS) - len(highs)
    return [
        Step(first + place + 1, COLOURS[first + place], low, high)
        for place, (low, high) in enumerate(zip(lows, highs, strict=True))
    ]


def step_of(value: float | None, found: Sequence[Step]) -> Step | None:
    """Return the class of a value; None for nothing and nought."""
    if not value or not found:
        return None
    return found[min(bisect_left([step.high for step in found], value), len(found) - 1)]


def features(analysis: Analysis, found: Sequence[Step]) -> dict[str, Any]:
    """Return the units in force with their colours, simplified for the screen: those with rows and their neighbours
    below the same units; GeoJSON with `name`, `code`, `colour`."""
    by_unit = {figure.unit.pk: figure for figure in analysis.rows if figure.unit}
    drawn = []
    for unit in _units(analysis).annotate(outline=AsGeoJSON(_simplified(), precision=SCREEN_DIGITS)).order_by("code"):
        figure = by_unit.get(unit.pk)
        step = step_of(figure.value, found) if figure else None
        colour = step.colour if step else NO_ROWS
        properties = {"name": unit.full_name, "code": unit.code, "colour": colour}
        drawn.append({"type": "Feature", "properties": properties, "geometry": json.loads(unit.outline)})
    return {"type": "FeatureCollection", "features": drawn}


def bounds(analysis: Analysis) -> list[float] | None:
    """Return the box of the units with rows, of all that are drawn where none has; None without outlines."""
    units = _units(analysis)
    with_rows = units.filter(pk__in=[figure.unit.pk for figure in analysis.rows if figure.unit])
    box = with_rows.aggregate(box=Extent("boundary"))["box"] or units.aggregate(box=Extent("boundary"))["box"]
    return list(box) if box else None


def is_schematic(analysis: Analysis) -> bool:
    """Whether outlines that are drawn are not official ones."""
    return _units(analysis).filter(is_schematic=True).exists()


def _units(analysis: Analysis) -> Any:
    shown = [figure.unit for figure in analysis.rows if figure.unit]
    near = Q(pk__in=[unit.pk for unit in shown]) | Q(parent__in={unit.parent_id for unit in shown if unit.parent_id})
    request = analysis.request
    units = AdministrativeUnit.objects.on(request.area.on).filter(level=request.level, boundary__isnull=False)
    return (units.filter(near) if shown else units).without_shapes()


def _simplified() -> Func:
    return Func(
        F("boundary"),
        Value(SCREEN_DEGREES),
        function="ST_SimplifyPreserveTopology",
        output_field=GeometryField(srid=4326),
    )
