"""Pages of misuse cases: the public report and its receipt, the officer's case, the holder's reply, the public list."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import holds
from casework import summaries_misuse as summaries
from casework.filters import ViolationFilters
from casework.forms_misuse import NewCaseForm, ReplyForm, ReportForm, case_form
from casework.layers import VIOLATIONS
from casework.misuse_workflow import MISUSE_STEPS, available_misuse_steps
from casework.models import MisuseCase
from casework.permissions import can_decide_misuse, can_open_misuse, can_reply_misuse
from casework.services import misuse as services
from codes.models import ProductionAreaCode
from core.errors import DomainError, RuleViolated, TooManyRequests
from core.filters import without_blanks
from core.permissions import require
from core.throttling import caller_of, count_request
from core.views import error_lines, show_domain_errors
from office.services import document_response

PAGE_SIZE = 50
TAKE: dict[str, Callable[..., MisuseCase]] = {
    "take": services.take_misuse_case,
    "ask_reply": services.ask_for_reply,
    "verify": services.verify_misuse,
    "dismiss": services.dismiss_misuse,
    "publish": services.publish_misuse,
    "withdraw_publication": services.withdraw_publication,
    "close": services.close_misuse,
}


# --- Everybody ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@show_domain_errors
def report_new(request: HttpRequest) -> HttpResponse:
    """The form by which anybody reports that a code was misused; `?code=` fills the code in."""
    if request.method == "GET":
        form = ReportForm(initial={"code_text": request.GET.get("code", "")[:80]})
        return render(request, "casework/misuse_report.html", {"form": form})
    # Counted before the pictures are read: decoding them is what costs.
    wait = count_request("enquiry", caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)
    form = ReportForm(request.POST, request.FILES)
    if form.is_valid():
        case = _report(form)
        if case is not None:
            messages.success(request, _("Đã nhận tin báo. Hãy lưu địa chỉ trang này để theo dõi."))
            return redirect("casework:misuse-receipt", receipt=case.receipt)
    return render(request, "casework/misuse_report.html", {"form": form}, status=422)


def _report(form: ReportForm) -> MisuseCase | None:
    data = dict(form.cleaned_data)
    data.pop("website", None)
    photos = [one.read() for one in data.pop("photos")]
    try:
        return services.report_misuse(has_consented=data.pop("consent"), photos=photos, **data)
    except DomainError as error:
        _show_in(form, error)
        return None


@require_GET
@show_domain_errors
def report_receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """Follow a report by its number without signing in: state and dates only."""
    case = get_object_or_404(MisuseCase.objects.only("receipt", "status", "created_at", "closed_at"), receipt=receipt)
    response = render(request, "casework/misuse_receipt.html", {"case": case})
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
@show_domain_errors
def violations(request: HttpRequest) -> HttpResponse:
    """Verified cases as decided: code, decision, text; no persons."""
    params = without_blanks(request.GET)
    rows = VIOLATIONS.filtered(request.user, params, besides=("page",))
    rows = rows.select_related("code").defer("code__boundary").order_by("-decided_on", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(params.get("page"))
    kept = params.copy()
    kept.pop("page", None)
    filters = ViolationFilters(params, rows).form
    context = {"page": page, "filters": filters, "query": kept.urlencode()}
    return render(request, "casework/violations.html", context)


# --- The office --------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def case_new(request: HttpRequest, pk: int) -> HttpResponse:
    """The office opens a case about a code: from the ledger when it is overdrawn, else from what was seen."""
    rows = ProductionAreaCode.objects.visible_to(request.user).select_related("commune", "holder")
    code = get_object_or_404(rows.defer("boundary"), pk=pk)
    require(can_open_misuse(request.user, code))
    form = NewCaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            case = services.open_misuse_case(code, by=request.user, **form.cleaned_data)
        except DomainError as error:
            _show_in(form, error)
        else:
            return redirect(case)
    ledger = ProductionAreaCode.objects.with_ledger(summaries.this_year()).get(pk=code.pk)
    context = {"form": form, "code": code, "ledger": ledger}
    return render(request, "casework/misuse_new.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
@show_domain_errors
def case_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One case as the officer sees it: what was reported, evidence, reply, timeline, what may be done now."""
    case = _case(request, pk)
    steps = available_misuse_steps(case, request.user)
    context = {
        "case": case,
        "evidence": case.evidence.order_by("uploaded_at"),
        "steps": [(step, case_form(step.name, case)) for step in steps],
        "events": summaries.timeline_of(case),
        "may_read_contact": bool(case.reporter_contact_encrypted) and can_decide_misuse(request.user, case),
        "others": summaries.other_cases(case, request.user),
    }
    return _private(render(request, "casework/misuse_case.html", context))


@login_required
@require_POST
@show_domain_errors
def case_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take a step of the office."""
    case = _case(request, pk)
    if step not in TAKE:
        raise Http404
    TAKE[step](case, by=request.user, **_step_data(request, step, case))
    messages.success(request, _("Đã ghi: %(step)s.") % {"step": MISUSE_STEPS[step]})
    return redirect(case)


@login_required
@require_POST
@show_domain_errors
def case_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how to reach the reporter; a POST, since every reading is recorded."""
    case = _case(request, pk)
    contact = services.read_contact(case, by=request.user)
    return _private(render(request, "casework/misuse_contact.html", {"case": case, "contact": contact}))


@login_required
@require_GET
@show_domain_errors
def case_evidence(request: HttpRequest, pk: int, document: UUID) -> Any:
    """One picture of the evidence, as a download."""
    case = _case(request, pk)
    return document_response(get_object_or_404(case.evidence, pk=document))


# --- The holder --------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """What the holder of the code is asked, and its answer; nothing of the reporter."""
    rows = MisuseCase.objects.for_holder(request.user).select_related("code__holder", "commune")
    case = get_object_or_404(rows.defer("description", "reporter_contact_encrypted", "code__boundary"), pk=pk)
    form = ReplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.reply_to_misuse(case, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, _("Đã gửi giải trình."))
        return redirect("casework:misuse-reply", pk=pk)
    context = {
        "case": case,
        "form": form,
        "claim": summaries.claim_of(case),
        "may_reply": summaries.is_reply_open(case) and can_reply_misuse(request.user, case),
    }
    answer = render(request, "casework/misuse_reply.html", context, status=422 if form.errors else 200)
    return _private(answer)


# --- Inside ------------------------------------------------------------------------------------------------------


def _case(request: HttpRequest, pk: int) -> MisuseCase:
    """Outsiders do not learn that there are cases."""
    if not holds(request.user, "casework.examine_request"):
        raise Http404
    rows = MisuseCase.objects.visible_to(request.user).select_related(
        "code__holder", "code__commune", "commune", "lot", "packing_code__house", "assigned_to", "created_by"
    )
    return get_object_or_404(rows.defer("code__boundary"), pk=pk)


def _step_data(request: HttpRequest, step: str, case: MisuseCase) -> dict[str, Any]:
    form = case_form(step, case, request.POST)
    if form is None:
        return {}
    if not form.is_valid():
        lines = [f"{form.fields[name].label}: {' '.join(map(str, texts))}" for name, texts in form.errors.items()]
        raise RuleViolated("invalid", " ".join(lines))
    return form.cleaned_data


def _show_in(form: Any, error: DomainError) -> None:
    """Put the error of a service beside the field it is about."""
    for finding in error.findings:
        name = finding.pointer.strip("/")
        form.add_error(name if name in form.fields else None, str(finding.message))
    if not error.findings:
        for line in error_lines(error):
            form.add_error(None, line)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
