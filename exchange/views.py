"""The catalogue page and the download of a layer."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.errors import NotAllowed
from core.filters import without_blanks
from core.views import show_domain_errors
from exchange.catalogue import CATALOGUE, LICENCE, Entry, entry
from exchange.exports import geojson_lines, head_of


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Cards of all layers that the visitor may take out."""
    cards = [_card(found, request.user) for found in CATALOGUE if found.may_export(request.user)]
    return render(request, "exchange/catalogue.html", {"cards": cards, "licence": LICENCE})


def _card(found: Entry, user: Any) -> dict[str, Any]:
    rows = found.layer.rows(user)
    form = found.layer.filterset(data=None, queryset=rows.none()).form
    form.auto_id = f"{found.layer.name}-%s"  # several forms on one page
    return {"entry": found, "count": rows.count(), "fields": list(found.layer.fields), "form": form}


@require_GET
@show_domain_errors
def export(request: HttpRequest, name: str) -> HttpResponse | StreamingHttpResponse:
    """The whole layer as one GeoJSON file, filtered by the same parameters as map, list and API."""
    found = entry(name)
    if found is None:
        raise Http404
    if not found.may_export(request.user):
        if request.user.is_authenticated:
            raise NotAllowed
        raise Http404
    params = without_blanks(request.GET)
    rows = found.layer.filtered(request.user, params)
    head = head_of(found.layer, {key: params[key] for key in params}, LICENCE, str(found.steward))
    response = StreamingHttpResponse(
        geojson_lines(found.layer, rows, head), content_type="application/geo+json; charset=utf-8"
    )
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.geojson"'
    response["Cache-Control"] = "private, no-store"
    return response
