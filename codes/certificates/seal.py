"""The seal in QR codes of certificates and plates: `CODE.version.KKMMMMMMMMMMMMMMMM`.

KK names the key, M is a message authentication code (HMAC-SHA256 cut to 80 bits, base32): nobody without a key can
make up a seal, and checking one needs no database. A *copied* seal stays genuine; the page it leads to shows whose it
is (product.md §8.5). Keys: SEAL_KEYS, 32 bytes in URL-safe base64, newest first; the newest seals, all verify.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MAC_BYTES = 10  # 80 bits: 16 signs of base32
KEY_ID_SIGNS = 2
_PURPOSE = b"vungtrong certificate 1"
_SEALED = re.compile(
    r"^(?P<code>[A-Z0-9][A-Z0-9-]{1,59})\.(?P<version>[1-9][0-9]{0,5})\.(?P<key>[A-Z2-7]{2})(?P<mac>[A-Z2-7]{16})$"
)


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says: the code and the version of its certificate."""

    code: str
    version: int


def make_seal(code: str, version: int) -> str:
    """Return the seal of a version of a code's certificate, by the newest key."""
    keys = _keys()
    if not keys:
        raise ImproperlyConfigured("SEAL_KEYS is empty; see docs/operations.md")
    return f"{code}.{version}.{_key_id(keys[0])}{_mac(keys[0], code, version)}"


def looks_sealed(typed: str) -> bool:
    """Whether what somebody typed or scanned has the form of a seal: two dots, the last part as long as a MAC."""
    code, _dot, rest = typed.strip().strip("/").partition(".")
    version, dot, mac = rest.partition(".")
    return bool(code and dot and version.isascii() and version.isdigit() and len(mac) >= MAC_BYTES)


def read_seal(typed: str) -> Seal | None:
    """Return what a genuine seal says; None for one that no key of ours made. Asks no database."""
    found = _SEALED.match(typed.strip().strip("/").upper())
    if found is None:
        return None
    code, version = found["code"], int(found["version"])
    is_genuine = False
    for key in _keys():  # all of them, so that time does not tell which one fits
        is_genuine |= _key_id(key) == found["key"] and hmac.compare_digest(_mac(key, code, version), found["mac"])
    return Seal(code, version) if is_genuine else None


def _keys() -> list[bytes]:
    try:
        return [base64.urlsafe_b64decode(key) for key in settings.SEAL_KEYS]
    except (ValueError, binascii.Error) as error:
        raise ImproperlyConfigured("SEAL_KEYS holds something that is not base64; see docs/operations.md") from error


def _mac(key: bytes, code: str, version: int) -> str:
    digest = hmac.new(key, b"\0".join((_PURPOSE, code.encode(), str(version).encode())), hashlib.sha256).digest()
    return base64.b32encode(digest[:MAC_BYTES]).decode()


def _key_id(key: bytes) -> str:
    return base64.b32encode(hashlib.sha256(_PURPOSE + b" id\0" + key).digest()).decode()[:KEY_ID_SIGNS]
