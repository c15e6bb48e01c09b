"""Giving files to officers, one by one or many at once, and the rules by which new ones find their desk."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import holds, units_with
from casework.desk import officers_in
from casework.forms_desk import AssignForm, RoutingForm
from casework.models import CodeRequest, RoutingRule
from casework.services.assignment import Assigned, add_routing_rule, assign_requests, end_routing_rule
from core.errors import DomainError
from core.views import error_lines, show_domain_errors
from places.models import AdministrativeUnit, UnitLevel


@login_required
@require_POST
@show_domain_errors
def assign(request: HttpRequest) -> HttpResponse:
    """Give the chosen requests to an officer; the page says of each row that stayed why it did."""
    if not holds(request.user, "casework.examine_request"):
        raise Http404
    requests = CodeRequest.objects.for_office(request.user)
    form = AssignForm(request.POST, requests=requests, officers=_receivers(request.user))
    if not form.is_valid():
        for texts in form.errors.values():
            for text in texts:
                messages.error(request, str(text))
        return redirect(_back(request))
    results = assign_requests(form.cleaned_data["chosen"], to=form.cleaned_data["officer"], by=request.user)
    _tell(request, results, form.cleaned_data["officer"])
    return redirect(_back(request))


def _receivers(user: Any) -> Any:
    """Return who may be given files: those who examine where the user may assign, and the user."""
    return officers_in(units_with(user, "casework.assign_request")) | User.objects.filter(pk=user.pk).distinct()


def _tell(request: HttpRequest, results: list[Assigned], officer: User) -> None:
    given = [one.code_request for one in results if not one.reason]
    if given:
        text = ngettext(
            "Đã giao %(n)s hồ sơ cho %(name)s: %(rows)s.", "Đã giao %(n)s hồ sơ cho %(name)s: %(rows)s.", len(given)
        )
        names = ", ".join(str(one) for one in given)
        messages.success(request, text % {"n": len(given), "name": officer, "rows": names})
    for one in results:
        if one.reason:
            text = _("%(request)s chưa giao: %(reason)s")
            messages.warning(request, text % {"request": one.code_request, "reason": one.reason})


def _back(request: HttpRequest) -> str:
    """Return the desk as it was filtered, when the form says so."""
    came_from = request.POST.get("next", "")
    is_ours = came_from.startswith(reverse("casework:desk")) and url_has_allowed_host_and_scheme(came_from, None)
    return came_from if is_ours else reverse("casework:desk")


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def routing(request: HttpRequest) -> HttpResponse:
    """The rules in force and to come in the officer's units, with the form for a new one."""
    if not holds(request.user, "casework.assign_request"):
        raise Http404
    held = units_with(request.user, "casework.assign_request")
    levels = (UnitLevel.PROVINCE, UnitLevel.COMMUNE)
    units = AdministrativeUnit.objects.current().filter(pk__in=held.values("pk"), level__in=levels)
    form = RoutingForm(
        request.POST or None,
        units=units.without_shapes().order_by("level", "name_vi"),
        officers=officers_in(held),
        prefix="rule",
    )
    if request.method == "POST" and form.is_valid():
        try:
            add_routing_rule(by=request.user, **form.cleaned_data)
        except DomainError as error:
            for line in dict.fromkeys(error_lines(error)):
                form.add_error(None, line)
        else:
            messages.success(request, _("Đã thêm phân công."))
            return redirect("casework:routing")
    context = {"form": form, "rules": _rules(request.user), "today": localdate()}
    return render(request, "casework/routing.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def routing_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a rule from today."""
    if not holds(request.user, "casework.assign_request"):
        raise Http404
    end_routing_rule(get_object_or_404(_rules(request.user), pk=pk), by=request.user)
    messages.success(request, _("Đã kết thúc phân công."))
    return redirect("casework:routing")


def _rules(user: Any) -> Any:
    held = units_with(user, "casework.assign_request")
    rows = RoutingRule.objects.open_on(localdate()).filter(unit__in=held).select_related("unit", "crop", "officer")
    return rows.defer("unit__boundary", "unit__boundary_3857").order_by("unit__name_vi", "crop__name_vi", "pk")
