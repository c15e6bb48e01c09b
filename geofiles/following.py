"""Batches of a fenced process, taken over while it goes on reading: the parent stores one as the child makes the next.

Each batch is read once, looked through and copied to a file of the parent's own. What was handed on is therefore what
later steps read again, whatever the child, which parsed a stranger's file, does to its own copy meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles.confined import open_answer
from geofiles.errors import UnreadableFile
from geofiles.prepared import schema

if TYPE_CHECKING:
    import pyarrow as pa

# Apache Arrow, "IPC File Format": the magic string, padded, and then the same as a stream.
_MAGIC_BYTES = 8

OnBatch = Callable[["pa.RecordBatch"], None]


class Follower:
    """Takes batches of ``prepared.schema`` from the Arrow file `source`, which still grows, over into `target`."""

    def __init__(self, source: Path, target: Path, on_batch: OnBatch) -> None:
        self._source, self._target, self._on_batch = source, target, on_batch
        self._open = contextlib.ExitStack()
        self._reader: Any = None
        self._writer: Any = None
        self.taken = 0

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def take(self, told: int) -> None:
        """Take over what has been written of the first `told` features. Raises UnreadableFile."""
        import pyarrow as pa

        while self.taken < told:
            try:
                batch = self._next()
            except (pa.ArrowException, OSError, StopIteration, MemoryError, OverflowError, ValueError) as error:
                raise UnreadableFile(reason="damaged", format="arrow", detail=str(error)[:200]) from error
            self.taken += batch.num_rows
            self._on_batch(batch)

    def finish(self, told: int) -> None:
        """Take over the rest, `told` features in all. Raises UnreadableFile where there are others than were told."""
        self.take(told)
        if not self.taken == told > 0:
            raise UnreadableFile(reason="damaged", format="arrow")

    def _next(self) -> pa.RecordBatch:
        if self._reader is None:
            self._begin()
        batch = self._reader.read_next_batch()
        batch.validate(full=True)  # written by the process that parsed a stranger's file
        if not batch.num_rows:
            raise UnreadableFile(reason="damaged", format="arrow")
        self._writer.write_batch(batch)
        return batch

    def _begin(self) -> None:
        import pyarrow as pa

        source = self._open.enter_context(open_answer(self._source))
        source.seek(_MAGIC_BYTES)
        self._reader = self._open.enter_context(pa.ipc.open_stream(pa.PythonFile(source, mode="r")))
        if self._reader.schema != schema():
            raise UnreadableFile(reason="damaged", format="arrow")
        sink = self._open.enter_context(pa.OSFile(str(self._target), "wb"))
        self._writer = self._open.enter_context(pa.ipc.new_file(sink, schema()))


__all__ = ["Follower", "OnBatch"]
