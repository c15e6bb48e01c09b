"""Overlap cases for clerks and officers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cooperatives.models import Cooperative
from core.errors import BadInput, RuleViolated
from core.problems import parameter_finding
from core.views import show_domain_errors
from farms import services
from farms.corrections import Correction, corrections_of
from farms.forms import DecisionForm
from farms.models import OverlapCase, OverlapDecision, OverlapStatus, Plot
from farms.permissions import can_decide_overlap, can_see_all_of, can_take_decision, own_cooperatives
from farms.views.frames import OTHER_COLOUR, PLOT_COLOUR, SHARED_COLOUR, bbox_text, feature, frame_of

MAX_CASES = 200
OTHER_DECISIONS = (OverlapDecision.ACCEPTED, OverlapDecision.WITHDRAWN)  # those that cut nothing


@login_required
@require_safe
def overlap_list(request: HttpRequest) -> HttpResponse:
    """Open cases that touch the user's cooperatives or units, with both plots and the shared ground on the map."""
    cases = list(
        OverlapCase.objects.visible_to(request.user)
        .open()
        .select_related("first__cooperative", "second__cooperative", "second__commune")
        .defer(
            "first__boundary_3857",
            "second__boundary_3857",
            "second__commune__boundary",
            "second__commune__boundary_3857",
        )
        .distinct()
        .order_by("-opened_at", "-pk")[:MAX_CASES]
    )
    features = []
    for case in cases:
        features += [feature(plot.boundary, colour=colour) for plot, colour in _shown_plots(case, request.user)]
        features.append(feature(case.shared, colour=SHARED_COLOUR))
    context = {
        "rows": [
            {
                "case": case,
                "first_of": _holder(case.first.cooperative),
                "second_of": _holder(case.second.cooperative),
                "bbox": bbox_text(case.shared),
                "may_decide": can_decide_overlap(request.user, case),
            }
            for case in cases
        ],
        "frame": frame_of(features, [case.shared for case in cases]),
    }
    return render(request, "farms/overlap_list.html", context)


@login_required
@require_safe
@show_domain_errors
def overlap_case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case with its ready corrections; `?preview=` draws one of them, so that no script is needed to compare."""
    rows = OverlapCase.objects.visible_to(request.user).distinct()
    heavy = ("first__boundary_3857", "second__boundary_3857")
    related = ("first__cooperative", "second__cooperative", "second__commune", "decided_by")
    case = get_object_or_404(rows.select_related(*related).defer(*heavy), pk=pk)
    is_open = case.status == OverlapStatus.OPEN
    corrections = corrections_of(case) if is_open else []
    asked = request.GET.get("preview", "")
    shown = next((one for one in corrections if one.decision == asked), None)
    if asked and shown is None:
        raise BadInput(findings=[parameter_finding("preview", "invalid", _("Không có cách cắt này."))])
    may_decide = is_open and can_decide_overlap(request.user, case)
    applicable = {one.decision for one in corrections if can_take_decision(request.user, case, one.decision)}
    own = own_cooperatives(request.user)
    context = {
        "case": case,
        "sides": [_side(case.first, own), _side(case.second, own)],
        "corrections": corrections,
        "shown": shown,
        "frame": frame_of(_case_features(case, shown, request.user), [case.shared]),
        "may_decide": may_decide,
        "applicable": applicable,
        "form": DecisionForm(auto_id=False),
        "other_decisions": [(one.value, one.label) for one in OTHER_DECISIONS],
        "sees_names": can_see_all_of(request.user, case),
    }
    return render(request, "farms/overlap_case.html", context)


def _side(plot: Plot, own: set[int]) -> dict[str, Any]:
    """One plot of the case in words; whose it is by the organisation's name, never a household's."""
    return {"plot": plot, "is_own": plot.cooperative_id in own, "holder": _holder(plot.cooperative)}


def _shown_plots(case: OverlapCase, user: Any) -> list[tuple[Plot, str]]:
    """The plots whose outline the user may see, with colours: one's own, and for officers of the place both.

    The other plot is somebody's land: to redraw one's own, the shared ground is enough (docs/domain.md §6).
    """
    pairs = [(case.first, OTHER_COLOUR), (case.second, PLOT_COLOUR)]
    if can_see_all_of(user, case):
        return pairs
    own = own_cooperatives(user)
    return [(plot, colour) for plot, colour in pairs if plot.cooperative_id in own]


def _case_features(case: OverlapCase, shown: Correction | None, user: Any) -> list[dict[str, Any]]:
    """The plots as they are, or as the correction would leave them; in red the ground that is cut or shared."""
    after = {side.plot_id: side.boundary for side in (shown.first, shown.second)} if shown is not None else {}
    features = [feature(case.shared, colour=SHARED_COLOUR, name=_("Phần chồng lấn"))]
    for plot, colour in _shown_plots(case, user):
        shape = after.get(plot.pk, plot.boundary)
        if shape is not None:
            features.append(feature(shape, colour=colour, name=plot.ref))
    return features


def _holder(cooperative: Cooperative) -> str:
    """The organisation's name; a single household's name is no neighbour's business."""
    return str(cooperative) if cooperative.is_organisation else _("một hộ cá thể")


@login_required
@require_POST
@show_domain_errors
def overlap_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """An officer decides."""
    case = get_object_or_404(OverlapCase.objects.visible_to(request.user).distinct(), pk=pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise RuleViolated("reason_missing", _("Hãy chọn cách giải quyết và ghi lý do."))
    services.decide_overlap(case, form.cleaned_data["decision"], reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("Đã ghi quyết định."))
    return redirect("farms:overlap-case", pk=pk)
