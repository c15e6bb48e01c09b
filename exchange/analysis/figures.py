"""The figures: one grouped query for the units, one for the total; a share asks for its whole as well."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Count, F, QuerySet

from core.replicas import connection
from exchange.analysis.measures import or_nought
from exchange.analysis.place_sql import SUMS_BY_PLACE
from exchange.analysis.request import AnalysisRequest
from exchange.areas import ANALYSIS_UNIT, is_by_unit, unit_of
from maps.expressions import AsStored
from places.models import AdministrativeUnit

SECOND_UNIT = "second_unit"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of one unit, of all, or of what belongs to no unit (`unit` None).

    rows   rows counted (of a share: rows of the part)
    value  in the measure's unit; None: a share of nothing
    whole  of a share: what it is a part of, in the unit of the sum (hectares)
    part   of a share: the part, in the same
    """

    unit: AdministrativeUnit | None
    rows: int
    value: float | None
    part: float | None = None
    whole: float | None = None

    @property
    def code(self) -> str:
        """The unit's code; "" without one."""
        return self.unit.code if self.unit else ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer: units with rows by falling value, then code; `not_attributable` where rows belong to no unit."""

    request: AnalysisRequest
    rows: tuple[Figure, ...]
    total: Figure
    not_attributable: Figure | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """What lies in a unit of one day and in a unit of another; either None: not attributable."""

    first: AdministrativeUnit | None
    second: AdministrativeUnit | None
    rows: int
    value: float


Sums = dict[int | None, tuple[int, float]]


def figures(request: AnalysisRequest) -> Analysis:
    """Return the figures of each unit of the asked level and day, in at most a handful of queries."""
    part = _by_unit(request, request.rows())
    whole = _by_unit(request, request.rows(whole=True)) if request.measure.is_share else None
    return assembled(request, part, whole, total(request))


def assembled(request: AnalysisRequest, part: Sums, whole: Sums | None, everything: Figure) -> Analysis:
    """Return the answer from the sums of each unit, whoever summed up; `everything` is the figure of all rows."""
    units = units_of({*part, *(whole or {})})
    found = [figure_from(units.get(key), part.get(key), whole, key) for key in {*part, *(whole or {})}]
    named = sorted(
        (figure for figure in found if figure.unit is not None),
        key=lambda figure: (-(figure.value or 0.0), -figure.rows, figure.code),
    )
    rest = next((figure for figure in found if figure.unit is None), None)
    return Analysis(request, tuple(named), everything, rest)


def total(request: AnalysisRequest) -> Figure:
    """Return the figure of all rows together, counted by itself: persons in two units count once."""
    part: Sums = {None: summed(request, request.rows())}
    whole: Sums | None = {None: summed(request, request.rows(whole=True))} if request.measure.is_share else None
    return figure_from(None, part[None], whole, None)


def summed(request: AnalysisRequest, rows: QuerySet[Any]) -> tuple[int, float]:
    """Return the number of these rows and their sum."""
    found = rows.order_by().aggregate(n=Count("pk"), v=or_nought(request.measure.value(request.asked())))
    return found["n"], found["v"]


def rows_of(request: AnalysisRequest, unit: AdministrativeUnit | None, *, whole: bool = False) -> QuerySet[Any]:
    """Return the rows that are counted for `unit`, None: those that belong to none."""
    rows = _with_unit(request, request.rows(whole=whole))
    return rows.filter(**{ANALYSIS_UNIT: unit.pk}) if unit else rows.filter(**{f"{ANALYSIS_UNIT}__isnull": True})


def figure_of(request: AnalysisRequest, unit: AdministrativeUnit | None) -> Figure:
    """Return the figure of one unit (None: of what belongs to none), summed over the rows behind it."""
    part: Sums = {None: summed(request, rows_of(request, unit))}
    whole: Sums | None = (
        {None: summed(request, rows_of(request, unit, whole=True))} if request.measure.is_share else None
    )
    return figure_from(unit, part[None], whole, None)


def crossings(first: AnalysisRequest, second: AnalysisRequest) -> list[Crossing]:
    """Return what lies in which unit of the first day and in which of the second, for a sum that adds up.

    Both ask the same of the same rows, but for the boundaries.
    """
    rows = _with_unit(second, _with_unit(first, first.rows()), name=SECOND_UNIT)
    sums = (
        rows.order_by()
        .values(ANALYSIS_UNIT, SECOND_UNIT)
        .annotate(n=Count("pk"), v=or_nought(first.measure.value(first.asked())))
    )
    found = list(sums.values_list(ANALYSIS_UNIT, SECOND_UNIT, "n", "v"))
    units = units_of({key for row in found for key in row[:2]})
    crossed = [Crossing(units.get(left or 0), units.get(right or 0), n, v) for left, right, n, v in found]
    return sorted(crossed, key=lambda item: (_code(item.first), -item.value, _code(item.second)))


def units_of(keys: Iterable[int | None]) -> dict[int | None, AdministrativeUnit]:
    """Return the units with these ids, without their outlines."""
    wanted = [key for key in keys if key]
    return dict(AdministrativeUnit.objects.without_shapes().in_bulk(wanted)) if wanted else {}


def _code(unit: AdministrativeUnit | None) -> str:
    return unit.code if unit else "~"  # after all digits


def _with_unit(request: AnalysisRequest, rows: QuerySet[Any], *, name: str = ANALYSIS_UNIT) -> QuerySet[Any]:
    area = request.area
    return unit_of(request.entry().layer, rows, level=request.level, on=area.on, by=area.by, name=name)


def _by_unit(request: AnalysisRequest, rows: QuerySet[Any]) -> Sums:
    layer, area = request.entry().layer, request.area
    if layer.geometry is not None and not is_by_unit(layer, request.level, area.on, area.by):
        return _by_place(request, rows, layer.geometry)
    sums = (
        _with_unit(request, rows)
        .order_by()
        .values(ANALYSIS_UNIT)
        .annotate(n=Count("pk"), v=or_nought(request.measure.value(request.asked())))
    )
    return {key: (n, v) for key, n, v in sums.values_list(ANALYSIS_UNIT, "n", "v")}


def _by_place(request: AnalysisRequest, rows: QuerySet[Any], geometry: str) -> Sums:
    """The same as `_with_unit` grouped, but joined from the units' side."""
    aggregate = request.measure.value(request.asked())
    (value,) = aggregate.get_source_expressions()[:1]
    inner = rows.order_by().annotate(place_geometry=AsStored(F(geometry)), place_value=value)
    try:
        found, params = inner.values_list("pk", "place_geometry", "place_value").query.sql_with_params()
    except EmptyResultSet:
        return {}
    total = f"{aggregate.function.lower()}({'DISTINCT ' if aggregate.distinct else ''}chosen.v)"
    text = SUMS_BY_PLACE.format(rows=found, total=total)
    with connection.cursor() as cursor:
        cursor.execute(text, [*params, request.level, request.area.on, request.area.on])
        return {key: (n, v) for key, n, v in cursor.fetchall()}


def figure_from(
    unit: AdministrativeUnit | None, part: tuple[int, float] | None, whole: Sums | None, key: int | None
) -> Figure:
    rows, value = part or (0, 0.0)
    if whole is None:
        return Figure(unit, rows, value)
    everything = whole.get(key, (0, 0.0))[1]
    return Figure(unit, rows, 100.0 * value / everything if everything else None, value, everything)
