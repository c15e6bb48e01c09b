"""Statements that PostgreSQL has read and planned already, for texts that are run over and over with other values.

Reading and planning the statement of a page takes a fifth of its time. A prepared statement belongs to one connection.
Its name is a digest of its text with all that stays the same in it, so a name never stands for another statement,
whoever else uses the connection. Behind a pooler the next statement may come to another server process: nothing is
prepared there, whether we were told of it (DATABASE_POOLED) or find it out.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error
from psycopg2.extensions import AsIs

MOST = 30  # of one connection: a plan takes some 100 kB of its server process
# One plan for all values, where they say only where a page begins or a tile lies; PostgreSQL by itself would plan the
# first five runs on each connection anew. Goes before a statement (`before`).
ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan; "
UNKNOWN, KNOWN = "26000", "42P05"  # SQLSTATE: no such statement; there is one of this name already
log = logging.getLogger(__name__)
_prepared: WeakKeyDictionary[Any, OrderedDict[str, None]] = WeakKeyDictionary()
_direct: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
_lock = Lock()


class Statement:
    """A text with parameters, of which those at `positions` are other ones at each run; the types of these must be
    plain from the text around them."""

    def __init__(self, text: str, params: Sequence[Any], positions: Sequence[int] = ()) -> None:
        self.text = text
        self.params = tuple(params)
        self.positions = tuple(positions)
        self._name = self._whole = ""

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """Return the parameters with `values` at their positions."""
        found = list(self.params)
        for position, value in zip(self.positions, values, strict=True):
            found[position] = value
        return found

    def run(self, cursor: Any, values: Sequence[Any], *, before: str = "") -> None:
        """Run it on Django's `cursor`, prepared where the connection stays ours.

        `before`: commands that go out in the same message, so in the same transaction ("SET LOCAL ...; ").
        """
        if cursor.db.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS") or not _is_direct(cursor):
            cursor.execute(before + self.text, self.filled(values))
            return
        try:
            cursor.execute(f"{before}EXECUTE {self._prepare(cursor)} {_marks(values)}", values)
        except Error as error:  # somebody has thrown them away
            if getattr(error.__cause__, "pgcode", "") not in (UNKNOWN, KNOWN):
                raise
            with _lock:
                _prepared.pop(cursor.connection, None)
            if cursor.db.in_atomic_block:  # the transaction is lost; the next one prepares anew
                raise
            cursor.execute(before + self.text, self.filled(values))

    def _prepare(self, cursor: Any) -> str:
        """Return its name on this connection."""
        if not self._name:
            marks = [AsIs(f"${number}") for number in range(1, len(self.positions) + 1)]
            self._whole = cursor.mogrify(self.text, self.filled(marks)).decode()
            self._name = f"kept_{blake2b(self._whole.encode(), digest_size=16).hexdigest()}"
        with _lock:
            known = _prepared.setdefault(cursor.connection, OrderedDict())
        if self._name not in known:
            cursor.execute(f"PREPARE {self._name} AS {self._whole}")
            known[self._name] = None
            if len(known) > MOST:
                cursor.execute(f"DEALLOCATE {known.popitem(last=False)[0]}")
        known.move_to_end(self._name)
        return self._name


def _is_direct(cursor: Any) -> bool:
    """Whether PostgreSQL itself answers: a pooler signs in for itself and gives its clients a number of its own making
    for the server process that one may ask it to call off. Asked once for a connection (0.02 ms)."""
    with _lock:
        known = _direct.get(cursor.connection)
    if known is not None:
        return known
    cursor.execute("SELECT pg_backend_pid()")
    (process,) = cursor.fetchone()
    found = bool(process == cursor.connection.info.backend_pid)
    with _lock:
        if not found and all(_direct.values()):
            log.warning("A pooler stands before the database: set DATABASE_POOLED=1 (docs/scaling.md)")
        _direct[cursor.connection] = found
    return found


def _marks(values: Sequence[Any]) -> str:
    return f"({', '.join(['%s'] * len(values))})" if values else ""
