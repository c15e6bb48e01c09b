"""Two plots on the same ground: the same holder is refused, another holder gets a case that an officer decides."""

from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2 import Binary

from core.changes import announce
from core.errors import DomainError, Finding, RuleViolated, WrongState
from core.permissions import require
from farms import notifications, sql
from farms.areas import kept_area_after
from farms.changes import PlotsArrived, PlotsCorrected, PlotsLeaving
from farms.corrections import CORRECTING, Correction, usable_correction
from farms.models import OverlapCase, OverlapDecision, OverlapStatus, Plot, PlotStatus
from farms.permissions import can_take_decision
from places.services import commune_for


class PlotsOverlap(DomainError):
    """409: the ground already belongs to another plot of the same holder (A24)."""

    status = 409
    code = "plots_overlap"


def overlap_finding(ref: str, neighbour: str, shared_m2: float, pointer: str = "", **extra: Any) -> Finding:
    """Return the finding that names the neighbour and the shared ground."""
    detail = _("Thửa %(ref)s chồng lên thửa %(neighbour)s của cùng hợp tác xã: %(m2)s m².") % {
        "ref": ref,
        "neighbour": neighbour,
        "m2": round(shared_m2),
    }
    return Finding(
        "plots_overlap", detail, pointer, {"ref": ref, "neighbour": neighbour, "shared_m2": round(shared_m2, 1)} | extra
    )


def lock_ground(boundary: GEOSGeometry, commune_id: int) -> None:
    """Let no other writer store a plot in the communes that this shape touches until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK_TOUCHED, {"commune": commune_id, "wkb": Binary(bytes(boundary.wkb))})


def lock_plots(plot_ids: Iterable[int], boundary: GEOSGeometry | None = None) -> None:
    """As `lock_ground`, for the ground of stored plots and of a new `boundary`: called before any plot is locked.

    Ground, then plots, then their cases, then areas: all writers wait in this order, so that nobody waits in a ring.
    """
    shape = boundary if boundary is not None else MultiPolygon(srid=4326)
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK_PLOTS, {"plots": list(plot_ids), "wkb": Binary(bytes(shape.wkb))})


def neighbours_in_conflict(
    boundary: GEOSGeometry, *, ref: str, cooperative_id: int, besides: int | None = None
) -> list[Plot]:
    """Return the plots of other holders that share ground above tolerance.

    The caller holds the lock of `lock_ground`. Raises PlotsOverlap naming the plots of the same holder.
    """
    found = list(
        Plot.objects.overlapping(boundary)
        .exclude(pk=besides)
        .select_related("cooperative")
        .defer("boundary", "boundary_3857", "cooperative__location")
        .order_by("pk")
    )
    own = [plot for plot in found if plot.cooperative_id == cooperative_id]
    if own:
        findings = [overlap_finding(ref, plot.ref, plot.shared_m2, "/geometry") for plot in own]
        raise PlotsOverlap(detail=findings[0].message, findings=findings)
    return found


def open_cases(second: Plot, firsts: Iterable[Plot]) -> list[OverlapCase]:
    """Open one case for each of `firsts` that has none open with `second`."""
    waiting = set(OverlapCase.objects.open().filter(second=second).values_list("first_id", flat=True))
    waiting |= set(OverlapCase.objects.open().filter(first=second).values_list("second_id", flat=True))
    cases = []
    for first in firsts:
        if first.pk in waiting:
            continue
        shape = Plot.objects.values_list("boundary", flat=True).get(pk=first.pk)
        cases.append(
            OverlapCase.objects.create(first=first, second=second, shared=only_polygons(second.boundary & shape))
        )
        notifications.overlap_opened(second.cooperative_id, first.cooperative_id, 1, second.ref, first.ref)
    return cases


def only_polygons(shape: GEOSGeometry) -> MultiPolygon:
    """Return the polygons of an intersection, whatever lines and points it brought along."""
    parts: list[Any] = [shape] if isinstance(shape, Polygon) else list(shape)  # type: ignore[call-overload]
    return MultiPolygon([part for part in parts if isinstance(part, Polygon)], srid=shape.srid)


def settle_cases(plot: Plot, *, by: Any) -> None:
    """After `plot` moved or left: cases whose ground is no longer shared are decided, and who waited is free.

    The caller announces `plot`; other plots that become free are announced here.
    """
    decision = {True: OverlapDecision.TRIM_SECOND, False: OverlapDecision.TRIM_FIRST}
    still = set()
    if plot.status != PlotStatus.ARCHIVED:
        still = set(Plot.objects.overlapping(plot.boundary).exclude(pk=plot.pk).values_list("pk", flat=True))
    mine = OverlapCase.objects.open().filter(first=plot) | OverlapCase.objects.open().filter(second=plot)
    for case in mine:
        is_second = case.second_id == plot.pk
        if (case.first_id if is_second else case.second_id) in still:
            continue
        outcome = OverlapDecision.WITHDRAWN if plot.status == PlotStatus.ARCHIVED else decision[is_second]
        _close(case, outcome, _("Ranh giới đã được sửa, không còn chồng lấn."), by=by)
        if not is_second:
            other = Plot.objects.filter(pk=case.second_id)
            announce(PlotsLeaving(plots=other))  # density cells count by status
            _free(case.second_id)
            announce(PlotsArrived(plots=other))
    _free(plot.pk)


@transaction.atomic
def decide_overlap(case: OverlapCase, decision: str, *, reason: str, by: Any) -> OverlapCase:
    """Decide a case: accepted as it is, the later plot withdrawn, or one of the ready corrections applied.

    A correction gives the plots new versions and areas, draws anew the production areas that hold them, and leaves the
    holders free to redraw. Raises WrongState when it is decided, RuleViolated without a reason or where the correction
    leaves nothing that can be stored.
    """
    lock_plots([case.first_id, case.second_id])
    pair = Plot.objects.filter(pk__in=[case.first_id, case.second_id]).order_by("pk")
    list(pair.select_for_update(of=("self",)).values_list("pk"))
    rows = OverlapCase.objects.select_for_update(of=("self",)).select_related("first", "second__commune")
    case = rows.get(pk=case.pk)
    require(can_take_decision(by, case, decision))
    if case.status != OverlapStatus.OPEN:
        raise WrongState("overlap_decided", _("Vụ chồng lấn này đã được giải quyết."))
    if decision not in OverlapDecision.values or not decision:
        raise RuleViolated("decision_unknown", _("Hãy chọn một cách giải quyết."))
    if not reason.strip():
        raise RuleViolated("reason_missing", _("Hãy ghi lý do."))
    if decision in CORRECTING:
        correction = usable_correction(case, decision)
        _close(case, decision, reason, by=by)
        _apply(case, correction, by=by)
        notifications.overlap_corrected(case, correction)
        return case
    _close(case, decision, reason, by=by)
    plots = Plot.objects.filter(pk=case.second_id)
    announce(PlotsLeaving(plots=plots))
    if decision == OverlapDecision.WITHDRAWN:
        plots.update(status=PlotStatus.ARCHIVED, updated_at=timezone.now(), version=F("version") + 1)
        settle_cases(plots.get(), by=by)  # who waited for this plot waits no longer
    else:
        _free(case.second_id)
    announce(PlotsArrived(plots=plots))
    notifications.overlap_decided(case)
    return case


def _apply(case: OverlapCase, correction: Correction, *, by: Any) -> None:
    """Store the cut plots; what hangs on them hears of it in the same transaction."""
    touched = Plot.objects.filter(pk__in=[case.first_id, case.second_id])
    announce(PlotsLeaving(plots=touched))
    for side in correction.changed:
        plot = case.first if side.plot_id == case.first_id else case.second
        Plot.objects.filter(pk=side.plot_id).update(
            boundary=side.ground,
            kept_area_m2=kept_area_after(side.ground),
            commune=commune_for(side.ground),
            source=plot.source | {"corrected": {"case": case.pk, "decision": correction.decision}},
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
    for side in correction.changed:
        settle_cases(Plot.objects.get(pk=side.plot_id), by=by)
    _free(case.second_id)
    announce(PlotsArrived(plots=touched))
    announce(PlotsCorrected(plots=Plot.objects.filter(pk__in=[side.plot_id for side in correction.changed])))


def _close(case: OverlapCase, decision: str, reason: str, *, by: Any) -> None:
    case.status, case.decision, case.reason = OverlapStatus.DECIDED, decision, reason
    case.decided_at, case.decided_by = timezone.now(), by
    case.save(update_fields=["status", "decision", "reason", "decided_at", "decided_by"])


def _free(plot_id: int) -> None:
    """A plot without an open case as the later one is in good standing again."""
    waiting = OverlapCase.objects.open().filter(second=plot_id)
    if not waiting.exists():
        Plot.objects.filter(pk=plot_id, status=PlotStatus.IN_CONFLICT).update(status=PlotStatus.ACTIVE)
