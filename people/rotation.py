"""Rotation of the keys of personal data: a new key, everything encrypted and digested anew, old keys forgotten.

Every step may be interrupted and begun again: a row that the newest keys made is passed over. While it runs the rows
are found by both digests, since a search asks for all of them (`core.crypto.digests`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from core import crypto, keyfile
from core.keyfile import KeyRing
from people.numbers import contact_key, id_digits, phone_digits

BATCH = 500
# What was digested, by purpose; other purposes digest the text as it is.
NORMAL_FORMS: dict[str, Callable[[str], str]] = {"phone": phone_digits, "id_number": id_digits, "enquiry": contact_key}


@dataclass(frozen=True, slots=True)
class EncryptedField:
    """A column of tokens, and the column of digests beside it when there is one (with its purpose)."""

    model: str
    token: str
    digest: str = ""
    purpose: str = ""


@cache
def encrypted_fields() -> tuple[EncryptedField, ...]:
    """Return the columns that `geoapp.wiring.ENCRYPTED_FIELDS` names: all of the installation's."""
    return tuple(import_string(settings.ENCRYPTED_FIELDS))


def add_keys(path: str) -> None:
    """Put a new key of each kind in front of those in force, in the file at `path`; the older ones are written too."""
    ring = crypto.key_ring()
    keyfile.write(
        path,
        KeyRing((keyfile.new_key(), *ring.encryption), (keyfile.new_key(), *ring.digest)),
    )


def renew(tell: Callable[[str, int], None] = lambda name, rows: None) -> int:
    """Encrypt and digest by the newest keys whatever was not; return how many rows changed. Batches of 500 rows.

    `tell(model, rows so far)` is called after each batch.
    """
    return sum(_renew_model(name, fields, tell) for name, fields in _by_model())


def rows_by_older_keys() -> int:
    """Return how many rows still need an older key."""
    count = 0
    for name, fields in _by_model():
        rows = apps.get_model(name)._base_manager.only(*_columns(fields))
        count += sum(bool(_changes(row, fields)) for row in rows.iterator(BATCH))
    return count


def forget_older_keys(path: str) -> int:
    """Leave the newest key of each kind in the file; return how many were dropped. Nothing may need them any more."""
    ring = crypto.key_ring()
    newest = KeyRing(ring.encryption[:1], ring.digest[:1])
    keyfile.write(path, newest)
    return len(ring.encryption) + len(ring.digest) - 2


def _by_model() -> Iterator[tuple[str, list[EncryptedField]]]:
    for name in dict.fromkeys(field.model for field in encrypted_fields()):
        yield name, [field for field in encrypted_fields() if field.model == name]


def _columns(fields: list[EncryptedField]) -> list[str]:
    return ["pk", *(name for field in fields for name in (field.token, field.digest) if name)]


def _renew_model(name: str, fields: list[EncryptedField], tell: Callable[[str, int], None]) -> int:
    model, last, changed = apps.get_model(name), None, 0
    while True:
        with transaction.atomic():
            # The base manager: no row may be left out because a page does not show it.
            rows = model._base_manager.select_for_update().only(*_columns(fields)).order_by("pk")
            batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
            for row in batch:
                changes = _changes(row, fields)
                if changes:
                    model._base_manager.filter(pk=row.pk).update(**changes)
                    changed += 1
        if not batch:
            return changed
        last = batch[-1].pk
        tell(name, changed)


def _changes(row: Any, fields: list[EncryptedField]) -> dict[str, Any]:
    """Return the columns of the row that the newest keys would write otherwise."""
    changes: dict[str, Any] = {}
    for field in fields:
        token = bytes(getattr(row, field.token) or b"")
        if not crypto.is_by_newest_key(token):
            changes[field.token] = crypto.encrypt(crypto.decrypt(token))
        if field.digest:
            text = crypto.decrypt(token)
            wanted = crypto.digest(NORMAL_FORMS.get(field.purpose, str)(text), field.purpose)
            if getattr(row, field.digest) != wanted:
                changes[field.digest] = wanted
    return changes
