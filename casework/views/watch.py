"""Rules let pass with their report, and alerts on issued codes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import holds
from casework import services
from casework.filters_watch import AlertFilters, OverrideFilters
from casework.forms_watch import DismissForm, OverrideForm
from casework.models import CodeAlert, CodeRequest, EligibilityOverride
from casework.permissions import can_dismiss_alert
from core.filters import without_blanks
from core.tables import csv_lines
from core.views import show_domain_errors

PAGE_SIZE = 50


@login_required
@require_POST
@show_domain_errors
def override_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a failed rule pass for the present version of a request."""
    _require_officer(request)
    rows = CodeRequest.objects.for_office(request.user).select_related("scheme")
    code_request = get_object_or_404(rows, pk=pk)
    form = OverrideForm(code_request, request.POST)
    form.is_valid()  # what is missing the service says, by name
    data = {name: form.cleaned_data.get(name, "") for name in ("rule", "reason", "reason_code")}
    services.override_check(code_request, data.pop("rule"), **data, by=request.user)
    messages.success(request, _("Đã ghi việc bỏ qua quy tắc, kèm lý do."))
    return redirect("casework:file", pk=pk)


@login_required
@require_GET
@show_domain_errors
def override_list(request: HttpRequest) -> Any:
    """The report of overrides in the officer's units; `format=csv` gives the same rows as a table."""
    _require_officer(request)
    params = without_blanks(request.GET)
    rows = EligibilityOverride.objects.visible_to(request.user).order_by("-at", "-pk")
    found = OverrideFilters.checked(params, rows, besides=("page", "format")).select_related(
        "code_request__area", "code_request__commune", "code_request__scheme", "reason_code", "by"
    )
    found = found.defer("code_request__area__boundary", "code_request__area__boundary_3857")
    if params.get("format") == "csv":
        lines = csv_lines(OVERRIDE_COLUMNS, map(_override_cells, found.iterator(500)))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="bo-qua-quy-tac.csv"'
        answer["Cache-Control"] = "private, no-store"
        return answer
    kept = params.copy()
    kept.pop("page", None)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(params.get("page")),
        "filters": OverrideFilters(params, rows).form,
        "query": kept.urlencode(),
    }
    return render(request, "casework/override_list.html", context)


OVERRIDE_COLUMNS = (
    "at", "request", "area", "commune_code", "scheme", "version", "rule", "measured", "threshold", "reason_code",
    "reason", "by",
)  # fmt: skip


def _override_cells(row: EligibilityOverride) -> list[Any]:
    asked = row.code_request
    return [
        f"{localtime(row.at):%Y-%m-%d %H:%M:%S}", asked, asked.area.name, asked.commune.code, asked.scheme.slug,
        row.version, row.rule, row.finding.get("measured", ""), row.finding.get("threshold", ""),
        row.reason_code.slug if row.reason_code else "", row.reason, row.by,
    ]  # fmt: skip


@login_required
@require_GET
@show_domain_errors
def alert_list(request: HttpRequest) -> HttpResponse:
    """Alerts on issued codes in the officer's units; the open ones unless another state is asked for."""
    _require_officer(request)
    params = without_blanks(request.GET)
    asked = params.copy()
    if "state" not in request.GET:
        asked["state"] = "open"
    rows = CodeAlert.objects.visible_to(request.user).order_by("verdict", "-opened_at", "-pk")  # fail before warn
    found = AlertFilters.checked(asked, rows, besides=("page",)).select_related("code__commune", "dismissed_by")
    found = found.defer("code__boundary", "code__commune__boundary", "code__commune__boundary_3857")
    page = Paginator(found, PAGE_SIZE).get_page(params.get("page"))
    kept = params.copy()
    kept.pop("page", None)
    context = {
        "page": page,
        "rows": [(alert, _may_dismiss(request, alert)) for alert in page],
        "filters": AlertFilters(asked, rows).form,
        "form": DismissForm(auto_id=False),
        "query": kept.urlencode(),
    }
    return render(request, "casework/alert_list.html", context)


def _may_dismiss(request: HttpRequest, alert: CodeAlert) -> bool:
    is_open = alert.closed_at is None and alert.dismissed_by_id is None
    return is_open and can_dismiss_alert(request.user, alert)


@login_required
@require_POST
@show_domain_errors
def alert_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an alert aside with a reason."""
    _require_officer(request)
    alert = get_object_or_404(CodeAlert.objects.visible_to(request.user), pk=pk)
    form = DismissForm(request.POST)
    form.is_valid()  # a missing reason the service refuses by name
    services.dismiss_alert(alert, reason=form.cleaned_data.get("reason", ""), by=request.user)
    messages.success(request, _("Đã bỏ qua cảnh báo."))
    return redirect("casework:alert-list")


def _require_officer(request: HttpRequest) -> None:
    """Outsiders do not learn that there is a desk."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
