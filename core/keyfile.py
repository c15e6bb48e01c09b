"""The file with the keys of personal data: lines `encryption <key>` and `digest <key>`, newest first, mode 0600.

A process looks at the file's time before it uses a key, so that a new key counts at once and everywhere. No message
here ever holds a key.
"""

import base64
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

HEAD = """\
# Keys of personal data, newest first; losing them loses the numbers. See docs/operations.md.
# Change this file by `make manage DO=rotate_personal_keys`.
"""
_WORDS = ("encryption", "digest")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys, newest first: 32 bytes each, URL-safe base64."""

    encryption: tuple[str, ...] = field(default=(), repr=False)
    digest: tuple[str, ...] = field(default=(), repr=False)


def read_cached(path: Path | str) -> KeyRing:
    """Return the keys of the file as it is now. Raises ImproperlyConfigured as `read`."""
    try:
        facts = Path(path).stat()
    except OSError as error:
        raise ImproperlyConfigured(f"PERSONAL_DATA_KEYS_FILE cannot be read: {path}: {error.strerror}") from error
    return _read_once(str(path), facts.st_mtime_ns, facts.st_ino, facts.st_size, facts.st_mode)


@lru_cache(maxsize=4)
def _read_once(path: str, *_facts: int) -> KeyRing:
    return read(path)


def read(path: Path | str) -> KeyRing:
    """Return the keys of the file.

    Raises ImproperlyConfigured when others than its owner may read or write it, or naming the line that is wrong.
    """
    try:
        with Path(path).open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"PERSONAL_DATA_KEYS_FILE cannot be read: {path}: {type(error).__name__}") from None
    if mode & 0o077:
        raise ImproperlyConfigured(f"{path} can be read by others than its owner: chmod 600 it")
    found: dict[str, list[str]] = {word: [] for word in _WORDS}
    for number, line in enumerate(lines, start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or words[0] not in _WORDS or not _is_key(words[1]):
            raise ImproperlyConfigured(f"{path}, line {number}: expected `encryption <key>` or `digest <key>`")
        found[words[0]].append(words[1])
    return KeyRing(tuple(found["encryption"]), tuple(found["digest"]))


def write(path: Path | str, ring: KeyRing) -> None:
    """Replace the file as a whole, readable by its present owner only (a new file: by whoever writes it)."""
    path = Path(path)
    lines = [HEAD]
    lines += [f"encryption {key}\n" for key in ring.encryption]
    lines += [f"digest {key}\n" for key in ring.digest]
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.writelines(lines)
        if path.exists():  # root changes the file of the service's user, who must go on reading it
            before = path.stat()
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def new_key() -> str:
    """Return a fresh key of either kind."""
    return Fernet.generate_key().decode()


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text.encode())) == 32
    except ValueError:
        return False
