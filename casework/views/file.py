"""The file of a request as the officer sees it, with the opinions of other offices."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import holds
from casework import services
from casework.eligibility import examine, question_of
from casework.forms import OpinionForm, step_form
from casework.forms_watch import OverrideForm
from casework.frames import request_frame
from casework.marks import marks_of
from casework.models import FINAL_STATUSES, CodeRequest
from casework.permissions import can_examine_request
from casework.services.opinions import ASKABLE
from casework.services.overrides import shown_checks
from casework.steps import BY_OFFICE
from casework.summaries import deadline_of, verdict_counts
from casework.timeline import timeline_of
from casework.views.shown import compared, documents_of, form_lines, visible_requests
from casework.workflow import available_transitions
from core.errors import RuleViolated
from core.views import show_domain_errors
from landuse.models import LandUseLayer

OPINION_ACTS = {"resend": services.resend_opinion, "revoke": services.revoke_opinion}


@login_required
@require_GET
@show_domain_errors
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: documents, form with what changed, checks, opinions, timeline; the map with its surroundings."""
    code_request = _file(request, pk)
    is_open = code_request.status not in FINAL_STATUSES
    findings = examine(question_of(code_request, on=localdate())) if is_open else []
    findings = shown_checks(findings, code_request, request.user)
    steps = [step for step in available_transitions(code_request, request.user) if step.name in BY_OFFICE]
    comparison = compared(code_request, request)
    marks = marks_of(code_request)
    land_layers = LandUseLayer.objects.visible_to(request.user).order_by("kind", "-as_of")
    context: dict[str, Any] = {
        "code_request": code_request,
        "deadline": deadline_of(code_request),
        "markets": code_request.markets.all(),
        "codes": code_request.codes.all(),
        "inspections": code_request.inspections.select_related("inspector"),
        "plots": code_request.area.plots.select_related("variety", "grower__person").order_by("ref"),
        "findings": findings,
        "counts": verdict_counts(findings),
        "override_form": OverrideForm(code_request),
        "steps": [(step, step_form(step.name, code_request)) for step in steps],
        "events": timeline_of(code_request, with_names=True),
        "marks": marks,
        "land_layers": land_layers,
        **comparison,
        **documents_of(code_request, request.user),
        **_opinions(code_request, request.user),
        "frame": request_frame(
            code_request,
            with_neighbours=True,
            findings=findings,
            marks=marks,
            changes=comparison["changes"],
            land_layers=land_layers,
        ),
    }
    return render(request, "casework/file.html", context)


@login_required
@require_POST
@show_domain_errors
def opinion_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask another office; the link goes out by mail."""
    code_request = _file(request, pk)
    form = OpinionForm(request.POST, prefix="opinion")
    if not form.is_valid():
        raise RuleViolated("invalid", form_lines(form))
    opinion = services.ask_opinion(code_request, **form.cleaned_data, by=request.user)
    messages.success(request, _("Đã gửi liên kết hỏi ý kiến tới %(office)s.") % {"office": opinion.office})
    return redirect("casework:file", pk=pk)


@login_required
@require_POST
@show_domain_errors
def opinion_act(request: HttpRequest, pk: int, opinion: int, act: str) -> HttpResponse:
    """Send a new link, or take the question back."""
    code_request = _file(request, pk)
    if act not in OPINION_ACTS:
        raise Http404
    found = get_object_or_404(code_request.opinions.select_related("code_request__commune"), pk=opinion)
    OPINION_ACTS[act](found, by=request.user)
    messages.success(request, _("Đã gửi liên kết mới.") if act == "resend" else _("Đã thu hồi câu hỏi."))
    return redirect("casework:file", pk=pk)


def _opinions(code_request: CodeRequest, user: Any) -> dict[str, Any]:
    rows = code_request.opinions.select_related("asked_by").annotate(
        openings=Count("visits"), last_opened_at=Max("visits__at")
    )
    may_ask = code_request.status in ASKABLE and can_examine_request(user, code_request)
    return {
        "opinions": rows,
        "opinion_form": OpinionForm(prefix="opinion") if may_ask else None,
        "today": localdate(),
    }


def _file(request: HttpRequest, pk: int) -> CodeRequest:
    """Return the request if it is of the officer's units; outsiders do not learn that there is a desk."""
    if not holds(request.user, "casework.view_request"):
        raise Http404
    rows = visible_requests(request).filter(pk__in=CodeRequest.objects.for_office(request.user).values("pk"))
    return get_object_or_404(rows, pk=pk)
