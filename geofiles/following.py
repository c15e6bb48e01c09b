"""Batches of a fenced process, taken over while it goes on reading: the parent stores one as the child makes the next.

Each batch is read once, looked through and copied to a file of the parent's own. What was handed on is therefore what
later steps read again, whatever the child, which parsed a stranger's file, does to its own copy meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles.arrivals import Arrivals
from geofiles.confined import open_answer
from geofiles.errors import TooManyFeatures, UnreadableFile
from geofiles.prepared import schema

if TYPE_CHECKING:
    import pyarrow as pa

OnBatch = Callable[["pa.RecordBatch"], None]


class Follower:
    """Takes batches of ``prepared.schema`` from the Arrow file `source`, which still grows, over into `target`.

    At most ``most_bytes`` in a batch, ``max_features`` in all (None: any number), whatever the process says.
    """

    def __init__(
        self, source: Path, target: Path, on_batch: OnBatch, *, most_bytes: int, max_features: int | None = None
    ) -> None:
        self._source, self._target, self._on_batch = source, target, on_batch
        self._most_bytes, self._max_features = most_bytes, max_features
        self._open = contextlib.ExitStack()
        self._arrivals: Arrivals | None = None
        self._writer: Any = None
        self.taken = 0

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, error: object, *_more: object) -> None:
        """Close both files; of a reading that failed nothing is left."""
        self._open.close()
        if error is not None:
            self._target.unlink(missing_ok=True)

    def take(self, told: int) -> None:
        """Take over what has been written of the first `told` features.

        Raises UnreadableFile for what our process does not write, TooComplex and TooManyFeatures over the limits.
        """
        import pyarrow as pa

        while self.taken < told:
            try:
                batch = self._next()
            except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
                raise UnreadableFile(reason="damaged", format="arrow", detail=str(error)[:200]) from error
            self._on_batch(batch)

    def finish(self, told: int) -> None:
        """Take over the rest, `told` features in all. Raises as `take`, and where there are others than were told."""
        self.take(told)
        if not self.taken == told > 0:
            raise UnreadableFile(reason="damaged", format="arrow")

    def _next(self) -> pa.RecordBatch:
        arrivals = self._arrivals or self._begin()
        batch = arrivals.next_batch()
        if batch is None or not batch.num_rows:
            raise UnreadableFile(reason="damaged", format="arrow")
        self.taken += batch.num_rows
        if self._max_features is not None and self.taken > self._max_features:
            raise TooManyFeatures(found=self.taken, limit=self._max_features)
        self._writer.write_batch(batch)
        return batch

    def _begin(self) -> Arrivals:
        import pyarrow as pa

        source = self._open.enter_context(open_answer(self._source))
        self._arrivals = Arrivals(source, most_bytes=self._most_bytes)
        if self._arrivals.schema != schema():
            raise UnreadableFile(reason="damaged", format="arrow")
        sink = self._open.enter_context(pa.OSFile(str(self._target), "wb"))
        self._writer = self._open.enter_context(pa.ipc.new_file(sink, schema()))
        return self._arrivals


__all__ = ["Follower", "OnBatch"]
