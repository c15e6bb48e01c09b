"""Pages of a cooperative's members: the list, one member, consents, whole numbers and who read them."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives import services
from cooperatives.forms_growers import (
    CodeBackForm,
    CodeForm,
    ConsentForm,
    DataForm,
    GrowerEditForm,
    GrowerForm,
    LeaveForm,
    NumberForm,
)
from cooperatives.grower_lists import CONSENTS
from cooperatives.grower_rows import ORDERS, orders, row_of, states
from cooperatives.models import Cooperative, DirectoryExport, Grower
from cooperatives.permissions import (
    can_edit_for_cooperative,
    can_erase_grower,
    can_read_number,
    can_see_number_reads,
)
from cooperatives.querysets import own_cooperative_ids
from cooperatives.services.growers import context_of
from cooperatives.views.home import cooperative_of
from core.errors import DomainError
from core.permissions import require
from core.views import show_domain_errors
from office.services import document_response
from people.consent_codes import can_send_code, confirm_code, send_code
from people.consent_texts import CONSENT_TEXTS, EXPLANATION, TEXT_VERSION, chosen_fields, text_of
from people.models import Consent, ConsentField

PAGE_SIZE = 50
FOUND_AT_MOST = 100


def _members(cooperative: Cooperative) -> Any:
    return Grower.objects.filter(cooperative=cooperative).select_related("person").with_land().with_consents()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
@sensitive_post_parameters("phone", "id_number")
def grower_list(request: HttpRequest) -> HttpResponse:
    """Members of the cooperative, and a form to add one."""
    cooperative = cooperative_of(request)
    form = GrowerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        grower = services.add_grower(cooperative, by=request.user, **form.fields_for_service())
        messages.success(request, _("Đã thêm thành viên số %(number)s.") % {"number": grower.number})
        return redirect(f"{reverse('cooperatives:grower-list')}?cooperative={cooperative.slug}")
    return _list_page(request, cooperative, form=form)


@login_required
@require_POST
@show_domain_errors
def grower_search(request: HttpRequest) -> HttpResponse:
    """Members found by name or number. Sent in the body: a name has no place in addresses and logs."""
    return _list_page(request, cooperative_of(request), q=request.POST.get("q", "").strip()[:100])


def _list_page(
    request: HttpRequest, cooperative: Cooperative, *, form: GrowerForm | None = None, q: str = ""
) -> HttpResponse:
    state, order = request.GET.get("state", ""), request.GET.get("order", "")
    state = state if state in dict(states()) else ""
    order = order if order in ORDERS else "number"
    rows = _members(cooperative)
    if q:
        rows = rows.search(q)
    elif state == "left":
        rows = rows.exclude(left_on=None)
    else:
        rows = rows.current()
        if state == "without-plots":
            rows = rows.filter(plot_count=0)
        elif state == "in-conflict":
            rows = rows.filter(conflict_count__gt=0)
    rows = rows.order_by(*ORDERS[order])
    page = Paginator(rows, FOUND_AT_MOST if q else PAGE_SIZE).get_page(1 if q else request.GET.get("page"))
    context = {
        "cooperative": cooperative,
        "page": page,
        "query": f"cooperative={cooperative.slug}&state={state}&order={order}",
        "rows": [row_of(grower) for grower in page],
        "q": q,
        "state": state,
        "states": states(),
        "order": order,
        "orders": orders(),
        "form": form or GrowerForm(),
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
        "may_see_reads": can_see_number_reads(request.user, cooperative),
    }
    return render(request, "cooperatives/grower_list.html", context, status=422 if form and form.errors else 200)


# --- One member ---------------------------------------------------------------------------------------------------


def _grower(request: HttpRequest, pk: int) -> Any:
    """A member of a cooperative for which the user works; officers have the directory."""
    rows = Grower.objects.filter(cooperative__in=own_cooperative_ids(request.user))
    rows = rows.select_related("person", "cooperative__commune", "added_by", "erased_by")
    rows = rows.defer("cooperative__commune__boundary", "cooperative__commune__boundary_3857")
    return get_object_or_404(rows.with_land().with_consents(), pk=pk)


def _own_grower(request: HttpRequest, pk: int) -> Any:
    """A member of a cooperative for which the user enters data; 404 to strangers."""
    grower = _grower(request, pk)
    require(can_edit_for_cooperative(request.user, grower.cooperative))
    return grower


@login_required
@require_safe
@show_domain_errors
def grower_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One member: facts, plots on a map, consents, problems. An officer is led to what the person opened."""
    if Grower.objects.filter(pk=pk, cooperative__in=own_cooperative_ids(request.user)).exists():
        return _detail_page(request, _grower(request, pk))
    get_object_or_404(Grower.objects.listed_for(request.user), pk=pk)
    return redirect("cooperatives:directory-person", pk=pk)


def _detail_page(request: HttpRequest, grower: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    user, cooperative = request.user, grower.cooperative
    plots = list(grower.plots.exclude(status="archived").select_related("crop").order_by("ref"))
    may_edit = can_edit_for_cooperative(user, cooperative)
    live = {consent.purpose: consent for consent in grower.person.live_consents}
    open_purposes = [purpose.value for purpose in CONSENTS if purpose not in live]
    may_read = can_read_number(user, cooperative)
    has_number = bool(grower.person.phone_encrypted or grower.person.id_number_encrypted)
    context = {
        "grower": grower,
        "person": grower.person,
        "cooperative": cooperative,
        "facts": row_of(grower),
        "plots": plots,
        "frame": _frame(plots) if plots else None,
        "consents": grower.person.consents.select_related("document", "recorded_by", "withdrawn_by").order_by(
            "-given_at", "-pk"
        ),
        "purposes": [
            {
                "label": purpose.label,
                "text": text_of(purpose, live[purpose].text_version) if purpose in live else CONSENT_TEXTS[purpose],
                "version": live[purpose].text_version if purpose in live else TEXT_VERSION,
                "is_live": purpose in live,
                "value": purpose.value,
                "opened": _opened(live[purpose]) if purpose in live else [],
            }
            for purpose in CONSENTS
        ],
        "explanation": EXPLANATION,
        "today": localdate(),
        "may_edit": may_edit,
        "may_erase": can_erase_grower(user, cooperative),
        "may_read": may_read,
        "number_form": NumberForm(grower=grower) if may_read and has_number else None,
        "data_form": DataForm() if may_read else None,
    }
    if may_edit:
        context |= {
            "leave_form": LeaveForm(initial={"on": localdate()}),
            "consent_form": ConsentForm(purposes=open_purposes) if open_purposes else None,
            "code_form": CodeForm(purposes=open_purposes) if open_purposes and can_send_code(grower.person) else None,
            "code_back_form": CodeBackForm() if _waits_for_code(grower) else None,
        }
    return render(request, "cooperatives/grower_detail.html", context | more, status=status)


def _opened(consent: Consent) -> list[dict[str, str]]:
    """The fields that a consent in force opens, with the value of the form that withdraws one; the name has none."""
    return [
        {"label": label, "value": "" if field == ConsentField.NAME else f"{consent.purpose}:{field}"}
        for field, label in zip(consent.fields, consent.field_labels, strict=True)
    ]


def _waits_for_code(grower: Grower) -> bool:
    return grower.person.consent_codes.filter(used_at=None, expires_at__gt=now()).exists()


def _frame(plots: list[Any]) -> dict[str, Any]:
    """The frame of a map with only these plots (docs/frontend.md)."""
    boxes = [plot.boundary.extent for plot in plots]
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    margin = max((east - west) * 0.2, (north - south) * 0.2, 0.001)
    features = [
        {
            "type": "Feature",
            "properties": {"colour": "#c92a2a" if plot.status == "in_conflict" else "#1c6247", "ref": plot.ref},
            "geometry": json.loads(plot.boundary.geojson),
        }
        for plot in plots
    ]
    return {
        "show": ["units"],
        "hash": False,
        "count": False,
        "legend": False,
        "features": {"type": "FeatureCollection", "features": features},
        "bounds": [west - margin, south - margin, east + margin, north + margin],
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
@sensitive_post_parameters("phone", "id_number")
def grower_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what is kept of a member (also at the person's request)."""
    grower = _own_grower(request, pk)
    form = GrowerEditForm(request.POST or None, grower=grower)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_grower(grower, by=request.user, **form.fields_for_service())
        except DomainError as error:
            form.add_error(
                {"number_taken": "number", "id_number_known": "id_number"}.get(error.code), str(error.detail)
            )
        else:
            messages.success(request, _("Đã sửa thông tin thành viên."))
            return redirect("cooperatives:grower-detail", pk=pk)
    context = {"grower": grower, "cooperative": grower.cooperative, "form": form}
    return render(request, "cooperatives/grower_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def grower_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """A member leaves, or comes back (`do=return`)."""
    grower = _own_grower(request, pk)
    if request.POST.get("do") == "return":
        services.take_back(grower, by=request.user)
        messages.success(request, _("Đã nhận lại thành viên."))
        return redirect("cooperatives:grower-detail", pk=pk)
    form = LeaveForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, grower, status=422, leave_form=form)
    services.leave(grower, on=form.cleaned_data["on"], by=request.user)
    messages.success(request, _("Đã ghi thành viên ra khỏi đơn vị. Các thửa vẫn giữ nguyên."))
    return redirect("cooperatives:grower-detail", pk=pk)


@login_required
@require_POST
@show_domain_errors
def grower_erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the person out of the record of a former member."""
    services.erase_grower(_own_grower(request, pk), by=request.user)
    messages.success(request, _("Đã xóa dữ liệu cá nhân. Số thành viên được giữ vì thửa và mã số dựa vào đó."))
    return redirect("cooperatives:grower-detail", pk=pk)


# --- Consents -----------------------------------------------------------------------------------------------------


@login_required
@require_POST
@show_domain_errors
def grower_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Record consents (`do=give`), or withdraw one (`do=withdraw`)."""
    grower = _own_grower(request, pk)
    if request.POST.get("do") == "withdraw":
        services.withdraw_consents(grower, request.POST.getlist("purposes"), by=request.user)
        services.withdraw_fields(grower, chosen_fields(request.POST.getlist("fields")), by=request.user)
        messages.success(request, _("Đã rút sự đồng ý: có hiệu lực ngay."))
        return redirect("cooperatives:grower-detail", pk=pk)
    live = {consent.purpose for consent in grower.person.live_consents}
    form = ConsentForm(request.POST, request.FILES, purposes=[value.value for value in CONSENTS if value not in live])
    if form.is_valid():
        try:
            services.record_consents(grower, by=request.user, **form.for_service())
        except DomainError as error:
            form.add_error("evidence" if error.code == "evidence_missing" else "photo", str(error.detail))
        else:
            messages.success(request, _("Đã ghi sự đồng ý."))
            return redirect("cooperatives:grower-detail", pk=pk)
    return _detail_page(request, grower, status=422, consent_form=form)


@login_required
@require_POST
@show_domain_errors
def grower_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a code to the member's phone, or take the one that comes back (`do=confirm`)."""
    grower = _own_grower(request, pk)
    if request.POST.get("do") == "confirm":
        form = CodeBackForm(request.POST)
        if not form.is_valid():
            return _detail_page(request, grower, status=422, code_back_form=form)
        confirm_code(grower.person, form.cleaned_data["code"], context=context_of(grower), by=request.user)
        messages.success(request, _("Đã ghi sự đồng ý."))
    else:
        fields = chosen_fields(request.POST.getlist("fields_opened"))
        send_code(grower.person, request.POST.getlist("purposes"), fields=fields, by=request.user)
        messages.success(request, _("Đã gửi mã đến điện thoại của thành viên. Mã dùng được trong 10 phút."))
    return redirect("cooperatives:grower-detail", pk=pk)


@login_required
@require_safe
@show_domain_errors
def grower_consent_photo(request: HttpRequest, pk: int, consent: int) -> HttpResponse:
    """The photo of a signed paper, for those who enter data for the cooperative."""
    grower = _own_grower(request, pk)
    found = get_object_or_404(Consent.objects.exclude(document=None), pk=consent, person=grower.person)
    return document_response(found.document)  # type: ignore[arg-type, return-value]


# --- Whole numbers ------------------------------------------------------------------------------------------------


@login_required
@require_POST
@show_domain_errors
def grower_number(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a whole number on this one answer, after its purpose was written down."""
    grower = _grower(request, pk)
    form = NumberForm(request.POST, grower=grower)
    if not form.is_valid():
        require(can_read_number(request.user, grower.cooperative))
        return _detail_page(request, grower, status=422, number_form=form)
    what = form.cleaned_data["what"]
    number = services.read_number(grower, what, purpose=form.cleaned_data["purpose"], by=request.user)
    return _detail_page(request, grower, number=number, number_label=dict(form.fields["what"].choices)[what])  # type: ignore[attr-defined]


@login_required
@require_POST
@show_domain_errors
def grower_data(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is kept of a member, for that person: a sheet to print (`as=sheet`) or JSON; reads are logged."""
    grower = _grower(request, pk)
    form = DataForm(request.POST)
    if not form.is_valid():
        require(can_read_number(request.user, grower.cooperative))
        return _detail_page(request, grower, status=422, data_form=form)
    data = services.data_of(grower, purpose=form.cleaned_data["purpose"], by=request.user)
    if request.POST.get("as") == "sheet":
        return _sheet(request, grower, data)
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="thanh-vien-{grower.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def _sheet(request: HttpRequest, grower: Grower, data: dict[str, Any]) -> HttpResponse:
    context = {
        "grower": grower,
        "data": data,
        "consents": grower.person.consents.select_related("recorded_by").order_by("given_at", "pk"),
        "reads": grower.person.number_reads.filter(context=context_of(grower)).select_related("read_by"),
        "exports": DirectoryExport.objects.filter(growers__contains=[grower.pk]).select_related("exported_by"),
        "today": localdate(),
    }
    response = render(request, "cooperatives/grower_sheet.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
