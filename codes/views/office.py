"""The officers' list of codes, and the life of one code."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import holds
from accounts.reauthentication import needs_recent_sign_in
from codes import services
from codes.filters import CodeFilters
from codes.forms import ActForm, AreaLinkForm, SupersedeForm
from codes.ledger import ledger_of
from codes.models import ProductionAreaCode
from codes.permissions import can_change_code_status, can_link_code
from codes.services import Act
from codes.summaries import shown_status
from codes.views.areas import AREA_COLOUR, feature, frame_of
from codes.workflow import (
    APPROVAL_TRANSITIONS,
    CODE_TRANSITIONS,
    EVENT_TITLES,
    NEEDS_FRESH_SESSION,
    NEEDS_PUBLIC_NOTE,
    available_market_transitions,
    available_transitions,
)
from core.errors import RuleViolated
from core.filters import without_blanks
from core.permissions import require
from core.views import show_domain_errors

PAGE_SIZE = 50
ACT_FIELDS = ("reason_code", "reason", "document_number", "effective_on", "public_note")


@login_required
@require_GET
@show_domain_errors
def code_list(request: HttpRequest) -> HttpResponse:
    """Codes where the officer or planner may look, with the filters of the public layer."""
    if not holds(request.user, "codes.view_code"):
        raise Http404
    rows = ProductionAreaCode.objects.visible_to(request.user).with_shown_status(localdate()).with_area_shape()
    params = without_blanks(request.GET)
    found = CodeFilters.checked(params, rows, besides=("page",))
    found = found.select_related("market", "scheme").defer("boundary").prefetch_related("approvals__market")
    page = Paginator(found.order_by("code"), PAGE_SIZE).get_page(params.get("page"))
    context = {
        "page": page,
        "filters": CodeFilters(params, rows).form,
        "query": _query(params),
        "may_import": holds(request.user, "codes.import_list"),
    }
    return render(request, "codes/code_list.html", context)


@login_required
@require_GET
@show_domain_errors
def code_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One code: status, markets, history, and what may be done now."""
    code = _code(request, pk)
    approvals = [
        (
            approval,
            available_market_transitions(approval, request.user),
            ActForm(prefix="market", auto_id=f"id_{approval.market_id}_%s"),
        )
        for approval in code.approvals.select_related("market", "code__commune").order_by("market__position")
    ]
    steps = available_transitions(code, request.user)
    context = {
        "code": code,
        "may_read_history": holds(request.user, "casework.view_history"),
        "status": shown_status(code),
        "approvals": approvals,
        "steps": [(step, _act_form(code, step.name)) for step in steps if step.name != "supersede"],
        "can_supersede": any(step.name == "supersede" for step in steps),
        "ledger": ledger_of(code, localdate().year),
        "can_link": can_link_code(request.user, code),
        "successors": list(code.superseded_by.order_by("code").values_list("pk", "code")),
        "predecessors": list(code.supersedes.order_by("code").values_list("pk", "code")),
        "events": [_event(event) for event in code.events.select_related("by", "market", "reason_code").reverse()],
        "frame": _frame(code),
    }
    return render(request, "codes/code_detail.html", context)


def _frame(code: ProductionAreaCode) -> dict[str, Any] | None:
    """Return the map of the code's ground; None for an imported code without any."""
    if code.boundary is None:
        return None
    return frame_of([feature(code.boundary, colour=AREA_COLOUR, name=code.area_name)], code.boundary.extent)


def _event(event: Any) -> dict[str, Any]:
    parts = [
        str(event.reason_code or ""),
        event.reason,
        _change_text(event.details),
        event.public_note and _("Công khai: %(note)s") % {"note": event.public_note},
    ]
    title = str(EVENT_TITLES.get(event.transition, event.transition))
    if event.market:
        title = f"{title}: {event.market}"
    if event.document_number:
        title = f"{title} ({event.document_number})"
    return {
        "title": title,
        "status": event.new_status,
        "at": event.at,
        "by": event.by,
        "note": "\n".join(part for part in parts if part),
    }


def _change_text(details: dict[str, Any]) -> str:
    """Return in words what a step changed besides the status."""
    if "new_valid_until" in details:
        days = {name: parse_date(details[name]) for name in ("old_valid_until", "new_valid_until")}
        texts = {name: f"{day:%d/%m/%Y}" if day else "-" for name, day in days.items()}
        return _("Hạn cũ %(old_valid_until)s, hạn mới %(new_valid_until)s.") % texts
    for name, text in (("successors", _("Mã thay thế: %s.")), ("predecessors", _("Thay cho: %s."))):
        if name in details:
            return text % ", ".join(details[name])
    return ""


def _act_form(code: ProductionAreaCode, step: str, data: Any = None) -> ActForm:
    reasons = services.reasons_for(code, step)
    return ActForm(data, prefix=step, needs_note=step in NEEDS_PUBLIC_NOTE, reasons=reasons)


@login_required
@require_POST
@show_domain_errors
def code_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Suspend, restore or revoke."""
    code = _code(request, pk)
    if step not in CODE_TRANSITIONS or step == "supersede":
        raise Http404
    stale = needs_recent_sign_in(request) if step in NEEDS_FRESH_SESSION else None
    if stale is not None:
        return stale
    services.move_code(code, step, _act(_act_form(code, step, request.POST)), by=request.user)
    messages.success(request, _("Đã ghi: %(step)s.") % {"step": EVENT_TITLES[step]})
    return redirect("codes:code-detail", pk=pk)


@login_required
@require_POST
@show_domain_errors
def market_step(request: HttpRequest, pk: int, market: str) -> HttpResponse:
    """Record what a market says of a code."""
    code = _code(request, pk)
    approval = get_object_or_404(code.approvals, market=market)
    step = request.POST.get("step", "")
    if step not in APPROVAL_TRANSITIONS:
        raise Http404
    services.move_market_approval(approval, step, _act(ActForm(request.POST, prefix="market")), by=request.user)
    messages.success(request, _("Đã ghi: %(step)s.") % {"step": EVENT_TITLES[step]})
    return redirect("codes:code-detail", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def code_supersede(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace a code, alone or with others of its holder, by one or several codes in force."""
    code = _code(request, pk)
    require(can_change_code_status(request.user, code))
    form = SupersedeForm(request.POST or None, code=code, reasons=services.reasons_for(code, "supersede"))
    if request.method == "POST" and form.is_valid():
        stale = needs_recent_sign_in(request)
        if stale is not None:
            return stale
        values = form.cleaned_data
        try:
            services.supersede_codes(
                [code, *values.get("also_replaced", ())],
                [*values["successors"], *values["typed"]],
                _act(form),
                by=request.user,
            )
        except RuleViolated as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("Đã ghi: %(step)s.") % {"step": EVENT_TITLES["supersede"]})
            return redirect("codes:code-detail", pk=pk)
    return render(
        request, "codes/code_supersede.html", {"code": code, "form": form}, status=422 if form.errors else 200
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def code_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Link an imported code to the area that it is about."""
    code = _code(request, pk)
    require(can_link_code(request.user, code))
    form = AreaLinkForm(request.POST or None, code=code)
    if request.method == "POST" and form.is_valid():
        services.link_code(code, form.cleaned_data["area"], by=request.user)
        messages.success(request, _("Đã gắn mã vào vùng trồng."))
        return redirect("codes:code-detail", pk=pk)
    return render(request, "codes/code_link.html", {"code": code, "form": form}, status=422 if form.errors else 200)


def _code(request: HttpRequest, pk: int) -> ProductionAreaCode:
    if not holds(request.user, "codes.view_code"):
        raise Http404
    rows = ProductionAreaCode.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("scheme", "market", "commune", "holder", "area", "crop"), pk=pk)


def _act(form: ActForm) -> Act:
    if not form.is_valid():
        texts = [f"{form.fields[name].label}: {errors.as_text()}" for name, errors in form.errors.items()]
        raise RuleViolated("act_incomplete", " ".join(texts))
    return Act(**{name: form.cleaned_data[name] for name in ACT_FIELDS if name in form.cleaned_data})


def _query(params: Any) -> str:
    """Return the filters without the page number, for the links between pages."""
    kept = params.copy()
    kept.pop("page", None)
    return kept.urlencode()
