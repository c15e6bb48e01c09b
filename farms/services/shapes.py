"""Plots split and merged: the old ones are archived, the new ones say what they came from."""

from collections.abc import Iterable, Sequence
from itertools import chain, product
from string import ascii_lowercase
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import GEOSGeometry, LineString, MultiPolygon, Polygon
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2 import Binary

from core.changes import announce
from core.errors import Finding, RuleViolated, Stale, WrongState
from core.permissions import require
from farms import shape_sql
from farms.changes import PlotsArrived, PlotsLeaving, PlotsReplaced, PlotsReplacing
from farms.models import (
    Determination,
    OverlapCase,
    OverlapDecision,
    OverlapStatus,
    Plot,
    PlotStatus,
    PlotSuccession,
    PlotSuccessionKind,
)
from farms.permissions import can_change_plot
from farms.services.overlaps import lock_ground, lock_plots, neighbours_in_conflict, open_cases
from farms.services.plots import number_once
from places.services import commune_for

MAX_PARTS = 20
TOUCH_M = 1.0  # plots nearer than this touch: the strip between them is drawing noise, like any other sliver
MIN_PART_M2 = 50.0  # OVERLAP_MIN_M2: ground smaller than this is within the noise of two neighbours' boundaries
# What both halves of a split plot still have. Quantities (trees, declared area, yield) and the land office's numbers
# of the whole parcel are not handed on: nobody knows how they divide.
_KEPT_BY_PARTS = (
    "grower", "crop", "variety", "planted_year", "harvest_months", "irrigation", "land_sheet", "note",
    "determination", "determined_on",
)  # fmt: skip
_SAME_OR_BLANK = {"grower": None, "variety": None, "planted_year": None, "determined_on": None, "irrigation": "",
                  "land_sheet": "", "land_parcel": "", "determination": Determination.UNKNOWN}  # fmt: skip
_SUMMED = ("tree_count", "declared_area_m2", "expected_yield_t")


@transaction.atomic
def split_plot(
    plot: Plot, parts: Sequence[MultiPolygon], *, by: Any, refs: Sequence[str] | None = None, version: int | None = None
) -> list[Plot]:
    """Archive `plot` and store `parts` (EPSG:4326) in its place; returns the new plots in the order of `parts`.

    The parts together must cover the plot and lie within it; what differs by slivers (5 m², strips under 1 m) goes to
    the nearest part. `refs` are the new numbers, else "T1-a", "T1-b" as far as free. `version`: Stale unless the plot
    still has it. Raises NotAllowed, WrongState("plot_archived"), RuleViolated("split_parts", "part_too_small",
    "parts_leave_gap", "parts_outside", "parts_overlap", "ref_taken", "plot_in_coded_area"), PlotsOverlap (409).
    """
    if not 2 <= len(parts) <= MAX_PARTS:
        _refuse("split_parts", _("Tách thửa cần từ 2 đến %(most)s phần.") % {"most": MAX_PARTS})
    [plot] = _locked([plot], by, version=version)
    fitted = _fitted(plot, parts)
    refs = _refs_for(plot, len(fitted), refs)
    kept = {name: getattr(plot, name) for name in _KEPT_BY_PARTS}
    _begin([plot])
    source = {"split_from": {"plot": plot.pk, "ref": plot.ref, "version": plot.version}}
    made = [_store(plot, shape, by, ref=ref, source=source, **kept) for ref, shape in zip(refs, fitted, strict=True)]
    return _finish([plot], made, PlotSuccessionKind.SPLIT, by)


def split_by_line(
    plot: Plot, line: LineString, *, by: Any, refs: Sequence[str] | None = None, version: int | None = None
) -> list[Plot]:
    """Split `plot` along `line` (EPSG:4326), largest piece first; raises as `split_plot` and `cut_by_line`."""
    require(can_change_plot(by, plot))
    return split_plot(plot, cut_by_line(plot, line), by=by, refs=refs, version=version)


def cut_by_line(plot: Plot, line: LineString) -> list[MultiPolygon]:
    """Return the pieces into which a line cuts the stored plot, the largest first; nothing is stored.

    Raises RuleViolated("line_too_short", "line_does_not_cut").
    """
    points = list(dict.fromkeys(line.coords))
    if len(points) < 2:
        _refuse("line_too_short", _("Đường cắt cần ít nhất hai điểm khác nhau."), "/line")
    wkb = Binary(bytes(LineString(points, srid=4326).wkb))
    with connection.cursor() as cursor:
        cursor.execute(shape_sql.CUT_BY_LINE, {"plot": plot.pk, "line": wkb, **shape_sql.SLIVERS})
        pieces = [_shape(row[0]) for row in cursor.fetchall()]
    if len(pieces) < 2 or len(pieces) <= plot.boundary.num_geom:
        detail = _("Đường này không cắt rời thửa: hãy vẽ từ ngoài ranh bên này sang ngoài ranh bên kia.")
        _refuse("line_does_not_cut", detail, "/line")
    return pieces


@transaction.atomic
def merge_plots(
    plots: Iterable[Plot],
    *,
    by: Any,
    ref: str,
    versions: dict[int, int] | None = None,
    **fields: Any,
) -> Plot:
    """Archive `plots` (two or more of one holder, one crop, touching within 1 m) and store one plot in their place.

    What all agree on is kept, quantities are added up where all have them; `fields` (grower, variety) win. `versions`
    by plot id: Stale unless they still have them. Raises NotAllowed, WrongState("plot_archived"),
    RuleViolated("merge_plots", "holders_differ", "crops_differ", "plots_apart", "merge_impossible", "ref_taken",
    "plot_in_coded_area", "plots_of_different_areas"), PlotsOverlap (409).
    """
    given = list({plot.pk: plot for plot in plots}.values())
    if not 2 <= len(given) <= MAX_PARTS:
        _refuse("merge_plots", _("Hãy chọn từ 2 đến %(most)s thửa để gộp.") % {"most": MAX_PARTS}, "/plots")
    old = _locked(given, by, versions=versions)
    shape = united_shape(old)
    _check_ref(old[0], ref, besides=old)
    values = _merged_values(old) | fields
    _begin(old)
    source = {"merged_from": [{"plot": plot.pk, "ref": plot.ref, "version": plot.version} for plot in old]}
    made = _store(old[0], shape, by, ref=ref, source=source, **values)
    return _finish(old, [made], PlotSuccessionKind.MERGE, by)[0]


def united_shape(plots: Sequence[Plot]) -> MultiPolygon:
    """Return what these plots would be as one; nothing is stored. Raises RuleViolated as `merge_plots`."""
    if len({plot.cooperative_id for plot in plots}) > 1:
        _refuse("holders_differ", _("Chỉ gộp được các thửa của cùng một đơn vị."), "/plots")
    if len({plot.crop_id for plot in plots}) > 1:
        _refuse("crops_differ", _("Chỉ gộp được các thửa trồng cùng một loại cây."), "/plots")
    ids = [plot.pk for plot in plots]
    parameters: dict[str, Any] = {"plots": ids, "touch_m": TOUCH_M, **shape_sql.SLIVERS}
    with connection.cursor() as cursor:
        cursor.execute(shape_sql.TOUCHING_PAIRS, parameters)
        alone = _not_reached(ids, cursor.fetchall())
        if alone:
            refs = ", ".join(plot.ref for plot in plots if plot.pk in alone)
            detail = _("Các thửa phải liền nhau (cách nhau không quá 1 m). Không liền: %(refs)s.")
            _refuse("plots_apart", detail % {"refs": refs}, "/plots")
        cursor.execute(shape_sql.UNITE, parameters)
        wkb, is_valid, _count = cursor.fetchone()
    shape = _shape(wkb)
    if not is_valid or shape.num_coords > settings.PLOT_MAX_VERTICES:
        detail = _("Ranh chung của các thửa không thành một hình hợp lệ: hãy vẽ lại bằng tay.")
        _refuse("merge_impossible", detail, "/plots")
    return shape


# --- steps -----------------------------------------------------------------------------------------------------


def _locked(
    plots: Sequence[Plot], by: Any, *, version: int | None = None, versions: dict[int, int] | None = None
) -> list[Plot]:
    """Return the plots as they are now, locked after their ground, in the order of ids; ask for the right twice."""
    for plot in plots:
        require(can_change_plot(by, plot))  # before the lock: a stranger must not hold up a commune
    ids = [plot.pk for plot in plots]
    west, south, east, north = Plot.objects.filter(pk__in=ids).aggregate(box=Extent("boundary"))["box"]
    # The box around all of them: what is stored later lies in it, so that no ground is locked after the plots.
    lock_plots(ids, MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326))
    rows = Plot.objects.filter(pk__in=ids).select_related("cooperative").order_by("pk")
    found = list(rows.select_for_update(of=("self",)))
    expected = versions or ({ids[0]: version} if version is not None else {})
    for plot in found:
        require(can_change_plot(by, plot))
        if plot.status == PlotStatus.ARCHIVED:
            raise WrongState("plot_archived", _("Thửa %(ref)s đã lưu trữ.") % {"ref": plot.ref})
        if expected.get(plot.pk, plot.version) != plot.version:
            raise Stale
    return found


def _fitted(plot: Plot, parts: Sequence[MultiPolygon]) -> list[MultiPolygon]:
    wkb = [Binary(bytes(part.wkb)) for part in parts]
    with connection.cursor() as cursor:
        cursor.execute(shape_sql.FIT_PARTS, {"plot": plot.pk, "parts": wkb, **shape_sql.SLIVERS})
        shapes, gap_m2, outside_m2, shared_m2 = cursor.fetchone()
    refusals = (
        ("parts_leave_gap", gap_m2, _("Các phần chưa phủ hết thửa: còn thiếu %(m2)s m².")),
        ("parts_outside", outside_m2, _("Các phần vượt ra ngoài thửa %(m2)s m².")),
        ("parts_overlap", shared_m2, _("Các phần chồng lên nhau %(m2)s m².")),
    )
    findings = [
        Finding(code, text % {"m2": max(round(m2), 1)}, "/parts", {"m2": round(m2, 1)})
        for code, m2, text in refusals
        if m2
    ]
    if findings:
        raise RuleViolated(findings[0].code, findings[0].message, findings=findings)
    fitted = [_shape(wkb) for wkb in shapes]
    for index, part in enumerate(fitted):
        if part.empty or _square_metres(part) < MIN_PART_M2:
            detail = _("Mỗi phần phải có ít nhất %(m2)s m².") % {"m2": round(MIN_PART_M2)}
            _refuse("part_too_small", detail, f"/parts/{index}")
    return fitted


def _begin(old: list[Plot]) -> None:
    """Ask who depends on the plots, take them out of every count, and archive them."""
    stored = Plot.objects.filter(pk__in=[plot.pk for plot in old])
    list(_cases_of({plot.pk for plot in old}))  # cases before areas, as every writer
    announce(PlotsReplacing(plots=stored))
    announce(PlotsLeaving(plots=stored))
    stored.update(status=PlotStatus.ARCHIVED, version=F("version") + 1, updated_at=timezone.now())


def _store(old: Plot, shape: MultiPolygon, by: Any, **fields: Any) -> Plot:
    """Store one new plot; whether it lies on another holder's ground is asked when all are stored."""
    commune = commune_for(shape)
    lock_ground(shape, commune.pk)
    with number_once(fields["ref"]):
        return Plot.objects.create(
            cooperative=old.cooperative, boundary=shape, commune=commune, created_by=by, **fields
        )


def _finish(old: list[Plot], made: list[Plot], kind: PlotSuccessionKind, by: Any) -> list[Plot]:
    PlotSuccession.objects.bulk_create(
        PlotSuccession(old=before, new=after, kind=kind, created_by=by) for before, after in product(old, made)
    )
    _move_cases(old, made, kind, by)
    gone = Plot.objects.filter(pk__in=[plot.pk for plot in old])
    new = Plot.objects.filter(pk__in=[plot.pk for plot in made])
    announce(PlotsArrived(plots=gone))  # archived ones are drawn too, for those who look for them
    announce(PlotsArrived(plots=new))
    announce(PlotsReplaced(old=gone, new=new))
    found = new.select_related("crop", "variety", "commune", "cooperative").in_bulk()
    return [found[plot.pk] for plot in made]


def _move_cases(old: list[Plot], made: list[Plot], kind: PlotSuccessionKind, by: Any) -> None:
    """End the open cases of `old` and open them for `made` where the ground is still shared; who was first stays first.

    What an officer accepted for an old plot stays accepted for what became of it.
    """
    ids = {plot.pk for plot in old}
    ended = list(_cases_of(ids))
    was_first = {case.second_id for case in ended if case.first_id in ids}
    mine = Q(first__in=ids) | Q(second__in=ids)
    settled = OverlapCase.objects.filter(mine, status=OverlapStatus.DECIDED, decision=OverlapDecision.ACCEPTED)
    accepted = set(chain.from_iterable(settled.values_list("first_id", "second_id"))) - ids
    reason = _("Thửa đã được tách.") if kind == PlotSuccessionKind.SPLIT else _("Thửa đã được gộp.")
    OverlapCase.objects.filter(pk__in=[case.pk for case in ended]).update(
        status=OverlapStatus.DECIDED, decision=OverlapDecision.WITHDRAWN, reason=reason, decided_at=timezone.now(),
        decided_by=by,
    )  # fmt: skip
    for plot in made:
        others = neighbours_in_conflict(
            plot.boundary, ref=plot.ref, cooperative_id=plot.cooperative_id, besides=plot.pk
        )
        fresh = [other for other in others if other.pk not in accepted]
        for other in fresh:
            if other.pk in was_first:
                open_cases(Plot.objects.select_related("cooperative").get(pk=other.pk), [plot])
        before = [other for other in fresh if other.pk not in was_first]
        if open_cases(plot, before):
            Plot.objects.filter(pk=plot.pk).update(status=PlotStatus.IN_CONFLICT)
    _free_waiting(was_first)


def _cases_of(plot_ids: set[int]) -> QuerySet[OverlapCase]:
    """Return the open cases of these plots, locked when they are read."""
    rows = OverlapCase.objects.open().filter(Q(first__in=plot_ids) | Q(second__in=plot_ids))
    return rows.order_by("pk").select_for_update(of=("self",))


def _free_waiting(plot_ids: set[int]) -> None:
    """Plots that waited for an old one and for nothing else any more are in good standing again."""
    waiting = OverlapCase.objects.open().filter(second__in=plot_ids).values("second")
    free = Plot.objects.filter(pk__in=plot_ids, status=PlotStatus.IN_CONFLICT).exclude(pk__in=waiting)
    ids = list(free.values_list("pk", flat=True))
    if ids:
        freed = Plot.objects.filter(pk__in=ids)
        announce(PlotsLeaving(plots=freed))  # density cells count by status
        freed.update(status=PlotStatus.ACTIVE)
        announce(PlotsArrived(plots=freed))


# --- numbers, values, shapes -----------------------------------------------------------------------------------


def _refs_for(plot: Plot, count: int, given: Sequence[str] | None) -> list[str]:
    taken = set(
        Plot.objects.current().filter(cooperative=plot.cooperative_id).exclude(pk=plot.pk).values_list("ref", flat=True)
    )
    if not given:
        stem = plot.ref[:57]
        endings = chain(ascii_lowercase, (f"{one}{two}" for one in ascii_lowercase for two in ascii_lowercase))
        free = (ref for ref in (f"{stem}-{ending}" for ending in endings) if ref not in taken)
        return [next(free) for _turn in range(count)]
    if len(given) != count or len(set(given)) != count or not all(ref.strip() for ref in given):
        _refuse("split_refs", _("Mỗi phần cần một số thửa riêng."), "/refs")
    for index, ref in enumerate(given):
        if ref in taken:
            _refuse("ref_taken", _("Hợp tác xã đã có thửa mang số %(ref)s.") % {"ref": ref}, f"/refs/{index}")
    return list(given)


def _check_ref(plot: Plot, ref: str, *, besides: Sequence[Plot]) -> None:
    if not ref.strip():
        _refuse("ref_missing", _("Hãy ghi số của thửa mới."), "/ref")
    same = Plot.objects.current().filter(cooperative=plot.cooperative_id, ref=ref)
    if same.exclude(pk__in=[other.pk for other in besides]).exists():
        _refuse("ref_taken", _("Hợp tác xã đã có thửa mang số %(ref)s.") % {"ref": ref}, "/ref")


def _merged_values(plots: Sequence[Plot]) -> dict[str, Any]:
    values: dict[str, Any] = {"crop": plots[0].crop}
    for name, blank in _SAME_OR_BLANK.items():
        found = [getattr(plot, name) for plot in plots]
        values[name] = found[0] if all(value == found[0] for value in found) else blank
    for name in _SUMMED:
        found = [getattr(plot, name) for plot in plots]
        values[name] = None if None in found else sum(found)
    values["harvest_months"] = sorted(set(chain.from_iterable(plot.harvest_months for plot in plots)))
    values["note"] = "\n".join(dict.fromkeys(plot.note for plot in plots if plot.note))
    return values


def _not_reached(ids: Sequence[int], pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Return the ids that no chain of touching plots joins to the first one."""
    reached, waiting = {ids[0]}, [ids[0]]
    while waiting:
        here = waiting.pop()
        near = {one if other == here else other for one, other in pairs if here in (one, other)} - reached
        reached |= near
        waiting.extend(near)
    return set(ids) - reached


def _square_metres(shape: GEOSGeometry) -> float:
    with connection.cursor() as cursor:
        cursor.execute(shape_sql.MEASURE, {"wkb": Binary(bytes(shape.wkb))})
        return float(cursor.fetchone()[0])


def _shape(wkb: Any) -> MultiPolygon:
    shape: Any = GEOSGeometry(memoryview(bytes(wkb)), srid=4326)
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon(shape, srid=4326)


def _refuse(code: str, detail: str, pointer: str = "") -> NoReturn:
    raise RuleViolated(code, detail, findings=[Finding(code, detail, pointer)])
