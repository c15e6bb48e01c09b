"""Who may do what with cooperatives and their growers."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.permissions import holds_at
from accounts.roles import Role
from cooperatives.models import Cooperative, CooperativeStatus, MemberRole
from core.errors import WrongState

GRANTS = {
    Role.OFFICER: {
        "cooperatives.view_cooperative",
        "cooperatives.view_grower",
        "cooperatives.verify_cooperative",
        "cooperatives.check_certificate",
        "cooperatives.read_number",
    },
    Role.AUDITOR: {"cooperatives.view_number_reads"},
    Role.PLANNER: {"cooperatives.view_cooperative"},
}

EDITORS = (MemberRole.OWNER, MemberRole.CLERK, MemberRole.HELPER)


def has_role_in(user: Any, cooperative: Cooperative, *roles: str) -> bool:
    """Whether the user holds one of `roles` (any role when none is named) in the cooperative."""
    if not user.is_authenticated or not user.is_active:
        return False
    memberships = cooperative.memberships.filter(user=user)
    return (memberships.filter(role__in=roles) if roles else memberships).exists()


def can_edit_for_cooperative(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may enter data for the cooperative."""
    return has_role_in(user, cooperative, *EDITORS)


def can_read_number(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may read whole numbers of members, each time logged: owner, clerk, officer of its commune."""
    if has_role_in(user, cooperative, MemberRole.OWNER, MemberRole.CLERK):
        return True
    return holds_at(user, "cooperatives.read_number", cooperative.commune)


def can_see_number_reads(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may see who read whole numbers of members: an owner, an auditor of its commune."""
    if has_role_in(user, cooperative, MemberRole.OWNER):
        return True
    return holds_at(user, "cooperatives.view_number_reads", cooperative.commune)


def can_erase_grower(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may take a person out of the record of a former member: an owner."""
    return has_role_in(user, cooperative, MemberRole.OWNER)


def can_edit_registration(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may correct the registration: an owner, until it is verified."""
    return cooperative.status != CooperativeStatus.VERIFIED and has_role_in(user, cooperative, MemberRole.OWNER)


def can_manage_people(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may invite, take out and give roles: an owner. A helper or clerk brings nobody in."""
    return has_role_in(user, cooperative, MemberRole.OWNER)


def can_see_people(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may see who works for the cooperative: whoever works for it."""
    return has_role_in(user, cooperative)


def can_read_registration(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may read all fields and the proof: who enters data for it, and the officers who verify it."""
    return can_edit_for_cooperative(user, cooperative) or holds_at(
        user, "cooperatives.verify_cooperative", cooperative.commune
    )


def can_verify_cooperative(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may verify or return the registration: an officer of its commune who does not work for it."""
    is_in_charge = holds_at(user, "cooperatives.verify_cooperative", cooperative.commune)
    return is_in_charge and not has_role_in(user, cooperative)


def can_submit_for(cooperative: Cooperative) -> bool:
    """Whether anything may leave the cooperative (requests, products, offers): only once an officer verified it."""
    return cooperative.status == CooperativeStatus.VERIFIED


class HolderNotVerified(WrongState):
    """409: until an officer has verified the cooperative, everything is a draft."""

    code = "holder_not_verified"
    detail = _("Cán bộ chưa xác minh đơn vị nên mọi thứ còn là bản nháp: chưa gửi hồ sơ và chưa công khai được gì.")


def require_verified(cooperative: Cooperative) -> None:
    """Raise HolderNotVerified unless an officer has verified the cooperative."""
    if not can_submit_for(cooperative):
        raise HolderNotVerified


def can_check_certificate(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may mark the cooperative's certificates as checked."""
    return holds_at(user, "cooperatives.check_certificate", cooperative.commune)
