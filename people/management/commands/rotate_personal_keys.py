"""Exchanges the keys of personal data; see docs/operations.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from core import crypto, keyfile
from people import rotation

_LOCK = "hashtext('people.rotate_personal_keys')"


class Command(BaseCommand):
    """Three moments: a new key (no option), what an interrupted run left (`--resume`), the end (`--forget`)."""

    help = "Add new keys to PERSONAL_DATA_KEYS_FILE and encrypt and digest all personal numbers by them."

    def add_arguments(self, parser: CommandParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--resume", action="store_true", help="no new keys: finish a run that was interrupted")
        group.add_argument("--forget", action="store_true", help="drop the older keys, when no row needs them")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.PERSONAL_DATA_KEYS_FILE
        if not path:
            raise CommandError("PERSONAL_DATA_KEYS_FILE is not set: name a file there first (docs/operations.md).")
        with _alone():
            if not Path(path).exists():
                keyfile.write(path, keyfile.KeyRing())  # an installation that had PERSONAL_DATA_KEYS only
            try:
                self._rotate(path, options)
            except InvalidToken as error:
                raise CommandError(
                    "A row is encrypted by a key that is not there: is this the right file? Nothing was lost; add the "
                    "missing key to it."
                ) from error

    def _rotate(self, path: str, options: dict[str, Any]) -> None:
        if options["forget"]:
            self._forget(path)
            return
        if not options["resume"]:
            waiting = rotation.rows_by_older_keys()
            if waiting and len(crypto.key_ring().digest) > 1:
                raise CommandError(f"{waiting} rows wait for the keys of an earlier run: finish it by --resume.")
            rotation.add_keys(path)
        changed = rotation.renew(self._tell)
        self.stdout.write(f"{changed} rows are encrypted by the newest key. Older keys still decrypt; drop: --forget")

    def _tell(self, model: str, rows: int) -> None:
        self.stdout.write(f"{model}: {rows} rows")

    def _forget(self, path: str) -> None:
        if settings.PERSONAL_DATA_KEYS:
            raise CommandError("PERSONAL_DATA_KEYS still lists older keys: take it out of the settings first.")
        waiting = rotation.rows_by_older_keys()
        if waiting:
            raise CommandError(f"{waiting} rows still need an older key: run --resume first.")
        dropped = rotation.forget_older_keys(path)
        self.stdout.write(f"{dropped} older keys dropped. Dumps made before the rotation need them: see the backup.")


@contextmanager
def _alone() -> Iterator[None]:
    """One rotation at a time: of two that write the file, one would lose the key by which the other has encrypted."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
        if not cursor.fetchone()[0]:
            raise CommandError("Another rotation is running: wait for its end.")
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})")
