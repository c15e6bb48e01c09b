"""The life of a request as a table, and what a user may do with one now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest, RequestStatus
from casework.permissions import breaks_four_eyes, can_decide_request, can_edit_request, can_examine_request
from core.workflow import Transition, possible_steps

DRAFT, SUBMITTED, IN_REVIEW = RequestStatus.DRAFT, RequestStatus.SUBMITTED, RequestStatus.IN_REVIEW
INSPECTION, RETURNED = RequestStatus.INSPECTION, RequestStatus.RETURNED

REQUEST_TRANSITIONS = {
    "submit": Transition({DRAFT}, SUBMITTED),
    "take_up": Transition({SUBMITTED}, IN_REVIEW),
    "schedule_inspection": Transition({IN_REVIEW}, INSPECTION),
    "record_inspection": Transition({INSPECTION}, INSPECTION),  # a visit may be repeated before the decision
    "return": Transition({IN_REVIEW, INSPECTION}, RETURNED),
    "resubmit": Transition({RETURNED}, IN_REVIEW),  # back to the officer who asked
    "approve": Transition(
        {IN_REVIEW, INSPECTION}, RequestStatus.APPROVED
    ),  # whether an inspection is due: the scheme's data
    "reject": Transition({IN_REVIEW, INSPECTION}, RequestStatus.REJECTED),
    "lapse": Transition({RETURNED}, RequestStatus.LAPSED),
    "withdraw": Transition({DRAFT, SUBMITTED, IN_REVIEW, INSPECTION, RETURNED}, RequestStatus.WITHDRAWN),
}
ALLOWED: dict[str, Callable[[Any, CodeRequest], bool]] = {
    "submit": can_edit_request,
    "take_up": can_examine_request,
    "schedule_inspection": can_examine_request,
    "record_inspection": can_examine_request,
    "return": can_examine_request,
    "resubmit": can_edit_request,
    "approve": can_decide_request,
    "reject": can_decide_request,
    "withdraw": can_edit_request,
}  # "lapse" is nobody's step: only the clock takes it
STEPS = {
    "submit": _("Nộp hồ sơ"),
    "take_up": _("Nhận thẩm định"),
    "schedule_inspection": _("Lên lịch kiểm tra thực địa"),
    "record_inspection": _("Ghi kết quả kiểm tra"),
    "return": _("Trả lại để bổ sung"),
    "resubmit": _("Nộp lại"),
    "approve": _("Duyệt và cấp mã"),
    "reject": _("Từ chối"),
    "withdraw": _("Rút hồ sơ"),
}
# What the timeline calls the step once it is done.
EVENT_TITLES = {
    "draft": _("Lập hồ sơ"),
    "update": _("Sửa hồ sơ"),
    "submit": _("Đã nộp hồ sơ"),
    "take_up": _("Cán bộ đã nhận thẩm định"),
    "schedule_inspection": _("Đã lên lịch kiểm tra thực địa"),
    "record_inspection": _("Đã kiểm tra thực địa"),
    "return": _("Trả lại để bổ sung"),
    "resubmit": _("Đã nộp lại"),
    "approve": _("Đã duyệt và cấp mã"),
    "reject": _("Bị từ chối"),
    "withdraw": _("Đã rút hồ sơ"),
    "lapse": _("Quá hạn bổ sung, hồ sơ hết hiệu lực"),
    "route": _("Đã chuyển theo phân công địa bàn"),
    "assign": _("Đã giao cho cán bộ"),
    "take_over": _("Cán bộ khác đã nhận hồ sơ"),
}


def word_of(step: str) -> str:
    """Return the word by which the API names a step, in addresses and in `actions`."""
    return "inspections" if step == "record_inspection" else step.replace("_", "-")


NEEDS_REASON = frozenset({"return", "reject"})
DANGEROUS = frozenset({"reject", "withdraw"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a user may take now; `needs_reason`: a text must come with it."""

    name: str
    label: Any
    needs_reason: bool
    is_dangerous: bool


def available_transitions(code_request: CodeRequest, user: Any) -> list[Step]:
    """Return the steps that `user` may take now, in the order of the table: buttons and the API's `actions`."""
    answers: dict[Callable[..., bool], bool] = {}  # each permission is asked once
    steps = []
    for name in possible_steps(REQUEST_TRANSITIONS, code_request.status):
        may = ALLOWED.get(name)
        if may is None:
            continue
        if may not in answers:
            answers[may] = may(user, code_request)
        if answers[may] and not (name == "approve" and breaks_four_eyes(user, code_request)):
            steps.append(Step(name, STEPS[name], name in NEEDS_REASON, name in DANGEROUS))
    return steps
