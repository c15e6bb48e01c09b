"""Committed rows of a test are removed from the tables that hold any; Django empties all of them and fills some again.

Django truncates every table after each test that commits (a new file for each of them and for each index) and writes
all content types and permissions anew: half a second, hundreds of times. Most tests leave a few rows in a few tables.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission")  # what Django writes anew after it has truncated
LARGE_BYTES = 1024 * 1024  # of one table: truncating gives the room back, deleting does not
_NAME = connection.ops.quote_name


@pytest.fixture(scope="session", autouse=True)
def few_tables_are_emptied() -> None:
    """Stands in for TransactionTestCase's own way from the first test on."""
    TransactionTestCase._fixture_teardown = removing_rows(TransactionTestCase._fixture_teardown)


def removing_rows(by_django: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return what ends a test that commits; what it cannot do is left to Django."""
    known = _Kept()

    def remove_rows(case: Any) -> None:
        if case.serialized_rollback or not known.is_as_written() or not empty_tables():
            by_django(case)
            known.look()

    return remove_rows


class _Kept:
    """What the kept tables held after Django wrote them; a test that changes them leaves the work to Django."""

    def __init__(self) -> None:
        self.written: tuple[str, ...] | None = None

    def look(self) -> None:
        self.written = self._now()

    def is_as_written(self) -> bool:
        return self.written is not None and self.written == self._now()

    def _now(self) -> tuple[str, ...]:
        digests = ", ".join(
            f"(SELECT md5(string_agg(kept::text, ',' ORDER BY id)) FROM {_NAME(table)} AS kept)" for table in KEPT
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {digests}")
            return tuple(cursor.fetchone())


def empty_tables() -> bool:
    """Delete all rows of the models' tables except the kept ones; False, and nothing done, when one table is large.

    Triggers of ours stay silent, as when a table is truncated; foreign keys are checked once all rows are gone.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _written_tables(cursor)
        if any(size > LARGE_BYTES for _name, size in tables):
            return False
        filled = _filled(cursor, [name for name, _size in tables])
        if not filled:
            return True
        names = [_NAME(name) for name in filled]
        cursor.execute(
            ";".join(
                [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in names]
                + [f"DELETE FROM {name}" for name in names]
                + ["SET CONSTRAINTS ALL IMMEDIATE"]
                + [f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names]
            )
        )
    return True


def _written_tables(cursor: CursorWrapper) -> list[tuple[str, int]]:
    """Tables of models that take room on the disk, with bytes; one never written to takes none."""
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0"
    )
    of_models = set(connection.introspection.django_table_names(include_views=False)) - set(KEPT)
    return [(name, size) for name, size in cursor.fetchall() if name in of_models]


def _filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Return those of the tables that hold a row."""
    if not tables:
        return []
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {_NAME(name)})" for name in tables)
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]
