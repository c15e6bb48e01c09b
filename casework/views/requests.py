"""The cooperative's pages: its requests, a new one with the check panel, one with its timeline."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.reauthentication import needs_recent_sign_in
from casework import services
from casework.eligibility import FAIL, Question, examine, question_of
from casework.forms import DocumentForm, ReceiptForm, RequestForm, step_form
from casework.frames import request_frame
from casework.marks import Marks, marks_of
from casework.models import FINAL_STATUSES, CodeRequest, RequestStatus
from casework.permissions import can_edit_request
from casework.receipts import receipt_qr, receipt_url
from casework.steps import BY_OFFICE, NEEDS_FRESH_SESSION, TAKE
from casework.summaries import deadline_of, verdict_counts
from casework.timeline import timeline_of
from casework.views.shown import compared, documents_of, form_lines, visible_requests
from casework.workflow import EVENT_TITLES, available_transitions
from casework.working_days import Calendars
from codes.views.areas import cooperative_of
from cooperatives.permissions import can_edit_for_cooperative
from core.errors import DomainError, RuleViolated
from core.permissions import require
from core.throttling import throttled
from core.views import error_lines, show_domain_errors

EDITABLE = (RequestStatus.DRAFT, RequestStatus.RETURNED)


@login_required
@require_GET
@show_domain_errors
def request_list(request: HttpRequest) -> HttpResponse:
    """The requests of one cooperative, newest first."""
    cooperative = cooperative_of(request)
    rows = visible_requests(request).filter(cooperative=cooperative).prefetch_related("markets", "codes")
    rows = rows.defer("area__boundary", "area__boundary_3857", "area__public_shape", "area__public_shape_3857")
    calendars = Calendars.load()
    context = {
        "cooperative": cooperative,
        "rows": [(one, deadline_of(one, calendars=calendars)) for one in rows.order_by("-pk")],
        "may_start": can_edit_for_cooperative(request.user, cooperative),
    }
    return render(request, "casework/request_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def request_new(request: HttpRequest) -> HttpResponse:
    """A new request: saved as a draft, or handed in at once."""
    cooperative = cooperative_of(request)
    require(can_edit_for_cooperative(request.user, cooperative))
    initial = {"area": request.GET.get("area"), "scheme": request.GET.get("scheme")}
    form = RequestForm(request.POST or None, cooperative=cooperative, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form)
        if saved is not None:
            return redirect(saved)
    context = {"form": form, "cooperative": cooperative, **_panel(form)}
    return render(request, "casework/request_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def request_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft or a returned request."""
    code_request = get_object_or_404(visible_requests(request), pk=pk)
    require(can_edit_request(request.user, code_request) and code_request.status in EDITABLE)
    initial = {
        name: getattr(code_request, name) for name in ("expected_output_t", "contact_person", "note", "has_declared")
    } | {
        "area": code_request.area_id,
        "scheme": code_request.scheme_id,
        "markets": list(code_request.markets.values_list("pk", flat=True)),
    }
    form = RequestForm(request.POST or None, cooperative=code_request.cooperative, initial=initial)
    form.fields["area"].disabled = True
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form, code_request)
        if saved is not None:
            return redirect(saved)
    context = {
        "form": form,
        "cooperative": code_request.cooperative,
        "code_request": code_request,
        "marks": _open_marks(code_request),
        **_panel(form, code_request),
    }
    return render(request, "casework/request_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def request_panel(request: HttpRequest) -> HttpResponse:
    """The fragment that htmx asks while the form is filled in: markets of the scheme, and the checks.

    `request`: the draft that is being changed, whose documents count; its area stays.
    """
    cooperative = cooperative_of(request)
    data = request.POST if request.method == "POST" else request.GET
    form = RequestForm(data, cooperative=cooperative)
    pk = data.get("request", "")
    rows = visible_requests(request).filter(cooperative=cooperative)
    code_request = rows.filter(pk=pk).first() if pk.isascii() and pk.isdigit() and len(pk) < 18 else None
    if code_request is not None:
        form.initial["area"], form.fields["area"].disabled = code_request.area_id, True
    return render(request, "casework/_request_panel.html", {"form": form, **_panel(form, code_request)})


def _panel(form: RequestForm, code_request: CodeRequest | None = None) -> dict[str, Any]:
    """Return the checks of what the form holds now, and whether its scheme asks for markets."""
    scheme = form.chosen_scheme
    areas = form.fields["area"].queryset.select_related("crop", "variety", "cooperative")  # type: ignore[attr-defined]
    value = str(form["area"].value() or "")
    area = areas.filter(pk=value).first() if value.isascii() and value.isdigit() and len(value) < 18 else areas.first()
    if scheme is None or area is None:
        return {"scheme": scheme, "findings": [], "counts": {}}
    chosen = {str(code) for code in form["markets"].value() or []}
    open_markets = form.fields["markets"].queryset  # type: ignore[attr-defined]
    markets = tuple(market for market in open_markets if market.pk in chosen)
    asked = () if scheme.is_domestic else markets
    request_id = code_request.pk if code_request is not None else None
    findings = examine(Question(area, scheme, asked, localdate(), request_id=request_id))
    return {"scheme": scheme, "checked_area": area, "findings": findings, "counts": verdict_counts(findings)}


def _save(request: HttpRequest, form: RequestForm, code_request: CodeRequest | None = None) -> CodeRequest | None:
    """Save the form; hand it in when that button was pressed. Errors go to the form, and what was saved stays."""
    data = dict(form.cleaned_data)
    area = data.pop("area")
    try:
        if code_request is None:
            code_request = services.draft_request(area, by=request.user, **data)
        else:
            code_request = services.update_request(code_request, by=request.user, **data)
    except DomainError as error:
        for line in error_lines(error):
            form.add_error(None, line)
        return None
    if request.POST.get("do") != "submit":
        messages.success(request, _("Đã lưu hồ sơ."))
        return code_request
    step = "resubmit" if code_request.status == RequestStatus.RETURNED else "submit"
    try:
        TAKE[step](code_request, by=request.user)
    except DomainError as error:
        messages.warning(request, _("Đã lưu nhưng chưa nộp được:"))
        for line in error_lines(error):
            messages.error(request, line)
        return code_request
    messages.success(request, _("Đã nộp hồ sơ."))
    return code_request


@login_required
@require_GET
@show_domain_errors
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: state, deadline, checks while it is open, codes when it is decided, timeline."""
    code_request = get_object_or_404(visible_requests(request), pk=pk)
    is_open = code_request.status not in FINAL_STATUSES
    findings = examine(question_of(code_request, on=localdate())) if is_open else []
    steps = [step for step in available_transitions(code_request, request.user) if step.name not in BY_OFFICE]
    may_change = can_edit_request(request.user, code_request) and code_request.status in EDITABLE
    marks, comparison = _open_marks(code_request), compared(code_request, request)
    context = {
        "code_request": code_request,
        "deadline": deadline_of(code_request),
        "markets": code_request.markets.all(),
        "codes": code_request.codes.all(),
        "findings": findings,
        "counts": verdict_counts(findings),
        "may_submit": all(finding.verdict != FAIL for finding in findings),
        "steps": [(step, step_form(step.name, code_request)) for step in steps],
        "may_change": may_change,
        "document_form": DocumentForm(prefix="document", code_request=code_request) if may_change else None,
        "plots": code_request.area.plots.select_related("variety").order_by("ref"),
        "marks": marks,
        **comparison,
        **documents_of(code_request, request.user),
        "events": timeline_of(code_request, with_names=False),
        "frame": request_frame(code_request, with_neighbours=False, marks=marks, changes=comparison["changes"]),
        "receipt_url": receipt_url(code_request),
        "receipt_qr": receipt_qr(code_request) if code_request.submitted_on else "",
    }
    return render(request, "casework/request_detail.html", context)


@login_required
@require_POST
@show_domain_errors
def request_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take a step of either side; the page that it was pressed on is shown again."""
    code_request = get_object_or_404(visible_requests(request), pk=pk)
    if step not in TAKE:
        raise Http404
    stale = needs_recent_sign_in(request) if step in NEEDS_FRESH_SESSION else None
    if stale is not None:
        return stale
    TAKE[step](code_request, by=request.user, **_step_data(request, code_request, step))
    messages.success(request, _("Đã ghi: %(step)s.") % {"step": EVENT_TITLES[step]})
    if step in BY_OFFICE:
        return redirect("casework:file", pk=pk)
    return redirect(code_request)


def _step_data(request: HttpRequest, code_request: CodeRequest, step: str) -> dict[str, Any]:
    form = step_form(step, code_request, request.POST)
    if form is None:
        return {}
    if not form.is_valid():
        raise RuleViolated("invalid", form_lines(form))
    return form.cleaned_data


def _open_marks(code_request: CodeRequest) -> Marks | None:
    """What is to be corrected now: nothing once the request was handed in again."""
    return marks_of(code_request) if code_request.status == RequestStatus.RETURNED else None


@require_GET
@show_domain_errors
@throttled("verify")
def receipt_search(request: HttpRequest) -> HttpResponse:
    """Type a receipt number to follow a request."""
    form = ReceiptForm(request.GET if "receipt" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("casework:receipt", receipt=form.cleaned_data["receipt"])
    return _unlisted(
        render(request, "casework/receipt_search.html", {"form": form}, status=422 if form.errors else 200)
    )


def _unlisted(response: HttpResponse) -> HttpResponse:
    """A receipt number is for who has it: no cache and no search engine keeps the page."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_GET
@show_domain_errors
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """Follow a request by its receipt number without signing in: state and dates only."""
    found = CodeRequest.objects.exclude(status=RequestStatus.DRAFT).filter(receipt=receipt).first()
    if found is None:
        form = ReceiptForm({"receipt": receipt})
        if form.is_valid():
            form.add_error("receipt", _("Không có hồ sơ nào với số biên nhận này. Xin xem lại từng chữ số."))
        return _unlisted(render(request, "casework/receipt_search.html", {"form": form}, status=404))
    context = {"code_request": found, "deadline": deadline_of(found)}
    return _unlisted(render(request, "casework/receipt.html", context))
