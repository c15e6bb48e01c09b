"""Encryption of personal numbers and contacts at rest, and a keyed digest to find them again.

Keys are Fernet keys (AES-128-CBC with HMAC), newest first, from PERSONAL_DATA_KEYS; older ones still decrypt.
"""

import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("PERSONAL_DATA_KEYS is empty; see docs/operations.md")
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(value: str) -> bytes:
    """Return `value` encrypted; the empty string stays empty."""
    return _fernet(tuple(settings.PERSONAL_DATA_KEYS)).encrypt(value.encode()) if value else b""


def decrypt(token: bytes | memoryview) -> str:
    """Return the text of `encrypt`; the empty token is the empty string."""
    raw = bytes(token)
    return _fernet(tuple(settings.PERSONAL_DATA_KEYS)).decrypt(raw).decode() if raw else ""


def digest(value: str, purpose: str) -> str:
    """Return a keyed SHA-256 of `value` (hex) that differs by purpose; equal inputs can be matched, not read."""
    key = f"{settings.PERSONAL_DATA_KEYS[-1]}:{purpose}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest() if value else ""
