"""Writes of maps: layer changes, deltas of density cells, folding and rebuilding them."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from farms.models import Plot
from maps import sql
from maps.expressions import AsStored
from maps.models import LayerChange

KEPT = timedelta(minutes=10)  # longer than any transaction that could still commit an older row


def note_changes(layers: Iterable[str]) -> None:
    """Append a change of each layer, in the caller's transaction: tiles made after its commit get a new ETag."""
    LayerChange.objects.bulk_create(LayerChange(layer=layer) for layer in layers)


def prune_changes() -> int:
    """Remove changes older than `KEPT`, but never the latest of a layer; return how many went."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PRUNE_CHANGES, [timezone.now() - KEPT])
        return cursor.rowcount


def count_plots(plots: QuerySet[Plot], *, sign: int, is_folded: bool = False) -> int:
    """Append deltas for these stored plots: `sign` +1 adds them to their cells, -1 takes them away.

    One statement for any number of plots. Returns the number of rows appended.
    """
    rows = plots.order_by().annotate(cell_shape=AsStored(F("boundary_3857"))).values_list(*sql.CELL_SOURCE_COLUMNS)
    try:
        inner, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql.append_cells(inner), [sign, sign, is_folded, *params])
        return cursor.rowcount


@transaction.atomic
def fold_cells() -> int:
    """Add fresh deltas to their cells; return how many deltas went in. A second fold at the same time does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [sql.FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(sql.FOLD_CELLS)
        return cursor.fetchone()[0]


@transaction.atomic
def rebuild_cells() -> int:
    """Count all plots anew; return the number of cells. Plots can't change meanwhile, readers go on.

    Writers wait: a change between the count and the commit would be lost or counted twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sql.FOLD_LOCK])
        cursor.execute("SET LOCAL statement_timeout = '15min'")
        cursor.execute("LOCK TABLE farms_plot, maps_densitycell IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM maps_densitycell")
    made = count_plots(Plot.objects.all(), sign=1, is_folded=True)
    note_changes(["plots"])
    return made
