"""The life of a code after its issue: suspended, restored, revoked, renewed, replaced; and what markets say of it."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import reminders
from codes.changes import CodesChanged
from codes.models import CodeEvent, CodeStatus, MarketApproval, ProductionAreaCode, Reason
from codes.permissions import can_change_code_status, can_change_market_status
from codes.services.issue import last_day_of_validity
from codes.workflow import APPROVAL_TRANSITIONS, CODE_TRANSITIONS, NEEDS_PUBLIC_NOTE
from core.changes import announce
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.workflow import next_status

# Renewed within these days after its end, a code runs on from its old last day: nobody wins or loses days by the
# date of a signature. Renewed later it starts anew, and the gap stays visible. Our own rule (docs/domain.md §1.4).
RENEWAL_GRACE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Act:
    """Why, by which document and from which day a step is taken; `public_note` is what everybody reads."""

    reason: str
    document_number: str
    effective_on: dt.date
    public_note: str = ""
    reason_code: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    """What a step changes besides the status: fields of the code, and what its event keeps."""

    fields: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


def suspend_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Suspend an active code. Raises NotAllowed, WrongState, RuleViolated("act_incomplete")."""
    return move_code(code, "suspend", act, by=by)


def restore_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Make a suspended code active again. Raises as `suspend_code`."""
    return move_code(code, "restore", act, by=by)


def revoke_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Revoke a code for ever; its string stays and is never given again. Raises as `suspend_code`."""
    return move_code(code, "revoke", act, by=by)


def renew_code(code: ProductionAreaCode, act: Act, *, by: Any) -> ProductionAreaCode:
    """Give an active or expired code another term of its scheme. Raises as `suspend_code`, and
    RuleViolated("no_term") for a code or scheme without an end."""
    return move_code(code, "renew", act, by=by)


@transaction.atomic
def move_code(code: ProductionAreaCode, name: str, act: Act, *, by: Any) -> ProductionAreaCode:
    """Take step `name` of CODE_TRANSITIONS but `supersede`, which needs successors: `supersede_codes`.

    The same act sent twice (same person, document, day and words) is done once. Who comes after somebody else's step
    gets WrongState with that person's name and time.
    """
    if name == "supersede":
        raise RuleViolated("successors_missing", _("Hãy chọn mã thay thế."))
    (locked,) = _lock([code], by)
    return locked if _is_repeat(locked, name, act, by) else _move(locked, name, act, by)


@transaction.atomic
def supersede_codes(
    codes: Iterable[ProductionAreaCode], successors: Iterable[ProductionAreaCode], act: Act, *, by: Any
) -> list[ProductionAreaCode]:
    """Replace codes by others: several by one when areas are merged, one by several when an area is split.

    Successors are codes in force of the same crop and, unless the act has a public note that says why, of the same
    holder. Links lead both ways (`superseded_by`, `supersedes`); all or nothing. Raises as `move_code`.
    """
    old_keys, new_keys = {code.pk for code in codes}, {code.pk for code in successors}
    locked = _lock(ProductionAreaCode.objects.filter(pk__in=old_keys | new_keys), by, besides=new_keys - old_keys)
    old = [code for code in locked if code.pk in old_keys]
    new = [code for code in locked if code.pk in new_keys]
    moved_before = [code for code in old if _is_repeat(code, "supersede", act, by)]
    if moved_before == old and all(set(code.superseded_by.values_list("pk", flat=True)) == new_keys for code in old):
        return old
    _check_successors(old, new, act)
    for code in old:
        _move(code, "supersede", act, by, _Change(details={"successors": [one.code for one in new]}))
        code.superseded_by.add(*new)
    for code in new:
        details = {"predecessors": [one.code for one in old]}
        _record(code, "succeed", code.status, code.status, act, by, details=details)
    announce(CodesChanged(ids=tuple(code.pk for code in locked)))
    return old


@transaction.atomic
def move_market_approval(approval: MarketApproval, name: str, act: Act, *, by: Any) -> MarketApproval:
    """Record what a market says of a code, by step `name` of APPROVAL_TRANSITIONS. Other markets stay untouched."""
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("commune", "scheme")
    code = rows.get(pk=approval.code_id)
    approval = MarketApproval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    require(can_change_market_status(by, code))
    if code.status in (CodeStatus.REVOKED, CodeStatus.SUPERSEDED):
        raise WrongState("code_over", _("Mã số đã thu hồi hoặc đã thay thế: không còn ghi nhận thị trường."))
    if _is_repeat(code, name, act, by, market_id=approval.market_id):
        return approval
    old = approval.status
    new = _next(APPROVAL_TRANSITIONS, name, old, code, market_id=approval.market_id)
    _check_act(act, needs_note=False)
    approval.status = new
    approval.document_number = act.document_number
    approval.decided_on = act.effective_on
    approval.save(update_fields=["status", "document_number", "decided_on", "updated_at"])
    _record(code, name, old, new, act, by, market_id=approval.market_id)
    announce(CodesChanged(ids=(code.pk,)))
    reminders.market_spoke(code, approval, name)
    return approval


def _lock(codes: Iterable[ProductionAreaCode], by: Any, *, besides: Collection[int] = ()) -> list[ProductionAreaCode]:
    """Lock codes in the order of their keys, so that nobody waits in a ring; `besides` need no right."""
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).select_related("commune", "scheme", "holder")
    locked = list(rows.filter(pk__in=[code.pk for code in codes]).order_by("pk"))
    for code in locked:
        require(code.pk in besides or can_change_code_status(by, code))
    return locked


def _move(code: ProductionAreaCode, name: str, act: Act, by: Any, change: _Change | None = None) -> ProductionAreaCode:
    """The one place where a code's status changes; it leaves an event. `code` is locked, the right was asked."""
    old, new = code.status, _next(CODE_TRANSITIONS, name, code.status, code)
    _check_act(act, needs_note=name in NEEDS_PUBLIC_NOTE)
    _check_reason_code(code, name, act)
    change = change or (_renewal(code, act) if name == "renew" else _Change())
    code.status = new
    for field_name, value in change.fields.items():
        setattr(code, field_name, value)
    code.save(update_fields=["status", *change.fields, "updated_at"])
    _record(code, name, old, new, act, by, details=change.details)
    announce(CodesChanged(ids=(code.pk,)))
    reminders.code_moved(code, name, act.effective_on, act.document_number)
    return code


def _renewal(code: ProductionAreaCode, act: Act) -> _Change:
    months, old = code.scheme.validity_months, code.valid_until
    if old is None or months is None:
        raise RuleViolated("no_term", _("Mã số hoặc chế độ này không có thời hạn: không cần gia hạn."))
    runs_on = act.effective_on <= old + dt.timedelta(days=RENEWAL_GRACE_DAYS)
    start = old + dt.timedelta(days=1) if runs_on else act.effective_on
    new = last_day_of_validity(start, months)
    dates = {"old_valid_until": old, "new_valid_until": new, "counted_from": start}
    return _Change({"valid_until": new}, {name: f"{day:%Y-%m-%d}" for name, day in dates.items()})


def _check_successors(old: list[ProductionAreaCode], new: list[ProductionAreaCode], act: Act) -> None:
    today = timezone.localdate()
    problem: tuple[str, Any] | None = None
    if not old or not new:
        problem = "successors_missing", _("Hãy chọn ít nhất một mã thay thế.")
    elif {code.pk for code in old} & {code.pk for code in new}:
        problem = "successor_of_itself", _("Một mã không thể thay thế chính nó.")
    elif any(code.status != CodeStatus.ACTIVE or code.is_expired(today) for code in new):
        problem = "successor_not_active", _("Mã thay thế phải đang có hiệu lực.")
    elif len({code.crop_id for code in old + new}) > 1:
        problem = "successor_other_crop", _("Mã thay thế phải cùng cây trồng.")
    elif len({code.holder_id for code in old + new}) > 1 and not act.public_note.strip():
        problem = (
            "successor_other_holder",
            _("Mã thay thế thuộc đơn vị khác: hãy ghi lý do vào “Ghi chú công khai”."),
        )
    if problem:
        code, text = problem
        raise RuleViolated(code, text, findings=[Finding(code, text, "/successors")])


def _is_repeat(code: ProductionAreaCode, name: str, act: Act, by: Any, *, market_id: str | None = None) -> bool:
    """Whether the last thing that happened is this very act: a second click, or a form sent again."""
    last = code.events.filter(market=market_id).last()
    return last is not None and (
        last.transition, last.by_id, last.document_number, last.effective_on, last.reason, last.public_note,
    ) == (name, by.pk, act.document_number, act.effective_on, act.reason, act.public_note)  # fmt: skip


def _next(table: Any, name: str, status: str, code: ProductionAreaCode, *, market_id: str | None = None) -> str:
    """Return the next status; who is too late reads who was faster and when."""
    if name not in table:
        raise RuleViolated("unknown_step", _("Không có bước này."))
    try:
        return next_status(table, name, status)
    except WrongState as error:
        last = code.events.filter(market=market_id).select_related("by").last()
        if last is None or last.by is None:
            raise
        when = timezone.localtime(last.at)
        raise WrongState(
            detail=_("%(error)s Bước gần nhất do %(name)s thực hiện lúc %(time)s.")
            % {"error": error.detail, "name": last.by, "time": f"{when:%H:%M %d/%m/%Y}"}
        ) from error


def _check_act(act: Act, *, needs_note: bool) -> None:
    missing = [
        (name, text)
        for name, text, value in (
            ("reason", _("Hãy ghi lý do."), act.reason),
            ("document_number", _("Hãy ghi số văn bản."), act.document_number),
            ("public_note", _("Hãy ghi điều công chúng sẽ đọc."), act.public_note if needs_note else "-"),
        )
        if not value.strip()
    ]
    if missing:
        raise RuleViolated("act_incomplete", findings=[Finding("required", text, f"/{name}") for name, text in missing])
    if act.effective_on > timezone.localdate():
        raise RuleViolated(
            "effective_in_future",
            findings=[Finding("effective_in_future", _("Ngày hiệu lực không được sau hôm nay."), "/effective_on")],
        )


def reasons_for(code: ProductionAreaCode, name: str) -> Any:
    """Return the reason codes in force today for a step on this code, those of its scheme and of all schemes."""
    today = timezone.localdate()
    return Reason.objects.on(today).filter(Q(scheme=None) | Q(scheme=code.scheme_id), use=name)


def _check_reason_code(code: ProductionAreaCode, name: str, act: Act) -> None:
    known = {reason.pk for reason in reasons_for(code, name)}
    given = act.reason_code.pk if act.reason_code else None
    if given in known or (not known and given is None):
        return
    text = _("Hãy chọn mã lý do.") if given is None else _("Mã lý do này không dùng cho bước này.")
    raise RuleViolated("reason_code", text, findings=[Finding("reason_code", text, "/reason_code")])


def _record(
    code: ProductionAreaCode,
    name: str,
    old: str,
    new: str,
    act: Act,
    by: Any,
    *,
    market_id: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    CodeEvent.objects.create(
        code=code,
        transition=name,
        market_id=market_id,
        old_status=old,
        new_status=new,
        reason_code=act.reason_code,
        reason=act.reason,
        details=details or {},
        document_number=act.document_number,
        effective_on=act.effective_on,
        public_note=act.public_note,
        by=by,
    )
