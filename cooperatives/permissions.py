"""Who may do what with cooperatives and their growers."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.permissions import holds, holds_at, units_with
from accounts.roles import Role
from cooperatives.models import Cooperative, CooperativeStatus, MemberRole
from core.errors import WrongState
from people.models import ConsentField, Purpose
from places.models import UnitLevel

GRANTS = {
    Role.OFFICER: {
        "cooperatives.view_cooperative",
        "cooperatives.view_grower",
        "cooperatives.verify_cooperative",
        "cooperatives.check_certificate",
        "cooperatives.read_number",
        "cooperatives.export_directory",
        "cooperatives.export_phones",
    },
    Role.ADMINISTRATOR: {"cooperatives.view_exports"},
    Role.AUDITOR: {"cooperatives.view_number_reads", "cooperatives.view_exports"},
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
    """Whether the user may read whole numbers of members, each time logged, as one of the cooperative: owner, clerk."""
    return has_role_in(user, cooperative, MemberRole.OWNER, MemberRole.CLERK)


def can_read_directory_phone(user: Any, grower: Any) -> bool:
    """Whether the user may read the phone of a member as an officer of the commune: only of who opened it for that."""
    return holds_at(user, "cooperatives.read_number", grower.cooperative.commune) and (
        grower.person.consents.live()
        .filter(purpose=Purpose.DIRECTORY, fields__contains=[ConsentField.PHONE.value])
        .exists()
    )


def can_use_directory(user: Any) -> bool:
    """Whether the user may look into the farmer directory of some unit."""
    return holds(user, "cooperatives.view_grower")


def can_export_directory(user: Any) -> bool:
    """Whether the user may take tables out of the directory, each time logged."""
    return holds(user, "cooperatives.export_directory")


def can_export_phones(user: Any) -> bool:
    """Whether such a table may hold phone numbers (of those who opened theirs): by a post at the province only."""
    return units_with(user, "cooperatives.export_phones", level=UnitLevel.PROVINCE).exists()


def can_see_exports(user: Any) -> bool:
    """Whether the user watches over exports of the directory: administrators and auditors; officers see their own."""
    return holds(user, "cooperatives.view_exports") or can_export_directory(user)


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


def can_publish_contact(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may make phone, mail and address public: an owner; the number may be a person's own."""
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
    """Whether the user may check the cooperative's certificates: an officer of its commune who does not work for it."""
    is_in_charge = holds_at(user, "cooperatives.check_certificate", cooperative.commune)
    return is_in_charge and not has_role_in(user, cooperative)
