"""The same measure twice: by the boundaries of two days, of two days' data, or of two seasons."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.http import QueryDict
from django.utils.timezone import localdate

from exchange.analysis.figures import Analysis, Crossing, Figure, crossings, figures
from exchange.analysis.request import LEVELS, AnalysisRequest
from places.models import AdministrativeUnit, UnitLevel

OTHER = {"other_on": "on", "other_level": "level", "other_season": "season", "other_as_of": "as_of", "other_by": "by"}
DAYS = ("on", "as_of")


@dataclass(frozen=True, slots=True)
class Pair:
    """One unit on both sides; `change` in the measure's unit, `percent` of the first (None: it was nothing)."""

    unit: AdministrativeUnit
    first: Figure | None
    second: Figure | None

    @property
    def change(self) -> float:
        return _value(self.second) - _value(self.first)

    @property
    def percent(self) -> float | None:
        before = _value(self.first)
        return 100.0 * self.change / before if before else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers. `pairs` where both sides have the same units, else `crossed`: what lies in which unit of both
    (only for sums that add up over the same rows; empty for others)."""

    first: Analysis
    second: Analysis
    pairs: tuple[Pair, ...]
    crossed: tuple[Crossing, ...]

    @property
    def sides(self) -> tuple[Analysis, Analysis]:
        return self.first, self.second

    @property
    def change(self) -> float:
        """How much the total of the second side is more than that of the first."""
        return _value(self.second.total) - _value(self.first.total)

    @property
    def percent(self) -> float | None:
        """The same in percent of the first; None where that is nothing."""
        before = _value(self.first.total)
        return 100.0 * self.change / before if before else None


def read_sides(user: Any, params: QueryDict) -> tuple[AnalysisRequest, AnalysisRequest]:
    """Read both questions: `other_on`, `other_level`, `other_by`, `other_season`, `other_as_of` take the place of the
    first side's in the second; all else is asked of both. Raises BadInput as `AnalysisRequest.read`.

    Days of the second side are today where they are not given: what was is compared with what is. So is its level:
    communes instead of districts, which there are no more.
    """
    first, second = params.copy(), params.copy()
    for name, own in OTHER.items():
        values = [value for value in params.getlist(name) if value.strip()]
        for side in (first, second):
            side.pop(name, None)
        if values or own in DAYS:
            second.setlist(own, values)
    if not params.get("other_level") and not params.get("other_on") and params.get("level") == UnitLevel.DISTRICT:
        second["level"] = UnitLevel.COMMUNE
    return AnalysisRequest.read(user, first), AnalysisRequest.read(user, second)


def before_the_reform() -> dict[str, str]:
    """Return the first side that is shown when nothing is asked: the last day of boundaries that have ended, by
    district where there were districts. Empty where no former units are known."""
    ended = AdministrativeUnit.objects.filter(valid_to__lte=localdate(), level__in=LEVELS)
    last = ended.aggregate(day=Max("valid_to"))["day"]
    if last is None:
        return {}
    day = last - dt.timedelta(days=1)
    known = set(AdministrativeUnit.objects.on(day).values_list("level", flat=True).distinct())
    return {"on": day.isoformat(), "level": UnitLevel.DISTRICT if UnitLevel.DISTRICT in known else UnitLevel.COMMUNE}


def compare(first: AnalysisRequest, second: AnalysisRequest) -> Comparison:
    """Return both answers, put side by side as far as their units allow."""
    left, right = figures(first), figures(second)
    if _has_same_units(first, second, left, right):
        return Comparison(left, right, _pairs(left, right), ())
    can_cross = first.measure.is_additive and not first.measure.is_share and _asks_same_rows(first, second)
    return Comparison(left, right, (), tuple(crossings(first, second)) if can_cross else ())


def _has_same_units(first: AnalysisRequest, second: AnalysisRequest, left: Analysis, right: Analysis) -> bool:
    if first.level != second.level:
        return False
    days = (first.area.on, second.area.on)
    if days[0] == days[1]:
        return True
    seen = {figure.unit.pk for side in (left, right) for figure in side.rows if figure.unit}
    units = AdministrativeUnit.objects.filter(pk__in=seen)
    return all(units.on(day).count() == len(seen) for day in days)


def _asks_same_rows(first: AnalysisRequest, second: AnalysisRequest) -> bool:
    """Whether only the boundaries differ. Areas by code mean other ground on another day."""
    same = (first.season, first.as_of) == (second.season, second.as_of)
    return same and not first.area.units and not second.area.units


def _pairs(left: Analysis, right: Analysis) -> tuple[Pair, ...]:
    before = {figure.unit.pk: figure for figure in left.rows if figure.unit}
    after = {figure.unit.pk: figure for figure in right.rows if figure.unit}
    units = {figure.unit.pk: figure.unit for figure in (*left.rows, *right.rows) if figure.unit}
    pairs = (Pair(unit, before.get(key), after.get(key)) for key, unit in units.items())
    return tuple(sorted(pairs, key=lambda pair: (-abs(pair.change), pair.unit.code)))


def _value(figure: Figure | None) -> float:
    return (figure.value if figure else None) or 0.0
