"""Plots of one cooperative: list with map, one plot, its versions, its attributes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.views import cooperative_of
from core.errors import BadInput, RuleViolated
from core.filters import without_blanks
from core.permissions import require
from core.views import show_domain_errors
from farms import services
from farms.areas import legal_area_m2
from farms.filters import PlotFilters
from farms.forms import ArchiveForm, PlotForm
from farms.history import versions_of
from farms.land_use import conflicts_of, ground_of
from farms.layers import PLOTS
from farms.models import Plot, PlotStatus
from farms.permissions import can_change_plot
from farms.services.parcel_codes import likely_same
from farms.services.seasons import season_offer
from farms.views.frames import OTHER_COLOUR, PLOT_COLOUR, feature, frame_of

PAGE_SIZE = 100
SHOWN_VERSIONS = 5  # on the plot's own page; all of them on the page of its history
SHOWN_FILTERS = ("q", "crop", "status", "area_min", "area_max")


@login_required
@require_safe
@show_domain_errors
def plot_list(request: HttpRequest) -> HttpResponse:
    """The plots of one cooperative, filtered as everywhere; `after` is the last id of the page before."""
    cooperative = cooperative_of(request)
    params = without_blanks(request.GET.copy())
    params["cooperative"] = cooperative.slug
    after = _after(params)
    rows = PLOTS.filtered(request.user, params, besides=("after",))
    if "status" not in params:
        rows = rows.exclude(status=PlotStatus.ARCHIVED)
    totals = rows.aggregate(area_m2=Sum(legal_area_m2()), extent=Extent("boundary"))
    page = list(_shown(rows).filter(pk__gt=after)[: PAGE_SIZE + 1])
    context = {
        "cooperative": cooperative,
        "plots": page[:PAGE_SIZE],
        "count": rows.count(),
        "area_ha": (totals["area_m2"] or 0) / 10_000,
        "filter_fields": [PlotFilters(params, queryset=rows).form[name] for name in SHOWN_FILTERS],
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
        "frame": _list_frame(totals["extent"]),
        **_paging(params, page, after),
    }
    return render(request, "farms/plot_list.html", context)


def _shown(rows: Any) -> Any:
    heavy = ("boundary_3857", "commune__boundary", "commune__boundary_3857")
    return rows.select_related("crop", "variety", "commune", "grower__person").defer(*heavy).order_by("pk")


def _after(params: QueryDict) -> int:
    text = params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput
    return int(text)


def _paging(params: QueryDict, page: list[Plot], after: int) -> dict[str, str | None]:
    address, query = reverse("farms:plot-list"), params.copy()
    query.pop("after", None)
    first = f"{address}?{query.urlencode()}"
    following = f"{first}&after={page[PAGE_SIZE - 1].pk}" if len(page) > PAGE_SIZE else None
    return {"next_url": following, "first_url": first if after else None}


def _list_frame(extent: tuple[float, ...] | None) -> dict[str, Any]:
    frame: dict[str, Any] = {"show": ["plots"], "hash": False}
    if extent:
        west, south, east, north = extent
        frame["bounds"] = [west - 0.002, south - 0.002, east + 0.002, north + 0.002]
    return frame


@login_required
@require_safe
def plot_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One plot on the map with its neighbours and all its versions."""
    plot = get_object_or_404(_shown(Plot.objects.visible_to(request.user)).select_related("cooperative"), pk=pk)
    near = (
        Plot.objects.visible_to(request.user).current().filter(boundary__bboverlaps=plot.boundary.buffer(0.003))
        .exclude(pk=plot.pk).only("ref", "boundary")[:200]
    )  # fmt: skip
    features = [feature(other.boundary, colour=OTHER_COLOUR, name=other.ref) for other in near]
    features.append(feature(plot.boundary, colour=PLOT_COLOUR, name=plot.ref))
    may_change = can_change_plot(request.user, plot) and plot.status != PlotStatus.ARCHIVED
    context = {
        "plot": plot,
        "frame": frame_of(features, [plot.boundary]),
        "versions": versions_of(plot, limit=SHOWN_VERSIONS),
        "season_offer": season_offer(plot) if may_change else None,
        "cases": plot.overlaps_as_second.open(),
        "came_from": plot.came_from.select_related("old"),
        "became": plot.became.select_related("new"),
        "may_change": may_change,
        "ground": ground_of(plot),
        "conflicts": conflicts_of(plot),
        "archive_form": ArchiveForm() if may_change else None,
        **_twins(plot, request.user),
    }
    return render(request, "farms/plot_detail.html", context)


def _twins(plot: Plot, user: Any) -> dict[str, Any]:
    """How many other plots are probably this one, and those of them that the user may see."""
    found = likely_same(plot)
    return {"twin_count": found.count(), "twins": list(found.visible_to(user).only("ref")[:10])}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def plot_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the attributes; `version` in the form tells whether somebody else was faster."""
    plot = get_object_or_404(Plot.objects.visible_to(request.user).select_related("cooperative"), pk=pk)
    require(can_change_plot(request.user, plot))
    form = PlotForm(request.POST or None, instance=plot, cooperative=plot.cooperative)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("version") != str(plot.version):
            form.add_error(None, _("Người khác vừa sửa thửa này. Hãy tải lại trang rồi sửa lại."))
        elif _saved(form, plot, request):
            messages.success(request, _("Đã lưu thửa %(ref)s.") % {"ref": form.cleaned_data["ref"]})
            return redirect(plot)
    context = {"plot": plot, "form": form}
    return render(request, "farms/plot_edit.html", context, status=422 if form.errors else 200)


def _saved(form: PlotForm, plot: Plot, request: HttpRequest) -> bool:
    try:
        services.change_plot(plot, by=request.user, **form.fields_for_service())
    except RuleViolated as error:
        for finding in error.findings:
            name = finding.pointer.rpartition("/")[2]
            form.add_error(name if name in form.fields else None, str(finding.message))
        if not error.findings:
            form.add_error(None, str(error.detail))
        return False
    return True


@login_required
@require_POST
@show_domain_errors
def plot_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a plot out of use, with a reason."""
    plot = get_object_or_404(Plot.objects.visible_to(request.user).select_related("cooperative"), pk=pk)
    services.archive_plot(plot, request.POST.get("reason", ""), by=request.user)
    messages.success(request, _("Đã lưu trữ thửa %(ref)s.") % {"ref": plot.ref})
    return redirect(f"{reverse('farms:plot-list')}?cooperative={plot.cooperative.slug}")
