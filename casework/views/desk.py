"""The officers' desk."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import holds
from casework import desk as desk_rows
from casework.desk import Reader
from core.filters import without_blanks
from core.views import show_domain_errors
from places.models import AdministrativeUnit

PAGE_SIZE = 50


@login_required
@require_GET
@show_domain_errors
def desk_page(request: HttpRequest) -> HttpResponse:
    """Tabs, filters and the list of what lies on the chosen tab of the officer's units."""
    _require_officer(request)
    params = without_blanks(request.GET)
    reader = Reader(request.user, localdate())
    tab = params.get("tab", "")
    if tab not in desk_rows.TABS:
        tab = desk_rows.first_tab(reader)
    desk_rows.refuse_unknown(tab, params)
    parts = desk_rows.rows_of(tab, reader, params)
    is_requests = tab in desk_rows.REQUEST_TABS
    if is_requests:
        parts = [(kind, desk_rows.with_columns(rows)) for kind, rows in parts]
    page: Page = Paginator(desk_rows.Chain(parts), PAGE_SIZE).get_page(params.get("page"))  # type: ignore[arg-type]
    officers = desk_rows.officers_in(reader.units())
    context = {
        "tabs": desk_rows.tabs_of(reader, params, tab),
        "tab": tab,
        "page": page,
        "groups": _groups_of(page, reader, is_requests=is_requests),
        "is_requests": is_requests,
        "filters": _filter_form(tab, params, officers),
        "communes": AdministrativeUnit.objects.current().communes().filter(pk__in=reader.units().values("pk"))
        .without_shapes().order_by("name_vi"),
        "query": _without(params, "page"),
        "may_take": holds(request.user, "casework.examine_request"),
        "may_assign": holds(request.user, "casework.assign_request"),
        "officers": officers,
        "monitored": desk_rows.monitored_in(reader),
        "year": reader.day.year,
    }  # fmt: skip
    return render(request, "casework/desk.html", context)


def _groups_of(page: Page, reader: Reader, *, is_requests: bool) -> list[tuple[str, list[Any]]]:
    """Return the rows of the page by kind: each kind has its own columns."""
    if is_requests:
        rows = desk_rows.request_rows((one for _kind, one in page), reader.day)
        return [("request", rows)] if rows else []
    return [(kind, [row for _kind, row in rows]) for kind, rows in groupby(page, key=itemgetter(0))]


def _filter_form(tab: str, params: QueryDict, officers: Any) -> Any:
    filters = desk_rows.TABS[tab][1][0].filters
    form = filters(params, queryset=User.objects.none()).form
    if "assignee" in form.fields:
        form.fields["assignee"].queryset = officers
    return form


def _without(params: QueryDict, *names: str) -> str:
    kept = params.copy()
    for name in names:
        kept.pop(name, None)
    return kept.urlencode()


def _require_officer(request: HttpRequest) -> None:
    """Outsiders do not learn that there is a desk."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
