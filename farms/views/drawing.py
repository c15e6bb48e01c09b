"""Pages of drawing: a new plot, another boundary, a split, a merge. Each works without a map as well."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import GEOSGeometry, LineString, MultiPolygon
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import BadInput, DomainError, PreconditionMissing, Stale
from core.permissions import require
from core.views import show_domain_errors
from farms import services
from farms.forms_drawing import DrawForm, MergeForm, RedrawForm, ShapeForm, SplitForm
from farms.looking import look_at
from farms.models import Determination, Plot, PlotStatus
from farms.permissions import can_add_plot, can_change_plot
from farms.services.shapes import MAX_PARTS, TOUCH_M, cut_by_line, united_shape
from farms.shape_svg import Drawing, drawing_of
from farms.shape_text import DEGREES
from farms.views.draw_texts import editor_texts
from farms.views.frames import OTHER_COLOUR, PLOT_COLOUR, feature, frame_of

READS_AND_POST = ["GET", "HEAD", "POST"]
NEAR_DEGREES = 0.003
MAX_NEAR = 200


@login_required
@require_http_methods(READS_AND_POST)
@show_domain_errors
def plot_draw(request: HttpRequest) -> HttpResponse:
    """Draw a new plot of a cooperative."""
    cooperative = cooperative_of(request)
    require(can_add_plot(request.user, cooperative))
    initial = {"determination": Determination.MANUAL, "determined_on": timezone.localdate()}
    form = DrawForm(request.POST or None, cooperative=cooperative, initial=initial)
    form.instance.cooperative = cooperative
    in_way: list[int] = []
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        try:
            # What the form proposes is stored too, whether it was touched or not.
            fields = initial | form.fields_for_service()
            plot = services.add_plot(cooperative, _shape_of(form), by=request.user, **fields)
        except DomainError as error:
            in_way = _refused(form, error)
        else:
            _tell(request, plot, _("Đã ghi thửa %(ref)s.") % {"ref": plot.ref})
            return redirect(plot)
    config = _config(request, cooperative, draft="new-" + cooperative.slug, in_way=in_way, text=_typed(request, form))
    return _editor(request, form, config, cooperative, plot=None)


@login_required
@require_http_methods(READS_AND_POST)
@show_domain_errors
def plot_boundary(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the boundary of a stored plot anew."""
    plot = _changeable(request, pk)
    initial = {
        "version": plot.version,
        "determination": plot.determination,
        "determined_on": plot.determined_on,
        "boundary": plot.boundary.geojson,
    }
    form = RedrawForm(request.POST or None, initial=initial)
    in_way: list[int] = []
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("determination", "determined_on")}
        try:
            _require_version(plot, form.cleaned_data["version"])
            changed = services.change_plot(plot, by=request.user, boundary=_shape_of(form), **fields)
        except DomainError as error:
            in_way = _refused(form, error)
        else:
            _tell(request, changed, _("Đã lưu ranh mới của thửa %(ref)s.") % {"ref": changed.ref})
            return redirect(changed)
    config = _config(
        request, plot.cooperative, draft=f"plot-{pk}", in_way=in_way, text=_typed(request, form), plot=plot
    )  # fmt: skip
    return _editor(request, form, config, plot.cooperative, plot=plot)


def _editor(
    request: HttpRequest, form: Any, config: dict[str, Any], cooperative: Cooperative, *, plot: Plot | None
) -> HttpResponse:
    context = {
        "form": form,
        "cooperative": cooperative,
        "plot": plot,
        "editor": config,
        "frame": _frame(config["bounds"]),
        "preview": _preview(request, form, cooperative, plot),
    }
    failed = request.method == "POST" and "preview" not in request.POST
    return render(request, "farms/plot_draw.html", context, status=422 if failed else 200)


@login_required
@require_http_methods(READS_AND_POST)
@show_domain_errors
def plot_split(request: HttpRequest, pk: int) -> HttpResponse:
    """Cut a plot along a line; `preview` draws the parts without storing them."""
    plot = _changeable(request, pk)
    form = SplitForm(request.POST or None, initial={"version": plot.version})
    pieces: list[MultiPolygon] = []
    if request.method == "POST" and form.is_valid() and form.cut is not None:
        try:
            if "preview" in request.POST:
                pieces = cut_by_line(plot, form.cut)
            else:
                made = _split(request, plot, form, form.cut)
                refs = ", ".join(part.ref for part in made)
                messages.success(request, _("Đã tách thửa %(ref)s thành %(refs)s.") % {"ref": plot.ref, "refs": refs})
                return redirect(f"{reverse('farms:plot-list')}?cooperative={plot.cooperative.slug}")
        except DomainError as error:
            _refused(form, error)
    config = _config(request, plot.cooperative, draft=f"split-{pk}", plot=plot)
    context = {
        "form": form,
        "plot": plot,
        "cooperative": plot.cooperative,
        "editor": config,
        "frame": _frame(config["bounds"]),
        "preview": _parts_preview(plot, pieces, form) if pieces else None,
    }
    failed = request.method == "POST" and not pieces
    return render(request, "farms/plot_split.html", context, status=422 if failed else 200)


def _split(request: HttpRequest, plot: Plot, form: SplitForm, line: LineString) -> list[Plot]:
    data = form.cleaned_data
    return services.split_by_line(plot, line, by=request.user, refs=data["refs"] or None, version=data["version"])


@login_required
@require_http_methods(READS_AND_POST)
@show_domain_errors
def plot_merge(request: HttpRequest) -> HttpResponse:
    """Make one plot of those named by `?plot=1&plot=2`; with one only, its touching neighbours are offered."""
    given = request.POST if request.method == "POST" else request.GET
    plots = _chosen(request, given.getlist("plot"))
    context: dict[str, Any] = {
        "plots": plots,
        "cooperative": plots[0].cooperative,
        "others": _touching(request, plots),
        "versions": [(plot.pk, plot.version) for plot in plots],
    }
    status = 200
    if len(plots) > 1:
        form = MergeForm(request.POST or None, plots=plots)
        context["form"] = form
        try:
            if request.method == "POST" and form.is_valid():
                made = services.merge_plots(plots, by=request.user, versions=_versions(request), **form.cleaned_data)
                _tell(request, made, _("Đã gộp thành thửa %(ref)s.") % {"ref": made.ref})
                return redirect(made)
            context |= _merge_preview(plots)
        except DomainError as error:
            context["problem"] = error.detail
            status = 422 if request.method == "POST" else 200
        status = 422 if form.errors else status
    if "frame" not in context:
        shown = [feature(plot.boundary, colour=PLOT_COLOUR, name=plot.ref) for plot in plots]
        near = [feature(plot.boundary, colour=OTHER_COLOUR, name=plot.ref) for plot in context["others"]]
        context["frame"] = frame_of([*near, *shown], [plot.boundary for plot in plots])
    return render(request, "farms/plot_merge.html", context, status=status)


def _merge_preview(plots: list[Plot]) -> dict[str, Any]:
    shape = united_shape(plots)
    shown = [feature(plot.boundary, colour=OTHER_COLOUR, name=plot.ref) for plot in plots]
    return {
        "frame": frame_of([*shown, feature(shape, colour=PLOT_COLOUR)], [shape]),
        "total_ha": sum(plot.area_m2 for plot in plots) / 10_000,
    }


def _chosen(request: HttpRequest, ids: list[str]) -> list[Plot]:
    if not 1 <= len(ids) <= MAX_PARTS or not all(pk.isascii() and pk.isdigit() and len(pk) <= 18 for pk in ids):
        raise BadInput(detail=_("Hãy chọn từ 1 đến %(most)s thửa.") % {"most": MAX_PARTS})
    return [_changeable(request, int(pk)) for pk in dict.fromkeys(ids)]


def _versions(request: HttpRequest) -> dict[int, int]:
    """Read `version=<plot>:<version>` of every chosen plot, so that nobody merges what they have not seen."""
    pairs = [text.split(":") for text in request.POST.getlist("version")]
    if not all(len(pair) == 2 and all(part.isascii() and part.isdigit() for part in pair) for pair in pairs):
        raise BadInput
    return {int(pk): int(version) for pk, version in pairs}


def _touching(request: HttpRequest, plots: list[Plot]) -> list[Plot]:
    """Return own plots beside the chosen ones that could be merged with them."""
    first = plots[0]
    ground = first.boundary
    for plot in plots[1:]:
        ground = ground.union(plot.boundary)
    near = (
        Plot.objects.visible_to(request.user)
        .current()
        .filter(
            cooperative=first.cooperative_id,
            crop=first.crop_id,
            boundary__bboverlaps=ground.buffer(TOUCH_M / 100_000),
            boundary__dwithin=(ground, TOUCH_M / 110_000),
        )
    )
    return list(near.exclude(pk__in=[plot.pk for plot in plots]).order_by("ref")[:MAX_NEAR])


# --- steps -----------------------------------------------------------------------------------------------------


def _changeable(request: HttpRequest, pk: int) -> Plot:
    rows = Plot.objects.visible_to(request.user).current().select_related("cooperative", "crop", "variety")
    plot = get_object_or_404(rows, pk=pk)
    require(can_change_plot(request.user, plot))
    return plot


def _require_version(plot: Plot, version: int | None) -> None:
    if version is None:
        raise PreconditionMissing
    if version != plot.version:
        raise Stale


def _shape_of(form: Any) -> MultiPolygon:
    shape: MultiPolygon = form.cleaned_data["shape"]
    return shape


def _refused(form: Any, error: DomainError) -> list[int]:
    """Put the reasons into the form; return the plots that stand in the way."""
    findings = [finding for finding in error.findings if finding.message]
    for finding in findings:
        place = finding.pointer.strip("/").split("/")[0]
        name = {"geometry": "boundary", "properties": finding.pointer.rpartition("/")[2]}.get(place, place)
        form.add_error(name if name in form.fields else None, str(finding.message))
    if not findings:
        form.add_error(None, str(error.detail))
    refs = [finding.extra["neighbour"] for finding in findings if "neighbour" in finding.extra]
    if not refs or getattr(form, "shape", None) is None:
        return []
    near = Plot.objects.overlapping(form.shape).filter(ref__in=refs)
    return list(near.values_list("pk", flat=True))


def _tell(request: HttpRequest, plot: Plot, done: str) -> None:
    messages.success(request, done)
    if plot.status == PlotStatus.IN_CONFLICT:
        messages.warning(
            request,
            _(
                "Thửa chồng lên đất của đơn vị khác nên đang chờ giải quyết và chưa vào được vùng trồng. "
                "Một vụ chồng lấn đã được mở; hai bên đều được báo."
            ),
        )


def _typed(request: HttpRequest, form: Any) -> str:
    """Return what was sent as the boundary, so that the map shows it again; GeoJSON where it could be read."""
    if request.method != "POST":
        return ""
    form.is_valid()  # whatever else is missing: what was drawn is not to be drawn twice
    shape = form.shape
    return shape.geojson if shape is not None else ""


def _config(
    request: HttpRequest,
    cooperative: Cooperative,
    *,
    draft: str,
    in_way: list[int] | None = None,
    text: str = "",
    plot: Plot | None = None,
) -> dict[str, Any]:
    """Return what `static/js/pages/plot-editor.js` takes."""
    shape = text or (plot.boundary.geojson if plot is not None else "")
    return {
        "plot": plot.pk if plot else None,
        "version": plot.version if plot else 0,
        "cooperative": cooperative.slug,
        "shape": json.loads(shape) if shape else None,
        "is_posted": bool(text),
        "in_way": in_way or [],
        "bounds": _bounds(cooperative, plot, text),
        "draft": f"{request.user.pk}-{draft}",
        "urls": {
            "neighbours": "/api/v1/plots/neighbours/",
            "check": "/api/v1/plots/check/",
            "points": "/api/v1/plots/points/",
        },
        "texts": editor_texts(),
    }


def _bounds(cooperative: Cooperative, plot: Plot | None, text: str) -> list[float] | None:
    """Return where the map begins: the shape, else the cooperative's plots, else its commune; None: the whole map."""
    if text or plot is not None:
        extent = GEOSGeometry(text, srid=4326).extent if text else plot.boundary.extent  # type: ignore[union-attr]
        west, south, east, north = extent
        margin = max((east - west) * 0.25, (north - south) * 0.25, 0.0005)
        return [west - margin, south - margin, east + margin, north + margin]
    extent = Plot.objects.current().filter(cooperative=cooperative).aggregate(box=Extent("boundary"))["box"]
    if extent is None and cooperative.commune.boundary is not None:
        extent = cooperative.commune.boundary.extent
    return list(extent) if extent else None


def _frame(bounds: list[float] | None) -> dict[str, Any]:
    frame: dict[str, Any] = {"show": [], "hash": False, "count": False, "legend": "closed"}
    return frame | ({"bounds": bounds} if bounds else {})


def _preview(request: HttpRequest, form: Any, cooperative: Cooperative, plot: Plot | None) -> dict[str, Any] | None:
    """Return the server's drawing of what was sent, with its measures; None when there is nothing to draw."""
    if request.method != "POST":
        return None
    if "preview" in request.POST:  # the boundary alone is asked for: nothing else needs to be filled in yet
        alone = ShapeForm({"boundary": request.POST.get("boundary", ""), "system": request.POST.get("system", DEGREES)})
        shape = alone.shape if alone.is_valid() else None
        form.errors.clear()
        for error in alone.errors.get("boundary", []):
            form.add_error("boundary", error)
    else:
        shape = form.shape
    if shape is None:
        return None
    look = look_at(cooperative, shape, besides=plot.pk if plot else None)
    return {"drawing": _drawing(request, shape, plot), "look": look}


def _drawing(request: HttpRequest, shape: MultiPolygon, plot: Plot | None) -> Drawing:
    near = Plot.objects.visible_to(request.user).current().filter(boundary__bboverlaps=shape.buffer(NEAR_DEGREES))
    rows = near.exclude(pk=plot.pk if plot else None).only("ref", "boundary").order_by("pk")[:MAX_NEAR]
    return drawing_of([*((one.boundary, "near", one.ref) for one in rows), (shape, "own", "")], around=shape)


def _parts_preview(plot: Plot, pieces: list[MultiPolygon], form: SplitForm) -> dict[str, Any]:
    named = form.cleaned_data["refs"] if len(form.cleaned_data["refs"]) == len(pieces) else []
    names = named or [str(number) for number in range(1, len(pieces) + 1)]
    looks = [look_at(plot.cooperative, piece, besides=plot.pk) for piece in pieces]
    return {
        "drawing": drawing_of(
            [(piece, "own", name) for piece, name in zip(pieces, names, strict=True)], around=plot.boundary
        ),
        "parts": [{"name": name, "area_m2": look.area_m2} for name, look in zip(names, looks, strict=True)],
    }
