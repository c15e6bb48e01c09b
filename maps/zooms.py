"""From which zoom a layer is drawn as shapes: decided from the stored data, the same for all its tiles.

Shapes begin at the first zoom, from the layer's own lowest on, where no tile holds more than COMFORTABLE rows of all
that are stored, whoever may see them and whatever is filtered. Kept in `maps.LayerZoom`; the fold, the rebuild and a
schedule decide anew. A layer goes back to an earlier zoom only when that one has become clearly emptier: tiles must
not change their kind to and fro around the limit.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from core.replicas import connection
from landuse.models import LandUseParcel
from maps import sql
from maps.expressions import AsStored, InWebMercator
from maps.models import LEVELS, LayerZoom

COMFORTABLE = 3_000  # features that a phone draws well and that make some 100 kB
RETURN_SHARE = 0.8
LAST = 16  # tiles end there; what is still too dense is cut, with a flag
AT_MOST_EVERY = timedelta(seconds=30)  # a fold a second need not decide each time
KEPT_SECONDS = 1.0  # in each process: a screen of tiles asks once

_kept: dict[str, tuple[int, float]] = {}  # layer -> its first zoom, and until when it need not be asked

Density = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Begin:
    """Where a layer's shapes may begin: from `lowest` on, where `density(z)` (rows in the fullest tile) allows."""

    lowest: int
    density: Density


def by_rows(rows: Callable[[], QuerySet], place: str, *, is_mercator: bool = True, apart: str = "") -> Density:
    """Return the density of rows counted one by one; `place` is their geometry (EPSG:3857, else 4326).

    `apart`: a field whose values are maps of their own, of which one is looked at at a time.
    """

    def density(z: int) -> int:
        shape = AsStored(F(place)) if is_mercator else InWebMercator(F(place))
        columns = {"place": shape} | ({"apart": F(apart)} if apart else {})
        inner, params = rows().order_by().annotate(**columns).values_list(*columns).query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(sql.densest(inner, z, is_apart=bool(apart)), params)
            return int(cursor.fetchone()[0])

    return density


def by_cells(z: int) -> int:
    """Return the number of plots in the fullest tile of level `z` (8 to 18), from the pyramid."""
    level = next(level for level in LEVELS if level >= z)
    with connection.cursor() as cursor:
        cursor.execute(sql.DENSEST_CELLS, [level, 2 * (level - z)])
        return int(cursor.fetchone()[0])


PLOTS_BEGIN = Begin(12, by_cells)  # a plot is 3 pixels wide at z12
LAND_USE_BEGIN = Begin(7, by_rows(LandUseParcel.objects.all, "boundary_3857", apart="layer_id"))


def decide(layer: str, begin: Begin) -> LayerZoom:
    """Decide for one layer from what is stored now, and keep it."""
    known = LayerZoom.objects.filter(pk=layer).first()
    for z in range(begin.lowest, LAST + 1):
        densest = begin.density(z)
        is_return = known is not None and z < known.shapes_from
        if densest <= (COMFORTABLE * RETURN_SHARE if is_return else COMFORTABLE):
            break
    _kept.pop(layer, None)
    return LayerZoom.objects.update_or_create(layer=layer, defaults={"shapes_from": z, "densest": densest})[0]


def is_due(layer: str) -> bool:
    """Whether the last decision is old enough for another one."""
    return not LayerZoom.objects.filter(pk=layer, decided_at__gt=timezone.now() - AT_MOST_EVERY).exists()


def shapes_from(layer: str, begin: Begin | None) -> int:
    """Return the first zoom with shapes; a layer without `begin` has them at every zoom. Kept for KEPT_SECONDS."""
    if begin is None:
        return 0
    kept, until = _kept.get(layer, (0, 0.0))
    if time.monotonic() < until:
        return kept
    with connection.cursor() as cursor:
        cursor.execute(sql.SHAPES_FROM, [layer])
        row = cursor.fetchone()
    found = int(row[0]) if row else begin.lowest
    _kept[layer] = found, time.monotonic() + KEPT_SECONDS
    return found
