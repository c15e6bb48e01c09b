"""The ready corrections of an overlap: what each would leave of the two plots, computed by PostGIS, nothing stored."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolated
from farms import sql
from farms.models import OverlapCase, OverlapDecision
from farms.sql import SLIVER_M, SLIVER_M2

CORRECTING = (OverlapDecision.TRIM_SECOND, OverlapDecision.TRIM_FIRST, OverlapDecision.CUT_BOTH)
UNCHANGED_M2 = 0.01


@dataclass(frozen=True, slots=True)
class Side:
    """One plot before and after a correction. `boundary` None: nothing is left. Areas geodesic, in m²."""

    plot_id: int
    boundary: MultiPolygon | None
    before_m2: float
    after_m2: float

    @property
    def ground(self) -> MultiPolygon:
        """What is left of the plot; ValueError where nothing is."""
        if self.boundary is None:
            raise ValueError("nothing is left of the plot")
        return self.boundary

    @property
    def change_m2(self) -> float:
        """What the plot gains (never) or loses, negative."""
        return self.after_m2 - self.before_m2

    @property
    def change_percent(self) -> float:
        """The change in percent of the area before."""
        return 100 * self.change_m2 / self.before_m2

    @property
    def is_changed(self) -> bool:
        """Whether the correction touches this plot."""
        return abs(self.change_m2) > UNCHANGED_M2


@dataclass(frozen=True, slots=True)
class Correction:
    """One way to settle a case: the decision it means and both plots; `problem` says why it cannot be applied."""

    decision: str
    first: Side
    second: Side
    problem: Any = ""

    @property
    def title(self) -> str:
        """The decision in words."""
        return str(OverlapDecision(self.decision).label)

    @property
    def changed(self) -> tuple[Side, ...]:
        """The plots that the correction touches."""
        return tuple(side for side in (self.first, self.second) if side.is_changed)


def corrections_of(case: OverlapCase) -> list[Correction]:
    """Return the three corrections of a case by one query, from the plots as they are stored now."""
    with connection.cursor() as cursor:
        cursor.execute(sql.CORRECTIONS, {"case": case.pk, "sliver_m2": SLIVER_M2, "sliver_m": SLIVER_M})
        rows = cursor.fetchall()
    found = []
    for decision, first, first_before, first_after, second, second_before, second_after in rows:
        one = Side(case.first_id, _shape(first), first_before, first_after or 0.0)
        other = Side(case.second_id, _shape(second), second_before, second_after or 0.0)
        found.append(Correction(decision, one, other, _problem(one, other)))
    return found


def usable_correction(case: OverlapCase, decision: str) -> Correction:
    """Return the correction of that decision; raise RuleViolated("correction_impossible") with the reason."""
    found = next(one for one in corrections_of(case) if one.decision == decision)
    if found.problem:
        raise RuleViolated("correction_impossible", found.problem)
    return found


def _shape(wkb: memoryview | None) -> MultiPolygon | None:
    if wkb is None:
        return None
    shape = GEOSGeometry(wkb, srid=4326)
    return shape if isinstance(shape, MultiPolygon) else None


def _problem(*sides: Side) -> Any:
    for side in sides:
        if side.boundary is None:
            return _("Một thửa sẽ không còn đất: hãy rút thửa hoặc để đơn vị vẽ lại.")
        if side.boundary.num_coords > settings.PLOT_MAX_VERTICES or not side.boundary.valid:
            return _("Ranh giới sau khi cắt không hợp lệ: hãy để đơn vị vẽ lại.")
    return ""
