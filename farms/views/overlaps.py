"""Overlap cases for clerks and officers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cooperatives.models import Cooperative
from core.errors import RuleViolated
from core.views import show_domain_errors
from farms import services
from farms.forms import DecisionForm
from farms.models import OverlapCase
from farms.permissions import can_decide_overlap
from farms.views.frames import OTHER_COLOUR, PLOT_COLOUR, SHARED_COLOUR, bbox_text, feature, frame_of

MAX_CASES = 200


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
        features.append(feature(case.first.boundary, colour=OTHER_COLOUR))
        features.append(feature(case.second.boundary, colour=PLOT_COLOUR))
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
        "form": DecisionForm(auto_id=False),
    }
    return render(request, "farms/overlap_list.html", context)


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
    return redirect("farms:overlap-list")
