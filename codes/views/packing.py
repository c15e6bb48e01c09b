"""Packing houses: the office's register, a firm's own, and the links to production area codes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import holds, units_with
from codes import services
from codes.forms import LinkForm, PackingActForm, PackingCodeForm, PackingHouseForm
from codes.models import LinkStatus, PackingHouseCode, PackingLink
from codes.permissions import can_decide_link, can_end_link, can_manage_packing_house
from codes.services import PackingCodeFacts
from codes.views.areas import cooperative_of
from codes.workflow import CODE_STEPS, NEEDS_PUBLIC_NOTE, PACKING_TRANSITIONS
from cooperatives.models import Cooperative, MemberRole, PackingHouse
from cooperatives.permissions import can_edit_for_cooperative, has_role_in
from core.errors import DomainError, NotAllowed, RuleViolated
from core.text import fold
from core.views import show_domain_errors
from core.workflow import possible_steps
from places.models import AdministrativeUnit

PAGE_SIZE = 50


@login_required
@require_safe
@show_domain_errors
def packing_list(request: HttpRequest) -> HttpResponse:
    """Packing houses in the officer's place, searched by name or code."""
    houses = _houses(request)
    words = request.GET.get("q", "").strip()[:80]
    if words:
        houses = houses.filter(Q(search_key__contains=fold(words)) | Q(codes__code__contains=words.upper())).distinct()
    rows = houses.select_related("operator", "commune").prefetch_related("codes__market").order_by("name")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    may_manage = holds(request.user, "codes.manage_packing")
    return render(
        request, "codes/packing_list.html", {"page": page, "q": words, "may_manage": may_manage, "query": f"q={words}"}
    )


def _houses(request: HttpRequest) -> Any:
    if not holds(request.user, "codes.view_code"):
        raise Http404
    return PackingHouse.objects.filter(commune__in=units_with(request.user, "codes.view_code"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def packing_new(request: HttpRequest) -> HttpResponse:
    """An officer records a packing house."""
    if not holds(request.user, "codes.manage_packing"):
        raise Http404
    form = PackingHouseForm(
        request.POST or None,
        operators=Cooperative.objects.public().order_by("name"),
        communes=units_with(request.user, "codes.manage_packing").current(),
    )
    if request.method == "POST" and form.is_valid():
        house = _register(form, request)
        if house is not None:
            return redirect("codes:packing-detail", pk=house.pk)
    return render(request, "codes/packing_new.html", {"form": form}, status=422 if form.errors else 200)


def _register(form: PackingHouseForm, request: HttpRequest, **fixed: Any) -> PackingHouse | None:
    try:
        return services.register_packing_house(**(form.cleaned_data | fixed), by=request.user)
    except NotAllowed:
        raise
    except DomainError as error:
        form.add_error(None, str(error.detail))
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def packing_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One packing house: its codes with their status, the area codes that it may use; officers add codes."""
    house = get_object_or_404(_houses(request).select_related("operator", "commune"), pk=pk)
    may_manage = can_manage_packing_house(request.user, house)
    form = PackingCodeForm(request.POST or None) if may_manage else None
    if request.method == "POST":
        if form is None:
            raise NotAllowed
        if form.is_valid():
            try:
                services.record_packing_code(house, PackingCodeFacts(**form.cleaned_data), by=request.user)
            except DomainError as error:
                form.add_error(None, str(error.detail))
            else:
                messages.success(request, _("Đã ghi mã cơ sở đóng gói."))
                return redirect("codes:packing-detail", pk=pk)
    codes = [
        (code, _steps(code) if may_manage else []) for code in house.codes.select_related("market").order_by("code")
    ]
    links = PackingLink.objects.filter(packing_code__house=house).select_related("code", "packing_code")
    context = {"house": house, "codes": codes, "links": links.order_by("-asked_at"), "form": form}
    return render(request, "codes/packing_detail.html", context, status=422 if form and form.errors else 200)


def _steps(code: PackingHouseCode) -> list[tuple[str, Any, PackingActForm]]:
    return [
        (name, CODE_STEPS[name], _act_form(code, name)) for name in possible_steps(PACKING_TRANSITIONS, code.status)
    ]


def _act_form(code: PackingHouseCode, step: str, data: Any = None) -> PackingActForm:
    return PackingActForm(data, prefix=f"{step}{code.pk}", needs_note=step in NEEDS_PUBLIC_NOTE)


@login_required
@require_POST
@show_domain_errors
def packing_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Suspend, restore or revoke a packing house code."""
    rows = PackingHouseCode.objects.filter(house__in=_houses(request))
    code = get_object_or_404(rows, pk=pk)
    if step not in PACKING_TRANSITIONS:
        raise Http404
    form = _act_form(code, step, request.POST)
    if not form.is_valid():
        texts = [f"{form.fields[name].label}: {errors.as_text()}" for name, errors in form.errors.items()]
        raise RuleViolated("act_incomplete", " ".join(texts))
    services.move_packing_code(code, step, **form.cleaned_data, by=request.user)
    messages.success(request, _("Đã ghi: %(step)s.") % {"step": CODE_STEPS[step]})
    return redirect("codes:packing-detail", pk=code.house_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def packing_links(request: HttpRequest) -> HttpResponse:
    """A firm's packing houses, who may use its codes, and whose codes it may use; ask for a new link."""
    cooperative = cooperative_of(request)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.ask_link(values["code"], values["packing_code"], note=values["note"], by=request.user)
        except DomainError as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("Đã ghi liên kết."))
            return redirect(f"{reverse('codes:packing-links')}?cooperative={cooperative.slug}")
    links = PackingLink.objects.visible_to(request.user).filter(
        Q(code__holder=cooperative) | Q(packing_code__house__operator=cooperative)
    )
    links = links.select_related("code__holder", "packing_code__house__operator").order_by("-asked_at")
    context = {
        "cooperative": cooperative,
        "form": form,
        "houses": cooperative.packing_houses.select_related("commune").prefetch_related("codes__market"),
        "links": [_actions(link, request.user) for link in links],
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
        "may_register": has_role_in(request.user, cooperative, MemberRole.OWNER),
    }
    return render(request, "codes/packing_links.html", context, status=422 if form.errors else 200)


def _actions(link: PackingLink, user: Any) -> tuple[PackingLink, bool, bool]:
    may_decide = link.status == LinkStatus.ASKED and can_decide_link(user, link)
    return link, may_decide, link.status == LinkStatus.ACCEPTED and can_end_link(user, link)


@login_required
@require_POST
@show_domain_errors
def packing_link_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Accept, refuse or end a link."""
    link = get_object_or_404(PackingLink.objects.visible_to(request.user), pk=pk)
    if step == "end":
        services.end_link(link, by=request.user)
    elif step in ("accept", "refuse"):
        services.decide_link(link, accept=step == "accept", by=request.user)
    else:
        raise Http404
    messages.success(request, _("Đã ghi."))
    return redirect("codes:packing-links")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def packing_own_new(request: HttpRequest) -> HttpResponse:
    """The owner of a firm records its packing house."""
    cooperative = cooperative_of(request)
    if not has_role_in(request.user, cooperative, MemberRole.OWNER):
        raise NotAllowed
    form = PackingHouseForm(
        request.POST or None,
        operators=Cooperative.objects.filter(pk=cooperative.pk),
        communes=AdministrativeUnit.objects.current(),
    )
    for name in ("operator", "operator_name"):
        del form.fields[name]
    if request.method == "POST" and form.is_valid() and _register(form, request, operator=cooperative):
        messages.success(request, _("Đã ghi cơ sở đóng gói. Mã số do cơ quan cấp sẽ do cán bộ nhập."))
        return redirect(f"{reverse('codes:packing-links')}?cooperative={cooperative.slug}")
    context = {"form": form, "cooperative": cooperative}
    return render(request, "codes/packing_new.html", context, status=422 if form.errors else 200)
