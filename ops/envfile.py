"""The files of settings that `geoapp/settings.py` reads: `var/env` for people, `var/service.env` for the
service.
"""

import base64
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from ops.places import write_private
from ops.shell import Refused

NAME = re.compile(r"^[A-Z][A-Z0-9_]*$")
OWNER_ONLY = ("DATABASE_OWNER_URL",)  # the running service has no business with the role that may change tables
KEYS = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "PERSONAL_DATA_KEYS", "SEAL_KEYS")


def read(path: Path) -> dict[str, str]:
    """NAME=value lines; comments and empty lines are skipped. Raises Refused naming the line that is
    neither.
    """
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if not equals or not NAME.match(name.strip()):
            raise Refused(f"{path}, line {number}: expected NAME=value, found: {name[:40]}")
        values[name.strip()] = value.strip().strip("'\"")
    return values


def write(path: Path, values: Mapping[str, str], *, owner: str | None = None) -> None:
    """Write the file readable by its owner only. A value with a line break is refused: it would make a
    second line.
    """
    for name, value in values.items():
        if not NAME.match(name) or "\n" in value or "\r" in value:
            raise Refused(f"The setting {name!r} cannot be written into {path}.")
    lines = ["# Written by ops/. Settings of your own belong in .env (see .env.example).\n"]
    lines += [f"{name}={value}\n" for name, value in values.items()]
    write_private(path, "".join(lines), owner=owner)


def ensure_keys(known: Mapping[str, str]) -> dict[str, str]:
    """The installation's keys: those known already, new ones where there are none.

    SECRET_KEY signs sessions; PERSONAL_DATA_KEYS (32 bytes, URL-safe base64, newest first, by commas) encrypt
    personal numbers: losing them loses those numbers. SEAL_KEYS (the same form) seal the QR codes of certificates and
    plates: losing them makes every printed one look forged. So all belong in the backup.
    """
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SECRET_KEY_FALLBACKS": "",
        "PERSONAL_DATA_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "SEAL_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
    return {name: known.get(name) or made[name] for name in KEYS}


def for_service(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in OWNER_ONLY}
