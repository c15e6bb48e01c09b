"""One moment of the database on a connection of its own: counted, then copied out as it is read.

The count in a file's head and the rows behind it come from one read-only snapshot, so they cannot differ.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Self

from core.replicas import connection
from exchange import sql, table_sql

Statement = tuple[str, tuple[Any, ...]]


class Moment:
    """A read-only transaction; use it as a context, in the thread that made it."""

    def __init__(self) -> None:
        self.own = connection.copy()
        self.own.inc_thread_sharing()  # COPY runs in a thread, and is called off from ours

    def __enter__(self) -> Self:
        self.own.ensure_connection()
        with self.own.cursor() as cursor:
            cursor.execute(sql.READ_ONLY_SNAPSHOT)
            cursor.execute(sql.WHOLE_LAYER)
        return self

    def __exit__(self, *exception: object) -> None:
        self.own.close()

    def one(self, statement: Statement) -> tuple[Any, ...]:
        """Return the first row."""
        with self.own.wrap_database_errors, self.own.cursor() as cursor:
            cursor.execute(*statement)
            row: tuple[Any, ...] = cursor.fetchone()
            return row

    def each(self, statement: Statement, *, at_once: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows through a cursor on the server, `at_once` at a time; one such reading at a time."""
        query, params = statement
        with self.own.wrap_database_errors, self.own.cursor() as cursor:
            cursor.execute(table_sql.declare(query), params)
            while True:
                cursor.execute(table_sql.fetch(at_once))
                rows = cursor.fetchall()
                yield from rows
                if len(rows) < at_once:
                    break
            cursor.execute(table_sql.CLOSE)

    @contextmanager
    def copied(self, statement: Statement) -> Iterator[BinaryIO]:
        """Give the CSV of the query as a stream. Leaving early calls the query off; what went wrong in it is raised."""
        with self.own.cursor() as cursor:
            # COPY takes no bind parameters: values are put into text here, by the driver.
            text = cursor.mogrify(*statement).decode()
        source, sink = os.pipe()
        copying = _Copying(self.own, text, os.fdopen(sink, "wb"))
        copying.start()
        with os.fdopen(source, "rb") as stream:
            try:
                yield stream
            finally:
                stream.close()
                copying.stop()
        copying.raise_failure()


class _Copying(threading.Thread):
    def __init__(self, own: Any, text: str, sink: BinaryIO) -> None:
        super().__init__(daemon=True, name="export-copy")
        self.own, self.text, self.sink = own, text, sink
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            with self.sink, self.own.wrap_database_errors, self.own.cursor() as cursor:
                cursor.copy_expert(table_sql.copy_csv(self.text), self.sink)
        except BrokenPipeError:  # the reader stopped: its reason is what counts
            pass
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        if self.is_alive():
            self.own.connection.cancel()
        self.join(timeout=30)

    def raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure
