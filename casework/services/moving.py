"""Locking a request, moving it by the table, leaving a trace: what both sides share."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import holds_at
from casework.eligibility import Finding as CheckFinding
from casework.models import FINAL_STATUSES, CodeRequest, RequestEvent, RequestStatus
from casework.workflow import ALLOWED, REQUEST_TRANSITIONS, STEPS, available_transitions, word_of
from cooperatives.services import acts_on_behalf
from core.errors import Finding, WrongState
from core.permissions import require
from core.workflow import next_status


def locked(code_request: CodeRequest) -> CodeRequest:
    """Return the request and its area as they are now, both locked until the transaction ends.

    The area too: what the checks have seen of its ground must still be so when the step is stored.
    """
    # Weaker than FOR UPDATE: rows that point to these two may be written meanwhile. First alone: a row that is only
    # joined (scheme, commune, officer) would be read as it was before the wait, or make the request seem gone.
    bare = CodeRequest.objects.select_related("area").only("pk", "area__id")
    bare.select_for_update(of=("self", "area"), no_key=True).get(pk=code_request.pk)
    return CodeRequest.objects.select_related(
        "area__crop",
        "area__variety",
        "area__cooperative",
        "area__commune",
        "cooperative",
        "commune",
        "scheme",
        "assigned_to",
    ).get(pk=code_request.pk)


def begin(code_request: CodeRequest, name: str, *, by: Any) -> tuple[CodeRequest, bool]:
    """Lock the request and ask the permission for step `name`; return it and whether this is a repeat.

    A repeat (double click, lost answer) is the same step by the same person as the last one: nothing is done again.
    Raises NotAllowed; WrongState, naming who was faster and when, where the step does not lead on.
    """
    code_request = locked(code_request)
    require(ALLOWED[name](by, code_request))
    last = code_request.events.select_related("by").last()
    if _is_repeat(code_request, name, last, by):
        return code_request, True
    try:
        next_status(REQUEST_TRANSITIONS, name, code_request.status)
    except WrongState as error:
        raise _wrong_step(code_request, name, last, by) from error
    return code_request, False


def _is_repeat(code_request: CodeRequest, name: str, last: RequestEvent | None, by: Any) -> bool:
    target = REQUEST_TRANSITIONS[name].target
    is_same = last is not None and last.transition == name and last.by_id == by.pk
    return is_same and code_request.status == target and name != "record_inspection"


def _wrong_step(code_request: CodeRequest, name: str, last: RequestEvent | None, by: Any) -> WrongState:
    """Say what does not go, who was faster and when, and what this person may do now, in words and as `actions`."""
    steps = available_transitions(code_request, by)
    detail = _("Không thể thực hiện bước “%(step)s” khi hồ sơ ở trạng thái “%(status)s”.") % {
        "step": STEPS[name],
        "status": code_request.get_status_display(),
    }
    labels = ", ".join(str(step.label) for step in steps) or _("không có")
    allowed = Finding(
        "allowed_actions",
        _("Việc bạn có thể làm lúc này: %(steps)s.") % {"steps": labels},
        extra={"actions": [word_of(step.name) for step in steps]},
    )
    return WrongState(detail=_too_late(detail, last, by, code_request) if last else detail, findings=[allowed])


def _too_late(detail: Any, last: RequestEvent, by: Any, code_request: CodeRequest) -> Any:
    """Colleagues read the name of the faster one; the cooperative reads the office, never the officer."""
    is_colleague = holds_at(by, "casework.view_request", code_request.commune)
    name = last.by if is_colleague and last.by else _("người khác")
    return _("%(error)s Bước gần nhất do %(name)s thực hiện lúc %(time)s.") % {
        "error": detail,
        "name": name,
        "time": f"{timezone.localtime(last.at):%H:%M %d/%m/%Y}",
    }


def on_behalf(by: Any, code_request: CodeRequest) -> dict[str, int]:
    """Return what an event says when a helper acts for the cooperative ("by X for Y"), else nothing."""
    if by is None or not acts_on_behalf(by, code_request.cooperative):
        return {}
    return {"on_behalf_of": code_request.cooperative_id}


def move(
    code_request: CodeRequest,
    name: str,
    *,
    by: Any,
    note: str = "",
    findings: Iterable[CheckFinding] = (),
    details: dict[str, Any] | None = None,
    fields: tuple[str, ...] = (),
) -> CodeRequest:
    """Change the status by the table, save it with `fields`, append the event. The only place where status changes."""
    old = code_request.status
    code_request.status = next_status(REQUEST_TRANSITIONS, name, old)
    if code_request.status in FINAL_STATUSES:
        code_request.decided_at = timezone.now()
    code_request.save(update_fields=["status", "decided_at", "updated_at", *fields])
    code_request.events.create(
        transition=name,
        old_status=old,
        new_status=code_request.status,
        by=by,
        note=note,
        findings=[finding.as_dict() for finding in findings],
        details=(details or {}) | on_behalf(by, code_request),
    )
    if old == RequestStatus.INSPECTION and code_request.status != old:
        # Decided, returned or withdrawn: nobody shall drive there for a visit that can't be recorded any more.
        code_request.planned_visits.open().update(cancelled_at=timezone.now())
    return code_request
