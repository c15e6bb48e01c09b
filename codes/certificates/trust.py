"""What the operator says may be trusted: files under STATE_DIR/trust. No key is held, nothing is fetched.

trust/*.pem or *.crt: certificates of authorities whose signers count; trust/revocation/*.crl, *.ocsp: their lists of
revoked certificates and OCSP answers, as supplied (DER or PEM). Files named demo-* count in a demo only.
"""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

_ARMOUR = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.+?)-----END [A-Z0-9 ]+-----", re.DOTALL)
MAX_BYTES = 20 * 1024 * 1024  # a national list of revoked certificates may be large


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything in DER."""

    roots: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]


def folder() -> Path:
    """Where the operator puts the files."""
    return Path(settings.STATE_DIR) / "trust"


def evidence() -> Evidence:
    """Read the files anew: a list that was replaced counts from the next check on."""
    lists = folder() / "revocation"
    return Evidence(
        roots=_read(folder(), (".pem", ".crt", ".cer")),
        crls=_read(lists, (".crl",)),
        ocsps=_read(lists, (".ocsp", ".ors")),
    )


def _read(place: Path, endings: tuple[str, ...]) -> tuple[bytes, ...]:
    if not place.is_dir():
        return ()
    files = sorted(path for path in place.iterdir() if path.suffix.lower() in endings and path.is_file())
    counted = [path for path in files if settings.DEMO or not path.name.startswith("demo-")]
    return tuple(der for path in counted if path.stat().st_size <= MAX_BYTES for der in _ders(path.read_bytes()))


def _ders(data: bytes) -> list[bytes]:
    armoured = _ARMOUR.findall(data)
    return [base64.b64decode(part) for part in armoured] if armoured else [data]
