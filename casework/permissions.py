"""Who may do what with requests. An officer never decides on a request that he or she entered."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from casework.models import CodeRequest
from codes.models import ProductionArea, ProductionAreaCode
from cooperatives.permissions import can_edit_for_cooperative

GRANTS = {
    Role.OFFICER: {
        "casework.view_history",
        "casework.view_request",
        "casework.examine_request",
        "casework.decide_request",
    },
    Role.PLANNER: {"casework.view_request"},
    Role.AUDITOR: {"casework.view_request", "casework.view_history"},
}


def can_start_request(user: Any, area: ProductionArea) -> bool:
    """Whether the user may ask for codes for the area."""
    return can_edit_for_cooperative(user, area.cooperative)


def can_edit_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may change, submit or withdraw the request on the cooperative's side."""
    return can_edit_for_cooperative(user, code_request.cooperative)


def can_examine_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may take up, return or inspect the request: at the receiving level of its scheme or above."""
    level = code_request.scheme.receiving_level
    is_in_charge = holds_at(user, "casework.examine_request", code_request.commune, level=level)
    return is_in_charge and _is_outsider(user, code_request)


def can_inspect_code(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may plan and record visits to an issued code: at the receiving level of its scheme or above."""
    is_in_charge = holds_at(user, "casework.examine_request", code.commune, level=code.scheme.receiving_level)
    return is_in_charge and not (code.holder and can_edit_for_cooperative(user, code.holder))


def can_decide_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may approve or reject the request: at the deciding level of its scheme or above."""
    level = code_request.scheme.deciding_level
    is_in_charge = holds_at(user, "casework.decide_request", code_request.commune, level=level)
    return is_in_charge and _is_outsider(user, code_request)


def _is_outsider(user: Any, code_request: CodeRequest) -> bool:
    return user.pk != code_request.created_by_id and not can_edit_for_cooperative(user, code_request.cooperative)
