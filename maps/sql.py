"""SQL of maps: vector tiles around the ORM, density cells, layer versions.

Values are parameters; names (columns, properties, source layers) come from the code, never from a request.
PostgreSQL makes the whole tile: one statement per tile gives its bytes.
"""

from collections.abc import Sequence
from typing import Any

from maps.grid import EXTENT, HALF_WORLD_M, WORLD_M
from maps.models import CELL_ZOOM

Sql = tuple[str, list[Any]]

# --- Tiles ---------------------------------------------------------------------------------------------------
# Every piece below gives one row: `tile` (bytes of one or two MVT layers) and `is_truncated`. Bytes of MVT layers
# may simply be joined, since a tile is a repeated field of layers.

_ENVELOPE = "ST_TileEnvelope(%s, %s, %s)"


def shapes(
    name: str,
    rows: Sql,
    properties: Sequence[tuple[str, str]],
    *,
    zxy: tuple[int, int, int],
    limit: int,
    buffer: int,
    is_guarded: bool = False,
    is_spread: bool = False,
) -> Sql:
    """Return the piece for rows drawn as they are.

    `rows` has the column `tile_shape` (EPSG:3857), at most `limit` + 1 rows; `properties` are pairs (property, column).
    With more rows than `limit` the tile says so in a layer `meta` with `truncated` and `shown`, never silently.
    Guarded: a row whose shape PostGIS can't draw is left out, row by row (slow, for after a failure only).
    Spread: points of one place stand around it instead of upon each other.
    """
    inner, params = rows
    draw = "maps_tile_shape" if is_guarded else "ST_AsMVTGeom"
    columns = "".join(f'r.{column} AS "{shown}", ' for shown, column in properties)
    shape = _SPREAD if is_spread else "r.tile_shape"
    neighbours = (
        ", row_number() OVER (PARTITION BY f.tile_shape ORDER BY f.property_id) AS k"
        ", count(*) OVER (PARTITION BY f.tile_shape) AS n"
        if is_spread
        else ""
    )
    sql = f"""
        WITH found AS MATERIALIZED ({inner}),
        drawn AS (
            SELECT {columns}{draw}({shape}, e.box, {EXTENT}, {buffer}, true) AS mvt
            FROM (SELECT f.*{neighbours} FROM (SELECT * FROM found LIMIT {limit}) f) r,
                 (SELECT {_ENVELOPE} AS box) e),
        flag AS (
            SELECT true AS truncated, {limit} AS shown, '{name}' AS layer,
                   ST_AsMVTGeom(ST_Centroid(e.box), e.box, {EXTENT}, 0, true) AS mvt
            FROM (SELECT {_ENVELOPE} AS box) e WHERE (SELECT count(*) FROM found) > {limit})
        SELECT coalesce((SELECT ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') FROM drawn d), '')
               || coalesce((SELECT ST_AsMVT(m, 'meta', {EXTENT}, 'mvt') FROM flag m), '') AS tile,
               EXISTS (SELECT FROM flag) AS is_truncated"""
    return sql, [*params, *zxy, *zxy]


# A ring of 16 px (128 of 4096 parts) around the common place, kept inside the tile: points beyond its edge are not drawn.
_SIDE = "(ST_XMax(e.box) - ST_XMin(e.box))"
_RING = f"{_SIDE} * {128 / EXTENT} * (1 + r.n / 16)"
_INSIDE = f"{_SIDE} / {EXTENT}"
_SPREAD = f"""
    CASE WHEN r.n = 1 OR ST_Dimension(r.tile_shape) > 0 THEN r.tile_shape ELSE ST_SetSRID(ST_MakePoint(
        least(greatest(ST_X(r.tile_shape) + {_RING} * cos(2 * pi() * r.k / r.n), ST_XMin(e.box)),
              ST_XMax(e.box) - {_INSIDE}),
        least(greatest(ST_Y(r.tile_shape) + {_RING} * sin(2 * pi() * r.k / r.n), ST_YMin(e.box) + {_INSIDE}),
              ST_YMax(e.box))), 3857) END"""


def groups(
    name: str, rows: Sql, *, zxy: tuple[int, int, int], by_commune: bool, group_zoom: int, min_growers: int
) -> Sql:
    """Return the piece for rows added up: by commune, or by the grid cell of level `group_zoom` they lie in.

    `rows` has the columns `group_place` (point, EPSG:4326), `group_commune`, `group_holder`, `group_area`, `group_m2`,
    `group_growers`.
    Properties: `id`, `count`, `holders`, `area_ha` (each area once; null below `min_growers` growers), for communes
    `name` and `code`. A group lies in exactly one tile, at the middle of its rows (communes: at their own centre).
    """
    inner, params = rows
    cell = f"{WORLD_M} / {1 << group_zoom}"
    keys = (
        "r.group_commune AS key_a, 0 AS key_b"
        if by_commune
        else f"floor((ST_X(r.at) + {HALF_WORLD_M}) / ({cell}))::int AS key_a, "
        f"floor(({HALF_WORLD_M} - ST_Y(r.at)) / ({cell}))::int AS key_b"
    )
    centre = "coalesce(ST_Transform(u.centre, 3857), g.middle)" if by_commune else "g.middle"
    named = """, u.code AS code, trim(u.unit_type || ' ' || u.name_vi) AS name""" if by_commune else ""
    join = "JOIN places_administrativeunit u ON u.id = g.key_a" if by_commune else ""
    sql = f"""
        WITH r AS MATERIALIZED (SELECT s.*, ST_Transform(s.group_place, 3857) AS at FROM ({inner}) s),
        keyed AS (SELECT {keys}, r.* FROM r),
        g AS (SELECT key_a, key_b, count(*) AS count, count(DISTINCT group_holder) AS holders,
                     ST_Centroid(ST_Collect(at)) AS middle
              FROM keyed GROUP BY key_a, key_b),
        a AS (SELECT key_a, key_b, sum(group_m2) AS m2, sum(group_growers) AS growers
              FROM (SELECT DISTINCT key_a, key_b, group_area, group_m2, group_growers FROM keyed
                    WHERE group_area IS NOT NULL) d
              GROUP BY key_a, key_b),
        placed AS (SELECT g.*, a.m2, a.growers, {centre} AS spot {named} FROM g {join} LEFT JOIN a USING (key_a, key_b)),
        drawn AS (
            SELECT p.key_a || '-' || p.key_b AS id, p.count, p.holders,
                   CASE WHEN p.growers >= {min_growers} THEN round((p.m2 / 10000)::numeric, 1)::float8 END AS area_ha
                   {", p.code, p.name" if by_commune else ""},
                   ST_AsMVTGeom(p.spot, e.box, {EXTENT}, 0, true) AS mvt
            FROM placed p, (SELECT {_ENVELOPE} AS box) e
            WHERE ST_X(p.spot) >= ST_XMin(e.box) AND ST_X(p.spot) < ST_XMax(e.box)
              AND ST_Y(p.spot) > ST_YMin(e.box) AND ST_Y(p.spot) <= ST_YMax(e.box))
        SELECT coalesce((SELECT ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') FROM drawn d), '') AS tile, false AS is_truncated"""
    return sql, [*params, *zxy]


def cells(name: str, rows: Sql, *, zxy: tuple[int, int, int], group_zoom: int) -> Sql:
    """Return the piece for density cells added up to level `group_zoom` (not above CELL_ZOOM).

    `rows` has the columns `x`, `y`, `crop_id`, `plots`, `area_dm2`. Properties: `id`, `count`, `area_ha`, `crop` and
    `crop_code` (the crop with the largest area in the cell).
    """
    inner, params = rows
    shift = CELL_ZOOM - group_zoom
    sql = f"""
        WITH sums AS (
            SELECT c.x >> {shift} AS x, c.y >> {shift} AS y, c.crop_id, sum(c.plots) AS plots, sum(c.area_dm2) AS area
            FROM ({inner}) c GROUP BY 1, 2, 3),
        places AS (
            SELECT x, y, sum(plots) AS plots, sum(area) AS area,
                   (array_agg(crop_id ORDER BY area DESC, crop_id))[1] AS crop_id
            FROM sums GROUP BY x, y HAVING sum(plots) > 0),
        drawn AS (
            SELECT p.x || '-' || p.y AS id, p.plots::int AS count, round(p.area / 1000000.0, 1)::float8 AS area_ha,
                   crop.name_vi AS crop, crop.short_code AS crop_code,
                   ST_AsMVTGeom(ST_Centroid(ST_TileEnvelope({group_zoom}, p.x, p.y)), e.box, {EXTENT}, 0, true) AS mvt
            FROM places p JOIN crops_crop crop ON crop.id = p.crop_id, (SELECT {_ENVELOPE} AS box) e)
        SELECT coalesce((SELECT ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') FROM drawn d), '') AS tile, false AS is_truncated"""
    return sql, [*params, *zxy]


def tile(pieces: Sequence[Sql]) -> Sql:
    """Return one statement with the joined bytes of all pieces and whether any of them is truncated."""
    selects = " UNION ALL ".join(f"(SELECT piece.* FROM ({sql}) AS piece)" for sql, _params in pieces)
    params = [value for _sql, values in pieces for value in values]
    return f"SELECT string_agg(t.tile, ''::bytea), bool_or(t.is_truncated) FROM ({selects}) AS t", params


# --- Layer versions --------------------------------------------------------------------------------------------
# Ids are given before the commit, so a lower one may become visible after a higher one: the highest id alone would
# miss it. The digest of all ids changes whenever a row comes or goes.
VERSIONS = """
    SELECT count(*), coalesce(max(id), 0), coalesce(bit_xor(hashint8extended(id, 0)), 0)
    FROM maps_layerchange WHERE layer = ANY(%s)"""

# Cooperatives are some hundred rows that tell nobody of their changes: their version is a digest of what layers show.
COOPERATIVES_VERSION = """
    SELECT count(*), coalesce(bit_xor(hashtextextended(
        concat_ws('|', id, slug, kind, name, status, commune_id, location::text), 0)), 0)
    FROM cooperatives_cooperative"""

PRUNE_CHANGES = """
    DELETE FROM maps_layerchange old
    WHERE old.at < %s
      AND EXISTS (SELECT FROM maps_layerchange newer WHERE newer.layer = old.layer AND newer.id > old.id)"""

# --- Density cells -----------------------------------------------------------------------------------------------
FOLD_LOCK = 7_283_001  # any number that no other advisory lock of this service has

CELL_SOURCE_COLUMNS = ("crop_id", "commune_id", "cooperative_id", "status", "area_m2", "cell_shape")


def cell_x(shape: str) -> str:
    """Return SQL: column of the cell that holds the middle of the box of `shape` (EPSG:3857)."""
    return f"floor(((ST_XMin({shape}) + ST_XMax({shape})) / 2 + {HALF_WORLD_M}) / {WORLD_M / (1 << CELL_ZOOM)})::int"


def cell_y(shape: str) -> str:
    """Return SQL: row of the cell, counted from the north."""
    return f"floor(({HALF_WORLD_M} - (ST_YMin({shape}) + ST_YMax({shape})) / 2) / {WORLD_M / (1 << CELL_ZOOM)})::int"


def append_cells(inner: str) -> str:
    """Return SQL that appends signed deltas for the plots of `inner`; parameters: sign, sign, is_folded, then inner's."""
    return f"""
        INSERT INTO maps_densitycell (x, y, crop_id, commune_id, cooperative_id, status, plots, area_dm2, is_folded)
        SELECT g.x, g.y, g.crop_id, g.commune_id, g.cooperative_id, g.status, %s * g.plots, %s * g.area, %s
        FROM (
            SELECT {cell_x("p.cell_shape")} AS x, {cell_y("p.cell_shape")} AS y,
                   p.crop_id, p.commune_id, p.cooperative_id, p.status,
                   count(*)::int AS plots, sum(round(p.area_m2 * 100)::bigint)::bigint AS area
            FROM ({inner}) p GROUP BY 1, 2, 3, 4, 5, 6
        ) g"""


def plots_as_cells(inner: str) -> str:
    """Return SQL with the columns that `cells` wants, counted from plots themselves: for filters that cells lack."""
    return f"""
        SELECT {cell_x("p.cell_shape")} AS x, {cell_y("p.cell_shape")} AS y, p.crop_id,
               1 AS plots, round(p.area_m2 * 100)::bigint AS area_dm2
        FROM ({inner}) p"""


_KEYS = "x, y, crop_id, commune_id, cooperative_id, status"

# One statement, so that a reader sees either the deltas or their sum. Groups that come to nothing go.
FOLD_CELLS = f"""
    WITH fresh AS (DELETE FROM maps_densitycell WHERE NOT is_folded RETURNING *),
    keys AS (SELECT DISTINCT {_KEYS} FROM fresh),
    old AS (DELETE FROM maps_densitycell c USING keys k
            WHERE c.is_folded AND (c.x, c.y, c.crop_id, c.commune_id, c.cooperative_id, c.status)
                = (k.x, k.y, k.crop_id, k.commune_id, k.cooperative_id, k.status)
            RETURNING c.*),
    folded AS (
        INSERT INTO maps_densitycell ({_KEYS}, plots, area_dm2, is_folded)
        SELECT {_KEYS}, sum(plots), sum(area_dm2), true
        FROM (SELECT * FROM fresh UNION ALL SELECT * FROM old) both_kinds
        GROUP BY {_KEYS} HAVING sum(plots) <> 0 OR sum(area_dm2) <> 0)
    SELECT count(*) FROM fresh"""
