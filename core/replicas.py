"""Reads from a copy of the database that follows it by streaming replication (docs/scaling.md).

Inside `reading()` the rows of `settings.REPLICA_APPS` come from the replica, everything else and every write from the
primary: who somebody is and what they may do is never asked of a copy that may be seconds behind. A replica that lags,
is gone, follows another database or was made a primary itself is not read; the primary answers instead.

SQL of our own runs on `connection` of this module instead of Django's: inside `reading()` it is the replica's.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections
from django.db.models import Model

log = logging.getLogger(__name__)
REPLICA = "replica"
CHECK_SECONDS = 1.0  # how long what was found out is trusted
AWAY_SECONDS = 5.0  # how long a replica that did not answer is left alone

# Positions in the write-ahead log as numbers of bytes, so that they can be compared here.
PRIMARY_STATE = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0'), system_identifier FROM pg_control_system()"
REPLICA_STATE = """
    SELECT pg_wal_lsn_diff(coalesce(pg_last_wal_replay_lsn(), '0/0'), '0/0'), system_identifier, pg_is_in_recovery()
    FROM pg_control_system()"""

_alias: ContextVar[str] = ContextVar("database of reads", default=DEFAULT_DB_ALIAS)


class ReplicaGone(Exception):
    """The replica cannot be read; the text says why."""


class Watch:
    """What this process knows of its replica.

    The lag is measured against positions of the primary that were noted before: a replica that has replayed the
    position of t seconds ago is at most t seconds behind. So neither the clocks of two machines nor an idle primary,
    whose last transaction is old, can deceive it. What was never compared counts as too far behind.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        """Know nothing: the next question asks both databases."""
        self._lock = Lock()
        self._noted: deque[tuple[float, int]] = deque(maxlen=600)
        self._is_fresh = False
        self._next = 0.0

    def is_fresh(self) -> bool:
        """Whether the replica is at most REPLICA_MAX_LAG_SECONDS behind, as found out a second ago or now."""
        if self.clock() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._ask()
            finally:
                self._lock.release()
        return self._is_fresh

    def is_away(self, reason: object) -> None:
        """Leave the replica alone for a while."""
        if self._is_fresh or not self._next:
            log.warning("The replica is not read for now, the primary answers: %s", str(reason).strip())
        self._is_fresh, self._next = False, self.clock() + AWAY_SECONDS
        connections[REPLICA].close()

    def _ask(self) -> None:
        was_fresh = self._is_fresh
        try:
            lag = self._lag()
        except (ReplicaGone, Error) as error:
            self.is_away(error)
            return
        self._is_fresh, self._next = lag <= settings.REPLICA_MAX_LAG_SECONDS, self.clock() + CHECK_SECONDS
        if self._is_fresh != was_fresh:
            log.warning("The replica is %s (%.1f s behind).", "read" if self._is_fresh else "not read for now", lag)

    def _lag(self) -> float:
        """Return an upper bound of the lag in seconds; infinity when nothing noted was replayed yet."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(PRIMARY_STATE)
            position, of = cursor.fetchone()
        now = self.clock()
        self._noted.append((now, int(position)))
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(REPLICA_STATE)
            replayed, of_replica, is_following = cursor.fetchone()
        if not is_following:
            raise ReplicaGone("it is no standby: it takes writes of its own")
        if of_replica != of:
            raise ReplicaGone("it is a copy of another database")
        reached = [moment for moment, noted in self._noted if noted <= int(replayed)]
        return now - reached[-1] if reached else float("inf")


WATCH = Watch()


@contextmanager
def reading() -> Iterator[str]:
    """Read from the replica where it is fresh; yields the alias of the database that is read.

    Decided once for the whole block, so that what is read together is from one moment's database. Inside an open
    transaction the primary stays: its own writes are not in the replica. Iterate querysets before the block ends.
    """
    token = _alias.set(_choice())
    try:
        yield _alias.get()
    finally:
        _alias.reset(token)


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """Read from `alias`, which an earlier `reading()` chose."""
    token = _alias.set(alias)
    try:
        yield
    finally:
        _alias.reset(token)


def _choice() -> str:
    if _alias.get() == REPLICA:
        return REPLICA
    if not is_configured() or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return DEFAULT_DB_ALIAS
    return REPLICA if WATCH.is_fresh() else DEFAULT_DB_ALIAS


def is_configured() -> bool:
    """Whether the installation has a replica."""
    return REPLICA in connections.settings


def is_lost(error: BaseException) -> bool:
    """Whether `error` says that the replica went away or took a query back in favour of what it replays.

    A statement that took too long is none of that: on the primary it would take as long.
    """
    if not isinstance(error, InterfaceError | OperationalError) or error.__cause__ is None:
        return False
    state = getattr(error.__cause__, "pgcode", None) or ""  # 40001: cancelled for replay, 57P..: shut down, 08...: line
    return not state or state == "40001" or state.startswith(("57P", "08"))


class ReplicaRouter:
    """Sends reads inside `reading()` to the replica, all else to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return the alias for reading rows of `model`."""
        meta = model._meta
        if meta.app_label not in settings.REPLICA_APPS or meta.label in settings.REPLICA_NEVER:
            return DEFAULT_DB_ALIAS
        return _alias.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Return the primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        """Rows read from either database are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Tables reach the replica by replication."""
        return db != REPLICA


class _Connection:
    """The connection that SQL of our own runs on: the replica's inside `reading()`, else the primary's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(connections[_alias.get()], name)


connection: Any = _Connection()
