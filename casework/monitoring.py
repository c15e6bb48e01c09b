"""Monitoring of issued codes: when each was last visited, which ones first (by risk), and in what order to drive.

The score is a sum of documented weights, so that an officer can check it by hand and a province can discuss it; it
orders visits and decides nothing (product.md D13).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _

from accounts.permissions import units_with
from casework.expressions import DaysBetween, plus_months
from casework.models import CodeAlert, Inspection
from codes.models import CodeStatus, ProductionAreaCode
from codes.querysets import CodeQuerySet
from farms.models import OverlapCase

WATCHED = (CodeStatus.ACTIVE, CodeStatus.SUSPENDED)  # what is over for good is not visited any more
NEW_OVERLAP_DAYS = 90

# Weights, in points. A year late (12 months at 5) weighs as much as a code that ships more than its land can bear.
OVERDUE_POINTS_PER_MONTH = 5.0
OVERDUE_MAX_MONTHS = 24.0
OVERDRAWN_POINTS = 60.0
ALERT_FAIL_POINTS = 40.0
ALERT_WARN_POINTS = 15.0
NEW_OVERLAP_POINTS = 25.0
NEVER_VISITED_POINTS = 20.0
LAST_MAJOR_POINTS = 40.0
LAST_MINOR_POINTS = 15.0


def with_monitoring(codes: CodeQuerySet, day: dt.date) -> CodeQuerySet:
    """Annotate `last_visit_on`, `next_visit_on`, `is_monitoring_due` as of `day`.

    A visit is to the ground: one to any code of the same area counts for all of them (a scheme bound to markets gives
    one area many codes). The next is due `scheme.monitoring_months` after the last one, or after issue (null: the
    scheme asks for none); due from that day on, while the code is active or suspended.
    """
    own = Inspection.objects.filter(code=OuterRef("pk"), visited_on__lte=day)
    same_ground = Inspection.objects.filter(code__area=OuterRef("area"), visited_on__lte=day)
    return codes.annotate(
        last_visit_on=Greatest(_latest(own, "code"), _latest(same_ground, "code__area")),
        next_visit_on=plus_months(Greatest(F("issued_on"), F("last_visit_on")), F("scheme__monitoring_months")),
        is_monitoring_due=Case(
            When(Q(status__in=WATCHED, next_visit_on__lte=day), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        ),
    )


def _latest(visits: Any, group: str) -> Subquery:
    """The day of the last of `visits`, one row by `group`."""
    latest = visits.order_by().values(group).annotate(last=Max("visited_on"))
    return Subquery(latest.values("last"), output_field=DateField())


def with_risk(codes: CodeQuerySet, day: dt.date) -> CodeQuerySet:
    """Annotate what the score is made of and `risk`, the score in points; includes `with_monitoring`.

    `overdue_months` (float), `is_overdrawn`, `worst_alert` ("fail", "warn" or null), `has_new_overlap`,
    `last_result`. One query; `explain` says the same in words.
    """
    alerts = CodeAlert.objects.open().filter(code=OuterRef("pk")).order_by("verdict")  # "fail" before "warn"
    visits = Inspection.objects.filter(
        Q(code=OuterRef("pk")) | Q(code__area=OuterRef("area")), visited_on__lte=day
    ).order_by("-visited_on", "-pk")
    since = day - dt.timedelta(days=NEW_OVERLAP_DAYS)
    overlaps = OverlapCase.objects.filter(opened_at__date__gt=since, shared__bboverlaps=OuterRef("boundary"))
    rows = with_monitoring(codes, day).with_ledger(day.year)
    rows = rows.annotate(
        overdue_months=Case(
            When(
                is_monitoring_due=True,
                then=ExpressionWrapper(
                    DaysBetween(Value(day, DateField()), F("next_visit_on")) / Value(30.4), FloatField()
                ),
            ),
            default=Value(0.0),
            output_field=FloatField(),
        ),
        worst_alert=Subquery(alerts.values("verdict")[:1]),
        has_new_overlap=Exists(overlaps),
        last_result=Subquery(visits.values("result")[:1]),
    )
    return rows.annotate(
        risk=Least(F("overdue_months"), Value(OVERDUE_MAX_MONTHS)) * Value(OVERDUE_POINTS_PER_MONTH)
        + _points(Q(is_overdrawn=True), OVERDRAWN_POINTS)
        + _points(Q(worst_alert="fail"), ALERT_FAIL_POINTS)
        + _points(Q(worst_alert="warn"), ALERT_WARN_POINTS)
        + _points(Q(has_new_overlap=True), NEW_OVERLAP_POINTS)
        + _points(Q(last_visit_on=None), NEVER_VISITED_POINTS)
        + _points(Q(last_result="major"), LAST_MAJOR_POINTS)
        + _points(Q(last_result="minor"), LAST_MINOR_POINTS)
    )


def _points(condition: Q, points: float) -> Case:
    return Case(When(condition, then=Value(points)), default=Value(0.0), output_field=FloatField())


def explain(code: Any) -> list[str]:
    """Return the reasons for the score of a code with the annotations of `with_risk`, the weightier kinds first."""
    reasons = []
    if code.is_overdrawn:
        reasons.append(_("Khai bán vượt sản lượng dự kiến (+%(n)d)") % {"n": OVERDRAWN_POINTS})
    if code.last_result == "major":
        reasons.append(_("Lần kiểm tra trước có lỗi lớn (+%(n)d)") % {"n": LAST_MAJOR_POINTS})
    if code.worst_alert == "fail":
        reasons.append(_("Có cảnh báo không còn đạt điều kiện (+%(n)d)") % {"n": ALERT_FAIL_POINTS})
    if code.overdue_months > 0:
        points = min(code.overdue_months, OVERDUE_MAX_MONTHS) * OVERDUE_POINTS_PER_MONTH
        values = {"months": round(code.overdue_months, 1), "n": points}
        reasons.append(_("Quá hạn giám sát %(months)s tháng (+%(n)d)") % values)
    if code.has_new_overlap:
        values = {"days": NEW_OVERLAP_DAYS, "n": NEW_OVERLAP_POINTS}
        reasons.append(_("Có chồng lấn mới trong %(days)d ngày (+%(n)d)") % values)
    if code.last_visit_on is None:
        reasons.append(_("Chưa từng được kiểm tra (+%(n)d)") % {"n": NEVER_VISITED_POINTS})
    if code.last_result == "minor":
        reasons.append(_("Lần kiểm tra trước có lỗi nhỏ (+%(n)d)") % {"n": LAST_MINOR_POINTS})
    if code.worst_alert == "warn":
        reasons.append(_("Có cảnh báo cần lưu ý (+%(n)d)") % {"n": ALERT_WARN_POINTS})
    return reasons


def watched_codes(user: Any) -> CodeQuerySet:
    """Return the codes that the user's office monitors: in its units, active or suspended."""
    units = units_with(user, "casework.view_request")
    return ProductionAreaCode.objects.filter(commune__in=units, status__in=WATCHED)


@dataclass(frozen=True, slots=True)
class CommuneShare:
    """Of the codes of a commune, how many were visited in the calendar year; `share` in per cent."""

    commune: str
    codes: int
    monitored: int
    due: int

    @property
    def share(self) -> float:
        """Per cent of the codes that were monitored this year."""
        return 100 * self.monitored / self.codes


def share_by_commune(user: Any, day: dt.date) -> list[CommuneShare]:
    """Return the share of codes monitored in the year of `day`, by commune, the lowest share first."""
    first = dt.date(day.year, 1, 1)
    counted = (
        with_monitoring(watched_codes(user), day)
        .order_by()
        .values("commune", "commune__name_vi")
        .annotate(
            codes=Count("pk"),
            monitored=Count("pk", filter=Q(last_visit_on__gte=first)),
            due=Count("pk", filter=Q(is_monitoring_due=True)),
        )
    )
    rows = [CommuneShare(row["commune__name_vi"], row["codes"], row["monitored"], row["due"]) for row in counted]
    return sorted(rows, key=lambda row: (row.share, row.commune))


Place = tuple[float, float]  # longitude, latitude


def day_route(places: Sequence[Place], start: Place | None = None) -> list[int]:
    """Return the order (indexes) of a sensible open route over at most some 30 places, from `start` when given.

    Nearest neighbour, then 2-opt until no swap of a stretch shortens it: good enough for a day by motorbike, as the
    crow flies. Ties and equal places keep the given order, so that the same choice prints the same route.
    """
    if len(places) < 2:
        return list(range(len(places)))
    points = [*places, start] if start else list(places)
    gaps = [[_km(a, b) for b in points] for a in points]
    order = [len(places)] if start else [0]
    left = [index for index in range(len(places)) if index not in order]
    while left:
        nearest = min(left, key=lambda index: (gaps[order[-1]][index], index))
        left.remove(nearest)
        order.append(nearest)
    order = _two_opt(order, gaps)
    return [index for index in order if index < len(places)]


def route_km(places: Sequence[Place], start: Place | None = None) -> float:
    """Return the length of the places in their order, as the crow flies, in km."""
    points = [start, *places] if start else list(places)
    return sum(_km(a, b) for a, b in pairwise(points))


def _two_opt(order: list[int], gaps: list[list[float]]) -> list[int]:
    """Turn stretches around while that shortens the way; the first place stays the first."""
    best, improved = order, True
    while improved:
        improved = False
        for begin in range(1, len(best) - 1):
            for end in range(begin + 1, len(best)):
                turned = [*best[:begin], *reversed(best[begin : end + 1]), *best[end + 1 :]]
                if _length(turned, gaps) < _length(best, gaps) - 1e-9:
                    best, improved = turned, True
    return best


def _length(order: list[int], gaps: list[list[float]]) -> float:
    return sum(gaps[a][b] for a, b in pairwise(order))


def _km(one: Place, other: Place) -> float:
    """Great-circle distance: within a province as good as any."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))
