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
KEYS = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "SEAL_KEYS")
PERSONAL_KEYS_FILE = "personal-data.keys"


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

    SECRET_KEY signs sessions. SEAL_KEYS (32 bytes, URL-safe base64, newest first, by commas) seal the QR codes of
    certificates and plates: losing them makes every printed one look forged. So they belong in the backup.
    """
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SECRET_KEY_FALLBACKS": "",
        "SEAL_KEYS": _new_key(),
    }
    return {name: known.get(name) or made[name] for name in KEYS}


def ensure_personal_keys(state: Path, known: Mapping[str, str], *, owner: str | None) -> dict[str, str]:
    """Settings that name the keys of personal data; a new installation gets a file of them, readable by `owner` only.

    An installation that lists its keys in PERSONAL_DATA_KEYS keeps the list (see `rotate_personal_keys`). A file that
    was named and is gone is refused: new keys would leave every stored number unreadable.
    """
    listed, named = known.get("PERSONAL_DATA_KEYS", ""), known.get("PERSONAL_DATA_KEYS_FILE", "")
    path = Path(named) if named else state / PERSONAL_KEYS_FILE
    if listed:
        return {"PERSONAL_DATA_KEYS": listed} | ({"PERSONAL_DATA_KEYS_FILE": named} if named else {})
    if not path.is_file():
        if named:
            raise Refused(f"PERSONAL_DATA_KEYS_FILE names {path}, which is not there: bring it back from the backup.")
        lines = (
            "# Keys of personal data, newest first; losing them loses the numbers. See docs/operations.md.\n"
            "# Change this file by `make manage DO=rotate_personal_keys`.\n"
            f"encryption {_new_key()}\ndigest {_new_key()}\n"
        )
        write_private(path, lines, owner=owner)
    return {"PERSONAL_DATA_KEYS_FILE": str(path)}


def _new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def for_service(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in OWNER_ONLY}
