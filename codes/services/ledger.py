"""Writes on the volume ledger: lots declared, "was this you?" answered, lots cancelled."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import notifications
from codes.changes import LotDenied
from codes.models import (
    ApprovalStatus,
    CodeStatus,
    Lot,
    LotAnswer,
    Market,
    PackingHouseCode,
    PackingLink,
    ProductionAreaCode,
)
from codes.permissions import can_answer_lot, can_cancel_lot
from codes.querysets import HOME_MARKET
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative
from core.changes import announce
from core.errors import Finding, NotAllowed, RuleViolated, WrongState
from core.permissions import require

MAX_KG = Decimal(1_000_000)  # a ship's hold; a figure above is a slip of the pen (kg for grams)
MAX_AGE_DAYS = 400  # a year's ledger can be completed for some weeks into the next


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What is declared: number, day, kilograms, where to, packed by whom."""

    lot_number: str
    shipped_on: dt.date
    weight_kg: Decimal
    market: Market | None = None
    packing_code: PackingHouseCode | None = None
    note: str = ""


@transaction.atomic
def declare_lot(code: ProductionAreaCode, facts: LotFacts, *, declarer: Cooperative, by: Any) -> Lot:
    """Declare fruit that went out under a code: by its holder, or by a packing house that the holder lets use it.

    The holder is asked "was this you?" about lots of others. Raises NotAllowed, and RuleViolated with a finding for
    each field: a code not in force, a day or weight that cannot be, a market that does not take the code's fruit.
    """
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("holder", "area")
    code = rows.get(pk=code.pk)
    require(can_edit_for_cooperative(by, declarer))
    is_holder = declarer.pk == code.holder_id
    _check_packing(code, facts.packing_code, declarer, is_holder=is_holder)
    findings = [*_of_code(code, facts), *_of_figures(code, facts), *_of_market(code, facts)]
    if Lot.objects.counted().filter(code=code, declared_for=declarer, lot_number=facts.lot_number.strip()).exists():
        findings.append(Finding("lot_number_taken", _("Số lô này đã được khai cho mã này."), "/lot_number"))
    if findings:
        raise RuleViolated("lot_refused", " ".join(str(one.message) for one in findings), findings=findings)
    lot = Lot.objects.create(
        code=code,
        packing_code=facts.packing_code,
        lot_number=facts.lot_number,
        shipped_on=facts.shipped_on,
        weight_kg=facts.weight_kg,
        market=facts.market,
        note=facts.note,
        declared_for=declarer,
        declared_by=by,
        answer=LotAnswer.YES if is_holder else LotAnswer.WAITING,
        answered_by=by if is_holder else None,
        answered_at=timezone.now() if is_holder else None,
    )
    if not is_holder:
        notifications.lot_declared(lot)
    return lot


@transaction.atomic
def answer_lot(lot: Lot, *, is_ours: bool, by: Any) -> Lot:
    """Answer "was this you?" for the holder of the code; no is told on (LotDenied). Said twice is said once.

    Raises NotAllowed, WrongState when it was answered otherwise or the lot is cancelled.
    """
    lot = _locked(lot)
    require(can_answer_lot(by, lot))
    answer = LotAnswer.YES if is_ours else LotAnswer.NO
    if lot.answer == answer:
        return lot
    if lot.cancelled_at is not None or lot.answer != LotAnswer.WAITING:
        raise WrongState("lot_answered", _("Lô này đã được trả lời hoặc đã hủy."))
    lot.answer, lot.answered_by, lot.answered_at = answer, by, timezone.now()
    lot.save(update_fields=["answer", "answered_by", "answered_at"])
    if not is_ours:
        announce(LotDenied(lots=Lot.objects.filter(pk=lot.pk)))
    return lot


@transaction.atomic
def cancel_lot(lot: Lot, reason: str, *, by: Any) -> Lot:
    """Take a declaration back, with a reason; the row stays and no longer counts. Raises NotAllowed, WrongState."""
    lot = _locked(lot)
    require(can_cancel_lot(by, lot))
    if not reason.strip():
        raise RuleViolated("reason_missing", findings=[Finding("required", _("Hãy ghi lý do hủy."), "/reason")])
    if lot.cancelled_at is not None:
        if lot.cancelled_by_id == by.pk and lot.cancel_reason == reason.strip():
            return lot
        raise WrongState("lot_cancelled", _("Lô này đã được hủy."))
    lot.cancelled_at, lot.cancelled_by, lot.cancel_reason = timezone.now(), by, reason.strip()
    lot.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    return lot


def _locked(lot: Lot) -> Lot:
    rows = Lot.objects.select_for_update(of=("self",)).select_related("code__holder", "code__commune", "declared_for")
    return rows.get(pk=lot.pk)


def _check_packing(
    code: ProductionAreaCode, packing_code: PackingHouseCode | None, declarer: Cooperative, *, is_holder: bool
) -> None:
    if packing_code is None:
        require(is_holder, _("Chỉ đơn vị giữ mã hoặc cơ sở đóng gói được phép mới khai được lô."))
        return
    runs_it = packing_code.house.operator_id == declarer.pk
    if not (is_holder or runs_it):
        raise NotAllowed(detail=_("Cơ sở đóng gói này không do đơn vị của bạn vận hành."))
    if not PackingLink.objects.live().filter(code=code, packing_code=packing_code).exists():
        raise NotAllowed(detail=_("Đơn vị giữ mã chưa cho phép cơ sở đóng gói này dùng mã."))
    if not PackingHouseCode.objects.active_on(timezone.localdate()).filter(pk=packing_code.pk).exists():
        raise RuleViolated(
            "packing_code_not_active",
            findings=[Finding("packing_code_not_active", _("Mã cơ sở đóng gói không còn hiệu lực."), "/packing_code")],
        )


def _of_code(code: ProductionAreaCode, facts: LotFacts) -> list[Finding]:
    texts = {
        CodeStatus.SUSPENDED: _("Mã số đang bị tạm đình chỉ nên không khai được lô. Hãy hỏi cơ quan đã đình chỉ."),
        CodeStatus.REVOKED: _("Mã số đã bị thu hồi nên không khai được lô."),
        CodeStatus.SUPERSEDED: _("Mã số đã được thay bằng mã khác. Hãy khai lô theo mã mới."),
    }
    if code.status != CodeStatus.ACTIVE:
        return [Finding(f"code_{code.status}", texts[CodeStatus(code.status)], "/code")]
    if code.is_expired(facts.shipped_on):
        return [Finding("code_expired", _("Mã số đã hết hạn vào ngày xuất lô."), "/shipped_on")]
    return []


def _of_figures(code: ProductionAreaCode, facts: LotFacts) -> list[Finding]:
    today = timezone.localdate()
    found = []
    if facts.shipped_on > today:
        found.append(Finding("date_in_future", _("Ngày xuất không được sau hôm nay."), "/shipped_on"))
    elif facts.shipped_on < code.issued_on:
        found.append(Finding("date_before_issue", _("Ngày xuất trước ngày cấp mã số."), "/shipped_on"))
    elif facts.shipped_on < today - dt.timedelta(days=MAX_AGE_DAYS):
        found.append(Finding("date_too_old", _("Ngày xuất đã quá lâu: sổ của năm đó đã khóa."), "/shipped_on"))
    if not 0 < facts.weight_kg <= MAX_KG:
        found.append(Finding("weight", _("Khối lượng phải lớn hơn 0 và không quá 1.000.000 kg mỗi lô."), "/weight_kg"))
    elif facts.weight_kg != round(facts.weight_kg, 1):
        found.append(Finding("weight", _("Khối lượng ghi tới 0,1 kg."), "/weight_kg"))
    if not facts.lot_number.strip():
        found.append(Finding("required", _("Hãy ghi số lô."), "/lot_number"))
    return found


def _of_market(code: ProductionAreaCode, facts: LotFacts) -> list[Finding]:
    market = facts.market
    if market is None or market.code == HOME_MARKET:
        return []
    approval = code.approvals.filter(market=market).first()
    if approval is not None and approval.status == ApprovalStatus.APPROVED:
        return []
    state = approval.get_status_display() if approval else _("mã này không cấp cho thị trường đó")
    text = _("%(market)s chưa chấp thuận mã số này (%(state)s).") % {"market": market, "state": state}
    return [Finding("market_not_approved", text, "/market")]
