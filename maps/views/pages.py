"""Pages with a map and a list beside it; both follow the same filters."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casework.permissions import can_watch_codes
from core.errors import BadInput
from core.filters import without_blanks
from landuse.layers import LAND_USE
from landuse.models import LandUseLayer
from landuse.summaries import summarise
from maps.forms import CodeFilterForm, LandUseFilterForm, ProductFilterForm
from maps.layers import CODE_MAP, LAND_USE_MAP, PRODUCT_MAP, WATCHED_CODE_MAP, MapLayer
from maps.summaries import code_rows, land_use_layers, product_rows
from maps.tiles import NOBODY
from maps.views.tiles import catalogue
from products.layers import PRODUCTS

PAGE_SIZE = 40
BESIDES = ("page",)
LINK_TRACKERS = frozenset({"fbclid", "gclid", "zarsrc", "mibextid"})


@require_safe
def product_map(request: HttpRequest) -> HttpResponse:
    """GET /: products on the map and in the list; the address holds the filters. 400 with the list of what is wrong."""
    params = _asked(request)
    page, errors = None, []
    try:
        rows = PRODUCTS.filtered(NOBODY, params, besides=BESIDES)
        page = Paginator(rows.order_by("name_vi", "pk"), PAGE_SIZE).get_page(params.get("page"))
    except BadInput as error:
        errors = [finding.message for finding in error.findings]
    context = {
        "errors": errors,
        "products": product_rows(page.object_list) if page is not None else [],
        "page": page,
        "count": page.paginator.count if page is not None else 0,
        "is_filtered": any(name not in BESIDES for name in params),
        "next_url": _page_url(params, page, +1),
        "first_url": _page_url(params, page, None),
        "takeaway_url": _with_query(reverse("maps:takeaway-products"), params),
    }
    return _answer(
        request, "maps/product_map.html", "maps/_product_results.html", context, partial(_product_page, params)
    )


@require_safe
def land_use_map(request: HttpRequest) -> HttpResponse:
    """GET /maps/land-use/: one dated layer on the map, its classes with their areas beside it."""
    params = _asked(request)
    layers = land_use_layers(request.user)
    if layers and "layer" not in params:
        params["layer"] = layers[0].slug
    errors: list[Any] = []
    summary = None
    try:
        summary = summarise(LAND_USE.filtered(request.user, params))
    except BadInput as error:
        errors = [finding.message for finding in error.findings]
    context = {
        "errors": errors,
        "summary": summary,
        "layer": next((layer for layer in layers if layer.slug == params.get("layer")), None),
        "layers": layers,
        "takeaway_url": _with_query(reverse("maps:takeaway-land-use"), params),
    }
    return _answer(
        request,
        "maps/land_use_map.html",
        "maps/_land_use_results.html",
        context,
        partial(_land_use_page, params, layers),
    )


@require_safe
def code_map(request: HttpRequest) -> HttpResponse:
    """GET /maps/codes/: codes on the map and in the list; officers also see and filter the visits that are due."""
    params = _asked(request)
    layer = WATCHED_CODE_MAP if can_watch_codes(request.user) else CODE_MAP
    page, errors = None, []
    try:
        rows = layer.layer.filtered(request.user, params, besides=BESIDES)
        page = Paginator(rows.order_by("code"), PAGE_SIZE).get_page(params.get("page"))
    except BadInput as error:
        errors = [finding.message for finding in error.findings]
    context = {
        "errors": errors,
        "rows": code_rows(page.object_list) if page is not None else [],
        "layer_name": layer.name,
        "is_officer": layer is WATCHED_CODE_MAP,
        "page": page,
        "count": page.paginator.count if page is not None else 0,
        "is_filtered": any(name not in BESIDES for name in params),
        "next_url": _page_url(params, page, +1),
        "first_url": _page_url(params, page, None),
    }
    return _answer(
        request, "maps/code_map.html", "maps/_code_results.html", context, partial(_code_page, params, layer)
    )


def _code_page(params: QueryDict, layer: MapLayer) -> dict[str, Any]:
    frame = {"layers": catalogue([layer]), "show": [layer.name]}
    return {"form": CodeFilterForm(params, with_monitoring=layer is WATCHED_CODE_MAP), "frame": frame}


def _product_page(params: QueryDict) -> dict[str, Any]:
    """Return what only the whole page needs: the form, and the map's frame with its layers in it."""
    frame = {"layers": catalogue([PRODUCT_MAP]), "show": [PRODUCT_MAP.name], "legend": "closed"}
    return {"form": ProductFilterForm(params), "frame": frame}


def _land_use_page(params: QueryDict, layers: Sequence[LandUseLayer]) -> dict[str, Any]:
    # Closed: the table beside the map carries the same colours.
    frame = {"layers": catalogue([LAND_USE_MAP]), "show": [LAND_USE_MAP.name], "legend": "closed"}
    return {"form": LandUseFilterForm(params, layers=layers), "frame": frame}


def _asked(request: HttpRequest) -> QueryDict:
    """Return the filters asked for, without blanks and without what Zalo, Facebook or mailings add to a link."""
    params = without_blanks(request.GET)
    for name in [name for name in params if name in LINK_TRACKERS or name.startswith("utm_")]:
        del params[name]
    return params


def _answer(
    request: HttpRequest, template: str, fragment: str, context: dict[str, Any], rest: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Return the page, or only its results for a request by script."""
    status = 400 if context["errors"] else 200
    if request.headers.get("HX-Request") == "true":
        return render(request, fragment, context, status=status)
    return render(request, template, context | rest(), status=status)


def _page_url(params: QueryDict, page: Page[Any] | None, step: int | None) -> str:
    """Return the query for the next page (`step`) or the first (None); "" where there is none to go to."""
    if page is None or (step is None and page.number < 3) or (step is not None and not page.has_next()):
        return ""
    changed = params.copy()
    changed.pop("page", None)
    if step is not None:
        changed["page"] = str(page.number + step)
    return f"?{changed.urlencode()}" if changed else "?"


def _with_query(address: str, params: QueryDict) -> str:
    kept = params.copy()
    kept.pop("page", None)
    return f"{address}?{kept.urlencode()}" if kept else address
