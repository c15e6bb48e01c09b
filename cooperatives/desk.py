"""The officers' page of registrations: which cooperatives wait, verify one, send one back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import holds, units_with
from cooperatives import services
from cooperatives.models import Cooperative
from cooperatives.permissions import can_verify_cooperative
from cooperatives.views.joining import proof_response, registration_events
from core.views import show_domain_errors

SHOWN = 200


@login_required
@require_safe
def registration_list(request: HttpRequest) -> HttpResponse:
    """Cooperatives of the officer's units that are not verified: who waits before who was sent back, oldest first."""
    if not holds(request.user, "cooperatives.verify_cooperative"):
        raise Http404
    waiting = Cooperative.objects.waiting_for(request.user).select_related("commune")
    waiting = waiting.annotate(sent_at=Coalesce("submitted_at", "created_at")).order_by("status", "sent_at", "pk")
    waiting = waiting.defer("commune__boundary", "commune__boundary_3857")
    return render(request, "cooperatives/registration_list.html", {"cooperatives": waiting[:SHOWN]})


@login_required
@require_safe
def registration_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """All that a registration says, its proof, who may be the same, and what was decided."""
    cooperative = _registration(request, pk)
    duplicates = services.likely_duplicates(
        name=cooperative.name, tax_number=cooperative.tax_number, commune=cooperative.commune, besides=pk
    )
    context = {
        "cooperative": cooperative,
        "duplicates": duplicates,
        "events": registration_events(cooperative, with_names=True),
        "may_decide": can_verify_cooperative(request.user, cooperative),
    }
    return render(request, "cooperatives/registration_detail.html", context)


@login_required
@require_safe
@show_domain_errors
def registration_proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The proof as a download, for the officers of the place."""
    return proof_response(_registration(request, pk))


def _registration(request: HttpRequest, pk: int) -> Cooperative:
    units = units_with(request.user, "cooperatives.verify_cooperative")
    rows = Cooperative.objects.filter(commune__in=units).select_related("commune", "proof")
    return get_object_or_404(rows.defer("commune__boundary", "commune__boundary_3857"), pk=pk)


@login_required
@require_POST
@show_domain_errors
def registration_verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Verify the registration: the cooperative and its products become public."""
    cooperative = get_object_or_404(Cooperative.objects.waiting_for(request.user), pk=pk)
    services.verify_cooperative(cooperative, by=request.user)
    messages.success(request, _("Đã xác minh %(name)s.") % {"name": cooperative.name})
    return redirect("cooperatives:registration-list")


@login_required
@require_POST
@show_domain_errors
def registration_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the registration back with a reason."""
    cooperative = get_object_or_404(Cooperative.objects.waiting_for(request.user), pk=pk)
    services.return_cooperative(cooperative, request.POST.get("reason", "")[:1_000], by=request.user)
    messages.success(request, _("Đã trả lại đăng ký của %(name)s.") % {"name": cooperative.name})
    return redirect("cooperatives:registration-list")
