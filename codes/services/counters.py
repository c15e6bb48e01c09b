"""Counters against codes: after a restore a counter may be older than the codes that were given from it."""

from dataclasses import dataclass

from django.db import connection, transaction

from codes import sql


@dataclass(frozen=True, slots=True)
class CounterBehind:
    """A counter that stands at `last` while the highest serial of its codes is `highest`."""

    scheme_id: int
    scope: str
    last: int
    highest: int


def counters_behind() -> list[CounterBehind]:
    """Return the counters from which the next number would be one that was given already."""
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNTERS_BEHIND)
        return [CounterBehind(*row) for row in cursor.fetchall()]


@transaction.atomic
def catch_up_counters() -> list[CounterBehind]:
    """Set these counters to the highest serial of their codes, never back; return what they were."""
    behind = counters_behind()
    with connection.cursor() as cursor:
        for one in behind:
            cursor.execute(sql.CATCH_UP, [one.scheme_id, one.scope, one.highest])
    return behind
