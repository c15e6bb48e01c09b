"""The EUDR page: check a file that one has, or a layer of ours, before it goes to TRACES."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, RuleViolated, TooManyRequests
from core.filters import without_blanks
from core.throttling import caller_of, count_request
from core.views import error_lines, show_domain_errors
from exchange import eudr_checks
from exchange.catalogue import Entry, entry
from exchange.profiles.eudr import EUDR
from exchange.selection import Selection

LAYER, CORRECT = "layer", "correct"


@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def eudr(request: HttpRequest) -> HttpResponse:
    """GET /data/eudr/: the forms; with `layer` (and the parameters of its selection) the check of our rows.

    POST: the check of the file sent as `file`, or with `then=correct` the file put right. Nothing of it is kept. What
    cannot be read or checked comes back with the forms and 422 (413: too large; 404: a layer not open to the reader).
    """
    try:
        if request.method == "POST":
            return _file(request)
        return _layer(request)
    except DomainError as error:
        if isinstance(error, TooManyRequests):
            raise
        return _page(request, {"errors": error_lines(error)}, status=error.status)


def _file(request: HttpRequest) -> HttpResponse:
    _spend(request, "verify_file")
    upload = request.FILES.get("file")
    if upload is None:
        raise RuleViolated("no_file", _("Hãy chọn một tệp GeoJSON không trống."))
    if (upload.size or 0) > eudr_checks.MAX_UPLOAD_BYTES:
        raise eudr_checks.too_large()
    raw, name = upload.read(), upload.name or ""
    if request.POST.get("then") == CORRECT:
        made = eudr_checks.correct_file(raw, name)
        response = HttpResponse(made.body, content_type=made.content_type)
        response.headers["Content-Disposition"] = _attachment(made.name)
        response["Cache-Control"] = "private, no-store"
        return response
    return _page(request, {"check": eudr_checks.check_file(raw), "file_name": name})


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _layer(request: HttpRequest) -> HttpResponse:
    params = without_blanks(request.GET)
    name = params.get(LAYER, "")
    if not name:
        return _page(request, {})
    found = entry(name)
    if found is None or name not in EUDR.layers or not found.may_export(request.user):
        raise Http404
    _spend(request, "takeaway")
    selection = Selection.read(found, request.user, params, besides=(LAYER,))
    check = eudr_checks.check_selection(selection)
    address = f"{reverse('exchange:export-panel', args=[name])}?{selection.address()}&profile=eudr&format=geojson"
    return _page(request, {"check": check, "export_address": address, "checked": found})


def _spend(request: HttpRequest, scope: str) -> None:
    wait = count_request(scope, caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    open_layers = [found for found in map(entry, EUDR.layers) if found is not None and found.may_export(request.user)]
    chosen = next((found for found in open_layers if found.layer.name == request.GET.get(LAYER)), open_layers[0])
    context |= {
        "layers": open_layers,
        "chosen": chosen,
        "filters": _filters(request, chosen),
        "map_address": reverse("home"),
        "most_mb": eudr_checks.MAX_UPLOAD_BYTES // 10**6,
        "crumbs": [{"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")}],
    }
    response = render(request, "exchange/eudr.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _filters(request: HttpRequest, chosen: Entry) -> Any:
    """The form of the layer's filters, filled with what was asked for."""
    filterset = chosen.layer.filterset
    data = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name in filterset.parameters():
            data.setlist(name, values)
    form = filterset(data=data, queryset=chosen.layer.rows(request.user).none()).form
    form.auto_id = "filter-%s"
    return form
