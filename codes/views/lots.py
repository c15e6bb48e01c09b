"""The volume ledger: a firm's lots, the ledger of one code, the office's view of all."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import holds
from codes import services
from codes.forms import LotForm
from codes.ledger import ledger_of
from codes.models import Lot, LotAnswer, ProductionAreaCode
from codes.permissions import can_answer_lot, can_cancel_lot
from codes.services import LotFacts
from codes.views.areas import cooperative_of
from cooperatives.permissions import can_edit_for_cooperative
from core.errors import BadInput, NotAllowed, RuleViolated
from core.permissions import require
from core.views import show_domain_errors

PAGE_SIZE = 50
FIRST_YEAR = 2000
SHOWN_LOTS = 500


def _year_of(request: HttpRequest) -> int:
    """Return the year asked for, this year by default; BadInput for what is no year of ours."""
    text, this_year = request.GET.get("year", ""), localdate().year
    if not text:
        return this_year
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= this_year):
        raise BadInput("bad_year", _("Năm phải từ %(first)s đến %(last)s.") % {"first": FIRST_YEAR, "last": this_year})
    return int(text)


@login_required
@require_safe
@show_domain_errors
def lot_list(request: HttpRequest) -> HttpResponse:
    """A firm's lots: on its codes, and those it declared on codes of others; questions first."""
    cooperative = cooperative_of(request)
    year = _year_of(request)
    of_firm = Lot.objects.visible_to(request.user).of_firm(cooperative)
    rows = of_firm.select_related("code__holder", "code__commune", "market", "packing_code__house", "declared_for")
    waiting = rows.filter(code__holder=cooperative, answer=LotAnswer.WAITING, cancelled_at=None)
    page = Paginator(rows.in_year(year), PAGE_SIZE).get_page(request.GET.get("page"))
    own = ProductionAreaCode.objects.filter(holder=cooperative).with_ledger(year).defer("boundary").order_by("code")
    context = {
        "cooperative": cooperative,
        "year": year,
        "years": range(localdate().year, localdate().year - 3, -1),
        "waiting": waiting,
        "page": page,
        "lots": _shown(page, request.user),
        "ledgers": [(code, ledger_of(code, year)) for code in own],
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
        "query": f"cooperative={cooperative.slug}&year={year}",
    }
    return render(request, "codes/lot_list.html", context)


def _shown(lots: Iterable[Lot], user: Any) -> list[tuple[Lot, bool]]:
    """Each lot with whether the user may cancel it; asked once for each firm and place, not for each lot."""
    lots = list(lots)
    samples = {(lot.declared_for_id, lot.code.commune_id): lot for lot in lots}
    allowed = {key: can_cancel_lot(user, lot) for key, lot in samples.items()}
    return [(lot, lot.cancelled_at is None and allowed[lot.declared_for_id, lot.code.commune_id]) for lot in lots]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def lot_new(request: HttpRequest) -> HttpResponse:
    """Declare a lot."""
    cooperative = cooperative_of(request)
    require(can_edit_for_cooperative(request.user, cooperative))
    form = LotForm(request.POST or None, cooperative=cooperative, initial={"code": request.GET.get("code")})
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        code = values.pop("code")
        try:
            services.declare_lot(code, LotFacts(**values), declarer=cooperative, by=request.user)
        except RuleViolated as error:
            _tell(form, error)
        except NotAllowed as error:  # no packing house chosen, or one that may not: what was typed stays
            form.add_error("packing_code", str(error.detail))
        else:
            messages.success(request, _("Đã khai lô %(lot)s.") % {"lot": values["lot_number"]})
            return redirect(_lots_of(cooperative))
    context = {"cooperative": cooperative, "form": form}
    return render(request, "codes/lot_new.html", context, status=422 if form.errors else 200)


def _tell(form: LotForm, error: RuleViolated) -> None:
    for finding in error.findings:
        name = finding.pointer.strip("/")
        form.add_error(name if name in form.fields else None, str(finding.message))


@login_required
@require_POST
@show_domain_errors
def lot_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes or no to "was this you?"."""
    lot = _lot(request, pk)
    require(can_answer_lot(request.user, lot))
    if request.POST.get("answer") not in (LotAnswer.YES, LotAnswer.NO):
        raise BadInput("bad_answer", _("Hãy trả lời có hoặc không."))
    is_ours = request.POST["answer"] == LotAnswer.YES
    services.answer_lot(lot, is_ours=is_ours, by=request.user)
    said = (
        _("Đã ghi: đúng là hàng của đơn vị.")
        if is_ours
        else _("Đã ghi: không phải hàng của đơn vị. Cán bộ đã nhận tin.")
    )
    messages.success(request, said)
    return redirect(_lots_of(lot.code.holder))


@login_required
@require_POST
@show_domain_errors
def lot_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a declaration back."""
    lot = _lot(request, pk)
    services.cancel_lot(lot, request.POST.get("reason", ""), by=request.user)
    messages.success(request, _("Đã hủy lô %(lot)s.") % {"lot": lot.lot_number})
    if ProductionAreaCode.objects.visible_to(request.user).filter(pk=lot.code_id).exists():
        return redirect("codes:lot-ledger", pk=lot.code_id)
    return redirect(_lots_of(lot.declared_for))  # a packing house does not see the ledger of the holder


@login_required
@require_safe
@show_domain_errors
def lot_ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """The ledger of one code in one year: for its holder and for officers of its place."""
    rows = ProductionAreaCode.objects.visible_to(request.user).select_related("holder", "commune").defer("boundary")
    code = get_object_or_404(rows, pk=pk)
    year = _year_of(request)
    lots = Lot.objects.on_ground_of(code).in_year(year)
    lots = lots.select_related("code__holder", "code__commune", "market", "packing_code__house", "declared_for")
    context = {
        "code": code,
        "year": year,
        "years": range(localdate().year, localdate().year - 3, -1),
        "ledger": ledger_of(code, year),
        "lots": _shown(lots[:SHOWN_LOTS], request.user),
        "is_office": holds(request.user, "codes.view_code"),
    }
    return render(request, "codes/lot_ledger.html", context)


@login_required
@require_safe
@show_domain_errors
def ledger_list(request: HttpRequest) -> HttpResponse:
    """All codes of the officer's place on whose ground lots were declared, red ones first."""
    if not holds(request.user, "codes.view_code"):
        raise Http404
    year = _year_of(request)
    codes = ProductionAreaCode.objects.visible_to(request.user).with_lots_in(year).with_ledger(year).defer("boundary")
    codes = codes.order_by("-is_overdrawn", "remaining_t", "code")
    page = Paginator(codes, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "year": year,
        "years": range(localdate().year, localdate().year - 3, -1),
        "rows": [(code, ledger_of(code, year)) for code in page],
        "query": f"year={year}",
    }
    return render(request, "codes/lot_office.html", context)


def _lots_of(cooperative: Any) -> str:
    return f"{reverse('codes:lot-list')}?cooperative={cooperative.slug}"


def _lot(request: HttpRequest, pk: int) -> Lot:
    rows = Lot.objects.visible_to(request.user).select_related("code__holder", "code__commune", "declared_for")
    return get_object_or_404(rows, pk=pk)
