"""SQL of vector tiles around the ORM. PostgreSQL makes the whole tile: one statement gives its bytes."""

from collections.abc import Sequence
from math import pi
from typing import Any

from maps.grid import EXTENT, HALF_WORLD_M, WORLD_M

Sql = tuple[str, list[Any]]

# --- Tiles ---------------------------------------------------------------------------------------------------
# Every piece below gives one row: `layer`, `tile` (bytes of an MVT layer, NULL or empty for none) and `features` (how
# many rows were drawn; 0 where there is no limit). Bytes of MVT layers may simply be joined, since a tile is a repeated
# field of layers. What surrounds the rows is as flat as can be: for a small tile, planning takes as long as drawing.

_ENVELOPE = "ST_TileEnvelope(%s, %s, %s)"


_FEW_CORNERS = 32  # more are worth thinning out, which ST_AsMVTGeom does
# Renderers take a whole tile's width beyond the edge, and cut what they draw there themselves; a shape that is whole in
# all its tiles has one place for its label.
_ROOM = EXTENT * 3 // 4

# Most shapes of a tile hardly leave it: there is nothing worth cutting, and moving their corners onto the tile's grid
# takes a third of what ST_AsMVTGeom takes. Outer rings go clockwise on the screen (MVT 2.1 §4.3.4.4), where y grows
# downwards: turned last, since a narrow part may turn over on the grid, and would then cut a hole.
_ON_GRID = """
    CASE WHEN {shape} @ e.room AND ST_NPoints({shape}) <= {few}
         THEN ST_ForcePolygonCCW(ST_SnapToGrid(
             ST_Affine({shape}, e.scale, 0, 0, 0, -e.scale, 0, 0, 0, 1, e.left_x, e.top_y, 0), 1))
         ELSE ST_AsMVTGeom({shape}, e.bounds, {extent}, {buffer}, true) END"""
# OFFSET 0: worked out once, not for every row.
_SQUARE = """
    (SELECT b.box, b.box::box2d AS bounds, ST_Expand(b.box, {room} / b.scale) AS room, b.scale,
            -ST_XMin(b.box) * b.scale AS left_x, ST_YMax(b.box) * b.scale AS top_y
     FROM (SELECT a.box, {extent} / (ST_XMax(a.box) - ST_XMin(a.box)) AS scale FROM (SELECT %s::geometry AS box) a) b
     OFFSET 0)"""


def shapes(
    name: str,
    rows: Sql,
    properties: Sequence[tuple[str, str]],
    *,
    box: Any,
    buffer: int,
    is_guarded: bool = False,
    is_spread: bool = False,
    only_polygons: bool = False,
) -> Sql:
    """Return the piece for rows drawn as they are.

    `rows` has the column `tile_shape` (EPSG:3857); `properties` are pairs (property, column); `box` is the tile's square
    as a parameter.
    Guarded: a row whose shape PostGIS can't draw is left out, row by row (slow, for after a failure only).
    Spread: points of one place stand around it instead of upon each other.
    Only polygons: no shape is of another kind, so those that hardly leave the tile can be drawn by plain arithmetic.
    """
    inner, params = rows
    columns = "".join(f'r.{column} AS "{shown}", ' for shown, column in properties)
    neighbours = (
        ", row_number() OVER (PARTITION BY f.tile_shape ORDER BY f.property_id) AS k"
        ", count(*) OVER (PARTITION BY f.tile_shape) AS n"
        if is_spread
        else ""
    )
    placed = f"(SELECT f.*{neighbours} FROM ({inner}) f)" if neighbours else f"({inner})"
    if only_polygons and not is_guarded:
        shape = _ON_GRID.format(shape="r.tile_shape", few=_FEW_CORNERS, extent=EXTENT, buffer=buffer)
        square = _SQUARE.format(extent=EXTENT, room=_ROOM)
        # A sliver that came to nothing on the grid, or to a line, has no place in the tile; asked of what was drawn, not
        # drawn twice.
        drawn, whole = " FILTER (WHERE ST_Area(d.mvt) > 0)", "OFFSET 0"
    else:
        draw = "maps_tile_shape" if is_guarded else "ST_AsMVTGeom"
        shape = f"{draw}({_SPREAD if is_spread else 'r.tile_shape'}, e.box, {EXTENT}, {buffer}, true)"
        square, drawn, whole = "(SELECT %s::geometry AS box)", "", ""
    sql = f"""
        SELECT '{name}' AS layer, ST_AsMVT(d, '{name}', {EXTENT}, 'mvt'){drawn} AS tile, count(*) AS features
        FROM (SELECT {columns}{shape} AS mvt FROM {placed} r, {square} e {whole}) d"""
    return sql, [*params, box]


def flag(name: str, shown: int, reason: str) -> str:
    """Return SQL: the bytes of the layer `meta`, which says that not all rows of `name` are in the tile, and why."""
    return f"""
        SELECT ST_AsMVT(m, 'meta', {EXTENT}, 'mvt') FROM (
            SELECT true AS truncated, {shown} AS shown, '{name}' AS layer, '{reason}' AS reason,
                   ST_MakePoint({EXTENT // 2}, {EXTENT // 2}) AS mvt) m"""


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
        SELECT '{name}' AS layer, ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') AS tile, 0::bigint AS features
        FROM drawn d"""
    return sql, [*params, *zxy]


def cells(name: str, rows: Sql, *, corner: tuple[int, int], finer: int, level: int, is_square: bool) -> Sql:
    """Return the piece for cells of `level` added up, as points in their middle or as squares.

    `rows` has the columns `x`, `y` (of `level`), `crop_id`, `plots`, `area_dm2`, `yield_kg`. Properties: `id`, `count`,
    `area_ha`, `tonnes` (expected yield of a season; left out where none is known), `crop` and `crop_code` (the crop with
    the largest area in the cell), `share` of the cell's ground that is planted (0 to 1).
    Cells are whole parts of the tile, so their corners are counted, not projected and clipped: `corner` is the tile's
    first cell, `level` lies `finer` levels below the tile's.
    """
    inner, params = rows
    part = EXTENT >> finer
    left, top = f"(p.x - o.x) * {part}", f"(p.y - o.y) * {part}"
    # Rings go clockwise in a tile, whose y grows downwards (MVT 2.1 §4.3.3.3), as an envelope does that is given from its
    # right side to its left.
    mvt = (
        f"ST_MakeEnvelope({left} + {part}, {top}, {left}, {top} + {part})"
        if is_square
        else f"ST_MakePoint({left} + {part / 2}, {top} + {part / 2})"
    )
    side = WORLD_M / (1 << level)
    # Metres of Web Mercator are true metres times cosh(y / R).
    ground = f"({side} / cosh(({HALF_WORLD_M} - (p.y::float8 + 0.5) * {side}) * {2 * pi / WORLD_M})) ^ 2"
    # Sums of whole numbers, exact below 2^53: as binary numbers they are added, compared and rounded in half the time of
    # decimal ones (at a thousand cells 4 of 10 ms).
    sql = f"""
        WITH sums AS (
            SELECT c.x, c.y, c.crop_id, sum(c.plots) AS plots, sum(c.area_dm2::float8) AS area,
                   sum(c.yield_kg::float8) AS yield
            FROM ({inner}) c GROUP BY 1, 2, 3),
        places AS (
            SELECT x, y, sum(plots)::int AS plots, sum(area) AS area, sum(yield) AS yield,
                   -(max(ARRAY[area, -crop_id]))[2]::bigint AS crop_id
            FROM sums GROUP BY x, y HAVING sum(plots) > 0),
        drawn AS (
            SELECT p.x || '-' || p.y AS id, p.plots AS count, floor(p.area / 10000 + 0.5) / 100 AS area_ha,
                   nullif(floor(p.yield / 100 + 0.5) / 10, 0) AS tonnes,
                   crop.name_vi AS crop, crop.short_code AS crop_code,
                   least(1, floor(p.area / ({ground}) + 0.5) / 100) AS share, {mvt} AS mvt
            FROM places p JOIN crops_crop crop ON crop.id = p.crop_id, (SELECT %s::int AS x, %s::int AS y) o)
        SELECT '{name}' AS layer, ST_AsMVT(d, '{name}', {EXTENT}, 'mvt') AS tile, 0::bigint AS features
        FROM drawn d"""
    return sql, [*params, *corner]


def tile(pieces: Sequence[Sql]) -> Sql:
    """Return one statement that gives a row for each piece."""
    text = " UNION ALL ".join(f"({sql})" for sql, _params in pieces) if len(pieces) > 1 else pieces[0][0]
    return text, [value for _sql, values in pieces for value in values]
