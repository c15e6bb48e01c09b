"""Who reads, and how often: the same rights as the API, with a door for programs that only know user and password."""

import base64
import binascii
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from accounts.kept import remembering
from core.api.authentication import TokenAuthentication, reader_of
from core.errors import BadCredentials, TooManyRequests
from core.throttling import caller_of, count_request

SCOPE = "ogc"
MAX_HEADER = 1_000


def admit(request: HttpRequest) -> Any:
    """Count the request and return who reads; `request.user` is that user from here on.

    A token stands in the header (`Authorization: Token ...`) or, for QGIS, as the password of basic authentication
    with any user name. Raises BadCredentials for a token that opens nothing, TooManyRequests over the budget.
    """
    user = recognise(request)
    wait = count_request(SCOPE, caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)
    return user


def recognise(request: HttpRequest) -> Any:
    """Return who reads, without counting: tiles have a budget of their own. Raises BadCredentials as `admit` does."""
    user = _by_password(request) or reader_of(request)
    if user.is_authenticated:  # posts and units are asked for once in a page, not by each of its statements
        user = remembering(user)
    request.user = user
    return user


def _by_password(request: HttpRequest) -> Any | None:
    """Return the owner of the token that is the password, None where no basic authentication was sent (RFC 7617)."""
    scheme, _space, sent = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    if len(sent) > MAX_HEADER:
        raise BadCredentials
    try:
        decoded = base64.b64decode(sent.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadCredentials from error
    _user, _colon, token = decoded.partition(":")
    try:
        return TokenAuthentication().authenticate_credentials(token.strip())[0]
    except (AuthenticationFailed, ValueError) as error:  # ValueError: a NUL, which PostgreSQL takes in no text
        raise BadCredentials from error
