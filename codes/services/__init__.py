"""Writes on areas, codes and what markets say of them."""

from codes.services.areas import change_area, form_area, redraw_area, refresh_outlines
from codes.services.issue import CodePlan, issue_codes, number_codes, plan_codes
from codes.services.life import Act, move_code, move_market_approval, restore_code, revoke_code, suspend_code

__all__ = [
    "Act",
    "CodePlan",
    "change_area",
    "form_area",
    "issue_codes",
    "move_code",
    "move_market_approval",
    "number_codes",
    "plan_codes",
    "redraw_area",
    "refresh_outlines",
    "restore_code",
    "revoke_code",
    "suspend_code",
]
