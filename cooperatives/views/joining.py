"""A cooperative registers itself: the form, what became of it, correcting it, its proof."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives import services
from cooperatives.forms_joining import RegistrationForm, commune_label
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_registration, can_read_registration
from cooperatives.views.home import CHOSEN
from core.errors import DomainError
from core.form_errors import add_errors
from core.permissions import require
from core.throttling import throttled
from core.views import show_domain_errors
from office.services import document_response
from places.models import AdministrativeUnit

MAX_LISTED = 4_000  # communes in the list beside the field; the whole country has some 3,321


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
@throttled("join", methods=("POST",))
def join(request: HttpRequest) -> HttpResponse:
    """Register an organisation; likely duplicates are told before anything is stored."""
    form = RegistrationForm(request.POST or None, request.FILES or None, initial=_initial(request.user))
    if request.method == "POST" and form.is_valid():
        made = _saved(
            form, lambda: services.register_cooperative(by=request.user, **form.fields_for_service(is_new=True))
        )
        if made is not None:
            request.session[CHOSEN] = made.pk
            messages.success(request, _("Đã gửi đăng ký của %(name)s. Cán bộ sẽ xem và trả lời.") % {"name": made.name})
            return redirect("cooperatives:join-detail", slug=made.slug)
    return _form_page(request, form, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def join_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One registration: what was sent and decided; an owner corrects it while it is not verified."""
    cooperative = _own(request, slug)
    require(can_read_registration(request.user, cooperative))
    may_edit = can_edit_registration(request.user, cooperative)
    form = None
    if may_edit or request.method == "POST":
        initial = RegistrationForm.initial_of(cooperative)
        form = RegistrationForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.fields_for_service(is_new=False)
        saved = _saved(form, lambda: services.correct_registration(cooperative, by=request.user, **values))
        if saved is not None:
            messages.success(request, _("Đã lưu đăng ký; cán bộ sẽ xem lại."))
            return redirect("cooperatives:join-detail", slug=saved.slug)
    return _form_page(request, form, cooperative)


@login_required
@require_safe
@show_domain_errors
def join_proof(request: HttpRequest, slug: str) -> HttpResponse:
    """The proof file as a download, for those who enter data for the cooperative."""
    cooperative = _own(request, slug)
    require(can_read_registration(request.user, cooperative))
    return proof_response(cooperative)


@login_required
@require_POST
@show_domain_errors
def join_withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Take back a registration that nobody has decided on and that has no data."""
    cooperative = _own(request, slug)
    services.withdraw_registration(cooperative, by=request.user)
    messages.success(request, _("Đã rút đăng ký của %(name)s.") % {"name": cooperative.name})
    return redirect("cooperatives:home")


def proof_response(cooperative: Cooperative) -> HttpResponse:
    """Return the proof; Http404 where none was handed in."""
    rows = Cooperative.objects.filter(pk=cooperative.pk).exclude(proof=None).select_related("proof")
    return document_response(get_object_or_404(rows).proof)  # type: ignore[return-value, arg-type]


def _own(request: HttpRequest, slug: str) -> Cooperative:
    own = Cooperative.objects.worked_for_by(request.user).select_related("commune", "proof", "decided_by")
    return get_object_or_404(own.defer("commune__boundary", "commune__boundary_3857"), slug=slug)


def _saved(form: RegistrationForm, save: Any) -> Cooperative | None:
    """Return what `save` stored; None with the errors in the form."""
    try:
        return save()
    except DomainError as error:
        if error.code == "likely_duplicate":
            form.offer_confirmation()
        add_errors(form, error)
        form.is_duplicate = error.code == "likely_duplicate"  # type: ignore[attr-defined]
        return None


def _form_page(request: HttpRequest, form: RegistrationForm | None, cooperative: Cooperative | None) -> HttpResponse:
    communes = AdministrativeUnit.objects.communes().current().without_shapes().order_by("name_vi", "code")
    context: dict[str, Any] = {
        "form": form,
        "cooperative": cooperative,
        "communes": [commune_label(unit) for unit in communes[:MAX_LISTED]] if form is not None else [],
        "is_duplicate": getattr(form, "is_duplicate", False),
    }
    if cooperative is not None:
        context["events"] = registration_events(cooperative, with_names=False)
    status = 422 if form is not None and form.errors else 200
    return render(request, "cooperatives/join.html", context, status=status)


def registration_events(cooperative: Cooperative, *, with_names: bool) -> list[dict[str, Any]]:
    """Return the steps of a registration, newest first; the cooperative reads the office, not the officer."""
    entries = [
        {
            "title": event.get_step_display(),
            "status": event.new_status,
            "at": event.at,
            "by": str(event.by) if with_names or event.step == "resubmit" else _("Cơ quan nông nghiệp"),
            "note": event.note,
        }
        for event in cooperative.registration_events.select_related("by").order_by("-id")
    ]
    sent = {"title": _("Gửi đăng ký"), "status": "pending", "at": cooperative.created_at, "by": "", "note": ""}
    return [*entries, sent]


def _initial(user: Any) -> dict[str, Any]:
    return {"representative": user.full_name, "email": user.email, "phone": user.phone}
