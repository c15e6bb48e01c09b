"""Writes on areas, codes and what markets say of them."""

from codes.services.areas import change_area, form_area, redraw_area, refresh_outlines
from codes.services.issue import issue_codes
from codes.services.life import Act, move_code, move_market_approval, restore_code, revoke_code, suspend_code

__all__ = [
    "Act",
    "change_area",
    "form_area",
    "issue_codes",
    "move_code",
    "move_market_approval",
    "redraw_area",
    "refresh_outlines",
    "restore_code",
    "revoke_code",
    "suspend_code",
]
