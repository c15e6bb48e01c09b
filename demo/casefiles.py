"""Requests in every state, and 90 codes of a province that does not exist."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.timezone import localdate

from casework.models import CodeRequest
from casework.services.applicant import draft_request, submit_request, withdraw_request
from casework.services.inspections import schedule_inspection
from casework.services.office import (
    approve_request,
    lapse_requests,
    reject_request,
    return_request,
    take_up_request,
)
from codes.models import CodeScheme, Market, MarketApproval, ProductionArea, ProductionAreaCode
from codes.services.life import Act, move_code, move_market_approval, reasons_for
from crops.models import CropGroup

CODES = 90
OLD_SCHEME, NEW_SCHEME = "xuat-khau-or", "nd-38-2026"
FIXED_PARTS = {"letters": "XX", "province": "99"}  # letters and number that no province has
DECLARATION = {"has_declared": True, "contact_person": "Người phụ trách DEMO"}


def tell_casefiles(areas: Sequence[ProductionArea], *, clerk: Any, officer: Any) -> str:
    """Ask for, examine and issue codes; leave some requests on the way. Returns a line that says how many."""
    old, new = _switch_on(OLD_SCHEME), _switch_on(NEW_SCHEME)
    markets = {market.code: market for market in Market.objects.all()}
    fruit = [area for area in areas if area.crop.group == CropGroup.FRUIT and area.grower_count >= 3]
    for number, area in enumerate(fruit):
        second = markets["USA"] if number % 2 else markets["AUS"]
        _issue(area, old, [markets["CHN"], second], clerk, officer)
    for number, area in enumerate(fruit[: (CODES - len(fruit)) // 2]):
        second = markets["KOR"] if number % 3 else markets["JPN"]
        _issue(area, new, [markets["CHN"], second], clerk, officer)
    _tell_markets(officer)
    _tell_lives(officer)
    _leave_on_the_way([area for area in areas if area not in fruit], new, markets, clerk, officer)
    return f"{CodeRequest.objects.count()} requests, {ProductionAreaCode.objects.count()} codes"


def _switch_on(slug: str) -> CodeScheme:
    scheme = CodeScheme.objects.get(slug=slug)
    scheme.is_confirmed = True
    scheme.fixed_parts = FIXED_PARTS
    scheme.save(update_fields=["is_confirmed", "fixed_parts"])
    return scheme


def _issue(area: ProductionArea, scheme: CodeScheme, markets: list[Market], clerk: Any, officer: Any) -> None:
    draft = draft_request(
        area, scheme=scheme, markets=markets, by=clerk, expected_output_t=round(area.area_ha * 11), **DECLARATION
    )
    submit_request(draft, by=clerk)
    take_up_request(draft, by=officer)
    approve_request(draft, by=officer, document_number=f"DEMO-{draft.pk:04d}/QĐ")


def _act(reason: str, note: str = "") -> Act:
    return Act(reason=reason, document_number="DEMO/TB", effective_on=localdate(), public_note=note)


def _tell_markets(officer: Any) -> None:
    """Most markets approved; some files are on the way, some were refused, one is on hold."""
    for number, approval in enumerate(MarketApproval.objects.select_related("code").order_by("pk")):
        for step in _market_steps(number):
            approval = move_market_approval(
                approval, step, _act("Theo danh sách của nước nhập khẩu (DEMO)"), by=officer
            )


def _market_steps(number: int) -> Iterator[str]:
    if number % 11 == 10:
        return
    yield "send_dossier"
    if number % 9 == 8:
        return
    if number % 13 == 12:
        yield "reject"
        return
    yield "approve"
    if number % 29 == 28:
        yield "hold"


def _tell_lives(officer: Any) -> None:
    """Three codes are suspended, one of them restored, and two revoked."""
    codes = list(ProductionAreaCode.objects.order_by("pk"))
    for code in (codes[4], codes[40], codes[70]):
        _live(code, "suspend", _act("Hàng không đúng vùng trồng", "Tạm đình chỉ để kiểm tra nguồn gốc."), officer)
    _live(codes[70], "restore", _act("Đã khắc phục", "Đã kiểm tra lại, đạt yêu cầu."), officer)
    for code in (codes[9], codes[55]):
        _live(code, "revoke", _act("Cho mượn mã số", "Thu hồi do cho đơn vị khác sử dụng mã."), officer)


def _live(code: ProductionAreaCode, step: str, act: Act, officer: Any) -> None:
    """Take a step of a code's life for the first reason that its scheme lists for it."""
    move_code(code, step, replace(act, reason_code=reasons_for(code, step).first()), by=officer)


def _leave_on_the_way(
    areas: Sequence[ProductionArea], scheme: CodeScheme, markets: dict[str, Market], clerk: Any, officer: Any
) -> None:
    drafts = [draft_request(area, scheme=scheme, markets=[markets["CHN"]], by=clerk, **DECLARATION) for area in areas]
    for draft in drafts[3:]:  # the first three stay drafts
        submit_request(draft, by=clerk)
    for submitted in drafts[9:]:
        take_up_request(submitted, by=officer)
    for reviewed in drafts[15:17]:
        schedule_inspection(reviewed, note="Hẹn kiểm tra thực địa (DEMO)", by=officer)
    for reviewed in drafts[17:19]:
        reject_request(reviewed, reason="Diện tích trồng xen không đúng khai báo (DEMO).", by=officer)
    return_request(drafts[19], reason="Không bổ sung được (DEMO).", by=officer)
    lapse_requests(today=localdate() + dt.timedelta(days=60))
    for reviewed in drafts[12:15]:
        return_request(reviewed, reason="Thiếu danh sách hộ có chữ ký. Bổ sung rồi nộp lại (DEMO).", by=officer)
    for pending in drafts[7:9]:
        withdraw_request(pending, by=clerk, note="Hợp tác xã rút để gộp hồ sơ (DEMO)")
