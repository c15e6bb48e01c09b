"""Production areas: forming them from plots, drawing them anew, deciding who may see their outline."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from codes import sql
from codes.changes import AreasChanged
from codes.models import AreaPlot, ProductionArea
from codes.permissions import can_change_area, can_form_area
from cooperatives.models import Cooperative
from core.changes import announce
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import fold
from crops.models import Crop, Variety
from farms.models import Plot, PlotStatus
from places.services import commune_for

# A request in one of these states is being looked at by the office: its ground must not move under the officer.
# By name and not by import: casework stands above this app.
AT_OFFICE = ("submitted", "in_review", "inspection")
SHOWN_REFS = 10


@transaction.atomic
def form_area(
    cooperative: Cooperative,
    *,
    name: str,
    crop: Crop,
    plots: QuerySet[Plot] | Iterable[Plot],
    by: Any,
    variety: Variety | None = None,
    expected_output_t: float | None = None,
) -> ProductionArea:
    """Unite plots of one cooperative under a name; the ground is their union, the commune that with the most of it.

    Raises NotAllowed, RuleViolated("area_plots") with one finding for each kind of plot that can't join (another
    cooperative's, overlapping, archived, another crop), RuleViolated("area_name_taken").
    """
    require(can_form_area(by, cooperative))
    usable = _usable_plots(cooperative, crop, plots)
    _check_variety(crop, variety)
    boundary = _union(usable)
    commune = commune_for(boundary)
    area = ProductionArea(
        name=name,
        search_key=fold(name)[:160],
        cooperative=cooperative,
        crop=crop,
        variety=variety,
        commune=commune,
        boundary=boundary,
        public_location=commune.centre or _fallback_location(),
        expected_output_t=expected_output_t,
        created_by=by if getattr(by, "is_authenticated", False) else None,
    )
    _save_named(area)
    AreaPlot.objects.bulk_create(AreaPlot(area=area, plot_id=pk) for pk in usable)
    _refresh([area.pk])
    announce(AreasChanged(areas=ProductionArea.objects.filter(pk=area.pk)))
    return ProductionArea.objects.select_related("commune", "crop", "variety", "cooperative").get(pk=area.pk)


@transaction.atomic
def change_area(
    area: ProductionArea,
    *,
    name: str,
    plots: QuerySet[Plot] | Iterable[Plot],
    by: Any,
    variety: Variety | None = None,
    expected_output_t: float | None = None,
) -> ProductionArea:
    """Give an area another name, variety or other plots, and draw it anew: a new version.

    Raises as `form_area`, and WrongState("area_at_office") while an officer has a request for it on the desk.
    """
    require(can_change_area(by, area))
    usable = _usable_plots(area.cooperative, area.crop, plots)  # plots before areas, as whoever changes a plot
    area = _locked(area, by)
    _check_variety(area.crop, variety)
    area.name, area.search_key, area.variety = name, fold(name)[:160], variety
    area.expected_output_t = expected_output_t
    _save_named(area, update_fields=["name", "search_key", "variety", "expected_output_t", "updated_at"])
    AreaPlot.objects.filter(area=area).exclude(plot__in=usable).delete()
    AreaPlot.objects.bulk_create((AreaPlot(area=area, plot_id=pk) for pk in usable), ignore_conflicts=True)
    return _redraw(area)


@transaction.atomic
def redraw_area(area: ProductionArea, *, by: Any) -> ProductionArea:
    """Draw an area anew from its plots as they are now: a new version. Raises as `change_area`."""
    area = _locked(area, by)
    if not Plot.objects.in_good_standing().filter(area_plots__area=area).exists():
        raise RuleViolated("area_plots", _("Vùng trồng không còn thửa nào hợp lệ để vẽ lại."))
    AreaPlot.objects.filter(area=area).exclude(plot__status=PlotStatus.ACTIVE).delete()
    return _redraw(area)


def redraw_corrected(areas: QuerySet[ProductionArea]) -> list[int]:
    """Draw areas anew after an officer's decision cut their plots: new versions, also of those on an officer's desk.

    The ground is no longer theirs, so that no request may go on claiming it. Returns the ids of the areas.
    """
    rows = areas.filter(is_active=True, area_plots__plot__status=PlotStatus.ACTIVE).order_by("pk")
    ids = list(dict.fromkeys(rows.values_list("pk", flat=True)))
    if not ids:
        return []
    _lock_in_order(ids)
    with connection.cursor() as cursor:
        cursor.execute(sql.REDRAW, [ids])
    for area in ProductionArea.objects.filter(pk__in=ids).order_by("pk"):
        commune = commune_for(area.boundary)
        if commune.pk != area.commune_id:
            ProductionArea.objects.filter(pk=area.pk).update(commune=commune)
    _refresh(ids)
    announce(AreasChanged(areas=ProductionArea.objects.filter(pk__in=ids)))
    return ids


def _lock_in_order(ids: list[int]) -> None:
    """Two writers that each touch several areas must not wait for each other in a ring."""
    rows = ProductionArea.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk"))


def refresh_outlines(areas: QuerySet[ProductionArea], *, without: QuerySet[Plot] | None = None) -> list[int]:
    """Decide anew which of these areas may show their outline, and where the others are shown.

    One statement for all of them, effective at once. `without`: plots that are about to leave, counted as gone.
    Returns the ids of the areas that changed.
    """
    return _refresh(list(areas.values_list("pk", flat=True)), without)


def _refresh(ids: list[int], without: QuerySet[Plot] | None = None) -> list[int]:
    if not ids:
        return []
    # A statement of its own, before the facts are read: who waited here sees what the other writer has committed
    # (a consent withdrawn meanwhile), and two writers of several areas do not wait for each other in a ring.
    _lock_in_order(ids)
    gone: list[int] = []
    if without is not None:
        rows = AreaPlot.objects.filter(area__in=ids, plot__in=without)
        gone = list(rows.order_by().values_list("plot_id", flat=True).distinct())
    with connection.cursor() as cursor:
        cursor.execute(
            sql.REFRESH_OUTLINES,
            {"areas": ids, "without": gone, "fallback": _fallback_location().hexewkb.decode()},
        )
        changed = [pk for (pk,) in cursor.fetchall()]
    if changed:
        announce(AreasChanged(areas=ProductionArea.objects.filter(pk__in=changed)))
    return changed


def _fallback_location() -> Point:
    """Where to show a hidden area whose commune and province have no outline: the middle of the map's first view."""
    west, south, east, north = settings.MAP_BOUNDS
    return Point((west + east) / 2, (south + north) / 2, srid=4326)


def _locked(area: ProductionArea, by: Any) -> ProductionArea:
    rows = ProductionArea.objects.select_related("cooperative", "crop", "commune")
    area = rows.select_for_update(of=("self",)).get(pk=area.pk)
    require(can_change_area(by, area))
    if ProductionArea.objects.filter(pk=area.pk, requests__status__in=AT_OFFICE).exists():
        raise WrongState(
            "area_at_office",
            _("Vùng trồng đang có hồ sơ chờ cơ quan giải quyết nên chưa sửa được. Hãy rút hồ sơ hoặc đợi kết quả."),
        )
    return area


def _redraw(area: ProductionArea) -> ProductionArea:
    with connection.cursor() as cursor:
        cursor.execute(sql.REDRAW, [[area.pk]])
    area.refresh_from_db()
    area.commune = commune_for(area.boundary)
    area.save(update_fields=["commune", "updated_at"])
    _refresh([area.pk])
    announce(AreasChanged(areas=ProductionArea.objects.filter(pk=area.pk)))
    return ProductionArea.objects.select_related("commune", "crop", "variety", "cooperative").get(pk=area.pk)


def _save_named(area: ProductionArea, *, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            area.save(update_fields=update_fields)
    except IntegrityError as error:
        if "area_name_once_per_cooperative" not in str(error):
            raise
        raise RuleViolated(
            "area_name_taken",
            findings=[Finding("area_name_taken", _("Hợp tác xã đã có vùng trồng mang tên này."), "/name")],
        ) from error


def _check_variety(crop: Crop, variety: Variety | None) -> None:
    if variety is not None and variety.crop_id != crop.pk:
        raise RuleViolated(
            "area_variety", findings=[Finding("area_variety", _("Giống không thuộc cây trồng này."), "/variety")]
        )


def _usable_plots(cooperative: Cooperative, crop: Crop, plots: QuerySet[Plot] | Iterable[Plot]) -> list[int]:
    """Return the ids of the plots, locked against change; raise RuleViolated for those that can't join."""
    given = list(plots.values_list("pk", flat=True)) if isinstance(plots, QuerySet) else [plot.pk for plot in plots]
    rows = list(
        Plot.objects.filter(pk__in=given)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", "ref", "cooperative_id", "status", "crop_id")
    )
    if not rows:
        raise RuleViolated("area_plots", findings=[Finding("no_plots", _("Hãy chọn ít nhất một thửa."), "/plots")])
    wrong = {
        "foreign_plot": [ref for _pk, ref, owner, _status, _crop in rows if owner != cooperative.pk],
        "plot_in_conflict": [ref for _pk, ref, _owner, status, _crop in rows if status == PlotStatus.IN_CONFLICT],
        "plot_archived": [ref for _pk, ref, _owner, status, _crop in rows if status == PlotStatus.ARCHIVED],
        "other_crop": [ref for _pk, ref, _owner, _status, crop_id in rows if crop_id != crop.pk],
    }
    if wrong["foreign_plot"]:  # nothing is told of plots that the caller may not see
        wrong = {"foreign_plot": [_("(không thuộc hợp tác xã)")]}
    findings = [_plots_finding(code, refs) for code, refs in wrong.items() if refs]
    if findings:
        raise RuleViolated("area_plots", _("Có thửa không thể đưa vào vùng trồng."), findings=findings)
    return [row[0] for row in rows]


_PLOT_TEXTS = {
    "foreign_plot": _("Thửa của hợp tác xã khác: %(refs)s."),
    "plot_in_conflict": _("Thửa đang chồng lấn, chờ giải quyết: %(refs)s."),
    "plot_archived": _("Thửa đã lưu trữ: %(refs)s."),
    "other_crop": _("Thửa trồng cây khác: %(refs)s."),
}


def _plots_finding(code: str, refs: list[Any]) -> Finding:
    shown = ", ".join(str(ref) for ref in refs[:SHOWN_REFS]) + (" …" if len(refs) > SHOWN_REFS else "")
    return Finding(code, _PLOT_TEXTS[code] % {"refs": shown}, "/plots")


def _union(plot_ids: list[int]) -> MultiPolygon:
    """Return the union of the plots, made by PostGIS, as a MultiPolygon."""
    united: GEOSGeometry = Plot.objects.filter(pk__in=plot_ids).aggregate(ground=Union("boundary"))["ground"]
    return united if isinstance(united, MultiPolygon) else MultiPolygon(united, srid=4326)
