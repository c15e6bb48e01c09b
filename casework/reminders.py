"""What falls due: terms of the office, of the cooperative and of other offices. Told once each, by a daily job."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, Opinion, RequestStatus
from casework.notifications import editors_of_holder, officers_of
from office.sentences import Sentence
from office.services import notify

NEAR = dt.timedelta(days=2)  # before the office's own last day
RETURN_STAGES = (2, 7)  # days before a returned request lapses


def tell_office(today: dt.date) -> int:
    """Tell the officers who have a file (else the nearest ones) that its last day is near, and once more that it is
    over; return how many files."""
    files = CodeRequest.objects.awaiting_office().filter(due_on__lte=today + NEAR)
    told = 0
    for code_request in files.select_related("area", "commune", "assigned_to").order_by("due_on", "pk"):
        is_late = code_request.due_on < today
        text = (
            _("Hồ sơ %(request)s (%(area)s) đã quá hạn ngày %(day)s.")
            if is_late
            else _("Hồ sơ %(request)s (%(area)s) đến hạn ngày %(day)s.")
        )
        told += bool(
            notify(
                officers_of(code_request),
                "request_late" if is_late else "request_due",
                Sentence(text, _facts(code_request)),
                reverse("casework:file", args=[code_request.pk]),
                once_key=f"request_due:{code_request.pk}:{code_request.due_on}:{'late' if is_late else 'near'}",
            )
        )
    return told


def tell_cooperatives(today: dt.date) -> int:
    """Tell cooperatives that a returned request lapses in 7 and in 2 days; after days without a run only the nearest
    stage. Returns how many requests."""
    last = today + dt.timedelta(days=RETURN_STAGES[-1])
    returned = CodeRequest.objects.filter(status=RequestStatus.RETURNED, due_on__gte=today, due_on__lte=last)
    told = 0
    for code_request in returned.select_related("area").order_by("due_on", "pk"):
        left = (code_request.due_on - today).days
        stage = next(days for days in RETURN_STAGES if left <= days)
        text = _("Hồ sơ %(request)s (%(area)s) chờ bổ sung đến hết ngày %(day)s; quá hạn sẽ hết hiệu lực.")
        told += bool(
            notify(
                editors_of_holder(code_request.cooperative_id),
                "return_due",
                Sentence(text, _facts(code_request)),
                code_request.get_absolute_url(),
                once_key=f"return_due:{code_request.pk}:{code_request.due_on}:{stage}",
            )
        )
    return told


def tell_overdue_opinions(today: dt.date) -> int:
    """Tell who asked another office, and who has the file, that the answer is overdue; return how many opinions."""
    overdue = Opinion.objects.waiting().filter(due_on__lt=today, code_request__decided_at=None)
    told = 0
    for opinion in overdue.select_related("code_request__area", "code_request__assigned_to", "asked_by").order_by("pk"):
        facts = {"office": opinion.office, **_facts(opinion.code_request), "day": f"{opinion.due_on:%d/%m/%Y}"}
        people = [opinion.asked_by, opinion.code_request.assigned_to]
        told += bool(
            notify(
                [person for person in people if person is not None],
                "opinion_overdue",
                Sentence(_("%(office)s chưa cho ý kiến về hồ sơ %(request)s (%(area)s), hạn ngày %(day)s."), facts),
                reverse("casework:file", args=[opinion.code_request_id]),
                once_key=f"opinion_overdue:{opinion.pk}:{opinion.due_on}",
            )
        )
    return told


def _facts(code_request: CodeRequest) -> dict[str, object]:
    return {
        "request": code_request,
        "area": code_request.area.name,
        "day": f"{code_request.due_on:%d/%m/%Y}" if code_request.due_on else "",
    }
