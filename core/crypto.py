"""Encryption of personal numbers and contacts at rest, and a keyed digest to find them again.

Two kinds of keys, each newest first (`core.keyfile`): Fernet keys (AES-128-CBC with HMAC) encrypt, older ones still
decrypt; digest keys (HMAC-SHA-256) match, and while a rotation runs the digest by any of them matches. An installation
without a key file has the list PERSONAL_DATA_KEYS: all its keys decrypt, the first encrypts, the last one digests.
"""

import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.keyfile import KeyRing, read_cached


def key_ring() -> KeyRing:
    """Return the keys in force: those of the file, then those of the list. Raises ImproperlyConfigured without any."""
    listed = tuple(settings.PERSONAL_DATA_KEYS)
    own = read_cached(settings.PERSONAL_DATA_KEYS_FILE) if settings.PERSONAL_DATA_KEYS_FILE else KeyRing()
    encryption = tuple(dict.fromkeys((*own.encryption, *listed)))
    if not encryption:
        raise ImproperlyConfigured("no keys of personal data: see PERSONAL_DATA_KEYS_FILE in docs/operations.md")
    # What is stored was digested by the last key of the list, so that key goes on matching.
    older = listed[-1:] or (() if own.digest else encryption[-1:])
    return KeyRing(encryption, tuple(dict.fromkeys((*own.digest, *older))))


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(value: str) -> bytes:
    """Return `value` encrypted by the newest key; the empty string stays empty."""
    return _fernet(key_ring().encryption).encrypt(value.encode()) if value else b""


def decrypt(token: bytes | memoryview) -> str:
    """Return the text of `encrypt`, whichever key made it; the empty token is the empty string."""
    raw = bytes(token)
    return _fernet(key_ring().encryption).decrypt(raw).decode() if raw else ""


def is_by_newest_key(token: bytes | memoryview) -> bool:
    """Whether the newest key made the token (or it is empty): older keys are not needed for it any more."""
    raw = bytes(token)
    try:
        _fernet(key_ring().encryption[:1]).decrypt(raw) if raw else b""
    except InvalidToken:
        return False
    return True


def digest(value: str, purpose: str) -> str:
    """Return a keyed SHA-256 of `value` (hex) that differs by purpose; equal inputs can be matched, not read."""
    return _digest(key_ring().digest[0], value, purpose) if value else ""


def digests(value: str, purpose: str) -> list[str]:
    """Return the digests of `value` by every digest key, newest first, to look it up; empty for the empty string."""
    return [_digest(key, value, purpose) for key in key_ring().digest] if value else []


def _digest(key: str, value: str, purpose: str) -> str:
    return hmac.new(f"{key}:{purpose}".encode(), value.encode(), hashlib.sha256).hexdigest()
