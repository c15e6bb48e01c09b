"""gunicorn's worker with our own words: what it refuses before Django sees it is a problem document too.

gunicorn answers a request line over 8190 bytes, too many headers or a malformed request with an HTML page of its
own. A program that talks to the API should not have to parse that (catalogue row B11).
"""

import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from core.problems import problem_response

DRAIN_AT_MOST_BYTES = 1024 * 1024
DRAIN_AT_MOST_S = 1.0


class ProblemWorker(ThreadWorker):
    """A thread worker whose answers to unreadable requests are `application/problem+json`."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        refusal = refusal_of(exc)
        if refusal is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Unreadable request from %s: %s", (addr or ("",))[0], type(exc).__name__)
        with suppress(OSError):
            client.sendall(answer(*refusal))
            drain(client)


def refusal_of(exc: BaseException) -> tuple[int, str, Any] | None:
    """Status, code and text for a request that could not be read; None for a fault that is not the client's."""
    if isinstance(exc, errors.LimitRequestLine):
        return 414, "", ""
    if isinstance(exc, errors.LimitRequestHeaders):
        return 431, "headers_too_large", _("Phần đầu của yêu cầu quá dài. Hãy bớt tiêu đề hoặc cookie.")
    if isinstance(exc, errors.ConfigurationProblem | errors.InvalidResponseHeader | errors.InvalidResponseHeaderName):
        return None
    if isinstance(exc, errors.ParseException):
        return 400, "", ""
    return None


def answer(status: int, code: str, detail: Any) -> bytes:
    """The whole HTTP answer. No request was read, so the language is the house's first."""
    with translation.override(settings.LANGUAGE_CODE):
        response = problem_response(HttpRequest(), status, code=code, detail=detail)
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Connection: close",
        f"Content-Type: {response.headers['Content-Type']}",
        f"Content-Length: {len(response.content)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + response.content


def drain(client: socket.socket) -> None:
    """Read what the client is still sending, within limits: closing at once would reset the connection, and the
    client would lose the answer with it."""
    client.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + DRAIN_AT_MOST_S
    read = 0
    while read < DRAIN_AT_MOST_BYTES and (left := deadline - time.monotonic()) > 0:
        client.settimeout(left)
        part = client.recv(65_536)
        if not part:
            return
        read += len(part)
