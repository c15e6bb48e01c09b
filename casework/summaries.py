"""What the desk, the file and the receipt show; each number comes from the same rows as its list."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.eligibility import FAIL, PASS, WARN, Finding
from casework.models import FINAL_STATUSES, CodeRequest, RequestStatus
from casework.querysets import AWAITING_OFFICE
from casework.workflow import EVENT_TITLES
from casework.working_days import Calendars
from codes.models import ProductionArea
from codes.views.areas import feature, frame_of
from farms.models import Plot

SOON_DAYS = 2
TABS = {
    "mine": gettext_lazy("Của tôi"),
    "unassigned": gettext_lazy("Chưa ai nhận"),
    "late": gettext_lazy("Trễ hạn"),
    "returned": gettext_lazy("Đã trả lại"),
    "all": gettext_lazy("Tất cả"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the desk with the number of rows of its list."""

    name: str
    title: Any
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """How much time is left, in words and as a tone (`late`, `soon`, `ok`, `none`)."""

    tone: str
    text: str


def _condition(tab: str, user: Any, today: dt.date) -> Q:
    """What makes a request belong to a tab: the one definition for count and list."""
    at_office = Q(status__in=AWAITING_OFFICE)
    return {
        "mine": at_office & Q(assigned_to=user),
        "unassigned": at_office & Q(assigned_to=None),
        "late": at_office & Q(due_on__lt=today),
        "returned": Q(status=RequestStatus.RETURNED),
        "all": Q(),
    }[tab]


def _is_over() -> Case:
    """What is decided or withdrawn comes after what still waits, however long ago it was due."""
    return Case(When(status__in=FINAL_STATUSES, then=True), default=False)


def desk(rows: QuerySet[CodeRequest], tab: str, user: Any) -> tuple[list[Tab], QuerySet[CodeRequest]]:
    """Return the tabs with their counts, by one query, and the rows of the chosen one, the most urgent first."""
    today = localdate()
    counts = rows.aggregate(**{name: Count("pk", filter=_condition(name, user, today), distinct=True) for name in TABS})
    tabs = [Tab(name, title, counts[name], name == tab) for name, title in TABS.items()]
    return tabs, rows.filter(_condition(tab, user, today)).order_by(_is_over(), "due_on", "pk")


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


def timeline_of(code_request: CodeRequest, *, with_names: bool) -> list[dict[str, Any]]:
    """Return the steps of a request, newest first; the cooperative reads the office, not the officer."""
    steps = []
    for event in code_request.events.select_related("by").reverse():
        is_ours = event.transition in ("draft", "update", "submit", "resubmit", "withdraw")
        name = str(event.by) if event.by else ""
        steps.append(
            {
                "title": EVENT_TITLES.get(event.transition, event.transition),
                "status": event.new_status,
                "at": event.at,
                "by": name if with_names or is_ours else _("Cơ quan nông nghiệp"),
                "note": event.note,
            }
        )
    return steps


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
