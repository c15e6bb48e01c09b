"""Who works for a cooperative: roles, invitations, and the page that an invitation's link opens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.adapter import is_signup_open
from cooperatives import services
from cooperatives.forms_joining import InvitationForm
from cooperatives.models import Cooperative, Invitation, MemberRole, Membership
from cooperatives.permissions import can_manage_people
from cooperatives.services.people import invitation_of, is_open
from cooperatives.views.home import CHOSEN, cooperative_of
from core.errors import DomainError
from core.throttling import throttled
from core.views import show_domain_errors

NOT_FOUND, GONE = 404, 410


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
@throttled("invite", methods=("POST",))
def people(request: HttpRequest) -> HttpResponse:
    """Those who work for the cooperative; an owner invites, gives roles and takes out."""
    cooperative = cooperative_of(request)
    may_manage = can_manage_people(request.user, cooperative)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = services.invite(cooperative, by=request.user, **form.cleaned_data)
        except DomainError as error:
            if not error.findings:
                raise
            for finding in error.findings:
                name = finding.pointer.strip("/")
                form.add_error(name if name in form.fields else None, str(finding.message))
        else:
            messages.success(request, _("Đã gửi lời mời đến %(email)s.") % {"email": invitation.email})
            return _back(cooperative)
    waiting = cooperative.invitations.filter(accepted_at=None, cancelled_at=None).select_related("invited_by")
    context = {
        "cooperative": cooperative,
        "memberships": cooperative.memberships.select_related("user").order_by("user__full_name", "pk"),
        "invitations": waiting if may_manage else [],
        "now": timezone.now(),
        "roles": MemberRole.choices,
        "form": form,
        "may_manage": may_manage,
    }
    return render(request, "cooperatives/people.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def member_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody another role."""
    membership = _membership(request, pk)
    services.change_role(membership, request.POST.get("role", ""), by=request.user)
    messages.success(request, _("Đã đổi vai trò của %(user)s.") % {"user": membership.user})
    return _back(membership.cooperative)


@login_required
@require_POST
@show_domain_errors
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody out, or leave."""
    membership = _membership(request, pk)
    services.remove_member(membership, by=request.user)
    messages.success(request, _("%(user)s không còn làm cho đơn vị.") % {"user": membership.user})
    return redirect("cooperatives:home") if membership.user_id == request.user.pk else _back(membership.cooperative)


@login_required
@require_POST
@show_domain_errors
def invitation_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a new link; the earlier one stops to open."""
    invitation = services.resend_invitation(_invitation(request, pk), by=request.user)
    messages.success(request, _("Đã gửi liên kết mới đến %(email)s.") % {"email": invitation.email})
    return _back(invitation.cooperative)


@login_required
@require_POST
@show_domain_errors
def invitation_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = services.cancel_invitation(_invitation(request, pk), by=request.user)
    messages.success(request, _("Đã hủy lời mời."))
    return _back(invitation.cooperative)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
@show_domain_errors
@throttled("opinion")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link opens: who invites to what; signed in, one accepts. Old and unknown links say the same."""
    found = invitation_of(token)
    if found is None or not is_open(found):
        status = NOT_FOUND if found is None else GONE
        return _private(render(request, "cooperatives/invitation_gone.html", status=status))
    if request.method == "POST" and request.user.is_authenticated:
        membership = services.accept_invitation(token, by=request.user)
        request.session[CHOSEN] = membership.cooperative_id
        messages.success(request, _("Bạn đã làm việc cho %(name)s.") % {"name": found.cooperative.name})
        return redirect("cooperatives:home")
    context = {
        "invitation": found,
        "is_other_address": request.user.is_authenticated and request.user.email.lower() != found.email.lower(),
        "is_signup_open": is_signup_open(),
    }
    return _private(render(request, "cooperatives/invitation.html", context))


def _back(cooperative: Cooperative) -> HttpResponse:
    return redirect(f"{reverse('cooperatives:people')}?cooperative={cooperative.slug}")


def _membership(request: HttpRequest, pk: int) -> Membership:
    own = Membership.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    return get_object_or_404(own.select_related("cooperative", "user"), pk=pk)


def _invitation(request: HttpRequest, pk: int) -> Invitation:
    own = Invitation.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    return get_object_or_404(own.select_related("cooperative"), pk=pk)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: it is told to no other site, kept by no cache and no search engine."""
    response["Referrer-Policy"] = "same-origin"  # our own form needs the origin; other sites get nothing
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
