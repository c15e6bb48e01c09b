"""Land use far out: counting a version's ground into cells, and the source that draws them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from core.filters import as_query_dict
from core.layers import Layer
from landuse.models import LandUseLayer, LandUseParcel
from maps import sql
from maps.expressions import AsStored
from maps.grid import MAX_ZOOM
from maps.ground_cells import GROUND_LEVELS, GroundCell, GroundCellQuerySet
from maps.sources import Part, Request

_CELL_COLUMNS = ("x", "y", "land_use_class_id", "area_m2", "parcels")
_FINER = 6  # 64 squares to a tile's side


@transaction.atomic
def count_ground(layers: QuerySet[LandUseLayer]) -> int:
    """Count the ground of these versions anew, in one statement; return the number of cells.

    Versions are locked first: two changes of one version at a time count one after the other.
    """
    ids = list(layers.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    GroundCell.objects.filter(layer__in=ids).delete()
    inner, params = _as_parcels(LandUseParcel.objects.filter(layer__in=ids)) if ids else ("", ())
    if not inner:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql.fill_ground(inner), [*params, *params])
        return cursor.rowcount


def count_missing_ground() -> int:
    """Count the versions that have parcels and no cells: those stored before there were cells."""
    parcels, cells = (rows.objects.filter(layer=OuterRef("pk")) for rows in (LandUseParcel, GroundCell))
    return count_ground(LandUseLayer.objects.filter(Exists(parcels), ~Exists(cells)))


def _as_parcels(parcels: QuerySet[LandUseParcel]) -> tuple[str, tuple[Any, ...]]:
    rows = parcels.order_by().annotate(shape=AsStored(F("boundary_3857")))
    return rows.values_list(*sql.PARCEL_COLUMNS).query.sql_with_params()


@dataclass(frozen=True, slots=True)
class GroundCells:
    """Squares in the class that has most of their ground.

    Filters named in `filters` are applied to the cells; with any other one the parcels themselves are cut: slower,
    never a wrong class. `cells(user)` has the same rights as the layer's rows.
    """

    name: str
    cells: Callable[[Any], GroundCellQuerySet]
    filters: frozenset[str]
    from_zoom: int = 0
    to_zoom: int = MAX_ZOOM
    part: Part = Part.FAR

    def properties(self, layer: Layer) -> tuple[str, ...]:
        """Return the names of the properties that features carry."""
        return ("id", "class_code", "class_name", "area_ha", "share", "count")

    def level(self, z: int) -> int:
        """Return the level that tiles of `z` are drawn from: the wished one, else the finest stored."""
        return next((level for level in GROUND_LEVELS if level >= z + _FINER), GROUND_LEVELS[-1])

    def piece(self, asked: Request) -> sql.Sql | None:
        """Return the SQL of this source, None when no row can match."""
        tile, level = asked.tile, self.level(asked.tile.z)
        params = as_query_dict(asked.params)
        used = {name for name, values in params.lists() if any(value.strip() for value in values)}
        try:
            if used <= self.filters:
                cells = self.cells(asked.user).within(tile, level)
                rows = asked.layer.filterset.checked(params, cells).order_by()
                inner, values = rows.values_list(*_CELL_COLUMNS).query.sql_with_params()
            else:
                parcels = asked.rows().filter(boundary__bboverlaps=tile.bounds(buffer=0))
                found, values = _as_parcels(parcels)
                inner, values = sql.parcels_as_cells(found, level), (*values, *values)
        except EmptyResultSet:
            return None
        return sql.ground(self.name, inner, zxy=tile.zxy, level=level), list(values)
