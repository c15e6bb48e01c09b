"""The life of a misuse case as a table, and what an officer may do with one now.

A case is verified or found unfounded, then closed. Between, without a change of status: the holder is heard, a verified
case is published with its decision, a publication is taken back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from casework.models import MisuseCase, MisuseStatus
from casework.permissions import can_decide_misuse, can_examine_misuse
from core.workflow import Transition, possible_steps

OPEN, VERIFIED = MisuseStatus.OPEN, MisuseStatus.VERIFIED
UNFOUNDED, CLOSED = MisuseStatus.UNFOUNDED, MisuseStatus.CLOSED

MISUSE_TRANSITIONS = {
    "verify": Transition({OPEN}, VERIFIED),
    "dismiss": Transition({OPEN}, UNFOUNDED),
    "close": Transition({VERIFIED, UNFOUNDED}, CLOSED),
}
# Acts that leave the status as it is: in which states each is open.
MISUSE_ACTS: dict[str, frozenset[str]] = {
    "take": frozenset({OPEN, VERIFIED, UNFOUNDED}),
    "ask_reply": frozenset({OPEN, VERIFIED}),
    "reply": frozenset({OPEN, VERIFIED}),
    "publish": frozenset({VERIFIED}),
    "withdraw_publication": frozenset({VERIFIED, CLOSED}),
    "read_contact": frozenset(MisuseStatus),
}
MISUSE_ALLOWED: dict[str, Callable[[Any, MisuseCase], bool]] = {
    "take": can_examine_misuse,
    "ask_reply": can_examine_misuse,
    "verify": can_decide_misuse,
    "dismiss": can_decide_misuse,
    "publish": can_decide_misuse,
    "withdraw_publication": can_decide_misuse,
    "close": can_decide_misuse,
}
MISUSE_STEPS = {
    "take": _("Nhận xử lý"),
    "ask_reply": _("Yêu cầu đơn vị giải trình"),
    "verify": _("Kết luận có vi phạm"),
    "dismiss": _("Kết luận không có căn cứ"),
    "publish": _("Công bố vi phạm"),
    "withdraw_publication": _("Gỡ công bố"),
    "close": _("Đóng vụ việc"),
}
MISUSE_EVENT_TITLES = {
    "report": _("Đã tiếp nhận tin báo"),
    "open": _("Đã lập vụ việc"),
    "take": _("Cán bộ nhận xử lý"),
    "ask_reply": _("Yêu cầu đơn vị giải trình"),
    "reply": _("Đơn vị đã giải trình"),
    "verify": _("Kết luận: có vi phạm"),
    "dismiss": _("Kết luận: không có căn cứ"),
    "publish": _("Đã công bố"),
    "withdraw_publication": _("Đã gỡ công bố"),
    "close": _("Đã đóng"),
    "read_contact": _("Đã xem liên hệ của người báo tin"),
}
DANGEROUS_MISUSE_STEPS = frozenset({"publish", "withdraw_publication", "dismiss"})


@dataclass(frozen=True, slots=True)
class MisuseStep:
    """A step that an officer may take now."""

    name: str
    label: Any
    is_dangerous: bool


def is_open_to(name: str, case: MisuseCase) -> bool:
    """Whether the state of the case leads on to step or act `name`; who may take it is another question."""
    if name in MISUSE_TRANSITIONS:
        return name in possible_steps(MISUSE_TRANSITIONS, case.status)
    if case.status not in MISUSE_ACTS[name]:
        return False
    if name == "publish":
        return case.published_at is None
    if name == "withdraw_publication":
        return case.published_at is not None
    if name == "ask_reply":
        return case.replied_at is None and case.published_at is None
    return True


def available_misuse_steps(case: MisuseCase, user: Any) -> list[MisuseStep]:
    """Return the steps that `user` may take now, in the order of MISUSE_STEPS: the buttons of the page."""
    answers: dict[Callable[..., bool], bool] = {}
    steps = []
    for name, label in MISUSE_STEPS.items():
        may = MISUSE_ALLOWED[name]
        if not is_open_to(name, case) or (name == "take" and case.assigned_to_id == user.pk):
            continue
        if may not in answers:
            answers[may] = may(user, case)
        if answers[may]:
            steps.append(MisuseStep(name, label, name in DANGEROUS_MISUSE_STEPS))
    return steps
