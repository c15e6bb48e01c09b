"""SQL of land use far out: parcels cut along the lattice, added up by class, and the class with most ground drawn."""

from maps.grid import EXTENT, HALF_WORLD_M, WORLD_M
from maps.ground_cells import GROUND_BASE, GROUND_LEVELS
from maps.sql.cells import cell_x, cell_y, quad

PARCEL_COLUMNS = ("layer_id", "land_use_class_id", "area_m2", "shape")
_PIECE_VERTICES = 128  # cutting one outline of 50,000 vertices at each of its cells anew would take minutes


def parcels_as_cells(inner: str, level: int) -> str:
    """Return SQL (`layer_id`, `land_use_class_id`, `x`, `y`, `area_m2`, `parcels`) of the parcels of `inner`.

    Every cell of `level` that a parcel touches gets its part of the parcel's area: areas on the map's plane, scaled so
    that the parts of a parcel make its area on the ellipsoid. Rows of one place and class are still to be added up.
    """
    side = WORLD_M / (1 << level)
    west, north = f"c.x * {side} - {HALF_WORLD_M}", f"{HALF_WORLD_M} - c.y * {side}"
    cell = f"ST_MakeEnvelope({west}, {north} - {side}, {west} + {side}, {north}, 3857)"
    return f"""
        SELECT b.layer_id, b.land_use_class_id, c.x, c.y, 0 AS parcels,
               b.scale * CASE WHEN b.x0 = b.x1 AND b.y0 = b.y1 THEN ST_Area(b.shape)
                              ELSE ST_Area(ST_ClipByBox2D(b.shape, {cell})) END AS area_m2
        FROM (
            SELECT p.*, floor((ST_XMin(p.shape) + {HALF_WORLD_M}) / {side})::int AS x0,
                   floor((ST_XMax(p.shape) + {HALF_WORLD_M}) / {side})::int AS x1,
                   floor(({HALF_WORLD_M} - ST_YMax(p.shape)) / {side})::int AS y0,
                   floor(({HALF_WORLD_M} - ST_YMin(p.shape)) / {side})::int AS y1
            FROM (
                SELECT g.layer_id, g.land_use_class_id, g.area_m2 / nullif(ST_Area(g.shape), 0) AS scale, piece.shape
                FROM ({inner}) g
                CROSS JOIN LATERAL (
                    SELECT g.shape WHERE ST_NPoints(g.shape) <= {_PIECE_VERTICES}
                    UNION ALL
                    SELECT ST_Subdivide(
                        CASE WHEN ST_IsValid(g.shape) THEN g.shape ELSE ST_MakeValid(g.shape) END, {_PIECE_VERTICES})
                    WHERE ST_NPoints(g.shape) > {_PIECE_VERTICES}) piece) p) b
        CROSS JOIN LATERAL (
            SELECT x, y FROM generate_series(b.x0, b.x1) x, generate_series(b.y0, b.y1) y) c
        UNION ALL
        SELECT g.layer_id, g.land_use_class_id, {cell_x("g.shape", level)}, {cell_y("g.shape", level)}, 1, 0
        FROM ({inner}) g"""


def _levels() -> str:
    parts, source, finer = [], "base", GROUND_BASE
    for level in sorted(GROUND_LEVELS, reverse=True):
        up = finer - level
        parts.append(
            f"ground_{level} AS MATERIALIZED (SELECT layer_id, land_use_class_id, x >> {up} AS x, y >> {up} AS y,"
            f" sum(area_m2) AS area_m2, sum(parcels)::int AS parcels FROM {source} GROUP BY 1, 2, 3, 4)"
        )
        source, finer = f"ground_{level}", level
    return ",\n".join(parts)


def fill_ground(inner: str) -> str:
    """Return SQL that stores the cells of all levels for the parcels of `inner` (PARCEL_COLUMNS)."""
    every = " UNION ALL ".join(f"SELECT {level} AS level, * FROM ground_{level}" for level in GROUND_LEVELS)
    return f"""
        WITH base AS MATERIALIZED ({parcels_as_cells(inner, GROUND_BASE)}), {_levels()}
        INSERT INTO maps_groundcell (layer_id, land_use_class_id, level, quad, x, y, area_m2, parcels)
        SELECT a.layer_id, a.land_use_class_id, a.level, {quad("a.x", "a.y")}, a.x, a.y, a.area_m2, a.parcels
        FROM ({every}) a"""


def ground(name: str, inner: str, *, zxy: tuple[int, int, int], level: int) -> str:
    """Return the piece of a tile (see `maps.sql.tiles`): a square for each cell of `level` in it, in its chief class.

    `inner` has the columns `x`, `y`, `land_use_class_id`, `area_m2`, `parcels`. Properties: `id`, `class_code`,
    `class_name`, `area_ha` (of that class in the cell), `share` (of the cell's mapped ground that is of the class, 0 to
    1), `count` (parcels of all classes that have their middle there).
    """
    z, column, row = zxy
    up = level - z
    part = EXTENT >> up
    left, top = f"(p.x - {column << up}) * {part}", f"(p.y - {row << up}) * {part}"
    return f"""
        WITH sums AS (
            SELECT r.x, r.y, r.land_use_class_id, sum(r.area_m2) AS m2, sum(r.parcels) AS parcels
            FROM ({inner}) r
            WHERE r.x >> {up} = {column} AND r.y >> {up} = {row} GROUP BY 1, 2, 3),
        places AS (
            SELECT DISTINCT ON (x, y) x, y, land_use_class_id, m2, sum(m2) OVER cell AS mapped,
                   sum(parcels) OVER cell AS parcels
            FROM sums WINDOW cell AS (PARTITION BY x, y) ORDER BY x, y, m2 DESC, land_use_class_id),
        drawn AS (
            SELECT p.x || '-' || p.y AS id, k.code AS class_code, k.name_vi AS class_name,
                   round((p.m2 / 10000)::numeric, 2)::float8 AS area_ha,
                   round((p.m2 / p.mapped)::numeric, 2)::float8 AS share, p.parcels::int AS count,
                   ST_Reverse(ST_MakeEnvelope({left}, {top}, {left} + {part}, {top} + {part})) AS mvt
            FROM places p JOIN landuse_landuseclass k ON k.id = p.land_use_class_id WHERE p.m2 > 0)
        SELECT '{name}' AS layer, ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') AS tile, 0::bigint AS features
        FROM drawn d"""
