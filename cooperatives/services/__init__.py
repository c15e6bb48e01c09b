"""Writes on cooperatives, on who works for them, and on their growers."""

from cooperatives.services.growers import OUTLINE_TEXT_VERSION, add_grower, set_outline_consent
from cooperatives.services.people import (
    accept_invitation,
    acts_on_behalf,
    cancel_invitation,
    change_role,
    helped_cooperatives,
    invite,
    remove_member,
    resend_invitation,
)
from cooperatives.services.registration import (
    correct_registration,
    likely_duplicates,
    register_cooperative,
    return_cooperative,
    set_names,
    verify_cooperative,
    withdraw_registration,
)

__all__ = [
    "OUTLINE_TEXT_VERSION",
    "accept_invitation",
    "acts_on_behalf",
    "add_grower",
    "cancel_invitation",
    "change_role",
    "correct_registration",
    "helped_cooperatives",
    "invite",
    "likely_duplicates",
    "register_cooperative",
    "remove_member",
    "resend_invitation",
    "return_cooperative",
    "set_names",
    "set_outline_consent",
    "verify_cooperative",
    "withdraw_registration",
]
