"""A cooperative's own certificates: declare one, give its paper, see who checked it, take it out of use."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives import services
from cooperatives.forms_certificates import CertificateForm, EndForm, PaperForm
from cooperatives.models import Certificate, Cooperative
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.views.home import cooperative_of
from core.form_errors import saved
from core.views import show_domain_errors
from office.services import document_response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def certificate_list(request: HttpRequest) -> HttpResponse:
    """The cooperative's certificates, with the form for a new one."""
    cooperative = cooperative_of(request)
    form = CertificateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        made = saved(form, lambda: services.declare_certificate(cooperative, by=request.user, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Đã khai chứng nhận %(name)s.") % {"name": made})
            return redirect("cooperatives:certificate-detail", pk=made.pk)
    rows = cooperative.certificates.select_related("crop").order_by("ended_on", "-valid_until", "pk")
    context = {
        "cooperative": cooperative,
        "certificates": with_state(rows),
        "form": form,
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
    }
    return render(request, "cooperatives/certificate_list.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def certificate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One certificate with its history; POST gives it a paper."""
    certificate = _own(request, pk)
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        if saved(form, lambda: services.attach_file(certificate, file=file, by=request.user)) is not None:
            messages.success(request, _("Đã nhận tệp; cán bộ sẽ kiểm tra."))
            return redirect("cooperatives:certificate-detail", pk=pk)
    context = {
        "certificate": certificate,
        "is_expired": certificate.is_expired(localdate()),
        "events": events_of(certificate, with_names=False),
        "may_edit": can_edit_for_cooperative(request.user, certificate.cooperative) and not certificate.ended_on,
        "form": form,
        "end_form": EndForm(),
    }
    return render(request, "cooperatives/certificate_detail.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@show_domain_errors
def certificate_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as a download, for those who work for the cooperative."""
    return paper_response(_own(request, pk))


@login_required
@require_POST
@show_domain_errors
def certificate_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a certificate out of use."""
    certificate = _own(request, pk)
    form = EndForm(request.POST)
    note = form.cleaned_data.get("note", "") if form.is_valid() else ""
    services.end_certificate(certificate, note=note, by=request.user)
    messages.success(request, _("Đã ngừng dùng chứng nhận %(name)s.") % {"name": certificate})
    return redirect("cooperatives:certificate-detail", pk=pk)


def paper_response(certificate: Certificate) -> HttpResponse:
    """Return the paper as a download; Http404 where none was given."""
    rows = Certificate.objects.filter(pk=certificate.pk).exclude(document=None).select_related("document")
    return document_response(get_object_or_404(rows).document)  # type: ignore[return-value, arg-type]


def events_of(certificate: Certificate, *, with_names: bool) -> list[dict[str, Any]]:
    """Return what was done with the certificate, newest first; the cooperative reads the office, not the officer."""
    decisions = {"check": "verified", "refuse": "rejected"}
    return [
        {
            "title": event.get_step_display(),
            "status": decisions.get(event.step, ""),
            "at": event.at,
            "by": str(event.by) if with_names or event.step not in decisions else _("Cơ quan nông nghiệp"),
            "note": event.note,
        }
        for event in certificate.events.select_related("by").order_by("-id")
    ]


def with_state(rows: Any) -> list[dict[str, Any]]:
    """Return each certificate with `is_expired` as of today."""
    today = localdate()
    return [{"certificate": certificate, "is_expired": certificate.is_expired(today)} for certificate in rows]


def _own(request: HttpRequest, pk: int) -> Certificate:
    own = Certificate.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    return get_object_or_404(own.select_related("cooperative", "crop", "document"), pk=pk)
