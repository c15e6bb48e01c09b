"""SQL of the density pyramid: deltas, their fold into all levels, counting anew."""

from maps.grid import HALF_WORLD_M, WORLD_M, Tile
from maps.models import BASE_LEVEL, FRESH, LEVELS

FOLD_LOCK = 7_283_001  # any number that no other advisory lock of this service has

CELL_SOURCE_COLUMNS = ("crop_id", "commune_id", "cooperative_id", "status", "area_m2", "expected_yield_t", "cell_shape")
_GROUP = "crop_id, commune_id, cooperative_id, status"
_SUMS = "sum(plots)::int AS plots, sum(area_dm2)::bigint AS area_dm2, sum(yield_kg)::bigint AS yield_kg"
_INTO = f"INSERT INTO maps_densitycell AS c (level, quad, x, y, {_GROUP}, plots, area_dm2, yield_kg)"


def cell_x(shape: str, level: int = BASE_LEVEL) -> str:
    """Return SQL: column of the cell that holds the middle of the box of `shape` (EPSG:3857)."""
    return f"floor(((ST_XMin({shape}) + ST_XMax({shape})) / 2 + {HALF_WORLD_M}) / {WORLD_M / (1 << level)})::int"


def cell_y(shape: str, level: int = BASE_LEVEL) -> str:
    """Return SQL: row of the cell, counted from the north."""
    return f"floor(({HALF_WORLD_M} - (ST_YMin({shape}) + ST_YMax({shape})) / 2) / {WORLD_M / (1 << level)})::int"


def quad(x: str, y: str) -> str:
    """Return SQL: the bits of `x` and `y` in turn, those of `x` lowest (Morton 1966); `maps.grid.quad` in Python."""
    bits = (
        f"(({axis}::bigint >> {bit}) & 1) << {2 * bit + shift}"
        for bit in range(BASE_LEVEL)
        for shift, axis in enumerate((x, y))
    )
    return f"({' | '.join(f'({bit})' for bit in bits)})"


def _base(inner: str) -> str:
    """Base cells of the plots of `inner`, whose columns are CELL_SOURCE_COLUMNS."""
    return f"""
        SELECT {quad("g.x", "g.y")} AS quad, g.* FROM (
            SELECT {cell_x("p.cell_shape")} AS x, {cell_y("p.cell_shape")} AS y, {_GROUP},
                   count(*)::int AS plots, sum(round(p.area_m2 * 100)::bigint)::bigint AS area_dm2,
                   sum(round(coalesce(p.expected_yield_t, 0) * 1000)::bigint)::bigint AS yield_kg
            FROM ({inner}) p GROUP BY x, y, {_GROUP}) g"""


def append_cells(inner: str) -> str:
    """Return SQL that appends signed deltas for the plots of `inner`; parameters: the sign three times, then inner's."""
    return f"""
        {_INTO}
        SELECT {FRESH}, b.quad, b.x, b.y, {_GROUP}, %s * b.plots, %s * b.area_dm2, %s * b.yield_kg
        FROM ({_base(inner)}) b"""


def _levels(base: str) -> str:
    """CTEs `level_<n>` for all LEVELS from the rows of `base` (base cells), each made from the finer one below it."""
    ctes, source, finer = [], base, BASE_LEVEL
    for level in sorted(LEVELS, reverse=True):
        up = finer - level
        ctes.append(
            f"level_{level} AS MATERIALIZED (SELECT quad >> {2 * up} AS quad, min(x) >> {up} AS x, min(y) >> {up} AS y,"
            f" {_GROUP}, {_SUMS} FROM {source} GROUP BY quad >> {2 * up}, {_GROUP})"
        )
        source, finer = f"level_{level}", level
    return ",\n".join(ctes)


def _all_levels() -> str:
    columns = f"quad, x, y, {_GROUP}, plots, area_dm2, yield_kg"
    return " UNION ALL ".join(f"(SELECT {level}, {columns} FROM level_{level} ORDER BY quad)" for level in LEVELS)


IS_ANYTHING_FRESH = f"SELECT EXISTS (SELECT FROM maps_densitycell WHERE level = {FRESH})"

# One statement, so that a reader sees either the deltas or their sum. Only the fold touches folded rows, and one fold
# runs at a time: nobody waits for it. Returns the number of deltas and the cells that came to nothing.
FOLD_CELLS = f"""
    WITH fresh AS MATERIALIZED (DELETE FROM maps_densitycell WHERE level = {FRESH} RETURNING *),
    {_levels("fresh")},
    folded AS (
        {_INTO} {_all_levels()}
        ON CONFLICT (level, quad, {_GROUP}) WHERE level > {FRESH} DO UPDATE SET
            plots = c.plots + excluded.plots, area_dm2 = c.area_dm2 + excluded.area_dm2,
            yield_kg = c.yield_kg + excluded.yield_kg
        RETURNING c.id, c.plots, c.area_dm2, c.yield_kg)
    SELECT (SELECT count(*) FROM fresh),
           (SELECT coalesce(array_agg(id), '{{}}') FROM folded WHERE plots = 0 AND area_dm2 = 0 AND yield_kg = 0)"""

REMOVE_EMPTY = "DELETE FROM maps_densitycell WHERE id = ANY(%s)"


def rebuild_cells(inner: str) -> str:
    """Return SQL that fills the empty pyramid with the plots of `inner` on all levels."""
    return f"WITH base AS MATERIALIZED ({_base(inner)}), {_levels('base')} {_INTO} {_all_levels()}"


def stored(inner: str) -> str:
    """Return SQL with the columns that `cells` wants, of rows of the pyramid (`DensityCellQuerySet.placed_on`)."""
    return f"SELECT r.cell_x AS x, r.cell_y AS y, r.crop_id, r.plots, r.area_dm2, r.yield_kg FROM ({inner}) r"


def plots_as_cells(inner: str, level: int) -> str:
    """Return SQL with the columns that `cells` wants, counted from plots themselves: for filters that cells lack."""
    return f"""
        SELECT {cell_x("p.cell_shape", level)} AS x, {cell_y("p.cell_shape", level)} AS y, p.crop_id,
               1 AS plots, round(p.area_m2 * 100)::bigint AS area_dm2,
               round(coalesce(p.expected_yield_t, 0) * 1000)::bigint AS yield_kg
        FROM ({inner}) p"""


def inside(cells: str, tile: Tile, level: int) -> str:
    """Return SQL with only those of `cells` (of `level`) that lie in `tile`: a box over its edge counts once."""
    up = level - tile.z
    return f"SELECT s.* FROM ({cells}) s WHERE s.x >> {up} = {tile.x} AND s.y >> {up} = {tile.y}"
