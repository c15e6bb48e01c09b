"""Budgets per minute, counted in the database so that all processes share them.

One atomic upsert for each counted request (0.2 ms): Django's database cache would read and write a list of times,
and lose counts when two requests come at once. The table is unlogged: after a crash budgets start anew.
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from core.errors import TooManyRequests
from core.sql import COUNT_REQUEST, REMOVE_OLD_COUNTS

WINDOW_SECONDS = 60
KEPT_SECONDS = 3_600
CLEANING_SHARE = 0.002  # of the counted requests also remove old rows


def count_request(scope: str, caller: str) -> int:
    """Count one request of `caller` in `scope` (a key of settings.THROTTLE_RATES).

    Returns 0 while within budget, else the seconds until the next window opens.
    """
    now = int(time.time())
    window = now - now % WINDOW_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(COUNT_REQUEST, [scope, caller, window])
        hits = cursor.fetchone()[0]
        if random.random() < CLEANING_SHARE:  # noqa: S311  (nothing secret in it)
            cursor.execute(REMOVE_OLD_COUNTS, [now - KEPT_SECONDS])
    return 0 if hits <= settings.THROTTLE_RATES[scope] else window + WINDOW_SECONDS - now


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
