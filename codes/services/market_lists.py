"""An importing country's list: each row leads a code along the approval workflow to the state that the list names."""

from typing import Any

from django.utils import timezone

from codes import imports, list_sql, reminders
from codes.changes import CodesChanged
from codes.models import CodeEvent, CodeList, ListVerdict, MarketApproval, ProductionAreaCode
from codes.workflow import APPROVAL_PATHS, APPROVAL_TRANSITIONS
from core.changes import announce
from core.workflow import next_status
from places.models import AdministrativeUnit


def read(code_list: CodeList, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return what reading adds to each row: `status_read`, a status, "" for no word, "unknown"."""
    words = {values.get("status", "") for values in rows}
    meanings = {word: imports.approval_status(word) for word in words}
    return [
        {"status_read": "unknown" if (found := meanings[values.get("status", "")]) is None else found}
        for values in rows
    ]


def judge(code_list: CodeList, cursor: Any) -> None:
    """Match the rows with codes and say what would become of each."""
    units = AdministrativeUnit.objects.with_former([code_list.unit_id]).values_list("pk", flat=True)
    values = {
        "list": code_list.pk,
        "market": code_list.market_id,
        "units": list(units),
        "paths": [f"{now}>{wanted}" for now, wanted in APPROVAL_PATHS],
        "default": code_list.summary["default_status"],
    }
    code_list.rows.update(code=None, findings=[])
    cursor.execute(list_sql.MATCH, values)
    cursor.execute(list_sql.MATCH_ALIKE, values)
    cursor.execute(list_sql.JUDGE_MARKET, values)


def lock(code_list: CodeList) -> None:
    """Lock the codes that the rows meant at the preview, in the order of their keys."""
    rows = ProductionAreaCode.objects.select_for_update(of=("self",)).only("pk").order_by("pk")
    list(rows.filter(pk__in=code_list.rows.filter(verdict=ListVerdict.CHANGE).values("code")))


def store(code_list: CodeList, *, by: Any) -> dict[str, int]:
    """Take every step of the path from the present state to the wanted one, each with its event."""
    wanted = dict(code_list.rows.filter(verdict=ListVerdict.CHANGE).values_list("code_id", "wanted_status"))
    MarketApproval.objects.bulk_create(
        [MarketApproval(code_id=code, market=code_list.market) for code in wanted], ignore_conflicts=True
    )
    locked = MarketApproval.objects.select_for_update(of=("self",)).order_by("code_id")
    locked = locked.select_related("code", "market").defer("code__boundary")
    approvals = list(locked.filter(code__in=wanted, market=code_list.market))
    events: list[CodeEvent] = []
    now = timezone.now()
    for approval in approvals:
        for step in APPROVAL_PATHS[approval.status, wanted[approval.code_id]]:
            new = next_status(APPROVAL_TRANSITIONS, step, approval.status)
            events.append(_event(code_list, approval, step, new, by))
            approval.status = new
        approval.document_number, approval.decided_on = code_list.document_number, code_list.decided_on
        approval.updated_at = now  # bulk_update sets no such field by itself
        reminders.market_spoke(approval.code, approval, events[-1].transition)
    CodeEvent.objects.bulk_create(events, batch_size=2_000)
    MarketApproval.objects.bulk_update(
        approvals, ["status", "document_number", "decided_on", "updated_at"], batch_size=1_000
    )
    announce(CodesChanged(ids=tuple(sorted(wanted))))
    return {"codes": len(approvals), "steps": len(events)}


def _event(code_list: CodeList, approval: MarketApproval, step: str, new: str, by: Any) -> CodeEvent:
    return CodeEvent(
        code_id=approval.code_id,
        transition=step,
        market_id=approval.market_id,
        old_status=approval.status,
        new_status=new,
        reason=f"{code_list.document.name}",
        details={"list": str(code_list.pk)},
        document_number=code_list.document_number,
        effective_on=code_list.decided_on,
        by=by,
    )
