"""What happened with a request, newest first: steps, documents, opinions; nothing here is ever rewritten."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from casework.models import CodeRequest, RequestEvent
from casework.permissions import APPLICANT_STEPS
from casework.workflow import EVENT_TITLES

OURS = (*APPLICANT_STEPS, "withdraw")
Entry = dict[str, Any]


def timeline_of(code_request: CodeRequest, *, with_names: bool) -> list[Entry]:
    """Return entries `{title, status, at, by, note}`, newest first.

    Without names the reader is the cooperative: it reads the office, not the officer, and nothing of opinions asked.
    """
    entries = [_step(event, with_names) for event in code_request.events.select_related("by")]
    if code_request.submitted_on is not None:
        entries += _documents(code_request)
    if with_names:
        entries += _opinions(code_request)
    entries.reverse()  # sorting is stable: of one moment the later stands above
    entries.sort(key=lambda entry: entry["at"], reverse=True)
    return entries


def _step(event: RequestEvent, with_names: bool) -> Entry:
    name = str(event.by) if event.by else ""
    if name and event.details.get("on_behalf_of"):
        name = _("%(user)s thay mặt %(holder)s") % {"user": name, "holder": event.code_request.cooperative}
    is_named = with_names or event.transition in OURS
    return _entry(
        EVENT_TITLES.get(event.transition, event.transition),
        event.at,
        name if is_named else _("Cơ quan nông nghiệp"),
        event.note or (event.details.get("to_name", "") if with_names else ""),  # whose desk it went to
        event.new_status,
    )


def _documents(code_request: CodeRequest) -> Iterator[Entry]:
    """Documents that came or went after the request was first handed in: what came before belongs to the draft."""
    handed_in = code_request.events.filter(transition="submit").values_list("at", flat=True).first()
    if handed_in is None:
        return
    for one in code_request.documents.select_related("document", "added_by", "removed_by"):
        note = f"{one}: {one.document.name}"
        if one.added_at > handed_in:
            yield _entry(_("Thêm giấy tờ"), one.added_at, one.added_by, note)
        if one.removed_at is not None and one.removed_at > handed_in:
            yield _entry(_("Bỏ giấy tờ"), one.removed_at, one.removed_by, note)


def _opinions(code_request: CodeRequest) -> Iterator[Entry]:
    for one in code_request.opinions.select_related("asked_by", "revoked_by"):
        yield _entry(_("Hỏi ý kiến: %(office)s") % {"office": one.office}, one.asked_at, one.asked_by, one.question)
        if one.answered_at is not None:
            title = _("%(office)s trả lời: %(verdict)s") % {"office": one.office, "verdict": one.get_verdict_display()}
            yield _entry(title, one.answered_at, one.office, one.answer)
        if one.revoked_at is not None:
            yield _entry(_("Thu hồi câu hỏi: %(office)s") % {"office": one.office}, one.revoked_at, one.revoked_by)


def _entry(title: Any, at: dt.datetime, by: Any, note: str = "", status: str = "") -> Entry:
    return {"title": title, "status": status, "at": at, "by": str(by or ""), "note": note}
