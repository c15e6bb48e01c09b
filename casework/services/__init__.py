"""Writes on requests: the cooperative's side, and the office's."""

from casework.services.applicant import (
    draft_request,
    resubmit_request,
    submit_request,
    update_request,
    withdraw_request,
)
from casework.services.office import (
    approve_request,
    lapse_requests,
    record_inspection,
    reject_request,
    return_request,
    schedule_inspection,
    take_up_request,
)

__all__ = [
    "approve_request",
    "draft_request",
    "lapse_requests",
    "record_inspection",
    "reject_request",
    "resubmit_request",
    "return_request",
    "schedule_inspection",
    "submit_request",
    "take_up_request",
    "update_request",
    "withdraw_request",
]
