"""Who calls: a token in the header, or the session of a signed-in page (with CSRF)."""

import re
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from core import guesses
from core.errors import BadCredentials

TOKEN = re.compile(r"[0-9a-f]{40}", re.ASCII)


class BadToken(exceptions.AuthenticationFailed):
    """401: the credentials sent do not open anything; says no more than that."""

    own_code = "bad_token"
    own_text = _("Mã truy cập không đúng hoặc đã bị thu hồi.")


class CsrfFailed(exceptions.PermissionDenied):
    """403: a browser session without the CSRF token, or from a foreign page."""

    own_code = "csrf_failed"
    own_text = _("Thiếu mã chống giả mạo (X-CSRFToken), hoặc yêu cầu đến từ trang khác.")


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <40 hex digits>`, or `Bearer`."""

    keywords = ("token", "bearer")

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _space, key = header.partition(" ")
        if scheme.lower() not in self.keywords:
            return None
        return self.opened_by(key.strip(), request._request)

    def opened_by(self, key: str, request: HttpRequest) -> tuple[Any, Any]:
        """Return the owner and the token; raises BadToken, and TooManyRequests over the budget of wrong ones."""
        guesses.require_room(request, key)
        try:
            if not TOKEN.fullmatch(key):
                raise BadToken
            found = self.authenticate_credentials(key)
        except BadToken:
            guesses.count_wrong(request)
            raise
        guesses.remember_right(key)
        return found

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        try:
            return super().authenticate_credentials(key)
        except exceptions.AuthenticationFailed as error:
            raise BadToken from error


def reader_of(request: HttpRequest) -> Any:
    """Return who reads a plain view: the owner of the token in the header, else the user of the session.

    Raises BadCredentials for a token that opens nothing, TooManyRequests where too many of these came.
    """
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except exceptions.AuthenticationFailed as error:
        raise BadCredentials from error
    return found[0] if found else request.user


def owner_of(token: str, request: HttpRequest) -> Any:
    """Return whose token it is that came with `request`; raises as `reader_of` does."""
    try:
        return TokenAuthentication().opened_by(token, request)[0]
    except exceptions.AuthenticationFailed as error:
        raise BadCredentials from error


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie; CSRF is enforced for every method that writes."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise CsrfFailed from error
