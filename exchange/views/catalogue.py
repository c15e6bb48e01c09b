"""The catalogue: cards of all layers, the page of one, the document that other catalogues read."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from core.errors import BadInput
from core.filters import without_blanks
from core.replicas import reading
from core.throttling import throttled
from core.views import show_domain_errors
from exchange.catalogue import CATALOGUE, LICENCE, LICENCE_URL, Entry, entry, links
from exchange.catalogue.dcat import catalogue_document
from exchange.catalogue.preview import MOST, frame_of, is_tiled
from exchange.models import ExportFormat, Snapshot

LINKED_DATA = "application/ld+json"


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Cards of all layers; those that the visitor may not take out say how to ask for it."""
    with reading():
        cards = [_card(found, request.user) for found in CATALOGUE]
    return render(request, "exchange/catalogue.html", {"cards": cards})


def _card(found: Entry, user: Any) -> dict[str, Any]:
    if not found.may_export(user):
        return {"entry": found, "is_closed": True}
    return {
        "entry": found,
        "is_closed": False,
        "url": links.page_of(found),
        "licence": found.licence_words(user),
        "count": found.layer.filtered(user, {}).count(),
        "changed_at": found.last_change(),
    }


@require_GET
@show_domain_errors
def layer(request: HttpRequest, name: str) -> HttpResponse:
    """One layer: what it holds, a map, its fields, where to get it. The filters are those of map, list, API, files.

    404 for layers that do not exist and those that the visitor may not take out; 400 with the page for bad parameters.
    """
    found = entry(name)
    if found is None or not found.may_export(request.user):
        raise Http404
    params = without_blanks(request.GET)
    with reading():
        context, status = _layer_context(found, request.user, params)
    return render(request, "exchange/layer.html", context, status=status)


def _layer_context(found: Entry, user: Any, params: QueryDict) -> tuple[dict[str, Any], int]:
    wrong: Iterable[Any] = ()
    rows = None
    try:
        rows = found.layer.filtered(user, params)
    except BadInput as error:
        wrong = error.findings
    asked = dict(params.lists()) if rows is not None else {}
    form = found.layer.filterset(data=params, queryset=found.layer.rows(user).none()).form
    files = links.files_of(found, asked)
    context = {
        "entry": found,
        "crumbs": [
            {"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")},
            {"title": found.layer.title, "url": ""},
        ],
        "licence": found.licence_words(user),
        "licence_url": LICENCE_URL if found.licence_for(user) == LICENCE else "",
        "changed_at": found.last_change(),
        "fields": found.fields(),
        "form": form,
        "is_filtered": bool(params),
        "is_tiled": is_tiled(found),
        "count": None if rows is None else rows.count(),
        "most": MOST,
        "wrong": wrong,
        "frame": frame_of(found, rows),
        "files": [file for file in files if file.is_direct],
        "other_files": [file for file in files if not file.is_direct],
        "panel": links.panel_of(found, asked),
        "snapshots": _newest_snapshots(found),
        "snapshots_url": links.snapshots_of(found),
        "services": _services(found, asked),
    }
    return context, 200 if rows is not None else 400


def _newest_snapshots(found: Entry) -> list[dict[str, Any]]:
    if not found.layer.is_public:
        return []
    return [
        {"row": row, "url": links.latest_of(found, ExportFormat(row.format))}
        for row in Snapshot.objects.newest().filter(layer=found.name).order_by("format")
    ]


def _services(found: Entry, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The addresses that programs read, as they are to be put into QGIS or a script."""
    narrowing = {name: values for name, values in asked.items() if name != "bbox"}  # there programs say their own
    shown = [
        {"title": _("API (GeoJSON, từng trang)"), "url": links.api_of(found, asked)},
        {"title": _("OGC API Features (QGIS, GDAL)"), "url": links.collection_of(found, narrowing)},
        {"title": _("Ô bản đồ (TileJSON)"), "url": links.tilejson_of(found)},
    ]
    return [service | {"address": f"{settings.PUBLIC_URL}{service['url']}"} for service in shown if service["url"]]


@require_safe
@show_domain_errors
@throttled("api")
def linked_data(request: HttpRequest) -> HttpResponse:
    """GET /data/catalogue.jsonld: the public layers as a DCAT-AP catalogue; the same for everybody."""
    with reading():
        document = catalogue_document()
    return JsonResponse(
        document,
        content_type=LINKED_DATA,
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )
