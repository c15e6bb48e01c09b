"""The office's side of a request: taking it up, asking for more, inspecting, deciding."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import notifications
from casework.deadlines import due_on
from casework.marks import check_marks
from casework.models import CodeRequest, InspectionResult, RequestStatus
from casework.permissions import breaks_four_eyes
from casework.reasons import reason_named
from casework.services.moving import begin, move
from casework.services.overrides import ensure_decidable
from codes.models import DeadlineStep, ReasonUse
from codes.services import number_codes, plan_codes
from cooperatives.models import Cooperative
from core.errors import Finding, NotAllowed, RuleViolated


@transaction.atomic
def take_up_request(code_request: CodeRequest, *, by: Any) -> CodeRequest:
    """Start to examine a submitted request; it becomes one's own."""
    code_request, is_repeat = begin(code_request, "take_up", by=by)
    if is_repeat:
        return code_request
    code_request.assigned_to = by
    move(code_request, "take_up", by=by, fields=("assigned_to",))
    notifications.request_moved(code_request, _("Hồ sơ %(area)s đã được cán bộ nhận thẩm định."))
    return code_request


@transaction.atomic
def return_request(
    code_request: CodeRequest,
    *,
    by: Any,
    reason: str = "",
    reason_code: str = "",
    fields: Iterable[str] = (),
    plots: Iterable[int] = (),
) -> CodeRequest:
    """Give a request back with what is to be corrected; `due_on` becomes the cooperative's own term.

    `reason_code`: slug of a Reason for returns, whose canned text stands in for an empty `reason`; `fields` (names of
    casework.marks.MARKABLE) and `plots` (ids) are marked. Raises as `begin`, and RuleViolated("reason_missing",
    "unknown_reason", "invalid").
    """
    code_request, is_repeat = begin(code_request, "return", by=by)
    if is_repeat:
        return code_request
    today = timezone.localdate()
    code_request.return_reason = _worded(reason, reason_code, ReasonUse.RETURN, code_request, today)
    code_request.due_on = due_on(code_request.scheme, DeadlineStep.CORRECTION, start=today, unit=code_request.commune)
    marks = check_marks(code_request, fields, plots)
    details = marks | {"reason_code": reason_code, "due_on": code_request.due_on.isoformat()}
    note, kept = code_request.return_reason, ("return_reason", "due_on")
    move(code_request, "return", by=by, note=note, details=details, fields=kept)
    notifications.request_moved(code_request, _("Hồ sơ %(area)s được trả lại để bổ sung."))
    return code_request


@transaction.atomic
def lapse_requests(*, today: dt.date | None = None) -> int:
    """Close the requests that were returned and not handed in again in time (the last day still counts)."""
    over = CodeRequest.objects.filter(status=RequestStatus.RETURNED, due_on__lt=today or timezone.localdate())
    lapsed = 0
    for code_request in over.select_for_update(of=("self",), skip_locked=True).order_by("pk"):
        move(code_request, "lapse", by=None)
        notifications.request_moved(code_request, _("Hồ sơ %(area)s quá hạn bổ sung nên hết hiệu lực."))
        lapsed += 1
    return lapsed


@transaction.atomic
def approve_request(code_request: CodeRequest, *, by: Any, document_number: str = "") -> CodeRequest:
    """Approve a request and issue its codes in the same transaction; the counters of the numbers are locked last.

    Raises as `begin`; NotAllowed where four eyes are asked for; RuleViolated for failed checks or a missing visit.
    """
    code_request, is_repeat = begin(code_request, "approve", by=by)
    if is_repeat:
        return code_request
    if breaks_four_eyes(by, code_request):
        raise NotAllowed("four_eyes", _("Chế độ này đòi người duyệt khác người thẩm định."))
    _check_inspection(code_request)
    today = timezone.localdate()
    # One approval of a holder at a time: two of its areas may share a plot, and only one may have the code for it.
    Cooperative.objects.select_for_update(of=("self",), no_key=True).get(pk=code_request.cooperative_id)
    findings = ensure_decidable(code_request, on=today)
    if code_request.assigned_to is None:
        code_request.assigned_to = by
    move(code_request, "approve", by=by, note=document_number, findings=findings, fields=("assigned_to",))
    notifications.request_moved(code_request, _("Hồ sơ %(area)s đã được duyệt và cấp mã."))
    plan = plan_codes(
        code_request.area,
        code_request.scheme,
        code_request.markets.all(),
        by=by,
        issued_on=today,
        document_number=document_number,
    )
    code_request.codes.set(plan.ids)
    number_codes(plan)  # last: it locks the counter for which all other officers wait
    return code_request


@transaction.atomic
def reject_request(code_request: CodeRequest, *, by: Any, reason: str = "", reason_code: str = "") -> CodeRequest:
    """Refuse a request for good, with the reason that the cooperative reads; `reason_code` as in `return_request`."""
    code_request, is_repeat = begin(code_request, "reject", by=by)
    if is_repeat:
        return code_request
    note = _worded(reason, reason_code, ReasonUse.REJECT, code_request, timezone.localdate())
    move(code_request, "reject", by=by, note=note, details={"reason_code": reason_code})
    notifications.request_moved(code_request, _("Hồ sơ %(area)s bị từ chối."))
    return code_request


def _worded(reason: str, slug: str, use: ReasonUse, code_request: CodeRequest, on: dt.date) -> str:
    """Return the officer's own words, else the canned text of the reason, else its name."""
    named = reason_named(slug, use, code_request.scheme, on)
    return _needed(reason if reason.strip() or named is None else named.canned_text or named.text_vi)


def _needed(reason: str) -> str:
    if not reason.strip():
        raise RuleViolated("reason_missing", findings=[Finding("reason_missing", _("Hãy ghi lý do."), "/reason")])
    return reason


def _check_inspection(code_request: CodeRequest) -> None:
    last = code_request.inspections.last()
    is_due = code_request.scheme.requires_inspection or code_request.status == "inspection"
    if is_due and last is None:
        raise RuleViolated("inspection_missing", _("Chưa có kết quả kiểm tra thực địa: hãy ghi trước khi duyệt."))
    if last is not None and last.result == InspectionResult.MAJOR:
        raise RuleViolated(
            "inspection_failed", _("Lần kiểm tra gần nhất có lỗi lớn: hãy trả lại, từ chối hoặc kiểm tra lại.")
        )
