"""Pages with a map and a list beside it; both follow the same filters."""

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from casework.permissions import can_watch_codes
from core.errors import BadInput
from maps.forms import CodeFilterForm
from maps.layers import CODE_MAP, WATCHED_CODE_MAP, MapLayer
from maps.summaries import code_rows
from maps.views.common import BESIDES, PAGE_SIZE, answer, asked, page_url
from maps.views.tiles import catalogue


@require_safe
def code_map(request: HttpRequest) -> HttpResponse:
    """GET /maps/codes/: codes on the map and in the list; officers also see and filter the visits that are due."""
    params = asked(request)
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
        "next_url": page_url(params, page, +1),
        "first_url": page_url(params, page, None),
    }
    return answer(request, "maps/code_map.html", "maps/_code_results.html", context, partial(_code_page, params, layer))


def _code_page(params: QueryDict, layer: MapLayer) -> dict[str, Any]:
    frame = {"layers": catalogue([layer]), "show": [layer.name]}
    return {"form": CodeFilterForm(params, with_monitoring=layer is WATCHED_CODE_MAP), "frame": frame}
