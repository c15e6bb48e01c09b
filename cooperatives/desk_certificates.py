"""The officers' pages of certificates: which wait in the officer's units, one beside its paper, the decision."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import holds, units_with
from cooperatives import services
from cooperatives.forms_certificates import CertificateSearchForm, CheckForm, RefuseForm
from cooperatives.models import Certificate, CertificateCheck
from cooperatives.permissions import can_check_certificate
from cooperatives.views.certificates import events_of, paper_response, with_state
from core.form_errors import saved
from core.views import show_domain_errors

GRANT = "cooperatives.check_certificate"
SHOWN = 200
ENDING_DAYS = 60


@login_required
@require_safe
def certificate_list(request: HttpRequest) -> HttpResponse:
    """Certificates of the officer's units: what waits for a check first, the longest waiting on top."""
    if not holds(request.user, GRANT):
        raise Http404
    form = CertificateSearchForm(request.GET)
    chosen = form.chosen()
    rows = _in_state(Certificate.objects.filter(cooperative__commune__in=units_with(request.user, GRANT)), **chosen)
    found = list(rows.select_related("cooperative__commune", "crop").defer(*_shapes())[: SHOWN + 1])
    context = {
        "form": CertificateSearchForm(initial=chosen),
        "certificates": with_state(found[:SHOWN]),
        "has_more": len(found) > SHOWN,
        "state": chosen["state"],
    }
    return render(request, "cooperatives/desk_certificate_list.html", context)


@login_required
@require_safe
def certificate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was declared, the paper, who checked it when, and the two buttons."""
    return _page(request, _certificate(request, pk))


@login_required
@require_safe
@show_domain_errors
def certificate_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as a download, for the officers of the place."""
    return paper_response(_certificate(request, pk))


@login_required
@require_POST
@show_domain_errors
def certificate_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper says what was declared."""
    certificate, form = _certificate(request, pk), CheckForm(request.POST)
    if form.is_valid():
        note = form.cleaned_data["note"]
        if saved(form, lambda: services.check_certificate(certificate, note=note, by=request.user)) is not None:
            messages.success(request, _("Đã xác nhận chứng nhận %(name)s.") % {"name": certificate})
            return redirect("cooperatives:desk-certificate-list")
    return _page(request, certificate, check_form=form)


@login_required
@require_POST
@show_domain_errors
def certificate_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper says otherwise; the reason goes to the cooperative."""
    certificate, form = _certificate(request, pk), RefuseForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if saved(form, lambda: services.refuse_certificate(certificate, reason=reason, by=request.user)) is not None:
            messages.success(request, _("Đã ghi: chứng nhận %(name)s không khớp giấy tờ.") % {"name": certificate})
            return redirect("cooperatives:desk-certificate-list")
    return _page(request, certificate, refuse_form=form)


def _page(request: HttpRequest, certificate: Certificate, **forms: Any) -> HttpResponse:
    today = localdate()
    may_check = can_check_certificate(request.user, certificate.cooperative) and certificate.ended_on is None
    context = {
        "certificate": certificate,
        "is_expired": certificate.is_expired(today),
        "events": events_of(certificate, with_names=True),
        "may_confirm": may_check
        and certificate.document_id is not None
        and certificate.check_status != CertificateCheck.CHECKED
        and not certificate.is_expired(today),
        "may_refuse": may_check and certificate.check_status != CertificateCheck.REFUSED,
        "check_form": forms.get("check_form") or CheckForm(),
        "refuse_form": forms.get("refuse_form") or RefuseForm(),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "cooperatives/desk_certificate.html", context, status=status)


def _certificate(request: HttpRequest, pk: int) -> Certificate:
    rows = Certificate.objects.filter(cooperative__commune__in=units_with(request.user, GRANT))
    rows = rows.select_related("cooperative__commune", "crop", "document", "checked_by").defer(*_shapes())
    return get_object_or_404(rows, pk=pk)


def _in_state(rows: QuerySet[Certificate], *, state: str, kind: str) -> QuerySet[Certificate]:
    today = localdate()
    if kind:
        rows = rows.filter(kind=kind)
    if state == "waiting":
        return rows.waiting(today).order_by("pk")  # type: ignore[attr-defined]
    if state == "ending":
        last = today + dt.timedelta(days=ENDING_DAYS)
        return rows.valid_on(today).filter(valid_until__lte=last).order_by("valid_until", "pk")  # type: ignore[attr-defined]
    if state != "all":
        rows = rows.filter(check_status=state)
    return rows.order_by("-pk")


def _shapes() -> tuple[str, ...]:
    return ("cooperative__commune__boundary", "cooperative__commune__boundary_3857")
