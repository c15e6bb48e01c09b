"""The download of a layer."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.api.authentication import reader_of
from core.filters import without_blanks
from core.throttling import throttled
from core.views import show_domain_errors
from exchange.catalogue import entry
from exchange.exports.streams import geojson_lines, head_of


@require_GET
@show_domain_errors
@throttled("takeaway")
def export(request: HttpRequest, name: str) -> HttpResponse | StreamingHttpResponse:
    """The whole layer as one GeoJSON file, filtered by the same parameters as map, list and API.

    A script sends its token as to the API. 404 for layers that do not exist and for those that the visitor may
    not take out; 400 for bad parameters.
    """
    user = reader_of(request)
    found = entry(name)
    if found is None or not found.may_export(user):
        raise Http404
    params = without_blanks(request.GET)
    rows = found.layer.filtered(user, params)
    head = head_of(found.layer, params, found.licence_for(user), str(found.steward))
    response = StreamingHttpResponse(
        geojson_lines(found.layer, rows, head), content_type="application/geo+json; charset=utf-8"
    )
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.geojson"'
    response["Cache-Control"] = "private, no-store"
    return response
