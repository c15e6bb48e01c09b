"""Who may do what with areas and codes."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from codes.models import ProductionArea, ProductionAreaCode
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative

GRANTS = {
    Role.OFFICER: {
        "codes.view_area",
        "codes.view_code",
        "codes.issue_code",
        "codes.change_code_status",
        "codes.change_market_status",
    },
    Role.PLANNER: {"codes.view_area", "codes.view_code"},
}


def can_form_area(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may unite the cooperative's plots into areas."""
    return can_edit_for_cooperative(user, cooperative)


def can_change_area(user: Any, area: ProductionArea) -> bool:
    """Whether the user may change the area."""
    return can_edit_for_cooperative(user, area.cooperative)


def can_issue_codes(user: Any, area: ProductionArea) -> bool:
    """Whether the user may issue codes for the area: an officer there who does not work for its cooperative."""
    return holds_at(user, "codes.issue_code", area.commune) and not can_edit_for_cooperative(user, area.cooperative)


def can_change_code_status(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may suspend, restore or revoke the code."""
    return holds_at(user, "codes.change_code_status", code.commune)


def can_change_market_status(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may record what a market says of the code."""
    return holds_at(user, "codes.change_market_status", code.commune)
