"""One plot: added, changed, archived."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.changes import announce
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from farms.areas import kept_area_after
from farms.changes import PlotsArrived, PlotsLeaving
from farms.models import Plot, PlotStatus
from farms.permissions import can_add_plot, can_change_plot
from farms.services.overlaps import lock_ground, lock_plots, neighbours_in_conflict, open_cases, settle_cases
from places.services import commune_for

PARCEL_CODE = re.compile(r"|[0-9b-hjkmnp-z]{12}")  # none, or a GeoHash of 12 characters
ARCHIVE_REASONS = ("error", "sold", "crop_change", "other")
CHANGEABLE = frozenset(
    {
        "ref",
        "grower",
        "crop",
        "variety",
        "declared_area_m2",
        "planted_year",
        "tree_count",
        "harvest_months",
        "land_sheet",
        "land_parcel",
        "parcel_code",
        "determination",
        "determined_on",
        "irrigation",
        "expected_yield_t",
        "note",
        "boundary",
    }
)


@transaction.atomic
def add_plot(cooperative: Cooperative, boundary: MultiPolygon, *, by: Any, **fields: Any) -> Plot:
    """Store a plot (EPSG:4326, valid) and return it; `fields` as in CHANGEABLE, `crop` and `ref` are needed.

    Raises NotAllowed, RuleViolated("outside_communes", "variety_of_other_crop", "ref_taken", "grower_of_other"),
    PlotsOverlap (409). Ground shared with another holder stores the plot `in_conflict` and opens a case.
    """
    require(can_add_plot(by, cooperative))
    _check_fields(cooperative, None, fields)
    commune = commune_for(boundary)
    lock_ground(boundary, commune.pk)
    others = neighbours_in_conflict(boundary, ref=fields["ref"], cooperative_id=cooperative.pk)
    with number_once(fields["ref"]):
        plot = Plot.objects.create(
            cooperative=cooperative,
            boundary=boundary,
            commune=commune,
            status=PlotStatus.IN_CONFLICT if others else PlotStatus.ACTIVE,
            created_by=by,
            **fields,
        )
    open_cases(plot, others)
    announce(PlotsArrived(plots=Plot.objects.filter(pk=plot.pk)))
    return Plot.objects.select_related("crop", "variety", "commune", "cooperative").get(pk=plot.pk)


@transaction.atomic
def change_plot(plot: Plot, *, by: Any, **fields: Any) -> Plot:
    """Change attributes or the boundary of a plot; its version goes up. Errors as in `add_plot`, and WrongState."""
    boundary = fields.get("boundary")
    require(can_change_plot(by, plot))  # before the lock: a stranger must not hold up a commune
    if boundary is not None:
        lock_plots([plot.pk], boundary)
    plot = Plot.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=plot.pk)
    require(can_change_plot(by, plot))
    if plot.status == PlotStatus.ARCHIVED:
        raise WrongState("plot_archived", _("Thửa đã lưu trữ, không sửa được nữa."))
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise TypeError(f"not changeable: {sorted(unknown)}")
    _check_fields(plot.cooperative, plot, fields)
    stored = Plot.objects.filter(pk=plot.pk)
    announce(PlotsLeaving(plots=stored))
    others: list[Plot] = []
    if boundary is not None:
        commune = commune_for(boundary)
        lock_ground(boundary, commune.pk)
        ref = fields.get("ref", plot.ref)
        others = neighbours_in_conflict(boundary, ref=ref, cooperative_id=plot.cooperative_id, besides=plot.pk)
        plot.commune = commune
        plot.kept_area_m2 = kept_area_after(boundary)  # type: ignore[assignment]
    for name, value in fields.items():
        setattr(plot, name, value)
    plot.version += 1
    with number_once(plot.ref):
        plot.save()
    if boundary is not None:
        settle_cases(plot, by=by)
        if open_cases(plot, others):
            stored.update(status=PlotStatus.IN_CONFLICT)
    announce(PlotsArrived(plots=stored))
    return stored.select_related("crop", "variety", "commune", "cooperative").get()


@transaction.atomic
def archive_plot(plot: Plot, reason: str, *, by: Any) -> Plot:
    """Take a plot out of use; `reason` is one of ARCHIVE_REASONS. Nothing is deleted, open overlap cases end."""
    require(can_change_plot(by, plot))
    lock_plots([plot.pk])  # neighbours may be set free
    plot = Plot.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=plot.pk)
    require(can_change_plot(by, plot))
    if plot.status == PlotStatus.ARCHIVED:
        raise WrongState("plot_archived", _("Thửa này đã được lưu trữ."))
    if reason not in ARCHIVE_REASONS:
        raise RuleViolated("reason_missing", _("Hãy chọn lý do: ghi nhầm, đã bán, đổi cây trồng hoặc lý do khác."))
    stored = Plot.objects.filter(pk=plot.pk)
    announce(PlotsLeaving(plots=stored))
    plot.status = PlotStatus.ARCHIVED
    plot.source = plot.source | {"archived": {"reason": reason}}
    plot.version += 1
    plot.save(update_fields=["status", "source", "version", "updated_at"])
    settle_cases(plot, by=by)
    announce(PlotsArrived(plots=stored))
    return plot


def _check_fields(cooperative: Cooperative, plot: Plot | None, fields: dict[str, Any]) -> None:
    findings = []
    crop = fields.get("crop", plot.crop if plot else None)
    variety = fields.get("variety", plot.variety if plot else None)
    if variety is not None and crop is not None and variety.crop_id != crop.pk:
        detail = _("Giống này không thuộc cây trồng đã chọn.")
        findings.append(Finding("variety_of_other_crop", detail, "/properties/variety"))
    if not PARCEL_CODE.fullmatch(fields.get("parcel_code", "")):
        detail = _("Mã định danh thửa đất có 12 ký tự GeoHash (chữ thường, số; không có a, i, l, o).")
        findings.append(Finding("parcel_code_malformed", detail, "/properties/parcel_code"))
    grower = fields.get("grower")
    if grower is not None and grower.cooperative_id != cooperative.pk:
        detail = _("Nông hộ không thuộc hợp tác xã này.")
        findings.append(Finding("grower_of_other", detail, "/properties/grower"))
    ref = fields.get("ref")
    if ref is not None:
        same = Plot.objects.current().filter(cooperative=cooperative, ref=ref)
        if same.exclude(pk=plot.pk if plot else None).exists():
            findings.append(_ref_taken(ref))
    if findings:
        raise RuleViolated(findings[0].code, findings[0].message, findings=findings)


def _ref_taken(ref: str) -> Finding:
    return Finding("ref_taken", _("Hợp tác xã đã có thửa mang số %(ref)s.") % {"ref": ref}, "/properties/ref")


@contextmanager
def number_once(ref: str) -> Iterator[None]:
    """Write a plot; RuleViolated("ref_taken") where somebody else took its number since we looked."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "plot_ref_once_per_cooperative" not in str(error):
            raise
        finding = _ref_taken(ref)
        raise RuleViolated(finding.code, finding.message, findings=[finding]) from error
