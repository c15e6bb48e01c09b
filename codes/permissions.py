"""Who may do what with areas and codes."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from codes.models import CodeScheme, ProductionArea, ProductionAreaCode
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
    Role.AUDITOR: {"codes.view_area", "codes.view_code"},
}


def can_form_area(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may unite the cooperative's plots into areas."""
    return can_edit_for_cooperative(user, cooperative)


def can_change_area(user: Any, area: ProductionArea) -> bool:
    """Whether the user may change the area."""
    return can_edit_for_cooperative(user, area.cooperative)


def can_issue_codes(user: Any, area: ProductionArea, scheme: CodeScheme) -> bool:
    """Whether the user may issue codes of `scheme` for the area: an officer posted there at the scheme's deciding
    level or above, who does not work for its cooperative."""
    is_in_charge = holds_at(user, "codes.issue_code", area.commune, level=scheme.deciding_level)
    return is_in_charge and not can_edit_for_cooperative(user, area.cooperative)


def can_change_code_status(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may suspend, restore or revoke the code: an officer at the deciding level of its scheme."""
    return holds_at(user, "codes.change_code_status", code.commune, level=code.scheme.deciding_level)


def can_change_market_status(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may record what a market says of the code: a record, no decision, so at any level."""
    return holds_at(user, "codes.change_market_status", code.commune)
