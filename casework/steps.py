"""From the name of a step to the service that takes it: pages and API call the same, with the same words."""

from collections.abc import Callable
from typing import Any

from casework import services

TAKE: dict[str, Callable[..., Any]] = {
    "submit": services.submit_request,
    "take_up": services.take_up_request,
    "schedule_inspection": services.schedule_inspection,
    "record_inspection": services.record_inspection,
    "return": services.return_request,
    "resubmit": services.resubmit_request,
    "approve": services.approve_request,
    "reject": services.reject_request,
    "withdraw": services.withdraw_request,
}
# Steps that give a number: an old session proves again who it is (accounts.reauthentication).
NEEDS_FRESH_SESSION = frozenset({"approve"})
BY_OFFICE = frozenset({"take_up", "schedule_inspection", "record_inspection", "return", "approve", "reject"})
