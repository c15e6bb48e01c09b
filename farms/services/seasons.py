"""What grew on a plot, season by season. The plot's own crop is only that of today."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Finding, RuleViolated
from core.permissions import require
from crops.models import Crop, Variety
from farms.models import Plot, PlotSeason, SeasonName
from farms.permissions import can_change_plot

FIELDS = frozenset({"year", "season", "crop", "variety", "harvested_t", "note"})


class SeasonTaken(DomainError):
    """409: the plot has this crop in this season of the year already."""

    status = 409
    code = "season_taken"
    detail = _("Thửa đã có cây trồng này trong vụ và năm đã chọn. Hãy sửa dòng đã có.")


@dataclass(frozen=True, slots=True)
class SeasonOffer:
    """A season that somebody may want to record: the crop that a plot had this year before it got another."""

    year: int
    crop: Crop
    variety: Variety | None


@transaction.atomic
def record_season(
    plot: Plot,
    *,
    year: int,
    season: str,
    crop: Crop,
    by: Any,
    variety: Variety | None = None,
    harvested_t: float | None = None,
    note: str = "",
) -> PlotSeason:
    """Record what grew on the plot in a season. Raises NotAllowed, RuleViolated, SeasonTaken (409)."""
    require(can_change_plot(by, plot))
    row = PlotSeason(
        plot=plot, year=year, season=season, crop=crop, variety=variety, harvested_t=harvested_t, note=note,
        recorded_by=by,
    )  # fmt: skip
    return _store(row)


@transaction.atomic
def change_season(row: PlotSeason, *, by: Any, **fields: Any) -> PlotSeason:
    """Change what is on record; the row history keeps what was there. Errors as in `record_season`."""
    row = PlotSeason.objects.select_for_update(of=("self",)).select_related("plot__cooperative").get(pk=row.pk)
    require(can_change_plot(by, row.plot))
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"not changeable: {sorted(unknown)}")
    for name, value in fields.items():
        setattr(row, name, value)
    return _store(row)


@transaction.atomic
def remove_season(row: PlotSeason, *, by: Any) -> None:
    """Take a row out that was recorded by mistake; the row history keeps it. Raises NotAllowed."""
    row = PlotSeason.objects.select_related("plot__cooperative").get(pk=row.pk)
    require(can_change_plot(by, row.plot))
    row.delete()


def season_offer(plot: Plot, *, today: dt.date | None = None) -> SeasonOffer | None:
    """Return the crop that the plot had earlier this year, when it has another now and that season is not recorded.

    Read from the row history: a plot whose crop changes would else forget what it bore this year.
    """
    year = (today or timezone.localdate()).year
    start = timezone.make_aware(dt.datetime(year, 1, 1), timezone.get_default_timezone())
    events = plot.history.model._default_manager.filter(pgh_obj_id=plot.pk).defer("boundary")  # type: ignore[attr-defined]
    before = (
        events.filter(pgh_created_at__lt=start).order_by("-pgh_id").values("pgh_id")[:1]
    )  # what the year began with
    had = events.filter(Q(pgh_created_at__gte=start) | Q(pgh_id__in=before))
    old = had.exclude(crop=plot.crop_id).order_by("-pgh_id").first()
    if old is None or plot.seasons.filter(year=year, crop=old.crop_id).exists():
        return None
    crop = Crop.objects.get(pk=old.crop_id)
    return SeasonOffer(year, crop, Variety.objects.filter(pk=old.variety_id).first())


def _store(row: PlotSeason) -> PlotSeason:
    findings = []
    if row.season not in SeasonName.values:
        findings.append(Finding("unknown_season", _("Hãy chọn một vụ."), "/season"))
    if row.variety is not None and row.variety.crop_id != row.crop_id:
        findings.append(Finding("variety_of_other_crop", _("Giống này không thuộc cây trồng đã chọn."), "/variety"))
    if not 1990 <= row.year <= timezone.localdate().year + 1:
        findings.append(Finding("year_implausible", _("Năm phải từ 1990 đến năm sau."), "/year"))
    if row.harvested_t is not None and row.harvested_t < 0:
        findings.append(Finding("harvest_negative", _("Sản lượng không được âm."), "/harvested_t"))
    if findings:
        raise RuleViolated(findings[0].code, findings[0].message, findings=findings)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "plot_season_once" not in str(error):
            raise
        finding = Finding("season_taken", SeasonTaken.detail, "/season")
        raise SeasonTaken(findings=[finding]) from error
    return row
