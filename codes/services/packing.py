"""Packing houses, their codes, and which of them may use a production area code."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import notifications
from codes.models import CodeStatus, LinkStatus, Market, PackingHouseCode, PackingLink, ProductionAreaCode
from codes.permissions import (
    can_ask_link,
    can_decide_link,
    can_end_link,
    can_manage_packing_house,
    can_register_packing_house,
)
from codes.workflow import LINK_TRANSITIONS, NEEDS_PUBLIC_NOTE, PACKING_TRANSITIONS
from cooperatives.models import Cooperative, PackingHouse
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import fold
from core.workflow import next_status
from places.models import AdministrativeUnit

ABOUT_A_HOUSE = frozenset({"address", "location", "contact_name", "phone", "operator_name"})


@dataclass(frozen=True, slots=True)
class PackingCodeFacts:
    """A packing house code as the authority gave it; `market` None: for all markets."""

    code: str
    market: Market | None = None
    issued_on: dt.date | None = None
    valid_until: dt.date | None = None
    document_number: str = ""


@transaction.atomic
def register_packing_house(
    *, name: str, commune: AdministrativeUnit, operator: Cooperative | None, by: Any, **about: Any
) -> PackingHouse:
    """Record a packing house: an officer of its commune, or the owner of the firm that runs it.

    `about`: address, location, contact_name, phone, operator_name (of a firm without an account). Raises NotAllowed,
    RuleViolated("packing_house_known") for a name that its commune has already.
    """
    unknown = set(about) - ABOUT_A_HOUSE
    if unknown:
        raise TypeError(f"not about a packing house: {sorted(unknown)}")
    require(can_register_packing_house(by, commune, operator))
    if PackingHouse.objects.filter(name=name, commune=commune).exists():
        text = _("Xã, phường này đã có cơ sở đóng gói tên đó.")
        raise RuleViolated("packing_house_known", text, findings=[Finding("packing_house_known", text, "/name")])
    if operator is not None:
        about["operator_name"] = operator.name
    return PackingHouse.objects.create(name=name, search_key=fold(name), commune=commune, operator=operator, **about)


@transaction.atomic
def record_packing_code(house: PackingHouse, facts: PackingCodeFacts, *, by: Any) -> PackingHouseCode:
    """Record the code that the authority gave a house. Raises NotAllowed, RuleViolated for a code that is known."""
    require(can_manage_packing_house(by, house))
    code = "".join(facts.code.upper().split())
    if facts.issued_on and facts.valid_until and facts.valid_until < facts.issued_on:
        text = _("Ngày hết hạn trước ngày cấp.")
        raise RuleViolated("dates", text, findings=[Finding("dates", text, "/valid_until")])
    try:
        with transaction.atomic():
            return PackingHouseCode.objects.create(
                code=code,
                house=house,
                market=facts.market,
                issued_on=facts.issued_on,
                valid_until=facts.valid_until,
                document_number=facts.document_number,
            )
    except IntegrityError as error:
        is_known = "plain" not in str(error) and "ascii" not in str(error)
        text = _("Mã này đã có.") if is_known else _("Mã chỉ gồm chữ cái không dấu, chữ số và gạch nối.")
        raise RuleViolated("packing_code", text, findings=[Finding("packing_code", text, "/code")]) from error


@transaction.atomic
def move_packing_code(
    packing_code: PackingHouseCode, name: str, *, document_number: str, public_note: str = "", by: Any
) -> PackingHouseCode:
    """Suspend, restore or revoke a packing house code; the row history keeps who and when.

    Raises NotAllowed, WrongState, RuleViolated("act_incomplete"). The same act sent twice is done once.
    """
    rows = PackingHouseCode.objects.select_for_update(of=("self",)).select_related("house__commune", "house__operator")
    packing_code = rows.get(pk=packing_code.pk)
    require(can_manage_packing_house(by, packing_code.house))
    if name not in PACKING_TRANSITIONS:
        raise RuleViolated("unknown_step", _("Không có bước này."))
    target = PACKING_TRANSITIONS[name].target
    if (packing_code.status, packing_code.document_number) == (target, document_number):
        return packing_code
    new = next_status(PACKING_TRANSITIONS, name, packing_code.status)
    findings = []
    if not document_number.strip():
        findings.append(Finding("required", _("Hãy ghi số văn bản."), "/document_number"))
    if name in NEEDS_PUBLIC_NOTE and not public_note.strip():
        findings.append(Finding("required", _("Hãy ghi điều công chúng sẽ đọc."), "/public_note"))
    if findings:
        raise RuleViolated("act_incomplete", findings=findings)
    packing_code.status, packing_code.document_number, packing_code.public_note = new, document_number, public_note
    packing_code.save(update_fields=["status", "document_number", "public_note", "updated_at"])
    return packing_code


@transaction.atomic
def ask_link(code: ProductionAreaCode, packing_code: PackingHouseCode, *, by: Any, note: str = "") -> PackingLink:
    """Ask the holder of a code to let a packing house use it; the holder itself needs to ask nobody.

    A link that is asked or accepted already is returned as it is. Raises NotAllowed, RuleViolated for codes that
    are over.
    """
    code = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("holder").get(pk=code.pk)
    require(can_ask_link(by, code, packing_code))
    if code.holder_id is None:
        raise RuleViolated("code_without_holder", _("Mã này chưa gắn với đơn vị giữ mã trong hệ thống."))
    over = (CodeStatus.REVOKED, CodeStatus.SUPERSEDED)
    if code.status in over or packing_code.status in over:
        raise RuleViolated("code_over", _("Mã đã thu hồi hoặc đã thay thế: không liên kết được."))
    live = code.packing_links.filter(packing_code=packing_code, status__in=(LinkStatus.ASKED, LinkStatus.ACCEPTED))
    link = live.first()
    if link is None:
        link = PackingLink.objects.create(code=code, packing_code=packing_code, note=note, asked_by=by)
        if not can_decide_link(by, link):
            notifications.link_asked(link)
    if link.status == LinkStatus.ASKED and can_decide_link(by, link):
        link = _move_link(link, "accept", by)
    return link


@transaction.atomic
def decide_link(link: PackingLink, *, accept: bool, by: Any) -> PackingLink:
    """Say yes or no for the holder of the code. Raises NotAllowed, WrongState."""
    link = _locked(link)
    require(can_decide_link(by, link))
    link = _move_link(link, "accept" if accept else "refuse", by)
    notifications.link_decided(link)
    return link


@transaction.atomic
def end_link(link: PackingLink, *, by: Any) -> PackingLink:
    """End a link from today: the holder, or the firm that runs the packing house. Raises NotAllowed, WrongState."""
    link = _locked(link)
    require(can_end_link(by, link))
    return _move_link(link, "end", by)


def _locked(link: PackingLink) -> PackingLink:
    rows = PackingLink.objects.select_for_update(of=("self",))
    return rows.select_related("code__holder", "packing_code__house__operator").get(pk=link.pk)


def _move_link(link: PackingLink, name: str, by: Any) -> PackingLink:
    """The one place where a link's status changes; the row history keeps the trace. Done twice is done once."""
    if link.status == LINK_TRANSITIONS[name].target and link.decided_by_id == by.pk:
        return link
    try:
        link.status = next_status(LINK_TRANSITIONS, name, link.status)
    except WrongState as error:
        raise WrongState("link_over", _("Liên kết này đã được trả lời hoặc đã chấm dứt.")) from error
    link.decided_by, link.decided_at = by, timezone.now()
    link.ended_on = timezone.localdate() if name == "end" else None
    link.save(update_fields=["status", "decided_by", "decided_at", "ended_on"])
    return link
