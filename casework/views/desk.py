"""The officers' desk and the file of a request."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from accounts.permissions import holds
from casework.eligibility import examine, question_of
from casework.filters import RequestFilters
from casework.forms import STEP_FORMS
from casework.models import FINAL_STATUSES, CodeRequest
from casework.steps import BY_OFFICE
from casework.summaries import TABS, deadline_of, desk, map_of, timeline_of, verdict_counts
from casework.views.requests import visible_requests
from casework.workflow import available_transitions
from casework.working_days import Calendars
from core.filters import without_blanks
from core.views import show_domain_errors

PAGE_SIZE = 50


@login_required
@require_GET
@show_domain_errors
def desk_page(request: HttpRequest) -> HttpResponse:
    """Tabs, filters and the list of requests of the officer's units."""
    _require_officer(request)
    params = without_blanks(request.GET)
    tab = params.get("tab", "")
    rows = CodeRequest.objects.for_office(request.user).with_plot_count()
    found = RequestFilters.checked(params, rows, besides=("tab", "page"))
    tabs, chosen = desk(found, tab if tab in TABS else "all", request.user)
    chosen = chosen.select_related("area__crop", "cooperative", "commune", "scheme", "assigned_to")
    chosen = chosen.defer("area__boundary", "area__boundary_3857", "area__public_shape", "area__public_shape_3857")
    page = Paginator(chosen.prefetch_related("markets"), PAGE_SIZE).get_page(params.get("page"))
    kept = params.copy()
    kept.pop("page", None)
    filters = params.copy()
    filters.pop("page", None)
    filters.pop("tab", None)
    calendars = Calendars.load()
    context = {
        "tabs": tabs,
        "tab": tab if tab in TABS else "all",
        "page": page,
        "rows": [(one, deadline_of(one, calendars=calendars)) for one in page],
        "filters": RequestFilters(params, rows).form,
        "query": kept.urlencode(),
        "filter_query": filters.urlencode(),
    }
    return render(request, "casework/desk.html", context)


@login_required
@require_GET
@show_domain_errors
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request as the officer sees it: map with neighbours and overlaps, checks, history, what may be done now."""
    _require_officer(request)
    rows = visible_requests(request).filter(pk__in=CodeRequest.objects.for_office(request.user).values("pk"))
    code_request = get_object_or_404(rows, pk=pk)
    is_open = code_request.status not in FINAL_STATUSES
    findings = examine(question_of(code_request, on=localdate())) if is_open else []
    steps = [step for step in available_transitions(code_request, request.user) if step.name in BY_OFFICE]
    context: dict[str, Any] = {
        "code_request": code_request,
        "deadline": deadline_of(code_request),
        "markets": code_request.markets.all(),
        "codes": code_request.codes.all(),
        "inspections": code_request.inspections.select_related("inspector"),
        "plots": code_request.area.plots.select_related("variety", "grower__person").order_by("ref"),
        "findings": findings,
        "counts": verdict_counts(findings),
        "steps": [
            (step, STEP_FORMS[step.name](prefix=step.name) if step.name in STEP_FORMS else None) for step in steps
        ],
        "events": timeline_of(code_request, with_names=True),
        "frame": map_of(code_request.area, with_neighbours=True),
    }
    return render(request, "casework/file.html", context)


def _require_officer(request: HttpRequest) -> None:
    """Outsiders do not learn that there is a desk."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
