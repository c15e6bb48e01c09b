"""Budgets per minute, counted in the database so that all processes share them.

One atomic upsert for each counted request (0.2 ms): Django's database cache would read and write a list of times,
and lose counts when two requests come at once. The table is unlogged: after a crash budgets start anew.
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from core.errors import TooManyRequests
from core.sql import COUNT_REQUEST, REMOVE_OLD_COUNTS

WINDOW_SECONDS = 60
KEPT_SECONDS = 3_600
CLEANING_SHARE = 0.002  # of the counts also remove old rows
HANDFUL = 8  # requests that a process counts at once, where a budget is large


def count_request(scope: str, caller: str) -> int:
    """Count one request of `caller` in `scope` (a key of settings.THROTTLE_RATES).

    Returns 0 while within budget, else the seconds until the next window opens.
    """
    return _count(scope, caller, 1)


def count_in_handfuls(scope: str, caller: str) -> int:
    """As `count_request`, for many small requests in a row: a process counts a handful at a time and gives them out.

    Of a budget below a hundred handfuls each one is counted by itself; of a larger one a caller may get, in each
    process, a handful too few at the end of the minute, and never one too many.
    """
    at_once = max(1, min(HANDFUL, settings.THROTTLE_RATES[scope] // 100))
    return 0 if _in_hand.takes((scope, caller)) else _count(scope, caller, at_once)


def _count(scope: str, caller: str, at_once: int) -> int:
    now = int(time.time())
    window = now - now % WINDOW_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(COUNT_REQUEST, {"scope": scope, "caller": caller, "window": window, "hits": at_once})
        hits = cursor.fetchone()[0]
        if random.random() < CLEANING_SHARE:  # noqa: S311  (nothing secret in it)
            cursor.execute(REMOVE_OLD_COUNTS, [now - KEPT_SECONDS])
    if hits > settings.THROTTLE_RATES[scope]:
        return window + WINDOW_SECONDS - now
    _in_hand.put((scope, caller), window, at_once - 1)
    return 0


class _InHand:
    """Counted requests of this process that have not been made yet, of one window; safe between threads."""

    def __init__(self) -> None:
        self._window = 0
        self._left: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def takes(self, key: tuple[str, str]) -> bool:
        """Take one, where there is one of this window."""
        with self._lock:
            left = self._left.get(key, 0) if time.time() - self._window < WINDOW_SECONDS else 0
            if left:
                self._left[key] = left - 1
            return left > 0

    def put(self, key: tuple[str, str], window: int, more: int) -> None:
        """Add `more`; what is left of an earlier window is dropped, so that the memory holds a minute's callers."""
        if not more:
            return
        with self._lock:
            if window != self._window:
                self._window, self._left = window, {}
            self._left[key] = self._left.get(key, 0) + more


_in_hand = _InHand()


def caller_of(request: HttpRequest) -> str:
    """Return who is counted: the user, else the address."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{client_address(request)}"


def client_address(request: HttpRequest) -> str:
    """Return the caller's address. X-Forwarded-For counts only behind our own proxy, and only its last entry:
    that one the proxy wrote, the others anybody can invent."""
    if settings.IS_HTTPS:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return str(forwarded)[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def throttled(scope: str, *, methods: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Decorator for plain views (inside `show_domain_errors`): raise TooManyRequests over the budget of `scope`.

    `methods`: count only these, e.g. `("POST",)`; all when empty.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not methods or request.method in methods:
                wait = count_request(scope, caller_of(request))
                if wait:
                    raise TooManyRequests(retry_after=wait)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate
