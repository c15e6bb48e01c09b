"""A cooperative's areas: list, form a new one from plots, look at one, change it."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from codes import services
from codes.forms import AreaForm
from codes.models import ProductionArea, ProductionAreaCode
from codes.permissions import can_change_area, can_form_area
from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import DomainError
from core.permissions import require
from core.views import show_domain_errors
from farms.models import Plot

AREA_COLOUR = "#f0ac2b"


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature for the page's own map."""
    return {"type": "Feature", "properties": properties, "geometry": json.loads(geometry.geojson)}


def frame_of(features: list[dict[str, Any]], extent: tuple[float, ...] | None) -> dict[str, Any]:
    """Return the frame of a map that shows only these features (docs/frontend.md), with a margin around `extent`."""
    frame: dict[str, Any] = {
        "show": ["units"],
        "hash": False,
        "count": False,
        "legend": False,
        "features": {"type": "FeatureCollection", "features": features},
    }
    if extent:
        west, south, east, north = extent
        margin = max((east - west) * 0.3, (north - south) * 0.3, 0.001)
        frame["bounds"] = [west - margin, south - margin, east + margin, north + margin]
    return frame


@login_required
@require_GET
@show_domain_errors
def area_list(request: HttpRequest) -> HttpResponse:
    """The areas of one cooperative with their codes."""
    cooperative = cooperative_of(request)
    areas = (
        ProductionArea.objects.filter(cooperative=cooperative, is_active=True)
        .select_related("crop", "variety", "commune")
        .defer("boundary", "boundary_3857", "public_shape", "public_shape_3857")
        .with_counts(localdate())
        .order_by("name")
    )
    context = {"cooperative": cooperative, "areas": areas, "may_form": can_form_area(request.user, cooperative)}
    return render(request, "codes/area_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def area_new(request: HttpRequest) -> HttpResponse:
    """Choose plots on the list or on the map and unite them."""
    cooperative = cooperative_of(request)
    require(can_form_area(request.user, cooperative))
    form = AreaForm(request.POST or None, cooperative=cooperative)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        area = _saved(form, lambda: services.form_area(cooperative, by=request.user, **data))
        if area is not None:
            messages.success(request, _("Đã lập vùng trồng. Bước tiếp theo: đề nghị cấp mã."))
            return redirect(area)
    return _area_form(request, form, cooperative, title=_("Lập vùng trồng"))


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def area_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name, variety or plots of an area."""
    area = get_object_or_404(_visible(request), pk=pk)
    require(can_change_area(request.user, area))
    initial = {
        "name": area.name,
        "crop": area.crop_id,
        "variety": area.variety_id,
        "expected_output_t": area.expected_output_t,
        "plots": list(area.plots.values_list("pk", flat=True)),
    }
    form = AreaForm(request.POST or None, cooperative=area.cooperative, initial=initial)
    form.fields["crop"].disabled = True
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data.pop("crop")
        changed = _saved(form, lambda: services.change_area(area, by=request.user, **data))
        if changed is not None:
            messages.success(request, _("Đã lưu thay đổi của vùng trồng."))
            return redirect(changed)
    return _area_form(request, form, area.cooperative, title=_("Sửa vùng trồng"), area=area)


@login_required
@require_GET
@show_domain_errors
def area_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One area with map, plots and codes."""
    area = get_object_or_404(_visible(request), pk=pk)
    plots = area.plots.select_related("grower__person", "variety").order_by("ref")
    features = [feature(area.boundary, colour=AREA_COLOUR, name=area.name)]
    features += [feature(plot.boundary, colour=AREA_COLOUR, name=plot.ref) for plot in plots]
    codes = (
        ProductionAreaCode.objects.filter(area=area).with_shown_status(localdate()).select_related("market", "scheme")
    )
    context = {
        "area": area,
        "plots": plots,
        "codes": codes.order_by("-issued_on", "code"),
        "frame": frame_of(features, area.boundary.extent),
        "may_change": can_change_area(request.user, area),
    }
    return render(request, "codes/area_detail.html", context)


@login_required
@require_POST
@show_domain_errors
def area_redraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the area anew from its plots."""
    area = get_object_or_404(_visible(request), pk=pk)
    services.redraw_area(area, by=request.user)
    messages.success(request, _("Đã vẽ lại vùng trồng theo các thửa."))
    return redirect(area)


def _visible(request: HttpRequest) -> QuerySet[ProductionArea]:
    rows = ProductionArea.objects.visible_to(request.user)
    return rows.select_related("cooperative", "crop", "variety", "commune")


def _saved(form: AreaForm, save: Any) -> ProductionArea | None:
    """Return what `save` returns; on a domain error put its findings to the fields of the form."""
    try:
        return save()
    except DomainError as error:
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        if not error.findings:
            form.add_error(None, str(error.detail))
        return None


def _area_form(
    request: HttpRequest, form: AreaForm, cooperative: Cooperative, *, title: str, area: ProductionArea | None = None
) -> HttpResponse:
    plots = list(
        Plot.objects.in_good_standing()
        .filter(cooperative=cooperative)
        .select_related("crop", "variety", "grower__person")
        .order_by("ref")
    )
    chosen = {str(value) for value in form["plots"].value() or []}
    extent = _extent_of(plots)
    context = {
        "form": form,
        "title": title,
        "area": area,
        "cooperative": cooperative,
        "plots": [(plot, str(plot.pk) in chosen) for plot in plots],
        "crops": form.fields["crop"].queryset,  # type: ignore[attr-defined]
        "frame": frame_of([feature(plot.boundary, id=plot.pk, name=plot.ref) for plot in plots], extent),
    }
    return render(request, "codes/area_form.html", context, status=422 if form.errors else 200)


def _extent_of(plots: list[Plot]) -> tuple[float, ...] | None:
    """Return the box around the plots (west, south, east, north), asked of the database."""
    if not plots:
        return None
    box: tuple[float, ...] = Plot.objects.filter(pk__in=[plot.pk for plot in plots]).aggregate(box=Extent("boundary"))[
        "box"
    ]
    return box
