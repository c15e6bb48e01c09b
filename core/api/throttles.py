"""Request budgets for API views; the counting is in `core.throttling`."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.throttling import caller_of, count_request


class ScopedThrottle(BaseThrottle):
    """Budget of the view's `throttle_scope` (default "api") per user, else per address; 429 with Retry-After."""

    def __init__(self) -> None:
        self._wait = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        self._wait = count_request(getattr(view, "throttle_scope", "api"), caller_of(request))  # type: ignore[arg-type]
        return self._wait == 0

    def wait(self) -> float:
        return float(self._wait)
