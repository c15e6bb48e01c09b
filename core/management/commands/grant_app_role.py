"""Gives the app role its rights on the tables; run as the owner after each migration."""

from typing import Any

import pghistory
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from core import sql

APPEND_ONLY = "SELECT, INSERT"
NEVER_DELETED = "SELECT, INSERT, UPDATE"
READ_ONLY = "SELECT"
ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE"


class Command(BaseCommand):
    """Rows, never tables: no TRUNCATE, no DDL; no UPDATE or DELETE where the past is kept.

    Append-only: models with `is_append_only = True` and pghistory's event tables. pghistory's context table keeps
    UPDATE, which its own trigger needs to complete a context, but not DELETE. No DELETE either on models with
    `is_never_deleted = True` or a trigger that refuses it (issued codes, certificates): a second lock.
    """

    help = "Grant the app role its rights on all tables and sequences of the owner (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        role = settings.DATABASE_APP_ROLE
        with connection.cursor() as cursor:
            owner = sql.current_role(cursor)
            if not role or role == owner:
                self.stdout.write(f"{owner} owns the tables and serves the app too: nothing to grant.")
                return
            with transaction.atomic():
                tables = sql.tables_owned(cursor)
                if not tables:
                    raise CommandError(f"{owner} owns no tables; run as the owner: DATABASE_ROLE=owner")
                kept = restricted_tables()
                for table in tables:
                    sql.set_table_rights(cursor, table, kept.get(table, ALL_ROWS), role)
                sequences = sql.sequences_owned(cursor)
                for sequence in sequences:
                    sql.set_sequence_rights(cursor, sequence, role)
        append_only = sum(kept.get(table) == APPEND_ONLY for table in tables)
        self.stdout.write(f"{role}: {len(tables)} tables ({append_only} append-only), {len(sequences)} sequences")


def restricted_tables() -> dict[str, str]:
    """Return table -> rights for every table on which the app role has less than all rights on rows."""
    restricted = {"django_migrations": READ_ONLY, "pghistory_context": NEVER_DELETED}
    for model in apps.get_models(include_auto_created=True):
        if getattr(model, "is_append_only", False) or _is_history(model):
            restricted[model._meta.db_table] = APPEND_ONLY
        elif getattr(model, "is_never_deleted", False) or _is_protected(model):
            restricted[model._meta.db_table] = NEVER_DELETED
    return restricted


def _is_history(model: type[Any]) -> bool:
    return issubclass(model, pghistory.models.Event) and model._meta.managed


def _is_protected(model: type[Any]) -> bool:
    """Whether a trigger of ours refuses every deletion."""
    return any(trigger.name == "never_deleted" for trigger in getattr(model._meta, "triggers", ()))
