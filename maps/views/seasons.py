"""The season map: what can be bought in a month, how much, from whom; the numbers are those of `products.seasons`."""

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import BadInput
from core.problems import parameter_finding
from core.tables import csv_lines
from maps import season_summaries as shown
from maps.forms_seasons import SeasonFilterForm
from maps.views.common import answer, asked, with_query
from maps.views.tiles import catalogue
from products import seasons

PAGE_SIZE = 50
OWN = ("page", "sort")  # the page's own parameters; `month` chooses what is shown of a year
PUBLIC = "public, max-age=60"


@require_safe
def season_map(request: HttpRequest) -> HttpResponse:
    """GET /maps/seasons/: circles by commune, rows of the month, products by month. 400 with what is wrong."""
    params = asked(request)
    context: dict[str, Any] = {"errors": [], "is_filtered": bool(set(params) - {"month", *OWN})}
    try:
        context |= _found(params)
    except BadInput as error:
        context |= {"errors": [finding.message for finding in error.findings], "month": localdate().month}
    return answer(request, "maps/season_map.html", "maps/_season_results.html", context, partial(_whole_page, params))


def _whole_page(params: QueryDict) -> dict[str, Any]:
    frame = {"layers": catalogue([]), "show": [], "legend": False, "count": False}
    return {"form": SeasonFilterForm(params), "frame": frame}


@require_safe
def season_table(request: HttpRequest) -> HttpResponseBase:
    """GET /maps/seasons/table.csv: all communes and products with their twelve months, as a spreadsheet reads them."""
    params = asked(request)
    try:
        offers = seasons.season_offers(params)
    except BadInput as error:
        lines = "\n".join(str(finding.message) for finding in error.findings)
        return HttpResponse(lines, status=400, content_type="text/plain; charset=utf-8")
    head = [_("Mã xã"), _("Phường, xã"), _("Nông sản"), *(_("Tháng %(n)s (tấn)") % {"n": n} for n in seasons.MONTHS)]
    rows = (
        [line.commune_code, line.commune, line.goods.name, *(shown.exact(tonnes) for tonnes in line.year.tonnes)]
        for line in seasons.lines(offers)
    )
    response = StreamingHttpResponse(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mua-vu.csv"'
    response["Cache-Control"] = PUBLIC
    return response


def _found(params: QueryDict) -> dict[str, Any]:
    month, sort = _month_of(params), _sort_of(params)
    offers = seasons.season_offers(params, besides=OWN)
    page = Paginator(seasons.month_rows(offers, month, sort=sort), PAGE_SIZE).get_page(params.get("page"))
    whole = seasons.overview(offers)

    def here(**changes: str) -> str:
        return with_query(reverse("maps:seasons"), params, **{"month": str(month), **changes})

    def products(**changes: str) -> str:
        return with_query(reverse("home"), params, **{"sort": None, "month": str(month), **changes})

    return {
        "month": month,
        "total": whole.total_of(month),
        "bars": shown.bars(whole.year, month, here),
        "lines": shown.shown_lines(seasons.month_lines(offers, month, page.object_list), products),
        "heat": shown.heat_rows(whole.goods, month, here),
        "legend": shown.legend(whole.communes),
        "map_data": shown.map_data(whole.communes, month, products),
        "months": seasons.MONTHS,
        "sorts": {name: here(sort=name) for name in seasons.SORTS},
        "sort": sort,
        "page": page,
        "next_url": here(page=str(page.number + 1)) if page.has_next() else "",
        "first_url": here() if page.number > 2 else "",
        "list_url": products(),
        "table_url": with_query(reverse("maps:season-table"), params, month=None, sort=None),
    }


def _month_of(params: QueryDict) -> int:
    """Return the month asked for, this month where none is; raise BadInput for two and for what is no month."""
    values = params.getlist("month") or [str(localdate().month)]
    if len(values) > 1:
        detail = _("Bản đồ mùa vụ cho xem từng tháng một; hãy chỉ gửi một tháng.")
        raise BadInput(findings=[parameter_finding("month", "repeated_parameter", detail)])
    if values[0] not in {str(month) for month in seasons.MONTHS}:
        raise BadInput(findings=[parameter_finding("month", "invalid_choice", _("Tháng là một số từ 1 đến 12."))])
    return int(values[0])


def _sort_of(params: QueryDict) -> str:
    sort = params.get("sort", "tonnes")
    if sort not in seasons.SORTS:
        detail = _("Các cách sắp xếp: %(known)s.") % {"known": ", ".join(seasons.SORTS)}
        raise BadInput(findings=[parameter_finding("sort", "invalid_choice", detail)])
    return sort
