"""Who looks at tiles or walks through pages of OGC API Features, kept while nothing changed: a map asks for dozens of
tiles at once, all by the same session, a program for hundreds of pages, all by the same token.

Reading session or token, account, second factor and posts takes longer than a small tile does. So the user is kept, and
what was asked about his or her rights, and each request asks by one statement whether session or token, account, posts,
second factors and units are still the very same rows. Where one is not, and after a minute in any case, all is read
anew. Of the units it asks for the latest change only: one that began before it and is committed after it, which takes
two reforms written at once, counts within the minute.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from copy import copy
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import sql
from core.prepared import Statement

Answer = TypeVar("Answer")
Stamp = tuple[Any, ...]

KEPT_SECONDS = 60.0
MOST = 1_000  # sessions and tokens at work at one time
PREFIX = "/tiles/"
SESSION_STAMP, TOKEN_STAMP = Statement(sql.STAMP, ["", 0], [0, 1]), Statement(sql.TOKEN_STAMP, [""], [0])
_ANSWERS = "kept_answers"
_kept: OrderedDict[bytes, tuple[Any, Stamp, float]] = OrderedDict()
_lock = Lock()


class KeptUserMiddleware:
    """Gives reads of tiles the kept user; stands right behind Django's AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if session and request.method in ("GET", "HEAD") and request.path.startswith(PREFIX):
            request.user = SimpleLazyObject(lambda: _user_of(request, session))  # type: ignore[assignment]
        return self.get_response(request)


def _user_of(request: HttpRequest, session: str) -> Any:
    def stamp(kept: Any) -> Stamp | None:
        user_id = kept.pk if kept is not None else request.session.get(SESSION_KEY)
        return _stamp(SESSION_STAMP, session, user_id) if user_id else None

    return _kept_or_read(f"session {session}", stamp, lambda: get_user(request))


def user_of_token(token: str, read: Callable[[], Any]) -> Any:
    """Return the owner of an access token: the kept one, else whom `read()` finds; what it raises goes through."""
    return _kept_or_read(f"token {token}", lambda _kept: _stamp(TOKEN_STAMP, token), read)


def _kept_or_read(proof: str, stamp_of: Callable[[Any], Stamp | None], read: Callable[[], Any]) -> Any:
    """Return the user whom `proof` stands for; `stamp_of` gets the kept user, None where there is none."""
    key = blake2b(proof.encode(), digest_size=16).digest()
    with _lock:
        user, stamp, until = _kept.get(key, (None, None, 0.0))
    if user is not None and time.monotonic() < until and stamp_of(user) == stamp:
        return user
    # The stamp first: what changes between the two is read again at the next request.
    stamp = stamp_of(None)
    user = read()
    if stamp is not None and user.is_authenticated:
        setattr(user, _ANSWERS, {})
        with _lock:
            _kept[key] = user, stamp, time.monotonic() + KEPT_SECONDS
            _kept.move_to_end(key)
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return user


def _stamp(statement: Statement, *values: Any) -> Stamp | None:
    with connection.cursor() as cursor:
        statement.run(cursor, values)
        return cursor.fetchone()  # type: ignore[no-any-return]


def is_kept(user: Any) -> bool:
    """Whether answers about this user are kept for the next question."""
    return hasattr(user, _ANSWERS)


def kept_answer(user: Any, question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return `ask()`; for a kept user the answer of the first time. What the day decides has the day in `question`.

    Only for what session or token, account, posts, second factors and units decide.
    """
    answers = getattr(user, _ANSWERS, None)
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    return answers[question]  # type: ignore[no-any-return]


def remembering(user: Any) -> Any:
    """Return a copy of `user` whose answers are kept as long as it is: for one file, one page."""
    found = copy(user)
    setattr(found, _ANSWERS, {})
    return found
