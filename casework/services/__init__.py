"""Writes on requests: the cooperative's side, and the office's."""

from casework.services.alerts import dismiss_alert, note_changed_areas, recheck_codes
from casework.services.applicant import (
    draft_request,
    resubmit_request,
    submit_request,
    update_request,
    withdraw_request,
)
from casework.services.documents import add_document, remove_document
from casework.services.inspections import (
    add_photo,
    cancel_visit,
    plan_visit,
    record_inspection,
    schedule_inspection,
)
from casework.services.office import (
    approve_request,
    lapse_requests,
    reject_request,
    return_request,
    take_up_request,
)
from casework.services.opinions import answer_opinion, ask_opinion, resend_opinion, revoke_opinion
from casework.services.overrides import override_check

__all__ = [
    "add_document",
    "add_photo",
    "answer_opinion",
    "approve_request",
    "ask_opinion",
    "cancel_visit",
    "dismiss_alert",
    "draft_request",
    "lapse_requests",
    "note_changed_areas",
    "override_check",
    "plan_visit",
    "recheck_codes",
    "record_inspection",
    "reject_request",
    "remove_document",
    "resend_opinion",
    "resubmit_request",
    "return_request",
    "revoke_opinion",
    "schedule_inspection",
    "submit_request",
    "take_up_request",
    "update_request",
    "withdraw_request",
]
