"""Who may do what with products, offers and enquiries."""

from typing import Any

from accounts.permissions import units_with
from accounts.roles import Role
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative, has_role_in
from places.models import UnitLevel
from products.models import Enquiry

GRANTS: dict[Role, set[str]] = {
    Role.OFFICER: {"products.hide_demand"},
    Role.ADMINISTRATOR: {"products.hide_demand"},
}


def can_edit_products(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may change the cooperative's products and offers."""
    return can_edit_for_cooperative(user, cooperative)


def can_read_enquiry(user: Any, enquiry: Enquiry) -> bool:
    """Whether the user may open the enquiry."""
    return has_role_in(user, enquiry.cooperative)


def can_answer_enquiry(user: Any, enquiry: Enquiry) -> bool:
    """Whether the user may answer the enquiry."""
    return can_edit_for_cooperative(user, enquiry.cooperative)


def can_reply_for(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may answer demands for the cooperative."""
    return can_edit_for_cooperative(user, cooperative)


def can_hide_demand(user: Any) -> bool:
    """Whether the user may see all demands and hide one: officers and administrators of the province. A demand has no
    place, so no commune is in charge of it, and a buyer's name is not every commune's to read."""
    return units_with(user, "products.hide_demand", level=UnitLevel.PROVINCE).exists()
