"""How the rows of a layer become the content of a tile: as they are, added up, or from the density pyramid.

A source serves a range of zooms and is chosen by the zoom and the layer's first zoom of shapes (`maps.zooms`), so that
neighbouring tiles never differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.contrib.gis.db.backends.postgis.adapter import PostGISAdapter
from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db.models import F, Q, QuerySet

from core import kept_sql
from core.filters import as_query_dict
from core.layers import PROPERTY_PREFIX, Layer, Source, as_expression
from maps import sql
from maps.expressions import AsStored, InWebMercator
from maps.grid import BUFFER, MAX_ZOOM, Tile
from maps.models import BASE_LEVEL, LEVELS
from maps.querysets import DensityCellQuerySet

# The planner expects some twenty cells in a range of the index where there are thousands, and would sort them.
BY_HASH = "SET LOCAL enable_sort = off; "
MIN_GROWERS = 3  # statistics of fewer growers would tell of one household (issue 2 §6)
Rows = QuerySet[Any]


class Part(Enum):
    """Which side of the layer's first zoom of shapes a source serves."""

    FAR = "far"
    NEAR = "near"
    ALL = "all"

    def serves(self, z: int, shapes_from: int) -> bool:
        """Whether level `z` is on this side."""
        return self is Part.ALL or (z >= shapes_from) is (self is Part.NEAR)


def same(rows: Rows) -> Rows:
    """Return the rows as they are."""
    return rows


@dataclass(frozen=True, slots=True)
class Request:
    """What a tile is made from: the layer's rows as this user may see them, filtered by `params`.

    Guarded: rows that PostGIS can't draw are left out one by one.
    """

    layer: Layer
    user: Any
    params: Mapping[str, Any]
    tile: Tile
    is_guarded: bool = False
    at_most: int | None = None  # rows of a source, where all of them are too many

    def rows(self) -> Rows:
        """The filtered rows; raises BadInput for parameters that the layer does not take."""
        return self.layer.filtered(self.user, self.params).order_by()


@dataclass(frozen=True, slots=True)
class Shapes:
    """Every row that touches the tile, as a shape of its own.

    `geometry` and `mercator` default to the layer's; `narrow` takes some of the rows; `extra` adds properties;
    `is_spread` puts points of one place side by side, so that each can be seen and clicked; `only_polygons`: the column
    holds nothing else; of more than `limit` rows one more is drawn, so that it shows, and the tile is made again with
    `limit` of them and a flag.
    """

    name: str
    from_zoom: int = 0
    to_zoom: int = MAX_ZOOM
    geometry: str = ""
    mercator: str = ""
    narrow: Callable[[Rows], Rows] = same
    fields: tuple[str, ...] | None = None
    extra: Mapping[str, Source] = field(default_factory=dict)
    limit: int = 10_000
    buffer: int = BUFFER
    is_spread: bool = False
    only_polygons: bool = False
    part: Part = Part.ALL

    def properties(self, layer: Layer) -> tuple[str, ...]:
        """Return the names of the properties that features carry."""
        return ("id", *(layer.tile_fields if self.fields is None else self.fields), *self.extra)

    def piece(self, asked: Request) -> sql.Sql | None:
        """Return the SQL of this source, None when no row can match."""
        bounds = asked.tile.bounds(buffer=self.buffer)
        try:
            rows = kept_sql.rows_in(
                (bounds,),
                layer=asked.layer,
                user=asked.user,
                of=self._kind(asked),
                build=lambda: self._rows(asked, bounds),
            )
        except EmptyResultSet:
            return None
        return self._drawn(asked, rows)

    def run(self, cursor: Any, asked: Request, *, before: str) -> None:
        """Run this source alone, prepared where its text was kept; `before` goes out with it. Raises EmptyResultSet
        when no row can match."""
        bounds = asked.tile.bounds(buffer=self.buffer)
        kept_sql.run(
            cursor,
            (bounds, asked.tile.envelope()),
            layer=asked.layer,
            user=asked.user,
            of=("alone", *self._kind(asked)),
            build=lambda: self._drawn(asked, self._rows(asked, bounds)),
            before=before,
        )

    def _kind(self, asked: Request) -> tuple[Any, ...]:
        """All that the text depends on beside the layer, the rights and the place."""
        return self.name, self.from_zoom, self._most(asked), asked.is_guarded, as_query_dict(asked.params).urlencode()

    def _most(self, asked: Request) -> int:
        return self.limit + 1 if asked.at_most is None else min(self.limit, asked.at_most)

    def _drawn(self, asked: Request, rows: sql.Sql) -> sql.Sql:
        return sql.shapes(
            self.name,
            rows,
            [(column.removeprefix(PROPERTY_PREFIX), column) for column in self._columns(asked.layer)],
            box=PostGISAdapter(asked.tile.envelope()),
            buffer=self.buffer,
            is_guarded=asked.is_guarded,
            is_spread=self.is_spread and not asked.is_guarded,
            only_polygons=self.only_polygons,
        )

    def _columns(self, layer: Layer) -> dict[str, Any]:
        names = layer.tile_fields if self.fields is None else self.fields
        columns = {"property_id": F(layer.key)} | layer.columns(names)
        return columns | {PROPERTY_PREFIX + name: as_expression(source) for name, source in self.extra.items()}

    def _rows(self, asked: Request, bounds: Polygon) -> sql.Sql:
        columns = self._columns(asked.layer)
        place = self.geometry or asked.layer.geometry or ""
        mercator = self.mercator or ("" if self.geometry else asked.layer.mercator or "")
        # After a failure the guarded function transforms row by row: a bad row may be one that can't be transformed.
        shape = InWebMercator(F(place)) if not (mercator or asked.is_guarded) else AsStored(F(mercator or place))
        rows = self.narrow(asked.rows()).filter(**{f"{place}__bboverlaps": bounds})
        # Properties first: an annotation of the layer's own rows must not be shadowed by the shape's name.
        selected = rows.annotate(**columns, tile_shape=shape).values_list(*columns, "tile_shape")
        inner, params = selected[: self._most(asked)].query.sql_with_params()
        return inner, list(params)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows added up, by commune or by grid cell: exact for every filter, for layers of some thousand rows.

    `place`, `holder`, `area`, `area_m2`, `growers` are field paths of the rows.
    """

    name: str
    place: str
    holder: str
    area: str
    area_m2: str
    growers: str
    commune: str = "commune_id"
    from_zoom: int = 0
    to_zoom: int = MAX_ZOOM
    by_commune: bool = False
    narrow: Callable[[Rows], Rows] = same
    part: Part = Part.FAR

    def properties(self, layer: Layer) -> tuple[str, ...]:
        """Return the names of the properties that features carry."""
        return ("id", "count", "holders", "area_ha", *(("code", "name") if self.by_commune else ()))

    def piece(self, asked: Request) -> sql.Sql | None:
        """Return the SQL of this source, None when no row can match."""
        columns = {
            "group_commune": F(self.commune),
            "group_holder": F(self.holder),
            "group_area": F(self.area),
            "group_m2": F(self.area_m2),
            "group_growers": F(self.growers),
            "group_place": AsStored(F(self.place)),
        }
        place = "commune__centre" if self.by_commune else self.place
        inside = Q(**{f"{place}__bboverlaps": asked.tile.bounds()})
        if self.by_commune:  # a commune stands at its centre; one without, in the middle of all its rows
            inside |= Q(**{f"{place}__isnull": True})
        rows = self.narrow(asked.rows()).filter(inside)
        try:
            inner, params = rows.annotate(**columns).values_list(*columns).query.sql_with_params()
        except EmptyResultSet:
            return None
        return sql.groups(
            self.name,
            (inner, list(params)),
            zxy=asked.tile.zxy,
            by_commune=self.by_commune,
            group_zoom=min(asked.tile.z + 3, MAX_ZOOM),
            min_growers=MIN_GROWERS,
        )


_CELL_COLUMNS = ("cell_x", "cell_y", "crop_id", "plots", "area_dm2", "yield_kg")
_PLOT_COLUMNS = ("crop_id", "area_m2", "expected_yield_t", "cell_shape")


@dataclass(frozen=True, slots=True)
class Cells:
    """The density pyramid: cells `finer` levels below the tile's, as points or as squares.

    Filters named in `filters` are applied to the cells themselves; with any other filter the rows are counted
    one by one: slower, but never a wrong number. `cells(user)` has the same rights as the layer's rows.
    """

    name: str
    cells: Callable[[Any], DensityCellQuerySet]
    filters: frozenset[str]
    finer: int
    is_square: bool = False
    from_zoom: int = 0
    to_zoom: int = MAX_ZOOM
    part: Part = Part.FAR

    def properties(self, layer: Layer) -> tuple[str, ...]:
        """Return the names of the properties that features carry."""
        return ("id", "count", "area_ha", "tonnes", "crop", "crop_code", "share")

    def level(self, z: int) -> int:
        """Return the level that tiles of `z` are drawn from: the first stored one at or below the one wished for."""
        return next((level for level in LEVELS if level >= z + self.finer), LEVELS[-1])

    def piece(self, asked: Request) -> sql.Sql | None:
        """Return the SQL of this source, None when no row can match."""
        try:
            return self._drawn(asked, self._stored(asked) if self._is_stored(asked) else self._counted(asked))
        except EmptyResultSet:
            return None

    def run(self, cursor: Any, asked: Request, *, before: str) -> None:
        """Run this source alone, prepared where its text was kept; `before` goes out with it. Raises EmptyResultSet
        when no row can match."""
        if not self._is_stored(asked):
            text, values = self._drawn(asked, self._counted(asked))
            cursor.execute(before + text, values)
            return
        tile, level = asked.tile, self.level(asked.tile.z)
        kept_sql.run(
            cursor,
            (*tile.quads(level), *tile.quads(BASE_LEVEL), *tile.corner(level)),
            layer=asked.layer,
            user=asked.user,
            of=(self.name, tile.z, as_query_dict(asked.params).urlencode()),
            build=lambda: self._drawn(asked, self._stored(asked)),
            before=before + BY_HASH,
        )

    def _is_stored(self, asked: Request) -> bool:
        """Whether the cells themselves answer: all filters are on what they hold."""
        params = as_query_dict(asked.params)
        return {name for name, values in params.lists() if any(value.strip() for value in values)} <= self.filters

    def _stored(self, asked: Request) -> sql.Sql:
        level = self.level(asked.tile.z)
        cells = self.cells(asked.user).within(asked.tile, level).placed_on(level)
        rows = asked.layer.filterset.checked(as_query_dict(asked.params), cells).order_by()
        found, values = rows.values_list(*_CELL_COLUMNS).query.sql_with_params()
        return sql.stored(found), list(values)

    def _counted(self, asked: Request) -> sql.Sql:
        tile, level = asked.tile, self.level(asked.tile.z)
        rows = asked.rows().filter(**{f"{asked.layer.geometry}__bboverlaps": tile.bounds(buffer=0)})
        rows = rows.annotate(cell_shape=AsStored(F(asked.layer.mercator or "")))
        found, values = rows.values_list(*_PLOT_COLUMNS).query.sql_with_params()
        return sql.inside(sql.plots_as_cells(found, level), tile, level), list(values)

    def _drawn(self, asked: Request, cells: sql.Sql) -> sql.Sql:
        tile, level = asked.tile, self.level(asked.tile.z)
        finer = level - tile.z
        return sql.cells(
            self.name, cells, corner=tile.corner(level), finer=finer, level=level, is_square=self.is_square
        )


TileSource = Shapes | Groups | Cells
