"""Who may do what with areas and codes."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from codes.models import CodeScheme, Lot, PackingHouseCode, PackingLink, ProductionArea, ProductionAreaCode
from cooperatives.models import Cooperative, MemberRole, PackingHouse
from cooperatives.permissions import can_edit_for_cooperative, can_submit_for, has_role_in
from places.models import AdministrativeUnit

GRANTS = {
    Role.OFFICER: {
        "codes.view_area",
        "codes.view_code",
        "codes.issue_code",
        "codes.change_code_status",
        "codes.change_market_status",
        "codes.import_list",
        "codes.manage_packing",
        "codes.sign_certificate",
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


def can_link_code(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may link an imported code that has no area yet to one."""
    return code.is_imported and code.area_id is None and can_change_code_status(user, code)


def can_import_list(user: Any, unit: AdministrativeUnit, scheme: CodeScheme | None = None) -> bool:
    """Whether the user may bring in lists of codes for a unit; old codes of a `scheme` at its deciding level only.

    Those are in force from then on, like codes that were issued here.
    """
    return holds_at(user, "codes.import_list", unit, level=scheme.deciding_level if scheme else "")


def can_register_packing_house(user: Any, commune: AdministrativeUnit, operator: Cooperative | None) -> bool:
    """Whether the user may record a packing house there: an officer, or the owner of the verified firm."""
    if holds_at(user, "codes.manage_packing", commune):
        return True
    return operator is not None and can_submit_for(operator) and has_role_in(user, operator, MemberRole.OWNER)


def can_manage_packing_house(user: Any, house: PackingHouse) -> bool:
    """Whether the user may record codes of the house and their status: an officer who does not work for it."""
    if not holds_at(user, "codes.manage_packing", house.commune):
        return False
    return house.operator is None or not can_edit_for_cooperative(user, house.operator)


def _works_for_holder(user: Any, code: ProductionAreaCode) -> bool:
    return code.holder is not None and can_edit_for_cooperative(user, code.holder)


def _works_for_house(user: Any, packing_code: PackingHouseCode) -> bool:
    operator = packing_code.house.operator
    return operator is not None and can_edit_for_cooperative(user, operator)


def can_ask_link(user: Any, code: ProductionAreaCode, packing_code: PackingHouseCode) -> bool:
    """Whether the user may ask that the packing house use the code: for the house or for the holder."""
    return _works_for_house(user, packing_code) or _works_for_holder(user, code)


def can_decide_link(user: Any, link: PackingLink) -> bool:
    """Whether the user may say yes or no: for the holder of the code."""
    return _works_for_holder(user, link.code)


def can_end_link(user: Any, link: PackingLink) -> bool:
    """Whether the user may end a link: for either side."""
    return _works_for_holder(user, link.code) or _works_for_house(user, link.packing_code)


def can_answer_lot(user: Any, lot: Lot) -> bool:
    """Whether the user may answer "was this you?": for the holder of the code."""
    return _works_for_holder(user, lot.code)


def can_cancel_lot(user: Any, lot: Lot) -> bool:
    """Whether the user may take a declaration back: who declares for that firm, or an officer of the code's place."""
    return can_edit_for_cooperative(user, lot.declared_for) or can_change_market_status(user, lot.code)


def can_sign_certificate(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may hand in the signed certificate of the code: an officer of a place above its ground."""
    return holds_at(user, "codes.sign_certificate", code.commune)
