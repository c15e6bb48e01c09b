"""Who reads, and how often: the same rights as the API, with a door for programs that only know user and password."""

import base64
import binascii
from typing import Any

from django.http import HttpRequest

from accounts.kept import is_kept, remembering, user_of_token
from core import guesses
from core.api.authentication import TOKEN, TokenAuthentication, owner_of
from core.errors import TooManyRequests
from core.throttling import caller_of, count_request

SCOPE = "ogc"
MAX_HEADER = 1_000


def admit(request: HttpRequest) -> Any:
    """Count the request and return who reads; `request.user` is that user from here on.

    A token stands in the header (`Authorization: Token ...`) or, for QGIS, as the password of basic authentication
    with any user name. Raises BadCredentials for a token that opens nothing, TooManyRequests over the budget, and
    where too many wrong tokens came from this address.
    """
    user = recognise(request)
    wait = count_request(SCOPE, caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)
    return user


def recognise(request: HttpRequest) -> Any:
    """Return who reads, without counting: tiles have a budget of their own. Raises for wrong tokens as `admit` does."""
    token = _sent_token(request)
    user = request.user if token is None else _user_of(token, request)
    if user.is_authenticated and not is_kept(user):
        user = remembering(user)  # posts and units are asked for once in a page, not by each of its statements
    request.user = user
    return user


def _user_of(token: str, request: HttpRequest) -> Any:
    if not TOKEN.fullmatch(token):
        return owner_of(token, request)  # says that it is none, and counts it
    guesses.require_room(request, token)
    return user_of_token(token, lambda: owner_of(token, request))


def _sent_token(request: HttpRequest) -> str | None:
    """Return the token in the header, or the password of basic authentication (RFC 7617); None where there is none.

    Neither needs to look like a token; "" is a password that cannot be read.
    """
    scheme, _space, sent = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() in TokenAuthentication.keywords:
        return str(sent.strip())
    return _password(sent.strip()) if scheme.lower() == "basic" else None


def _password(sent: str) -> str:
    if len(sent) > MAX_HEADER:
        return ""
    try:
        decoded = base64.b64decode(sent, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    _user, _colon, password = decoded.partition(":")
    return password.strip()
