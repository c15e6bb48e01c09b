"""A `COPY` read as it comes: PostgreSQL writes into a pipe in a thread, the web server's thread reads from it.

Memory does not grow with the number of rows: the pipe is full until the reader takes something.
"""

import fcntl
import io
import os
import select
import threading
from collections.abc import Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

CHUNK_BYTES = 256 * 1024  # larger ones take a hundred megabytes more of the worker's memory
PIPE_BYTES = 1024 * 1024  # what a pipe may hold for an ordinary user
STALL_SECONDS = 60.0
_F_SETPIPE_SZ = 1031  # Linux: fcntl(2)


class ReaderStalled(OSError):
    """The reader took nothing for STALL_SECONDS: the query is ended, so that it doesn't hold a place for ever."""


class CopiedBytes:
    """The bytes of one COPY, as an iterator of chunks; `row_count` is known at the end.

    `close` may come at any moment, from the reader's thread: it calls the query off and waits until it has ended.
    """

    def __init__(self, own: BaseDatabaseWrapper, copy: str) -> None:
        source, sink = os.pipe()
        _widen(sink)
        os.set_blocking(sink, False)
        self._reader = os.fdopen(source, "rb", buffering=0)
        self._thread = _CopyThread(own, copy, sink)
        self._thread.start()

    @property
    def row_count(self) -> int:
        """How many rows were copied; call it after the last chunk."""
        return self._thread.row_count

    def has_begun(self, seconds: float) -> bool:
        """Wait for the first bytes, or for the end; False after `seconds` without either."""
        readable, _writable, _failed = select.select([self._reader], [], [], seconds)
        return bool(readable)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._reader.read(CHUNK_BYTES):
            yield chunk
        self._thread.join()
        if self._thread.failure is not None:  # so that the answer breaks off instead of ending as if it were whole
            raise self._thread.failure

    def close(self) -> None:
        self._reader.close()
        self._thread.stop()


class _CopyThread(threading.Thread):
    """Runs the COPY on the stream's own connection and closes the pipe at the end, whatever happens."""

    def __init__(self, own: BaseDatabaseWrapper, copy: str, sink: int) -> None:
        super().__init__(daemon=True, name="export")
        self.own, self.copy = own, copy
        self.sink = io.BufferedWriter(_Sink(sink), CHUNK_BYTES)
        self.row_count = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            with self.sink, self.own.wrap_database_errors, self.own.cursor() as cursor:
                cursor.copy_expert(self.copy, self.sink)
                self.row_count = cursor.rowcount
        except BrokenPipeError:  # the reader went away: nobody is left to tell
            pass
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """Call the query off if it still runs."""
        raw = self.own.connection
        if self.is_alive() and raw is not None and not raw.closed:
            raw.cancel()
        self.join(timeout=10)


class _Sink(io.RawIOBase):
    """The pipe's end that is written to. A full pipe is waited for, but not for ever."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        while True:
            try:
                return os.write(self.descriptor, data)
            except BlockingIOError:
                _readable, writable, _failed = select.select([], [self.descriptor], [], STALL_SECONDS)
                if not writable:
                    raise ReaderStalled from None

    def close(self) -> None:
        if not self.closed:
            os.close(self.descriptor)
        super().close()


def _widen(descriptor: int) -> None:
    """Let the pipe hold some chunks; where the system allows no more than 64 kB it works as well."""
    try:
        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        pass
