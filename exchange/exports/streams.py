"""Streams a layer as GeoJSON text that PostgreSQL writes: `COPY` into a pipe, read as it comes.

The export runs on a connection of its own, in one read-only transaction, so that it is one moment's picture, and so
that a slow reader is not cut off by the web role's statement time-out. Memory does not grow with the number of rows.
"""

import json
import os
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from core.layers import Layer
from core.replicas import connection
from core.sql import feature_sql, in_order
from exchange import sql

CHUNK_BYTES = 64 * 1024
Statement = tuple[str, tuple[Any, ...]]


def geojson_lines(layer: Layer, rows: QuerySet[Any], head: dict[str, Any]) -> Iterator[bytes]:
    """Return the parts of one FeatureCollection (RFC 7946) with the members of `head`, one feature a line, EPSG:4326.

    The query is made before the first part is asked for: what is wrong with it is an answer, not a broken file.
    """
    opening = json.dumps({"type": "FeatureCollection", **head}, ensure_ascii=False)
    try:
        statement = sql.features(*feature_sql(layer, in_order(layer, rows)))
    except EmptyResultSet:  # the ORM knows already that no row can match
        statement = None
    return _parts(f'{opening[:-1]}, "features": [\n'.encode(), statement)


def head_of(layer: Layer, params: QueryDict, licence: str, steward: str) -> dict[str, Any]:
    """Return what a file says of itself: source, licence, filter, moment, and DEMO where the data is invented."""
    head: dict[str, Any] = {
        "name": layer.name,
        "title": str(layer.title),
        "source": f"Vùng Trồng, {settings.PUBLIC_URL}",
        "steward": steward,
        "licence": licence,
        "filter": {name: values if len(values) > 1 else values[0] for name, values in params.lists()},
        "written_at": timezone.localtime().isoformat(timespec="seconds"),
    }
    if settings.DEMO:
        head["note"] = "DEMO: invented data"
    return head


def _parts(opening: bytes, statement: Statement | None) -> Iterator[bytes]:
    yield opening
    if statement is not None:
        yield from _copied(statement)
    yield b"]}\n"


def _copied(statement: Statement) -> Iterator[bytes]:
    source, sink = os.pipe()
    writer = _CopyThread(*statement, sink=os.fdopen(sink, "wb"))
    writer.start()
    with os.fdopen(source, "rb") as reader:
        try:
            reader.read(1)  # the comma before the first feature
            while chunk := reader.read(CHUNK_BYTES):
                yield chunk
        finally:
            # The reader may have gone away in the middle: the pipe is closed and the query called off.
            reader.close()
            writer.stop()
    writer.raise_failure()


class _CopyThread(threading.Thread):
    """Runs one COPY on a connection of its own and closes the pipe at the end, whatever happens."""

    def __init__(self, statement: str, params: tuple[Any, ...], sink: BinaryIO) -> None:
        super().__init__(daemon=True, name="export")
        self.statement, self.params, self.sink = statement, params, sink
        self.own = connection.copy()
        self.own.inc_thread_sharing()  # `stop` calls the query off from the reader's thread
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            with self.sink:
                self._copy()
        except BrokenPipeError:  # the reader went away: nobody is left to tell
            pass
        except Exception as error:
            self.failure = error

    def _copy(self) -> None:
        try:
            self.own.ensure_connection()
            with self.own.wrap_database_errors, self.own.cursor() as cursor:
                cursor.execute(sql.READ_ONLY_SNAPSHOT)
                cursor.execute(sql.NO_TIME_LIMIT)
                # COPY takes no bind parameters: this is the one place where values are put into text, by the driver.
                text = cursor.mogrify(self.statement, self.params).decode()
                cursor.copy_expert(sql.copy_out(text), self.sink)
                cursor.execute("COMMIT")
        finally:
            self.own.close()

    def stop(self) -> None:
        """Call the query off if it still runs, and wait until the connection is given back."""
        raw = self.own.connection
        if self.is_alive() and raw is not None and not raw.closed:
            raw.cancel()
        self.join(timeout=10)

    def raise_failure(self) -> None:
        """Raise what went wrong, so that the answer breaks off instead of ending as if it were whole."""
        if self.failure is not None:
            raise self.failure
