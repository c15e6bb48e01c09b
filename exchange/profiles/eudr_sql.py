"""SQL of the EUDR profile: shapes on the grid of six decimals, holes cut open, and what is to be said of each row.

`inner` has the columns row_key, place, producer (texts, producer may be null) and shape (geometry, EPSG:4326).
"""

from typing import Any

from geofiles.eudr import COUNTRY, DECIMALS, GRID

Params = tuple[Any, ...]
EXAMPLES = 20


def named(query: str) -> str:
    """Return the ORM's query with the names that this module reads."""
    return f"""
        SELECT i.row_key, i.eudr_place AS place, i.eudr_producer AS producer, i.eudr_shape AS shape
        FROM ({query}) AS i"""


def _snapped(inner: str) -> str:
    """Rows with `snapped`: ground on the grid, valid, its thin parts gone; null for points. And `holes`.

    OFFSET 0 keeps the planner from computing the same shape for every mention of it.
    """
    return f"""
        SELECT p.*, (SELECT coalesce(sum(ST_NumInteriorRings(d.geom)), 0) FROM ST_Dump(p.snapped) AS d) AS holes
        FROM (
            SELECT s.*, CASE WHEN ST_Dimension(s.shape) = 2
                             THEN ST_ReducePrecision(ST_Force2D(s.shape), {GRID}) END AS snapped
            FROM ({inner}) AS s OFFSET 0
        ) AS p OFFSET 0"""


# Parts with holes are cut along the meridian through a point inside each hole: no piece has a hole then. The cut's own
# corners come onto the grid afterwards. Pieces share edges, so each is a feature of its own.
_CUT = f"""
    SELECT part.geom FROM ST_Dump(r.snapped) AS part WHERE ST_NumInteriorRings(part.geom) = 0
    UNION ALL
    SELECT piece.geom
    FROM ST_Dump(r.snapped) AS part,
         LATERAL (
             SELECT ST_Collect(ST_SetSRID(ST_MakeLine(
                        ST_Point(x, ST_YMin(part.geom) - 1), ST_Point(x, ST_YMax(part.geom) + 1)), 4326)) AS meridians
             FROM (
                 SELECT DISTINCT ST_X(ST_PointOnSurface(ring.geom)) AS x
                 FROM ST_DumpRings(part.geom) AS ring WHERE ring.path[1] > 0
             ) AS inside
         ) AS knife,
         ST_Dump(ST_CollectionExtract(ST_Split(part.geom, knife.meridians), 3)) AS half,
         ST_Dump(ST_CollectionExtract(ST_ReducePrecision(half.geom, {GRID}), 3)) AS piece
    WHERE ST_NumInteriorRings(part.geom) > 0"""


def features(inner: str, params: Params) -> tuple[str, Params]:
    """Return a query of one row for each row of `inner`: its features as an array of GeoJSON texts; null: none."""
    sql = f"""
        SELECT (
            SELECT array_agg(
                '{{"type":"Feature","id":' || to_json(r.row_key || CASE WHEN r.holes > 0 THEN '-' || g.number ELSE '' END)
                || ',"geometry":' || ST_AsGeoJSON(ST_ForcePolygonCCW(g.piece), {DECIMALS})
                || ',"properties":' || json_strip_nulls(json_build_object(
                       'ProducerName', r.producer, 'ProducerCountry', '{COUNTRY}', 'ProductionPlace', r.place))
                || '}}' ORDER BY g.number)
            FROM (
                SELECT CASE WHEN ST_NumGeometries(r.snapped) = 1 THEN ST_GeometryN(r.snapped, 1) ELSE r.snapped END
                           AS piece, 1 AS number
                WHERE r.holes = 0
                UNION ALL
                SELECT cut.geom, row_number() OVER () FROM ({_CUT}) AS cut WHERE r.holes > 0
            ) AS g
            WHERE NOT ST_IsEmpty(g.piece)
        )
        FROM ({_snapped(inner)}) AS r"""
    return sql, params


def findings(inner: str, params: Params) -> tuple[str, Params]:
    """Return a query of (code, rows, amount, examples): what is to be said of the rows; code `rows`: all of them.

    `amount`: vertices, holes ...; of `rows` it is the bytes that the features take, roughly. Examples: the first
    EXAMPLES rows as JSON {id, place, point}.
    """
    sql = f"""
        WITH judged AS MATERIALIZED (
            SELECT r.row_key, r.place, r.producer IS NULL AS is_nameless, r.snapped IS NULL AS is_point,
                   coalesce(ST_IsEmpty(r.snapped), false) AS is_gone, r.holes,
                   CASE WHEN r.snapped IS NOT NULL THEN
                       ST_NPoints(r.shape) - ST_NPoints(ST_SnapToGrid(r.shape, {GRID})) ELSE 0 END AS repeated,
                   r.snapped IS NOT NULL AND NOT ST_IsValid(ST_SnapToGrid(r.shape, {GRID})) AS is_crossing,
                   CASE WHEN NOT ST_IsEmpty(r.snapped) THEN
                       count(*) OVER (PARTITION BY md5(ST_AsBinary(r.snapped))) > 1 ELSE false END AS is_twice,
                   coalesce(length(ST_AsGeoJSON(r.snapped, {DECIMALS})), 0) + 160 + length(r.place) AS bytes,
                   ST_Centroid(r.shape) AS middle
            FROM ({_snapped(inner)}) AS r
        ),
        said AS (
            SELECT j.row_key, j.place, j.middle, f.code, f.amount,
                   row_number() OVER (PARTITION BY f.code ORDER BY length(j.row_key), j.row_key) AS place_in_code
            FROM judged AS j,
                 LATERAL (VALUES
                     ('ground_not_shown', CASE WHEN j.is_point THEN 1 END),
                     ('no_ground', CASE WHEN j.is_gone THEN 1 END),
                     ('duplicate_vertices', nullif(greatest(j.repeated, 0), 0)),
                     ('self_crossing_small', CASE WHEN j.is_crossing AND NOT j.is_gone THEN 1 END),
                     ('hole', nullif(j.holes, 0)),
                     ('no_producer', CASE WHEN j.is_nameless THEN 1 END),
                     ('same_ground_twice', CASE WHEN j.is_twice THEN 1 END)
                 ) AS f (code, amount)
            WHERE f.amount IS NOT NULL
        )
        SELECT code, count(*), sum(amount)::bigint,
               json_agg(json_build_object('id', row_key, 'place', place,
                            'point', json_build_array(round(ST_X(middle)::numeric, 6), round(ST_Y(middle)::numeric, 6)))
                        ORDER BY place_in_code) FILTER (WHERE place_in_code <= {EXAMPLES})
        FROM said GROUP BY code
        UNION ALL
        SELECT 'rows', count(*), coalesce(sum(bytes) FILTER (WHERE NOT is_point AND NOT is_gone), 0)::bigint, '[]'
        FROM judged"""
    return sql, params
