"""The officers' page of registrations: which cooperatives wait, verify one, send one back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import holds
from cooperatives import services
from cooperatives.models import Cooperative
from core.views import show_domain_errors

SHOWN = 200


@login_required
@require_safe
def registration_list(request: HttpRequest) -> HttpResponse:
    """Cooperatives of the officer's units that are not verified, the longest waiting first."""
    if not holds(request.user, "cooperatives.verify_cooperative"):
        raise Http404
    waiting = Cooperative.objects.waiting_for(request.user).select_related("commune").order_by("created_at", "pk")
    waiting = waiting.defer("commune__boundary", "commune__boundary_3857")
    return render(request, "cooperatives/registration_list.html", {"cooperatives": waiting[:SHOWN]})


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
