"""Streams a layer as text that PostgreSQL writes: `COPY` into a pipe, read as it comes.

A stream runs on a connection of its own, in one read-only transaction, so that it is one moment's picture, and so that
a slow reader is not cut off by the web role's statement time-out. At most EXPORT_STREAMS run at once in the whole
installation: each holds a place, a lock of its transaction, which the database frees with the connection.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.problems import parameter_finding
from exchange import sql, stream_sql
from exchange.exports.formats import FORMATS
from exchange.exports.pipes import CopiedBytes
from exchange.exports.texts import BYTE_ORDER_MARK, TEXT_FILES, converted
from exchange.models import ExportFormat
from exchange.selection import Selection
from exchange.stream_sql import Statement
from geofiles.crs import WGS84

COUNT_PATIENCE_MS = 100  # of the 300 ms until the first byte
COUNTED_AT_MOST = 300_000  # rows that may be counted in that time; of more than these it isn't tried
SORTED_AT_MOST = 20_000  # rows; more come as the database comes by them
PAUSE_SECONDS = 1.0
_LOCK_CLASS = 7401  # first key of the advisory locks on places; the second is the place's number
_CANCELLED = "57014"  # PostgreSQL: query_canceled


class StreamsBusy(DomainError):
    """All places for streamed files are taken; a job waits for its turn by itself."""

    status = 503
    code = "streams_busy"
    detail = _("Máy chủ đang gửi đủ số tệp lớn cùng lúc. Hãy đặt một lượt xuất dữ liệu, hoặc thử lại sau ít phút.")


class Stream:
    """One file as it is written: iterate it once, and close it whatever happens; an unread one is closed as well.

    `row_count` is None where counting would keep the reader waiting; the file then says it at its end.
    """

    def __init__(
        self,
        selection: Selection,
        format: ExportFormat,
        own: BaseDatabaseWrapper,
        row_count: int | None,
        *,
        has_notes: bool = False,
    ) -> None:
        self.selection, self.row_count, self.format, self.has_notes = selection, row_count, format, has_notes
        self.head = selection.head(row_count)
        self._text = TEXT_FILES[format]
        self._own = own
        is_sorted = row_count is not None and row_count <= SORTED_AT_MOST
        self._statement = self._text.query(selection, is_sorted=is_sorted)
        self._rows: CopiedBytes | None = None

    def __iter__(self) -> Iterator[bytes]:
        yield self._opening()
        written = 0
        if self._statement is not None:
            yield from self._copied(self._statement)
            written = self._rows.row_count if self._rows else 0
        self.close()
        yield self._text.closing(written if self.row_count is None else None)

    def close(self) -> None:
        """Call the query off if it still runs and give the connection, and with it the place, back."""
        if self._rows is not None:
            self._rows.close()
        self._own.close()

    def _opening(self) -> bytes:
        mark = BYTE_ORDER_MARK if self.format == ExportFormat.CSV else b""
        notes = self._text.notes(self.head) if self.has_notes and self._text.notes else b""
        return mark + notes + self._text.opening(self.selection, self.head)

    def _copied(self, statement: Statement) -> Iterator[bytes]:
        with self._own.cursor() as cursor:
            # COPY takes no bind parameters: this is the one place where values are put into text, by the driver.
            query = cursor.mogrify(*statement).decode()
        self._rows = CopiedBytes(self._own, self._text.as_copy(query))
        while self._text.pause and not self._rows.has_begun(PAUSE_SECONDS):
            yield self._text.pause
        parts = iter(self._rows)
        if self._text.first is not None:
            parts = _begun(parts, self._text.first(self.head))
        if self.selection.crs != WGS84:
            parts = converted(parts, self._text.convert(self.selection))
        yield from parts


def open_stream(
    selection: Selection, format: ExportFormat, *, needs_place: bool = True, has_notes: bool = False
) -> Stream:
    """Return the selection as a file in a text format, ready to be read. `has_notes`: a CSV file says what it is too.

    Raises BadInput where the format can't hold the coordinate system, StreamsBusy when all places are taken, which
    a job (`needs_place=False`) does not ask for. What is wrong with the query is raised here, before the first byte.
    """
    if selection.crs != WGS84 and not FORMATS[format].crs_free:
        detail = _("Định dạng này chỉ ghi được hệ WGS 84 (EPSG:4326).")
        raise BadInput(findings=[parameter_finding("crs", "crs_not_possible", detail)])
    own = connections[selection.rows().db].copy()
    own.inc_thread_sharing()  # the COPY runs in a thread, and is called off from the reader's
    try:
        own.ensure_connection()
        with own.wrap_database_errors, own.cursor() as cursor:
            cursor.execute(sql.READ_ONLY_SNAPSHOT)
            cursor.execute(f"{sql.WHOLE_LAYER}; {stream_sql.PLAIN_VALUES}")
            if needs_place and not _takes_place(cursor):
                raise StreamsBusy
            row_count = _counted(cursor, selection, 0 if has_notes else COUNT_PATIENCE_MS)
        return Stream(selection, format, own, row_count, has_notes=has_notes)
    except BaseException:
        own.close()
        raise


def _takes_place(cursor: Any) -> bool:
    for place in range(settings.EXPORT_STREAMS):
        cursor.execute(stream_sql.TAKE_PLACE, [_LOCK_CLASS, place])
        if cursor.fetchone()[0]:
            return True
    return False


def _counted(cursor: Any, selection: Selection, patience_ms: int) -> int | None:
    """Return the number of rows of this snapshot, None where finding out takes longer; 0 ms: as long as it takes."""
    statement = stream_sql.count(selection.rows(), selection.layer.key)
    if statement is None:
        return 0
    if patience_ms and _expected(cursor, selection) > COUNTED_AT_MOST:
        return None
    try:
        cursor.execute(stream_sql.COUNT_FOR_A_MOMENT, [patience_ms])
        cursor.execute(*statement)
        found: int = cursor.fetchone()[0]
        cursor.execute(stream_sql.COUNT_ENDED)
        return found
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != _CANCELLED:
            raise
        cursor.execute(stream_sql.COUNT_GIVEN_UP)
        return None


def _expected(cursor: Any, selection: Selection) -> float:
    """How many rows the planner expects."""
    question = stream_sql.expected_rows(selection.rows(), selection.layer.key)
    if question is None:
        return 0
    cursor.execute(*question)
    return float(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _begun(parts: Iterator[bytes], first: bytes) -> Iterator[bytes]:
    """Yield `parts` with `first` instead of their first byte; nothing where there are none."""
    for part in parts:
        yield first + part[1:]
        break
    yield from parts
