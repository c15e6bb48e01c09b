"""Writes of maps: layer changes, deltas of the density pyramid, folding and rebuilding it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from farms.layers import PLOTS
from farms.models import Plot
from maps import sql, zooms
from maps.expressions import AsStored
from maps.layers import MapLayer
from maps.models import LayerChange, LayerZoom
from maps.zooms import PLOTS_BEGIN

KEPT = timedelta(minutes=10)  # longer than any transaction that could still commit an older row


def note_changes(layers: Iterable[str]) -> None:
    """Append a change of each layer, in the caller's transaction: tiles made after its commit get a new ETag."""
    LayerChange.objects.bulk_create(LayerChange(layer=layer) for layer in layers)


def prune_changes() -> int:
    """Remove changes older than `KEPT`, but never the latest of a layer; return how many went."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PRUNE_CHANGES, [timezone.now() - KEPT])
        return cursor.rowcount


def count_plots(plots: QuerySet[Plot], *, sign: int) -> int:
    """Append deltas for these stored plots: `sign` +1 adds them to their cells, -1 takes them away.

    One statement for any number of plots; it only appends, so writers never wait for each other here. Returns the
    number of rows appended.
    """
    try:
        inner, params = _as_cell_source(plots)
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql.append_cells(inner), [sign, sign, sign, *params])
        return cursor.rowcount


def _as_cell_source(plots: QuerySet[Plot]) -> tuple[str, tuple[Any, ...]]:
    rows = plots.order_by().annotate(cell_shape=AsStored(F("boundary_3857")))
    return rows.values_list(*sql.CELL_SOURCE_COLUMNS).query.sql_with_params()


def decide_zooms(layers: Iterable[MapLayer]) -> list[LayerZoom]:
    """Decide for each of `layers` from which zoom its rows are shapes; those that always are have no decision."""
    return [zooms.decide(layer.name, layer.begin) for layer in layers if layer.begin]


def fold_cells() -> int:
    """Add fresh deltas to the cells of all levels; return how many went in.

    A second fold at the same time does nothing. Where shapes begin is decided anew when it is due.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.IS_ANYTHING_FRESH)
        if not cursor.fetchone()[0]:
            return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [sql.FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SET LOCAL statement_timeout = '5min'")  # after an import of a million
        cursor.execute(sql.FOLD_CELLS)
        folded, empty = cursor.fetchone()
        if empty:
            cursor.execute(sql.REMOVE_EMPTY, [empty])
    if zooms.is_due(PLOTS.name):
        zooms.decide(PLOTS.name, PLOTS_BEGIN)
    return folded


def rebuild_cells() -> int:
    """Count all plots anew on all levels; return the number of cells. Readers see the old ones until it commits.

    Writers go on: all of it happens in one unchanging view of the database (REPEATABLE READ), and a plot is in that
    view exactly when its delta is, so deltas that come meanwhile stay fresh and right. Inside a caller's transaction
    there is no such view; then writers wait.
    """
    with connection.cursor() as cursor:
        is_nested = connection.in_atomic_block
        # Before the view is taken: a fold that ends while we wait belongs into it.
        cursor.execute(f"SELECT pg_advisory{'_xact' if is_nested else ''}_lock(%s)", [sql.FOLD_LOCK])
        try:
            with transaction.atomic():
                if is_nested:
                    cursor.execute("LOCK TABLE farms_plot, maps_densitycell IN SHARE ROW EXCLUSIVE MODE")
                else:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                made = _refill(cursor)
        finally:
            if not is_nested:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [sql.FOLD_LOCK])
    zooms.decide(PLOTS.name, PLOTS_BEGIN)
    return made


def _refill(cursor: Any) -> int:
    cursor.execute("SET LOCAL statement_timeout = '15min'")
    cursor.execute("SET LOCAL work_mem = '128MB'")  # groups of a million plots are added up in memory
    cursor.execute("DELETE FROM maps_densitycell")
    inner, params = _as_cell_source(Plot.objects.all())
    cursor.execute(sql.rebuild_cells(inner), params)
    made = int(cursor.rowcount)
    note_changes([PLOTS.name])
    return made
