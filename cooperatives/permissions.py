"""Who may do what with cooperatives and their growers."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from cooperatives.models import Cooperative, MemberRole

GRANTS = {
    Role.OFFICER: {
        "cooperatives.view_cooperative",
        "cooperatives.view_grower",
        "cooperatives.verify_cooperative",
        "cooperatives.check_certificate",
    },
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


def can_verify_cooperative(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may verify or return the cooperative's registration."""
    return holds_at(user, "cooperatives.verify_cooperative", cooperative.commune)


def can_check_certificate(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may mark the cooperative's certificates as checked."""
    return holds_at(user, "cooperatives.check_certificate", cooperative.commune)
