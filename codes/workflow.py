"""The life of a code and of a market's word on it, as tables; and what a user may do now."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from codes.models import ApprovalStatus, CodeStatus, LinkStatus, MarketApproval, ProductionAreaCode
from codes.permissions import can_change_code_status, can_change_market_status
from core.workflow import Transition, possible_steps

CODE_TRANSITIONS = {
    "suspend": Transition({CodeStatus.ACTIVE}, CodeStatus.SUSPENDED),
    "restore": Transition({CodeStatus.SUSPENDED}, CodeStatus.ACTIVE),
    "renew": Transition({CodeStatus.ACTIVE}, CodeStatus.ACTIVE),  # before or after its derived end
    "supersede": Transition({CodeStatus.ACTIVE, CodeStatus.SUSPENDED}, CodeStatus.SUPERSEDED),
    "revoke": Transition({CodeStatus.ACTIVE, CodeStatus.SUSPENDED}, CodeStatus.REVOKED),
}
APPROVAL_TRANSITIONS = {
    "send_dossier": Transition(
        {ApprovalStatus.NOT_SUBMITTED, ApprovalStatus.REJECTED, ApprovalStatus.WITHDRAWN}, ApprovalStatus.DOSSIER_SENT
    ),
    "approve": Transition({ApprovalStatus.DOSSIER_SENT}, ApprovalStatus.APPROVED),
    "reject": Transition({ApprovalStatus.DOSSIER_SENT}, ApprovalStatus.REJECTED),
    "hold": Transition({ApprovalStatus.APPROVED}, ApprovalStatus.ON_HOLD),
    "resume": Transition({ApprovalStatus.ON_HOLD}, ApprovalStatus.APPROVED),
    "withdraw": Transition(
        {ApprovalStatus.DOSSIER_SENT, ApprovalStatus.APPROVED, ApprovalStatus.ON_HOLD}, ApprovalStatus.WITHDRAWN
    ),
}
PACKING_TRANSITIONS = {name: CODE_TRANSITIONS[name] for name in ("suspend", "restore", "revoke")}
LINK_TRANSITIONS = {
    "accept": Transition({LinkStatus.ASKED}, LinkStatus.ACCEPTED),
    "refuse": Transition({LinkStatus.ASKED}, LinkStatus.REFUSED),
    "end": Transition({LinkStatus.ACCEPTED}, LinkStatus.ENDED),
}
# How an importing country's list leads from the present state to the one it names; a pair that is not here is refused.
APPROVAL_PATHS: dict[tuple[str, str], tuple[str, ...]] = {
    (ApprovalStatus.NOT_SUBMITTED, ApprovalStatus.APPROVED): ("send_dossier", "approve"),
    (ApprovalStatus.NOT_SUBMITTED, ApprovalStatus.REJECTED): ("send_dossier", "reject"),
    (ApprovalStatus.NOT_SUBMITTED, ApprovalStatus.ON_HOLD): ("send_dossier", "approve", "hold"),
    (ApprovalStatus.DOSSIER_SENT, ApprovalStatus.APPROVED): ("approve",),
    (ApprovalStatus.DOSSIER_SENT, ApprovalStatus.REJECTED): ("reject",),
    (ApprovalStatus.DOSSIER_SENT, ApprovalStatus.ON_HOLD): ("approve", "hold"),
    (ApprovalStatus.DOSSIER_SENT, ApprovalStatus.WITHDRAWN): ("withdraw",),
    (ApprovalStatus.APPROVED, ApprovalStatus.ON_HOLD): ("hold",),
    (ApprovalStatus.APPROVED, ApprovalStatus.WITHDRAWN): ("withdraw",),
    (ApprovalStatus.REJECTED, ApprovalStatus.APPROVED): ("send_dossier", "approve"),
    (ApprovalStatus.REJECTED, ApprovalStatus.ON_HOLD): ("send_dossier", "approve", "hold"),
    (ApprovalStatus.ON_HOLD, ApprovalStatus.APPROVED): ("resume",),
    (ApprovalStatus.ON_HOLD, ApprovalStatus.WITHDRAWN): ("withdraw",),
    (ApprovalStatus.WITHDRAWN, ApprovalStatus.APPROVED): ("send_dossier", "approve"),
    (ApprovalStatus.WITHDRAWN, ApprovalStatus.REJECTED): ("send_dossier", "reject"),
    (ApprovalStatus.WITHDRAWN, ApprovalStatus.ON_HOLD): ("send_dossier", "approve", "hold"),
}
CODE_STEPS = {
    "suspend": _("Tạm đình chỉ"),
    "restore": _("Phục hồi"),
    "renew": _("Gia hạn"),
    "supersede": _("Thay bằng mã khác"),
    "revoke": _("Thu hồi"),
}
APPROVAL_STEPS = {
    "send_dossier": _("Ghi nhận đã gửi hồ sơ"),
    "approve": _("Nước nhập khẩu chấp thuận"),
    "reject": _("Nước nhập khẩu từ chối"),
    "hold": _("Nước nhập khẩu tạm dừng"),
    "resume": _("Nước nhập khẩu cho tiếp tục"),
    "withdraw": _("Rút khỏi thị trường"),
}
# What the history of a code calls its events.
EVENT_TITLES = {
    "issue": _("Cấp mã số"),
    "suspend": _("Tạm đình chỉ mã số"),
    "restore": _("Phục hồi mã số"),
    "revoke": _("Thu hồi mã số"),
    "renew": _("Gia hạn mã số"),
    "supersede": _("Thay bằng mã số khác"),
    "succeed": _("Thay cho mã số cũ"),
    "import": _("Nhập từ danh sách cũ"),
    "link_area": _("Gắn vào vùng trồng"),
    **APPROVAL_STEPS,
}
# Steps that take something away from the holder: the public reads why.
NEEDS_PUBLIC_NOTE = frozenset({"suspend", "revoke"})
# Steps after which there is no way back, or that give a number: an old session proves again who it is.
NEEDS_FRESH_SESSION = frozenset({"revoke", "renew", "supersede"})
DANGEROUS = frozenset({"suspend", "revoke", "supersede", "reject", "hold", "withdraw"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a user may take now."""

    name: str
    label: Any
    is_dangerous: bool


def available_transitions(code: ProductionAreaCode, user: Any) -> list[Step]:
    """Return the steps of the code's life that `user` may take now."""
    if not can_change_code_status(user, code):
        return []
    return [
        Step(name, CODE_STEPS[name], name in DANGEROUS)
        for name in possible_steps(CODE_TRANSITIONS, code.status)
        if name != "renew" or has_term(code)
    ]


def has_term(code: ProductionAreaCode) -> bool:
    """Whether the code has an end that can be moved: it has one, and its scheme says how long a term is."""
    return code.valid_until is not None and code.scheme.validity_months is not None


def available_market_transitions(approval: MarketApproval, user: Any) -> list[Step]:
    """Return the steps of a market's word on a code that `user` may record now; none for a code that is over."""
    code = approval.code
    if code.status in (CodeStatus.REVOKED, CodeStatus.SUPERSEDED) or not can_change_market_status(user, code):
        return []
    return [
        Step(name, APPROVAL_STEPS[name], name in DANGEROUS)
        for name in possible_steps(APPROVAL_TRANSITIONS, approval.status)
    ]
