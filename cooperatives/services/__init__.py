"""Writes on cooperatives and their growers."""

from cooperatives.services.growers import OUTLINE_TEXT_VERSION, add_grower, set_outline_consent
from cooperatives.services.registration import register_cooperative, return_cooperative, set_names, verify_cooperative

__all__ = [
    "OUTLINE_TEXT_VERSION",
    "add_grower",
    "register_cooperative",
    "return_cooperative",
    "set_names",
    "set_outline_consent",
    "verify_cooperative",
]
