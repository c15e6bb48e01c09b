"""Downloads of a layer: files that are written while they are sent."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.api.authentication import reader_of
from core.errors import DomainError, Finding
from core.filters import without_blanks
from core.problems import problem_for_error, problem_response
from core.replicas import reading
from core.throttling import throttled
from core.views import domain_error_answer
from exchange.catalogue import Entry, entry
from exchange.exports.formats import FORMATS
from exchange.exports.metadata import csv_metadata
from exchange.exports.streams import Stream, StreamsBusy, open_stream
from exchange.models import ExportFormat
from exchange.selection import Selection

RETRY_SECONDS = 30
NOTES = "notes"
View = Callable[..., HttpResponse | StreamingHttpResponse]


def is_page_wanted(request: HttpRequest) -> bool:
    """Whether a browser asks: programs take anything or say what they take, and get problem documents."""
    return "text/html" in request.headers.get("Accept", "")


def show_errors(view: View) -> View:
    """Answer a DomainError with a page to people and with a problem document (RFC 9457) to programs."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            if is_page_wanted(request):
                return domain_error_answer(request, error)
            with translation.override(translation.get_language_from_request(request)):
                return problem_for_error(request, error)

    return wrapped


@require_safe
@show_errors
@throttled("takeaway")
def export(request: HttpRequest, name: str, suffix: str = "geojson") -> HttpResponse | StreamingHttpResponse:
    """A layer as one file, filtered by the same parameters as map, list and API; see `exchange.selection`.

    A script sends its token as to the API. 404 for layers that do not exist, for those that the visitor may not take
    out and for formats that need a job (a browser is led to its panel); 400 for bad parameters; 503 while as many
    files are under way as the installation sends at once. HEAD answers with the head alone.
    """
    user = reader_of(request)
    found = _entry(name, user)
    format = _format(suffix)
    if not FORMATS[format].is_streamed:
        return _job_needed(request, found, format)
    with reading():
        selection = Selection.read(found, user, without_blanks(request.GET), besides=[NOTES])
        try:
            stream = open_stream(selection.settled(), format, has_notes=request.GET.get(NOTES) == "1")
        except StreamsBusy as error:
            return _busy(request, selection, format, error)
    if request.method == "HEAD":
        stream.close()
        return _with_headers(HttpResponse(content_type=FORMATS[format].content_type), stream)
    return _with_headers(StreamingHttpResponse(stream, content_type=FORMATS[format].content_type), stream)


@require_safe
@show_errors
@throttled("takeaway")
def metadata(request: HttpRequest, name: str) -> HttpResponse:
    """What a CSV file holds (W3C CSV on the Web): columns with type and meaning, source, licence, filter, count."""
    user = reader_of(request)
    found = _entry(name, user)
    with reading():
        selection = Selection.read(found, user, without_blanks(request.GET), besides=[NOTES])
        document = csv_metadata(selection, selection.count())
    return JsonResponse(
        document,
        content_type="application/csvm+json",
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": "private, no-store"},
    )


def panel_address(selection: Selection, format: ExportFormat) -> str:
    """Return the address of the panel that makes this export a job."""
    query = selection.asked.copy()
    query["format"] = format.value
    return f"{reverse('exchange:export-panel', args=[selection.layer.name])}?{query.urlencode()}"


def _entry(name: str, user: Any) -> Entry:
    found = entry(name)
    if found is None or not found.may_export(user):
        raise Http404
    return found


def _format(suffix: str) -> ExportFormat:
    try:
        return ExportFormat(suffix)
    except ValueError as error:
        raise Http404 from error


def _with_headers(response: Any, stream: Stream) -> Any:
    selection = stream.selection
    response["Content-Disposition"] = f'attachment; filename="{selection.file_stem()}.{FORMATS[stream.format].suffix}"'
    response["Cache-Control"] = "private, no-store"
    response["Content-Crs"] = f"<{selection.system.uri}>"
    if stream.row_count is not None:
        response["OGC-NumberReturned"] = str(stream.row_count)
    if stream.format == ExportFormat.CSV:
        address = reverse("exchange:csv-metadata", args=[selection.layer.name])
        response["Link"] = (
            f'<{settings.PUBLIC_URL}{address}?{selection.address()}>; rel="describedby"; type="application/csvm+json"'
        )
    return response


def _job_needed(request: HttpRequest, found: Entry, format: ExportFormat) -> HttpResponse:
    query = without_blanks(request.GET)
    query["format"] = format.value
    panel = f"{reverse('exchange:export-panel', args=[found.layer.name])}?{query.urlencode()}"
    if is_page_wanted(request):
        return redirect(panel)
    with translation.override(translation.get_language_from_request(request)):
        detail = _("Định dạng này cần một lượt xuất: POST /api/v1/exports/, rồi tải tệp khi xong.")
        findings = [Finding("make_an_export", detail, extra={"href": f"{settings.PUBLIC_URL}{panel}"})]
        return problem_response(request, 404, code="export_needed", detail=detail, findings=findings)


def _busy(request: HttpRequest, selection: Selection, format: ExportFormat, error: StreamsBusy) -> HttpResponse:
    panel = panel_address(selection, format)
    headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    if is_page_wanted(request):
        context = {"layer": selection.layer, "panel": panel, "again": request.get_full_path()}
        page = render(request, "exchange/stream_busy.html", context, status=error.status)
        for header, value in headers.items():
            page[header] = value
        return page
    with translation.override(translation.get_language_from_request(request)):
        detail = _("POST /api/v1/exports/ xuất cùng dữ liệu này khi đến lượt.")
        findings = [Finding("make_an_export", detail, extra={"href": f"{settings.PUBLIC_URL}{panel}"})]
        return problem_response(
            request, error.status, code=error.code, detail=error.detail, findings=findings, headers=headers
        )
