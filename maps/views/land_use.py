"""Land use and plans: one version on the map, two compared, a parcel, the legal document, plots that do not fit."""

import json
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import Extent
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import BadInput, DomainError
from core.tables import csv_lines
from core.throttling import throttled
from core.views import show_domain_errors
from farms.land_use import LEAST_M2, LEAST_SHARE, Conflict, plot_conflicts
from landuse.comparison import INLINE_PARCELS, compare, order_comparison
from landuse.layers import LAND_USE
from landuse.models import ClassScheme, LandUseLayer, LandUseParcel
from landuse.permissions import can_edit_layers
from landuse.schemes import later_editions, read_in
from landuse.summaries import summarise
from maps.forms import ConflictForm, LandUseFilterForm
from maps.layers import LAND_USE_MAP
from maps.summaries import land_use_layers
from maps.views.common import BESIDES, PAGE_SIZE, answer, asked, page_url, with_query
from maps.views.tiles import catalogue
from office.services import document_response

MAX_OUTLINE = 5_000  # vertices; beyond, the page would carry more outline than words
OWN_BESIDES = (*BESIDES, "scheme")


@require_safe
def land_use_map(request: HttpRequest) -> HttpResponse:
    """GET /maps/land-use/: one dated version on the map, its classes and parcels beside it. `scheme`: a later edition
    of the class list to read an older version in."""
    params = asked(request)
    layers = land_use_layers(request.user)
    if layers and "layer" not in params:
        params["layer"] = layers[0].slug
    layer = next((one for one in layers if one.slug == params.get("layer")), None)
    editions = later_editions(layer.scheme) if layer else []
    context: dict[str, Any] = {"errors": [], "layer": layer, "layers": layers, "editions": editions}
    try:
        rows = LAND_USE.filtered(request.user, params, besides=OWN_BESIDES)
        scheme = _edition(params.get("scheme"), editions)
        context |= {"summary": summarise(rows, scheme=scheme), "read_in": scheme} | _parcel_list(rows, params)
    except BadInput as error:
        context["errors"] = [finding.message for finding in error.findings] or [error.detail]
    if layer:
        context |= _version_links(layer, layers)
    context["takeaway_url"] = with_query(reverse("maps:takeaway-land-use"), params, scheme=None)
    return answer(
        request,
        "maps/land_use_map.html",
        "maps/_land_use_results.html",
        context,
        partial(_page, request, params, layers, editions),
    )


def _edition(code: str | None, editions: list[ClassScheme]) -> ClassScheme | None:
    if not code:
        return None
    found = next((one for one in editions if one.code == code), None)
    if found is None:
        raise BadInput("unknown_scheme", _("Không đọc được lớp này theo bộ mã đó."))
    return found


def _parcel_list(rows: QuerySet[LandUseParcel], params: QueryDict) -> dict[str, Any]:
    shown = rows.select_related("land_use_class").defer("boundary", "boundary_3857")
    page = Paginator(shown.order_by("-area_m2", "pk"), PAGE_SIZE).get_page(params.get("page"))
    return {
        "page": page,
        "next_url": page_url(params, page, +1),
        "first_url": page_url(params, page, None),
        "is_filtered": any(name in params for name in ("class", "q", "commune", "bbox")),
    }


def _version_links(layer: LandUseLayer, layers: list[LandUseLayer]) -> dict[str, Any]:
    """The dates of the same map, and the version before this one to compare with."""
    versions = [one for one in layers if (one.kind, one.unit_id) == (layer.kind, layer.unit_id)]
    older = next((one for one in versions if one.as_of < layer.as_of), None)
    newer = next((one for one in reversed(versions) if one.as_of > layer.as_of), None)
    pair = (older, layer) if older else (layer, newer) if newer else None
    compare_url = f"{reverse('maps:land-use-compare')}?left={pair[0].slug}&right={pair[1].slug}" if pair else ""
    return {"versions": versions if len(versions) > 1 else [], "compare_url": compare_url}


def _page(
    request: HttpRequest, params: QueryDict, layers: list[LandUseLayer], editions: list[ClassScheme]
) -> dict[str, Any]:
    # Closed: the table beside the map carries the same colours.
    frame: dict[str, Any] = {"layers": catalogue([LAND_USE_MAP]), "show": [LAND_USE_MAP.name], "legend": "closed"}
    shown = [layer for layer in layers if layer.slug == params.get("layer")]
    if bounds := _bounds(*shown):
        frame["bounds"] = bounds
    return {
        "form": LandUseFilterForm(params, layers=layers, editions=editions),
        "frame": frame,
        "may_edit": can_edit_layers(request.user),
    }


@require_safe
def parcel(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /maps/land-use/parcels/<pk>/: class, area, source and document of a parcel: what a click says."""
    found = get_object_or_404(
        LandUseParcel.objects.visible_to(request.user)
        .select_related("land_use_class__scheme", "layer__unit", "layer__scheme", "layer__document")
        .defer("boundary_3857", "layer__unit__boundary", "layer__unit__boundary_3857"),
        pk=pk,
    )
    west, south, east, north = found.boundary.extent
    margin = max(east - west, north - south, 0.001)
    frame: dict[str, Any] = {
        "layers": catalogue([LAND_USE_MAP]),
        "show": [LAND_USE_MAP.name],
        "legend": False,
        "count": False,
        "hash": False,
        "bounds": [west - margin, south - margin, east + margin, north + margin],
    }
    if found.boundary.num_coords <= MAX_OUTLINE:
        outline = {"type": "Feature", "properties": {}, "geometry": json.loads(found.boundary.geojson)}
        frame["features"] = {"type": "FeatureCollection", "features": [outline]}
    later = later_editions(found.layer.scheme)
    today = read_in(later[0], [found.land_use_class_id]).of(found.land_use_class_id) if later else None
    context = {
        "parcel": found,
        "layer": found.layer,
        "frame": frame,
        "today": today if today != found.land_use_class else None,
    }
    return render(request, "maps/land_use_parcel.html", context)


@require_safe
def layer_document(request: HttpRequest, slug: str) -> FileResponse:
    """GET /maps/land-use/documents/<slug>.pdf: the legal document, for whoever may see its layer."""
    layers = LandUseLayer.objects.visible_to(request.user).select_related("document")
    layer = get_object_or_404(layers, slug=slug)
    if layer.document is None:
        raise Http404
    return document_response(layer.document)


@require_safe
@throttled("takeaway")
@show_domain_errors
def comparison(request: HttpRequest) -> HttpResponse:
    """GET /maps/land-use/compare/?left=&right= (slugs): both versions under a divider, and what changed by class.

    Without both, the two newest versions of the first map that has two.
    """
    layers = land_use_layers(request.user)
    by_slug = {layer.slug: layer for layer in layers}
    left, right = by_slug.get(request.GET.get("left", "")), by_slug.get(request.GET.get("right", ""))
    unknown = [name for name in ("left", "right") if request.GET.get(name) and request.GET[name] not in by_slug]
    if left is None and right is None and not unknown:
        left, right = _first_pair(layers)
    context: dict[str, Any] = {
        "layers": layers, "left": left, "right": right, "errors": [], "may_edit": can_edit_layers(request.user),
    }  # fmt: skip
    if unknown:
        context["errors"] = [_("Không có lớp bản đồ này, hoặc lớp chưa công khai.")]
    elif left is not None and left == right:
        context["errors"] = [_("Hãy chọn hai phiên bản khác nhau.")]
    elif left and right:
        context |= {
            "result": compare(left, right),
            "limit": INLINE_PARCELS,
            "frame": {"layers": catalogue([LAND_USE_MAP]), "show": [LAND_USE_MAP.name], "bounds": _bounds(left, right)},
            "sides": [summarise(LandUseParcel.objects.filter(layer=layer)) for layer in (left, right)],
        }
    return render(request, "maps/land_use_compare.html", context, status=400 if context["errors"] else 200)


def _first_pair(layers: list[LandUseLayer]) -> tuple[LandUseLayer | None, LandUseLayer | None]:
    for right in layers:
        for left in layers:
            if (left.kind, left.unit_id) == (right.kind, right.unit_id) and left.as_of < right.as_of:
                return left, right
    return None, None


def _bounds(*layers: LandUseLayer) -> list[float] | None:
    return LandUseParcel.objects.filter(layer__in=layers).aggregate(box=Extent("boundary"))["box"]


@login_required
@require_POST
@show_domain_errors
def comparison_order(request: HttpRequest) -> HttpResponse:
    """POST /maps/land-use/compare/order/: have a job work out a pair that is too large to wait for."""
    layers = LandUseLayer.objects.visible_to(request.user)
    left, right = (get_object_or_404(layers, slug=request.POST.get(name, "")) for name in ("left", "right"))
    order_comparison(left, right, by=request.user)
    messages.info(request, _("Đang tính bảng thay đổi. Hãy mở lại trang này sau vài phút."))
    return redirect(f"{reverse('maps:land-use-compare')}?left={left.slug}&right={right.slug}")


@login_required
@require_safe
def conflicts(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """GET /maps/land-use/conflicts/: plots the user may see whose crop does not fit the class of their ground, or that
    lie in a planned zone of another purpose. `commune`, `crop`, `kind`; `format=csv` gives the whole list."""
    params = asked(request)
    found: list[Conflict] = []
    errors: list[Any] = []
    status = 200
    try:
        found = plot_conflicts(request.user, params)
    except DomainError as error:
        status, errors = error.status, [item.message for item in error.findings] or [error.detail]
    if not errors and params.get("format") == "csv":
        return _conflicts_csv(found)
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    context = {
        "errors": errors,
        "form": ConflictForm(params),
        "may_edit": can_edit_layers(request.user),
        "page": page,
        "count": len(found),
        "plots": len({item.plot.pk for item in found}),
        "csv_url": with_query(reverse("maps:land-use-conflicts"), params, format="csv"),
        "least_m2": LEAST_M2,
        "least_percent": LEAST_SHARE * 100,
        "layers": LandUseLayer.objects.public().binding_on(localdate()).order_by(F("kind").asc(), "-as_of"),
        "next_url": page_url(params, page, +1),
        "first_url": page_url(params, page, None),
    }
    return render(request, "maps/land_use_conflicts.html", context, status=status)


def _conflicts_csv(found: list[Conflict]) -> StreamingHttpResponse:
    header = [
        _("Hợp tác xã"), _("Thửa"), _("Cây trồng"), _("Phường, xã"), _("Lớp"), _("Thời điểm"), _("Quyết định"),
        _("Khu"), _("Mã loại đất"), _("Loại đất"), _("Diện tích vướng (ha)"), _("Tỷ lệ thửa (%)"), _("Kết luận"),
        _("Căn cứ"),
    ]  # fmt: skip
    rows = (
        [
            item.plot.cooperative.name, item.plot.ref, item.plot.crop, item.plot.commune, item.layer_name,
            item.as_of.isoformat(), item.decision_number, item.zone, item.class_code, item.class_name,
            f"{item.area_m2 / 10_000:.4f}", f"{item.share * 100:.1f}", item.verdict_text, item.legal_ref,
        ]
        for item in found
    )  # fmt: skip
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="thua-vuong-loai-dat-{localdate():%Y%m%d}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
