"""Who looks at tiles, kept while nothing changed: a map asks for dozens of tiles at once, all by the same session.

Reading session, account, second factor and posts takes longer than a small tile does. So the user is kept, and what was
asked about his or her rights, and each tile asks by one statement whether session, account, posts and second factors
are still the very same rows. Where one is not, all is read anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import sql

Answer = TypeVar("Answer")
Stamp = tuple[Any, ...]

MOST = 1_000  # sessions that look at maps at one time
PREFIX = "/tiles/"
_ANSWERS = "kept_answers"
_kept: OrderedDict[bytes, tuple[Any, Stamp]] = OrderedDict()
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
    key = blake2b(session.encode(), digest_size=16).digest()
    with _lock:
        user, stamp = _kept.get(key, (None, None))
    if user is not None and _stamp(session, user.pk) == stamp:
        return user
    # The stamp first: what changes between the two is read again at the next tile.
    user_id = request.session.get(SESSION_KEY)
    stamp = _stamp(session, user_id) if user_id else None
    user = get_user(request)
    if stamp is not None and user.is_authenticated:
        setattr(user, _ANSWERS, {})
        with _lock:
            _kept[key] = user, stamp
            _kept.move_to_end(key)
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return user


def _stamp(session: str, user_id: Any) -> Stamp | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.STAMP, [session, user_id])
        return cursor.fetchone()  # type: ignore[no-any-return]


def kept_answer(user: Any, question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return `ask()`; for a kept user the answer of the first time. What the day decides has the day in `question`.

    Only for what session, account, posts and second factors decide.
    """
    answers = getattr(user, _ANSWERS, None)
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    return answers[question]  # type: ignore[no-any-return]
