"""Answers the public's reads (maps, tiles, exports, OGC, analysis) from the replica, where there is one."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core import replicas

GetResponse = Callable[[HttpRequest], HttpResponse]
WROTE_COOKIE = "wrote"
READS = ("GET", "HEAD")


class ReplicaMiddleware:
    """Reads below REPLICA_PATHS go to the replica, but for a browser that has just written: it sees its own changes.

    A replica that goes away in the middle of a view costs one more try, on the primary.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not replicas.is_configured():
            return self.get_response(request)
        if request.method not in READS:
            return self._remember_writing(self.get_response(request))
        if not request.path.startswith(settings.REPLICA_PATHS) or WROTE_COOKIE in request.COOKIES:
            return self.get_response(request)
        with replicas.reading() as alias:
            request.read_from = alias  # type: ignore[attr-defined]
            response = self.get_response(request)
        return _going_on(response, request.read_from)  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Ask the view again, on the primary, when the replica was lost."""
        if getattr(request, "read_from", DEFAULT_DB_ALIAS) != replicas.REPLICA or not replicas.is_lost(exception):
            return None
        replicas.WATCH.is_away(exception)
        request.read_from = DEFAULT_DB_ALIAS  # type: ignore[attr-defined]
        match: Any = request.resolver_match
        with replicas.reading_from(DEFAULT_DB_ALIAS):
            return match.func(request, *match.args, **match.kwargs)

    def _remember_writing(self, response: HttpResponse) -> HttpResponse:
        response.set_cookie(
            WROTE_COOKIE,
            "1",
            max_age=settings.REPLICA_MAX_LAG_SECONDS + 2,  # the lag, and what was found out of it a second ago
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response


def _going_on(response: HttpResponseBase, alias: str) -> HttpResponseBase:
    """Let a streamed answer read from the same database as its view did, although it is made later."""
    if alias != DEFAULT_DB_ALIAS and response.streaming and getattr(response, "file_to_stream", None) is None:
        response.streaming_content = _parts(response.streaming_content, alias)  # type: ignore[attr-defined]
    return response


def _parts(parts: Iterable[bytes], alias: str) -> Iterator[bytes]:
    source = iter(parts)
    while True:
        with replicas.reading_from(alias):  # for one step only: the server does other things in between
            part = next(source, None)
        if part is None:
            return
        yield part
