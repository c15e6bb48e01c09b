"""The life of a code after its issue: suspended, restored, revoked; and what markets say of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes.changes import CodesChanged
from codes.models import CodeEvent, CodeStatus, MarketApproval, ProductionAreaCode
from codes.permissions import can_change_code_status, can_change_market_status
from codes.workflow import APPROVAL_TRANSITIONS, CODE_TRANSITIONS, NEEDS_PUBLIC_NOTE
from core.changes import announce
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.workflow import next_status


@dataclass(frozen=True, slots=True)
class Act:
    """Why, by which document and from which day a step is taken; `public_note` is what everybody reads."""

    reason: str
    document_number: str
    effective_on: dt.date
    public_note: str = ""


def suspend_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Suspend an active code. Raises NotAllowed, WrongState, RuleViolated("act_incomplete")."""
    return move_code(code, "suspend", act, by=by)


def restore_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Make a suspended code active again. Raises as `suspend_code`."""
    return move_code(code, "restore", act, by=by)


def revoke_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Revoke a code for ever; its string stays and is never given again. Raises as `suspend_code`."""
    return move_code(code, "revoke", act, by=by)


@transaction.atomic
def move_code(code: ProductionAreaCode, name: str, act: Act, *, by: Any) -> ProductionAreaCode:
    """Take step `name` of CODE_TRANSITIONS: the one place where a code's status changes, and it leaves an event."""
    code = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("commune").get(pk=code.pk)
    require(can_change_code_status(by, code))
    old, new = code.status, _next(CODE_TRANSITIONS, name, code.status, code)
    _check_act(act, needs_note=name in NEEDS_PUBLIC_NOTE)
    code.status = new
    code.save(update_fields=["status", "updated_at"])
    _record(code, name, old, new, act, by)
    return code


@transaction.atomic
def move_market_approval(approval: MarketApproval, name: str, act: Act, *, by: Any) -> MarketApproval:
    """Record what a market says of a code, by step `name` of APPROVAL_TRANSITIONS. Other markets stay untouched."""
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("commune")
    code = rows.get(pk=approval.code_id)
    approval = MarketApproval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    require(can_change_market_status(by, code))
    if code.status in (CodeStatus.REVOKED, CodeStatus.SUPERSEDED):
        raise WrongState("code_over", _("Mã số đã thu hồi hoặc đã thay thế: không còn ghi nhận thị trường."))
    old, new = approval.status, _next(APPROVAL_TRANSITIONS, name, approval.status, code)
    _check_act(act, needs_note=False)
    approval.status = new
    approval.document_number = act.document_number
    approval.decided_on = act.effective_on
    approval.save(update_fields=["status", "document_number", "decided_on", "updated_at"])
    _record(code, name, old, new, act, by, market_id=approval.market_id)
    return approval


def _next(table: Any, name: str, status: str, code: ProductionAreaCode) -> str:
    """Return the next status; who is too late reads who was faster and when."""
    if name not in table:
        raise RuleViolated("unknown_step", _("Không có bước này."))
    try:
        return next_status(table, name, status)
    except WrongState as error:
        last = code.events.select_related("by").last()
        if last is None or last.by is None:
            raise
        when = timezone.localtime(last.at)
        raise WrongState(
            detail=_("%(error)s Bước gần nhất do %(name)s thực hiện lúc %(time)s.")
            % {"error": error.detail, "name": last.by, "time": f"{when:%H:%M %d/%m/%Y}"}
        ) from error


def _check_act(act: Act, *, needs_note: bool) -> None:
    missing = [
        (field, text)
        for field, text, value in (
            ("reason", _("Hãy ghi lý do."), act.reason),
            ("document_number", _("Hãy ghi số văn bản."), act.document_number),
            ("public_note", _("Hãy ghi điều công chúng sẽ đọc."), act.public_note if needs_note else "-"),
        )
        if not value.strip()
    ]
    if missing:
        raise RuleViolated(
            "act_incomplete", findings=[Finding("required", text, f"/{field}") for field, text in missing]
        )
    if act.effective_on > timezone.localdate():
        raise RuleViolated(
            "effective_in_future",
            findings=[Finding("effective_in_future", _("Ngày hiệu lực không được sau hôm nay."), "/effective_on")],
        )


def _record(
    code: ProductionAreaCode, name: str, old: str, new: str, act: Act, by: Any, *, market_id: str | None = None
) -> None:
    CodeEvent.objects.create(
        code=code,
        transition=name,
        market_id=market_id,
        old_status=old,
        new_status=new,
        reason=act.reason,
        document_number=act.document_number,
        effective_on=act.effective_on,
        public_note=act.public_note,
        by=by,
    )
    announce(CodesChanged(ids=(code.pk,)))
