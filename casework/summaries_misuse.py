"""What the pages of misuse cases show."""

from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate

from casework.misuse_workflow import MISUSE_EVENT_TITLES, is_open_to
from casework.models import MisuseCase

SHOWN_OTHERS = 10


def this_year() -> int:
    """Return the calendar year of the ledger."""
    return localdate().year


def timeline_of(case: MisuseCase) -> list[dict[str, Any]]:
    """Return the events of a case for officers, newest first."""
    return [
        {
            "title": MISUSE_EVENT_TITLES.get(event.transition, event.transition),
            "status": event.new_status,
            "at": event.at,
            "by": str(event.by) if event.by else "",
            "note": event.note,
        }
        for event in case.events.select_related("by").reverse()
    ]


def claim_of(case: MisuseCase) -> str:
    """Return what the holder was last asked to answer: the officer's words, not the report's."""
    asked = case.events.filter(transition="ask_reply").last()
    return asked.note if asked else ""


def is_reply_open(case: MisuseCase) -> bool:
    """Whether the holder may still answer: asked, not answered, the last day not over."""
    is_in_time = case.reply_due_on is not None and localdate() <= case.reply_due_on
    return is_in_time and case.replied_at is None and is_open_to("reply", case)


def other_cases(case: MisuseCase, user: Any) -> QuerySet[MisuseCase]:
    """Return other cases about the same code that the officer may see: what repeats weighs more."""
    if case.code_id is None:
        return MisuseCase.objects.none()
    return MisuseCase.objects.visible_to(user).filter(code=case.code_id).exclude(pk=case.pk)[:SHOWN_OTHERS]
