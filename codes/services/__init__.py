"""Writes on areas, codes and what markets say of them."""

from codes.services.areas import change_area, form_area, redraw_area, redraw_corrected, refresh_outlines
from codes.services.imported import link_code
from codes.services.issue import CodePlan, issue_codes, number_codes, plan_codes
from codes.services.ledger import LotFacts, answer_lot, cancel_lot, declare_lot
from codes.services.life import (
    Act,
    move_code,
    move_market_approval,
    reasons_for,
    renew_code,
    restore_code,
    revoke_code,
    supersede_codes,
    suspend_code,
)
from codes.services.lists import ListFacts, answer_list, cancel_list, commit_list, start_list
from codes.services.packing import (
    PackingCodeFacts,
    ask_link,
    decide_link,
    end_link,
    move_packing_code,
    record_packing_code,
    register_packing_house,
)
from codes.services.replaced_plots import exchange_plots, refuse_if_bound

__all__ = [
    "Act",
    "CodePlan",
    "ListFacts",
    "LotFacts",
    "PackingCodeFacts",
    "answer_list",
    "answer_lot",
    "ask_link",
    "cancel_list",
    "cancel_lot",
    "change_area",
    "commit_list",
    "decide_link",
    "declare_lot",
    "end_link",
    "exchange_plots",
    "form_area",
    "issue_codes",
    "link_code",
    "move_code",
    "move_market_approval",
    "move_packing_code",
    "number_codes",
    "plan_codes",
    "reasons_for",
    "record_packing_code",
    "redraw_area",
    "redraw_corrected",
    "refresh_outlines",
    "refuse_if_bound",
    "register_packing_house",
    "renew_code",
    "restore_code",
    "revoke_code",
    "start_list",
    "supersede_codes",
    "suspend_code",
]
