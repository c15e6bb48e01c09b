"""What becomes of areas when their plots are split or merged."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from codes.models import AreaPlot, CodeStatus, ProductionArea, ProductionAreaCode
from codes.services.areas import AT_OFFICE, redraw_corrected
from core.errors import Finding, RuleViolated
from farms.models import Plot

# By name and not by import, as AT_OFFICE: a returned request comes back to the office with the same ground.
OPEN_REQUESTS = (*AT_OFFICE, "returned")
LIVING_CODES = (CodeStatus.ACTIVE, CodeStatus.SUSPENDED)


def refuse_if_bound(areas: QuerySet[ProductionArea], plots: QuerySet[Plot]) -> None:
    """Raise RuleViolated when plots may not be split or merged: an area of theirs has a living code or an open request.

    Also when some of several plots lie in an area and others do not: the merged one would grow the area unasked. The
    areas are locked, so that no request is handed in between the question and the change.
    """
    living = ProductionAreaCode.objects.filter(area=OuterRef("pk"), status__in=LIVING_CODES)
    ids = list(
        areas.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)
    )  # fmt: skip
    bound = ProductionArea.objects.filter(pk__in=ids).filter(Q(Exists(living)) | Q(requests__status__in=OPEN_REQUESTS))
    names = list(bound.order_by("name").values_list("name", flat=True).distinct())
    if names:
        detail = _(
            "Thửa thuộc vùng trồng %(areas)s đã có mã số hoặc đang có hồ sơ xin mã nên không tách, gộp được. "
            "Hãy rút hồ sơ, hoặc làm hồ sơ thay đổi vùng trồng trước."
        ) % {"areas": ", ".join(f"“{name}”" for name in names[:5])}
        raise RuleViolated("plot_in_coded_area", detail, findings=[Finding("plot_in_coded_area", detail)])
    count = plots.count()
    for pk in ids:
        if AreaPlot.objects.filter(area=pk, plot__in=plots.values("pk")).count() != count:
            name = ProductionArea.objects.values_list("name", flat=True).get(pk=pk)
            detail = _("Có thửa thuộc vùng trồng “%(area)s”, có thửa không. Hãy đưa các thửa về cùng vùng trước.") % {
                "area": name
            }
            raise RuleViolated(
                "plots_of_different_areas", detail, findings=[Finding("plots_of_different_areas", detail)]
            )


def exchange_plots(old: QuerySet[Plot], new: QuerySet[Plot]) -> None:
    """In every area put the plots `new` in the place of `old` and draw it anew."""
    links = AreaPlot.objects.filter(plot__in=old.values("pk"))
    areas = sorted(set(links.values_list("area_id", flat=True)))
    if not areas:
        return
    fresh = list(new.order_by("pk").values_list("pk", flat=True))
    AreaPlot.objects.bulk_create(
        (AreaPlot(area_id=area, plot_id=pk) for area in areas for pk in fresh), ignore_conflicts=True
    )
    links.delete()
    redraw_corrected(ProductionArea.objects.filter(pk__in=areas))
