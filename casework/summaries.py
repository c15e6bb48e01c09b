"""What the desk, the file and the receipt show; each number comes from the same rows as its list."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from casework.eligibility import FAIL, PASS, WARN, Finding
from casework.models import CodeRequest, RequestStatus
from casework.querysets import AWAITING_OFFICE
from casework.working_days import Calendars
from codes.models import ProductionArea
from codes.views.areas import feature, frame_of
from farms.models import Plot

SOON_DAYS = 2


@dataclass(frozen=True, slots=True)
class Deadline:
    """How much time is left, in words and as a tone (`late`, `soon`, `ok`, `none`)."""

    tone: str
    text: str


def deadline_of(
    code_request: CodeRequest, today: dt.date | None = None, *, calendars: Calendars | None = None
) -> Deadline:
    """Return how the deadline stands: late and soon only while the office has to act.

    A list reads `calendars` once for all its rows.
    """
    if code_request.due_on is None:
        return Deadline("none", "")
    day = f"{code_request.due_on:%d/%m/%Y}"
    if code_request.status == RequestStatus.RETURNED:
        return Deadline("none", _("Bổ sung đến hết %(day)s") % {"day": day})
    if code_request.status not in AWAITING_OFFICE:
        return Deadline("none", day)
    calendar = (calendars or Calendars.load()).of(code_request.commune)
    left = calendar.days_until(code_request.due_on, today or localdate())
    if left < 0:
        return Deadline("late", _("Trễ %(n)s ngày làm việc (hạn %(day)s)") % {"n": -left, "day": day})
    if left == 0:
        return Deadline("soon", _("Hạn hôm nay (%(day)s)") % {"day": day})
    tone = "soon" if left <= SOON_DAYS else "ok"
    return Deadline(tone, _("Còn %(n)s ngày làm việc (hạn %(day)s)") % {"n": left, "day": day})


def verdict_counts(findings: list[Finding]) -> dict[str, int]:
    """Return how many rules failed, warned and passed."""
    return {verdict: sum(one.verdict == verdict for one in findings) for verdict in (FAIL, WARN, PASS)}


def map_of(area: ProductionArea, *, with_neighbours: bool) -> dict[str, Any]:
    """Return the frame of the file's map: the area, its plots, and for officers the neighbours, overlaps in red."""
    features = [feature(area.boundary, colour="#f0ac2b", name=area.name)]
    plots = Plot.objects.filter(area_plots__area=area)
    features += [feature(plot.boundary, colour="#f0ac2b", name=plot.ref) for plot in plots]
    if with_neighbours:
        features += _neighbours(area)
    return frame_of(features, area.boundary.extent)


def _neighbours(area: ProductionArea) -> list[dict[str, Any]]:
    near = area.boundary.envelope.buffer(0.002)  # some 200 m around
    others = (
        Plot.objects.current()
        .exclude(pk__in=area.area_plots.values("plot"))
        .filter(boundary__bboverlaps=near)
        .select_related("cooperative")[:300]
    )
    overlapping = set(
        Plot.objects.exclude(cooperative=area.cooperative_id).overlapping(area.boundary).values_list("pk", flat=True)
    )
    return [
        feature(
            plot.boundary,
            colour="#a02c1b" if plot.pk in overlapping else "#8a8d80",
            name=f"{plot.ref} ({plot.cooperative})",
        )
        for plot in others
    ]
