"""Contacts that a browser has proved: a signed cookie of digests, so that asking again needs no new code.

Thirty days, to the pages of enquiries only, no script reads it; it holds keyed digests, no contact. A shared computer
gives nothing away but the right to ask again in the name of somebody whose contact one knows.
"""

import json

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from products.contacts import KNOWN_FOR

COOKIE = "asked_as"
SALT = "products.contacts"
MOST = 5


def known_contacts(request: HttpRequest) -> list[str]:
    """Return the digests of the contacts that this browser has proved, newest first."""
    try:
        kept = request.get_signed_cookie(COOKIE, salt=SALT, max_age=int(KNOWN_FOR.total_seconds()))
        digests = json.loads(kept or "[]")
    except (KeyError, BadSignature, ValueError):
        return []
    return [digest for digest in digests if isinstance(digest, str)][:MOST] if isinstance(digests, list) else []


def remember_contact(request: HttpRequest, response: HttpResponse, digest: str) -> None:
    """Let the browser keep that it proved the contact with this digest."""
    others = [known for known in known_contacts(request) if known != digest]
    response.set_signed_cookie(
        COOKIE,
        json.dumps([digest, *others][:MOST]),
        salt=SALT,
        max_age=int(KNOWN_FOR.total_seconds()),
        path="/enquiries/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
