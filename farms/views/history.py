"""What plots were: versions of one, a set of plots on two days, the seasons of one."""

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import units_with
from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import DomainError
from core.permissions import require
from core.views import show_domain_errors
from farms import history
from farms.forms_history import ChangesForm, SeasonForm
from farms.models import Plot, PlotSeason
from farms.permissions import can_change_plot
from farms.services import seasons
from farms.views.frames import PLOT_COLOUR, feature, frame_of

ADDED_COLOUR, REMOVED_COLOUR, KEPT_COLOUR = "#1f7a3a", "#a02c1b", "#6b7780"
GROUND = {
    history.ADDED: {"colour": ADDED_COLOUR, "pattern": "added"},
    history.REMOVED: {"colour": REMOVED_COLOUR, "pattern": "removed"},
    history.KEPT: {"colour": KEPT_COLOUR},
}
DOWNLOAD_LIMIT = 50_000


@login_required
@require_safe
@show_domain_errors
def plot_history(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions of one plot, and two of them compared on the map."""
    plot = _plot(request, pk)
    versions = history.versions_of(plot)
    pair = history.pair_of(versions, request.GET.get("old", ""), request.GET.get("new", ""))
    ground = history.compare(plot, pair[0].id, pair[1].id) if pair else []
    shapes = [_ground_feature(one) for one in ground] or [feature(plot.boundary, colour=PLOT_COLOUR, name=plot.ref)]
    context = {
        "plot": plot,
        "versions": versions,
        "pair": pair,
        "ground": ground,
        "is_redrawn": any(one.kind != history.KEPT for one in ground),
        "frame": frame_of(shapes, [plot.boundary]),
    }
    return render(request, "farms/plot_history.html", context)


@login_required
@require_safe
@show_domain_errors
def plot_changes(request: HttpRequest) -> HttpResponse:
    """The plots of a cooperative as they were at the end of two days; `format=geojson` downloads the difference."""
    cooperative, communes = changes_scope(request)
    form = ChangesForm(_days(request), cooperative=cooperative, communes=communes)
    context: dict[str, Any] = {"cooperative": cooperative, "form": form, "limit": history.MAX_ROWS}
    if form.is_valid():
        query = form.query()
        if request.GET.get("format") == "geojson":
            return _download(cooperative, query)
        changes = history.set_changes(query)
        shapes = history.set_shapes(query)
        params = request.GET.copy()
        params["format"] = "geojson"
        context |= {
            "changes": changes,
            "frame": _set_frame(shapes, changes.extent),
            "is_cut": len(shapes) >= history.MAX_SHAPES,
            "shapes_limit": history.MAX_SHAPES,
            "download": f"?{params.urlencode()}",
        }
    return render(request, "farms/plot_changes.html", context, status=422 if form.errors else 200)


def changes_scope(request: Any) -> tuple[Cooperative, tuple[int, ...] | None]:
    """Return the cooperative asked for and the communes whose plots the user may see (None: all of its plots).

    Those who work for it see all; officers what lies in their units. Http404 for everybody else.
    """
    slug = request.GET.get("cooperative", "")
    if slug and not Cooperative.objects.worked_for_by(request.user).filter(slug=slug).exists():
        units = units_with(request.user, "farms.view_plot")
        seen = Cooperative.objects.filter(plots__commune__in=units).distinct()
        return get_object_or_404(seen, slug=slug), tuple(units.values_list("pk", flat=True))
    return cooperative_of(request), None


def _days(request: HttpRequest) -> dict[str, str]:
    """The form is always bound: without days it asks about the last thirty."""
    given = {name: values for name, values in request.GET.items() if values}
    today = timezone.localdate()
    start = today - dt.timedelta(days=30)
    return {"from": start.isoformat(), "to": today.isoformat()} | given  # type: ignore[return-value]


def _download(cooperative: Cooperative, query: history.SetQuery) -> HttpResponse:
    features = [one for one in history.set_shapes(query, limit=DOWNLOAD_LIMIT) if one["properties"]["change"] != "same"]
    body = {"type": "FeatureCollection", "from": str(query.old), "to": str(query.new), "features": features}
    response = HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/geo+json")
    name = f"thay-doi-{cooperative.slug}-{query.old}-{query.new}.geojson"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _ground_feature(ground: history.Ground) -> dict[str, Any]:
    return {"type": "Feature", "properties": {**GROUND[ground.kind]}, "geometry": ground.geometry}


def _set_frame(shapes: list[dict[str, Any]], extent: tuple[float, ...] | None) -> dict[str, Any]:
    features = [
        one | {"properties": {**GROUND[one["properties"]["ground"]], "name": one["properties"]["ref"]}}
        for one in reversed(shapes)  # what differs lies on top
    ]
    frame = frame_of(features, [])
    if extent:
        west, south, east, north = extent
        margin = max((east - west) * 0.1, (north - south) * 0.1, 0.001)
        frame["bounds"] = [west - margin, south - margin, east + margin, north + margin]
    return frame


# --- Seasons -------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def plot_seasons(request: HttpRequest, pk: int) -> HttpResponse:
    """What grew on the plot, and a form to add a season; the crop it had earlier this year is offered."""
    plot = _plot(request, pk)
    may_change = can_change_plot(request.user, plot)
    if request.method == "POST":
        require(may_change)
    offer = seasons.season_offer(plot) if may_change else None
    initial = (
        {"year": offer.year, "crop": offer.crop, "variety": offer.variety}
        if offer
        else {"year": timezone.localdate().year, "crop": plot.crop, "variety": plot.variety}
    )
    form = SeasonForm(request.POST or None, initial=initial) if may_change else None
    if form is not None and _is_done(
        request, form, lambda: seasons.record_season(plot, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, _("Đã ghi vụ."))
        return redirect("farms:plot-seasons", pk=pk)
    return _seasons_page(request, plot, form, offer=offer)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def season_edit(request: HttpRequest, pk: int, season: int) -> HttpResponse:
    """Change one season."""
    plot = _plot(request, pk)
    require(can_change_plot(request.user, plot))
    row = get_object_or_404(plot.seasons, pk=season)
    form = SeasonForm(request.POST or None, initial=SeasonForm.initial_of(row))
    if _is_done(request, form, lambda: seasons.change_season(row, by=request.user, **form.cleaned_data)):
        messages.success(request, _("Đã sửa vụ."))
        return redirect("farms:plot-seasons", pk=pk)
    return _seasons_page(request, plot, form, row=row)


@login_required
@require_POST
@show_domain_errors
def season_remove(request: HttpRequest, pk: int, season: int) -> HttpResponse:
    """Take out a season that was recorded by mistake."""
    plot = _plot(request, pk)
    seasons.remove_season(get_object_or_404(plot.seasons, pk=season), by=request.user)
    messages.success(request, _("Đã bỏ vụ ghi nhầm."))
    return redirect("farms:plot-seasons", pk=pk)


def _seasons_page(
    request: HttpRequest, plot: Plot, form: SeasonForm | None, *, row: PlotSeason | None = None, offer: Any = None
) -> HttpResponse:
    context = {
        "plot": plot,
        "seasons": plot.seasons.select_related("crop", "variety", "recorded_by"),
        "form": form,
        "row": row,
        "offer": offer,
        "may_change": can_change_plot(request.user, plot),
        "form_url": reverse("farms:season-edit", args=[plot.pk, row.pk]) if row else request.path,
    }
    return render(request, "farms/plot_seasons.html", context, status=422 if form is not None and form.errors else 200)


def _is_done(request: HttpRequest, form: SeasonForm, save: Any) -> bool:
    """Whether the form was sent, is right and is stored; else its errors stand in it."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        save()
    except DomainError as error:
        if not error.findings:
            raise
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        return False
    return True


def _plot(request: HttpRequest, pk: int) -> Plot:
    rows = Plot.objects.visible_to(request.user).select_related("cooperative", "crop", "variety")
    found = rows.defer("boundary_3857").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
