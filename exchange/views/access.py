"""Asking for a layer that is not public."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from core.throttling import throttled
from core.views import show_domain_errors
from exchange.catalogue import entry
from exchange.services.access import PURPOSE_LENGTH, ask_for_access


class AccessForm(forms.Form):
    """What the layer is wanted for."""

    purpose = forms.CharField(
        label=gettext_lazy("Dùng vào việc gì"),
        help_text=gettext_lazy("Nêu cơ quan và công việc; quản trị viên đọc câu này."),
        max_length=PURPOSE_LENGTH,
        min_length=10,
    )


@require_http_methods(["GET", "POST"])
@login_required
@show_domain_errors
@throttled("invite", methods=("POST",))
def ask(request: HttpRequest, name: str) -> HttpResponse:
    """The form, and what it sends. 404 for layers that are open to everybody; who has the right is led to the layer."""
    found = entry(name)
    if found is None or not found.is_personal:
        raise Http404
    if found.may_export(request.user):
        return redirect("exchange:layer", name=name)
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = ask_for_access(found, purpose=form.cleaned_data["purpose"], by=request.user)
        if told:
            messages.success(request, _("Đã gửi yêu cầu tới quản trị viên."))
        else:
            messages.info(request, _("Hôm nay bạn đã gửi yêu cầu này; quản trị viên đã nhận."))
        return redirect("exchange:catalogue")
    crumbs = [
        {"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")},
        {"title": _("Xin quyền truy cập"), "url": ""},
    ]
    status = 400 if form.errors else 200
    return render(request, "exchange/access.html", {"entry": found, "form": form, "crumbs": crumbs}, status=status)
