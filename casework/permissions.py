"""Who may do what with requests. An officer never decides on a request that he or she entered."""

from typing import Any

from accounts.permissions import holds, holds_at
from accounts.roles import Role
from casework.models import CodeRequest, MisuseCase
from codes.models import ProductionArea, ProductionAreaCode
from cooperatives.permissions import can_edit_for_cooperative
from places.models import AdministrativeUnit

GRANTS = {
    Role.OFFICER: {
        "casework.view_history",
        "casework.view_request",
        "casework.examine_request",
        "casework.decide_request",
        "casework.assign_request",
        "casework.decide_misuse",
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


def can_assign_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may give the request to an officer."""
    return _is_outsider(user, code_request) and holds_at(user, "casework.assign_request", code_request.commune)


def can_route_unit(user: Any, unit: AdministrativeUnit) -> bool:
    """Whether the user may say which officer gets the requests of the unit."""
    return holds_at(user, "casework.assign_request", unit)


def can_open_misuse(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may open a case of misuse of the code on behalf of the office."""
    return holds_at(user, "casework.examine_request", code.commune) and not _works_for(user, code)


def can_examine_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may work on the case; of an unknown code any examining officer may."""
    return _holds_for_case(user, "casework.examine_request", case)


def can_decide_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may decide, publish and close the case, and read how to reach the reporter."""
    return _holds_for_case(user, "casework.decide_misuse", case)


def can_reply_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may answer for the holder of the code, which has been asked."""
    holder = case.code.holder if case.code else None
    return case.reply_due_on is not None and holder is not None and can_edit_for_cooperative(user, holder)


def _holds_for_case(user: Any, grant: str, case: MisuseCase) -> bool:
    if case.code is not None and _works_for(user, case.code):
        return False
    return holds_at(user, grant, case.commune) if case.commune is not None else holds(user, grant)


def _works_for(user: Any, code: ProductionAreaCode) -> bool:
    return code.holder is not None and can_edit_for_cooperative(user, code.holder)
