"""The product map: on screen, inside another site's page, and on paper. One query object is behind all three."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import BadInput
from core.problems import parameter_finding
from maps import print_map
from maps.filter_words import FilterWord, filter_words
from maps.forms import PRODUCT_SORTS, ProductMapForm
from maps.layers import PRODUCT_MAP
from maps.place_bounds import asked_bounds
from maps.summaries import ProductRow, product_rows
from maps.tiles import NOBODY
from maps.views.common import PAGE_SIZE, answer, asked, page_url, with_query
from maps.views.tiles import catalogue
from products.facets import FacetValue, facets
from products.layers import PRODUCTS
from products.near import read_place

OWN = ("page", "sort", "view", "print")
EMBED_OWN = ("lang", "sort")
PRINT_ROWS = 400
EMBED_ROWS = 20
VIEWS = ("map", "list")


@dataclass(frozen=True, slots=True)
class Found:
    """What the filters find: all rows in their order, how many, from where, and the counts beside the filters."""

    rows: Any
    near: Point | None
    count: int
    facets: dict[str, list[FacetValue]]
    words: list[FilterWord]


@require_safe
def product_map(request: HttpRequest) -> HttpResponse:
    """GET /: products on the map and in the list; the address holds the whole state.

    Besides the filters of the layer: `sort` (name, volume, distance, freshness), `view` (map, list), `page`,
    `print=1` (for paper). 400 with the list of what is wrong.
    """
    params = asked(request)
    found, errors = _found_or_errors(params, OWN)
    if params.get("print") and found is not None:
        return _on_paper(request, params, found)
    page = Paginator(found.rows, PAGE_SIZE).get_page(params.get("page")) if found else None
    is_list = params.get("view") == "list"
    bounds = asked_bounds(params) if found else None
    context = {
        "errors": errors,
        "products": product_rows(page.object_list, found.near) if page and found else [],
        "page": page,
        "count": found.count if found else 0,
        "facets": _as_json(found),
        "place_bounds": bounds,
        "words": found.words if found else [],
        "is_filtered": any(name not in OWN for name in params),
        "is_list": is_list,
        "is_near": "near" in params,
        **_addresses(request, params, page),
    }
    template = "maps/product_list.html" if is_list else "maps/product_map.html"
    fragment = "maps/_product_table.html" if is_list else "maps/_product_results.html"
    return answer(request, template, fragment, context, lambda: _rest(params, found, bounds, with_map=not is_list))


@require_safe
def embedded_map(request: HttpRequest) -> HttpResponse:
    """GET /embed/: the map and its first rows for a frame in another site's page; takes the map's filters and `lang`.

    Sets no cookie, writes nothing, and opens every link in a window of its own. Only the sites of EMBED_ORIGINS may
    frame it.
    """
    params = asked(request)
    language = params.get("lang", settings.LANGUAGE_CODE)
    with override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        found, errors = _found_or_errors(params, EMBED_OWN)
        context = {
            "errors": errors,
            "products": product_rows(found.rows[:EMBED_ROWS], found.near) if found else [],
            "count": found.count if found else 0,
            "words": found.words if found else [],
            "full_url": with_query(request.build_absolute_uri(reverse("home")), params, lang=None),
            "frame": {**_frame(), "hash": False},
        }
        response = render(request, "maps/product_embed.html", context, status=400 if errors else 200)
        response["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    response["Cache-Control"] = "private, max-age=60"
    if settings.EMBED_ORIGINS:
        response.frame_ancestors = " ".join(settings.EMBED_ORIGINS)  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    return response


def _found_or_errors(params: QueryDict, own: tuple[str, ...]) -> tuple[Found | None, list[Any]]:
    try:
        return _find(params, own), []
    except BadInput as error:
        return None, [finding.message for finding in error.findings]


def _find(params: QueryDict, own: tuple[str, ...]) -> Found:
    rows = PRODUCTS.filtered(NOBODY, params, besides=own)
    _check_own(params, own)
    asked_of = params.copy()
    for name in own:
        asked_of.pop(name, None)
    near = read_place(str(params["near"])) if "near" in params else None
    counted = facets(asked_of, rows)
    return Found(_in_order(rows, near, params), near, rows.count(), counted, filter_words(asked_of, params, counted))


def _check_own(params: QueryDict, own: tuple[str, ...]) -> None:
    choices = {"sort": PRODUCT_SORTS, "view": VIEWS, "print": ("1",), "lang": dict(settings.LANGUAGES)}
    findings = []
    for name in own:
        values = params.getlist(name)
        if len(values) > 1:
            findings.append(parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần.")))
        elif values and name in choices and values[0] not in choices[name]:
            known = ", ".join(choices[name])
            findings.append(parameter_finding(name, "invalid_choice", f"{name}: " + _("hãy chọn: %s.") % known))
    if params.get("sort") == "distance" and "near" not in params:
        findings.append(
            parameter_finding("sort", "near_missing", _("Muốn xếp theo khoảng cách, hãy cho biết vị trí của bạn."))
        )
    if findings:
        raise BadInput(findings=findings)


def _in_order(rows: Any, near: Point | None, params: QueryDict) -> Any:
    placed = rows if near is None else rows.from_place(near)
    return placed.order_by(*PRODUCT_SORTS[str(params.get("sort", "name"))].order, "search_key", "pk")


def _addresses(request: HttpRequest, params: QueryDict, page: Page[Any] | None) -> dict[str, Any]:
    """Return where the links of the page lead, all with today's filters."""
    home = reverse("home")
    filters = {"sort": None, "view": None, "print": None}
    # A frame in another site's page gets no cookie: its language stands in its address.
    language = None if get_language() == settings.LANGUAGE_CODE else get_language()
    return {
        "next_url": page_url(params, page, +1),
        "first_url": page_url(params, page, None),
        "map_url": with_query(home, params, view=None),
        "list_url": with_query(home, params, view="list"),
        "print_url": with_query(home, params, view=None, print="1"),
        "share_url": request.build_absolute_uri(with_query(home, params)),
        "reset_url": with_query(home, QueryDict(), view=params.get("view"), sort=None),
        "seasons_url": with_query(reverse("maps:seasons"), params, **filters, month=None),
        "takeaway_url": with_query(reverse("maps:takeaway-products"), params, **filters),
        "save_url": with_query(reverse("products:search-new"), params, **filters),
        "embed_url": request.build_absolute_uri(with_query(reverse("maps:embed"), params, **filters, lang=language)),
        "embed_sites": settings.EMBED_ORIGINS,
        "sort_urls": {
            name: with_query(home, params, sort=name)
            for name in PRODUCT_SORTS
            if name != "distance" or "near" in params
        },
        "sort": params.get("sort", "name"),
    }


def _rest(params: QueryDict, found: Found | None, bounds: list[float] | None, *, with_map: bool) -> dict[str, Any]:
    """Return what only the whole page needs: the form, and the map's frame with its layers in it."""
    form = ProductMapForm(params, facets=found.facets if found else None)
    if not with_map:
        return {"form": form}
    return {"form": form, "frame": {**_frame(), **({"bounds": bounds} if bounds else {})}}


def _frame() -> dict[str, Any]:
    return {"layers": catalogue([PRODUCT_MAP]), "show": [PRODUCT_MAP.name], "legend": "closed"}


def _as_json(found: Found | None) -> dict[str, Any]:
    values = found.facets if found else {}
    return {name: [value.as_dict() for value in items] for name, items in values.items()}


def _on_paper(request: HttpRequest, params: QueryDict, found: Found) -> HttpResponse:
    """The list with a drawn map, legend, filters, day and source; the rows left out for length are counted."""
    rows: list[ProductRow] = product_rows(found.rows[:PRINT_ROWS], found.near)
    filters = params.copy()
    for name in OWN:
        filters.pop(name, None)
    context = {
        "products": rows,
        "count": found.count,
        "left_out": found.count - len(rows),
        "words": found.words,
        "day": localdate(),
        "drawing": print_map.product_drawing(filters),
        "share_url": request.build_absolute_uri(with_query(reverse("home"), params, print=None)),
        "back_url": with_query(reverse("home"), params, print=None),
        "is_near": "near" in params,
        "is_demo": settings.DEMO,
    }
    return render(request, "maps/product_print.html", context)
