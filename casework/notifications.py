"""Who is told what about a request; delivered by office, with the transaction that changed the request."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import OfficerPost, User
from accounts.permissions import LEVELS_FROM, roles_with
from casework.models import (
    CodeRequest,
    Inspection,
    InspectionResult,
    MisuseCase,
    MisuseStatus,
    Opinion,
    OpinionVerdict,
    PlannedVisit,
)
from codes.models import OfficeLevel
from cooperatives.permissions import EDITORS
from office.sentences import Sentence
from office.services import notify
from places.models import AdministrativeUnit, UnitLevel


def request_arrived(code_request: CodeRequest) -> None:
    """Tell the officers of the commune (or the one who has the file) that a request waits for them."""
    facts = {
        "cooperative": code_request.cooperative,
        "area": code_request.area.name,
        "due": f"{code_request.due_on:%d/%m/%Y}",
    }
    text = Sentence(gettext_lazy("%(cooperative)s nộp hồ sơ %(area)s, hạn %(due)s."), facts)
    notify(officers_of(code_request), "request_arrived", text, reverse("casework:file", args=[code_request.pk]))


def request_moved(code_request: CodeRequest, text: Any) -> None:
    """Tell those who enter data for the cooperative what the office did; `text` holds %(area)s."""
    sentence = Sentence(text, {"area": code_request.area.name})
    users = editors_of_holder(code_request.cooperative_id)
    notify(users, "request_moved", sentence, code_request.get_absolute_url())


def inspection_scheduled(code_request: CodeRequest, day: dt.date) -> None:
    """Tell the cooperative on which day its area will be visited."""
    sentence = Sentence(
        gettext_lazy("Hồ sơ %(area)s: cán bộ sẽ kiểm tra thực địa ngày %(day)s."),
        {"area": code_request.area.name, "day": f"{day:%d/%m/%Y}"},
    )
    notify(editors_of_holder(code_request.cooperative_id), "request_moved", sentence, code_request.get_absolute_url())


def visit_planned(visit: PlannedVisit) -> None:
    """Tell the holder of an issued code when its area will be visited; the officer is not named."""
    code: Any = visit.code
    sentence = Sentence(
        gettext_lazy("Mã số %(code)s: cơ quan sẽ kiểm tra vùng trồng ngày %(day)s."),
        {"code": code.code, "day": f"{visit.planned_on:%d/%m/%Y}"},
    )
    key = f"visit-{visit.pk}-planned"
    notify(editors_of_holder(code.holder_id), "visit_planned", sentence, code.get_absolute_url(), once_key=key)


def visit_recorded(inspection: Inspection) -> None:
    """Tell the holder of an issued code what a visit found."""
    code: Any = inspection.code
    sentence = Sentence(
        gettext_lazy("Mã số %(code)s: kết quả kiểm tra ngày %(day)s là “%(result)s”."),
        {
            "code": code.code,
            "day": f"{inspection.visited_on:%d/%m/%Y}",
            "result": InspectionResult(inspection.result).label,
        },
    )
    key = f"inspection-{inspection.pk}"
    notify(editors_of_holder(code.holder_id), "visit_recorded", sentence, code.get_absolute_url(), once_key=key)


def request_assigned(code_request: CodeRequest, former: User | None, by: Any) -> None:
    """Tell an officer that a file is now his or hers, and the one who had it that it no longer is."""
    url = reverse("casework:file", args=[code_request.pk])
    facts = {"request": code_request, "area": code_request.area.name}
    to = code_request.assigned_to
    if to is not None and to != by:
        sentence = Sentence(gettext_lazy("Bạn được giao hồ sơ %(request)s: %(area)s."), facts)
        notify([to], "request_assigned", sentence, url)
    if former is not None and former not in (to, by):
        sentence = Sentence(gettext_lazy("Hồ sơ %(request)s: %(area)s đã chuyển sang người khác."), facts)
        notify([former], "request_assigned", sentence, url)


def misuse_reported(case: MisuseCase) -> None:
    """Tell the officers nearest to the code, or those of the province where the code is unknown."""
    sentence = Sentence(gettext_lazy("Tin báo sử dụng sai mã %(code)s."), {"code": case.code_text})
    notify(_officers_for(case), "misuse_reported", sentence, case.get_absolute_url())


def misuse_reply_asked(case: MisuseCase) -> None:
    """Tell the holder that it may answer, and until when; nothing of the reporter."""
    sentence = Sentence(
        gettext_lazy("Mã số %(code)s: cơ quan yêu cầu đơn vị giải trình đến hết ngày %(day)s."),
        {"code": case.code_text, "day": f"{case.reply_due_on:%d/%m/%Y}"},
    )
    _tell_holder(case, "misuse_reply_asked", sentence)


def misuse_replied(case: MisuseCase) -> None:
    """Tell the officer of the case that the holder answered."""
    sentence = Sentence(gettext_lazy("Vụ việc %(case)s: đơn vị đã giải trình."), {"case": case})
    receivers = [case.assigned_to] if case.assigned_to else _officers_for(case)
    notify(receivers, "misuse_replied", sentence, case.get_absolute_url())


def misuse_decided(case: MisuseCase) -> None:
    """Tell the holder what was found, where it had been told of the case."""
    if case.reply_due_on is None:
        return
    sentence = Sentence(
        gettext_lazy("Vụ việc %(case)s về mã số %(code)s: %(status)s."),
        {"case": case, "code": case.code_text, "status": MisuseStatus(case.status).label},
    )
    _tell_holder(case, "misuse_decided", sentence)


def misuse_published(case: MisuseCase) -> None:
    """Tell the holder that the decision is public."""
    sentence = Sentence(
        gettext_lazy("Quyết định %(number)s về mã số %(code)s đã được công bố."),
        {"number": case.decision_number, "code": case.code_text},
    )
    _tell_holder(case, "misuse_published", sentence)


def _tell_holder(case: MisuseCase, kind: str, sentence: Sentence) -> None:
    if case.code is not None and case.code.holder_id is not None:
        notify(editors_of_holder(case.code.holder_id), kind, sentence, reverse("casework:misuse-reply", args=[case.pk]))


def _officers_for(case: MisuseCase) -> Any:
    if case.commune is not None:
        return _nearest_officers(case.commune)
    posts = OfficerPost.objects.on(timezone.localdate()).filter(
        unit__level=UnitLevel.PROVINCE, role__in=roles_with("casework.examine_request")
    )
    return User.objects.filter(posts__in=posts).distinct()


def officers_of(code_request: CodeRequest) -> list[User]:
    """Return who is told of a request: the officer who has it, else those nearest to its commune."""
    if code_request.assigned_to:
        return [code_request.assigned_to]
    return _nearest_officers(code_request.commune, level=code_request.scheme.receiving_level)


def editors_of_holder(cooperative_id: int | None) -> Any:
    """Return the users who enter data for the cooperative."""
    return User.objects.filter(memberships__cooperative=cooperative_id, memberships__role__in=EDITORS).distinct()


def _nearest_officers(commune: AdministrativeUnit, *, level: str = OfficeLevel.COMMUNE) -> list[User]:
    """Return the officers of the commune; where it has none, those of the next unit above that has some.

    `level`: the office level that acts; who is posted below it is not told.
    """
    unit: AdministrativeUnit | None = commune
    while unit is not None:
        posts = OfficerPost.objects.on(timezone.localdate()).filter(
            unit=unit, unit__level__in=LEVELS_FROM[level], role__in=roles_with("casework.examine_request")
        )
        officers = list(User.objects.filter(posts__in=posts).distinct())
        if officers:
            return officers
        unit = unit.parent
    return []


def opinion_answered(opinion: Opinion) -> None:
    """Tell the officer who asked, and the one who has the file, that another office answered."""
    code_request = opinion.code_request
    text = Sentence(
        gettext_lazy("%(office)s đã cho ý kiến về hồ sơ %(area)s: %(verdict)s."),
        {"office": opinion.office, "area": code_request.area.name, "verdict": OpinionVerdict(opinion.verdict).label},
    )
    receivers = [person for person in (opinion.asked_by, code_request.assigned_to) if person is not None]
    notify(receivers, "opinion_answered", text, reverse("casework:file", args=[code_request.pk]))


def opinion_letter(opinion: Opinion, token: str) -> tuple[str, str, str]:
    """Return subject, text and sender of the mail with the link; in Vietnamese, as offices write to each other."""
    code_request = opinion.code_request
    with override(settings.LANGUAGE_CODE):
        subject = _("Vùng Trồng: xin ý kiến về hồ sơ cấp mã số vùng trồng tại %(commune)s") % {
            "commune": code_request.commune
        }
        text = _(
            "Kính gửi %(office)s,\n\n%(question)s\n\nXem hồ sơ và trả lời tại liên kết riêng của quý cơ quan, "
            "đến hết ngày %(due)s:\n\n%(link)s\n\nAi có liên kết này đều đọc và trả lời được: xin không chuyển tiếp. "
            "Thư tự động, xin không trả lời."
        ) % {
            "office": opinion.office,
            "question": opinion.question,
            "due": f"{opinion.due_on:%d/%m/%Y}",
            "link": settings.PUBLIC_URL + reverse("casework:opinion", args=[token]),
        }
    return " ".join(subject.split())[:160], text, settings.DEFAULT_FROM_EMAIL
