"""Demands: the buyer's own, those that a cooperative matches, the office's list. All 404 unless DEMAND_POSTS is on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives.models import Cooperative
from cooperatives.querysets import own_cooperative_ids
from core.errors import DomainError
from core.throttling import throttled
from core.views import show_domain_errors
from products.demand_matching import matching_cooperatives, matching_demands
from products.forms_demands import DemandForm, HideForm, ReplyForm
from products.models import Demand, DemandReply, DemandStatus
from products.permissions import can_hide_demand
from products.services import demands

PAGE_SIZE = 50


def if_switched_on(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator, outermost: the page does not exist unless the installation has switched demands on."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMAND_POSTS:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


# --- The buyer ------------------------------------------------------------------------------------------------


@if_switched_on
@login_required
@require_GET
def demand_list(request: HttpRequest) -> HttpResponse:
    """GET /demands/: one's own demands, the newest first."""
    own = Demand.objects.filter(user=request.user.pk).select_related("crop", "market")
    own = own.annotate(answered=Count("replies__cooperative", distinct=True)).order_by("-created_at")
    return render(request, "products/demand_list.html", {"demands": own[:200], "today": localdate()})


@if_switched_on
@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
@throttled("enquiry", methods=("POST",))
def demand_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /demands/new/: post a demand."""
    form = DemandForm(request.POST or None, initial={"buyer_name": str(request.user)})
    if request.method == "POST" and form.is_valid():
        made = _done(form, lambda: demands.post_demand(request.user, **form.cleaned_data))  # type: ignore[arg-type]
        if made is not None:
            messages.success(request, _("Đã đăng. Các đơn vị có hàng khớp đã được báo."))
            return redirect("products:demand-detail", pk=made.pk)
    return render(request, "products/demand_new.html", {"form": form}, status=422 if form.errors else 200)


@if_switched_on
@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def demand_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /demands/<pk>/: one's own demand with its replies; `do` closes it or shows it again."""
    found = get_object_or_404(Demand.objects.select_related("crop", "market"), pk=pk, user=request.user)
    if request.method == "POST":
        act = {"close": demands.close_demand, "repost": demands.repost_demand}.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        act(found, by=request.user)  # type: ignore[arg-type]
        return redirect("products:demand-detail", pk=pk)
    replies = found.replies.select_related("cooperative", "product").order_by("-at")
    matching = matching_cooperatives(found)
    is_shown = found.status == DemandStatus.OPEN and found.expires_on >= localdate()
    context = {
        "demand": found,
        "replies": replies,
        "matching": matching.count(),
        "answered": replies.order_by().values("cooperative").distinct().count(),
        "is_shown": is_shown,
        "may_repost": not is_shown and found.status != DemandStatus.HIDDEN,
    }
    return render(request, "products/demand_detail.html", context)


# --- The cooperative ------------------------------------------------------------------------------------------


@if_switched_on
@login_required
@require_GET
def demand_inbox(request: HttpRequest) -> HttpResponse:
    """GET /coop/demands/: what buyers look for that one's cooperatives have, unanswered first."""
    own = own_cooperative_ids(request.user)
    answered = DemandReply.objects.filter(demand=OuterRef("pk"), cooperative__in=own)
    found = matching_demands(request.user).annotate(is_answered=Exists(answered)).select_related("crop", "market")
    page = Paginator(found.order_by("is_answered", "-created_at"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "products/demand_inbox.html", {"page": page, **_next(page)})


@if_switched_on
@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
@throttled("enquiry", methods=("POST",))
def demand_inbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /coop/demands/<pk>/: a demand that matches, or was answered, with the own replies and the form."""
    own = own_cooperative_ids(request.user)
    replied = Demand.objects.filter(replies__cooperative__in=own)
    visible = Demand.objects.filter(
        Q(pk__in=matching_demands(request.user).values("pk")) | Q(pk__in=replied.values("pk"))
    )
    found = get_object_or_404(visible.exclude(status=DemandStatus.HIDDEN).select_related("crop", "market"), pk=pk)
    is_open = found.status == DemandStatus.OPEN and found.expires_on >= localdate()
    may_reply = Cooperative.objects.managed_by(request.user).filter(pk__in=matching_cooperatives(found).values("pk"))
    form = ReplyForm(request.POST or None, demand=found, cooperatives=may_reply.order_by("name"))
    if request.method == "POST" and form.is_valid():
        made = _done(form, lambda: demands.reply_to_demand(found, by=request.user, **form.cleaned_data))  # type: ignore[arg-type]
        if made is not None:
            messages.success(request, _("Đã gửi trả lời cho người mua."))
            return redirect("products:demand-inbox-detail", pk=pk)
    context = {
        "demand": found,
        "replies": found.replies.filter(cooperative__in=own).select_related("cooperative", "product"),
        "form": form if is_open and may_reply.exists() else None,
        "is_open": is_open,
    }
    return render(request, "products/demand_inbox_detail.html", context, status=422 if form.errors else 200)


# --- The office -----------------------------------------------------------------------------------------------


@if_switched_on
@login_required
@require_GET
def demand_desk(request: HttpRequest) -> HttpResponse:
    """GET /desk/demands/: all demands that are shown or hidden, for who may hide one."""
    if not can_hide_demand(request.user):
        raise Http404
    found = Demand.objects.exclude(status=DemandStatus.CLOSED).select_related("crop", "market")
    page = Paginator(found.order_by("-created_at"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "today": localdate(), "form": HideForm(), **_next(page)}
    return render(request, "products/demand_desk.html", context)


@if_switched_on
@login_required
@require_POST
@show_domain_errors
def demand_hide(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /desk/demands/<pk>/hide/."""
    if not can_hide_demand(request.user):
        raise Http404
    found = get_object_or_404(Demand, pk=pk)
    form = HideForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    demands.hide_demand(found, reason=reason, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Đã ẩn nhu cầu; người mua đã được báo lý do."))
    return redirect("products:demand-desk")


def _next(page: Any) -> dict[str, str]:
    return {
        "next_url": f"?page={page.number + 1}" if page.has_next() else "",
        "first_url": "?" if page.number > 2 else "",
    }


def _done(form: forms.Form, act: Callable[[], Any]) -> Any:
    """Return what `act` made; put what a rule refuses beside its field and return None."""
    try:
        return act()
    except DomainError as error:
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        if not error.findings:
            form.add_error(None, str(error.detail))
        return None
