"""SQL that gives rows to units by place, for sums over many rows."""

# {rows}: SELECT of key, geometry and value. The units' pieces are few and each is met by thousands of rows in turn, so
# that PostGIS prepares it once; asking for each row which piece holds it takes some five times as long.
# A point that two outlines hold goes to the first by code, as in `exchange.areas.unit_of`.
SUMS_BY_PLACE = """
    WITH chosen (k, g, v) AS NOT MATERIALIZED ({rows}),
    placed AS (
        SELECT DISTINCT ON (chosen.k) chosen.k, unit.id AS unit
        FROM places_unitpiece part
        JOIN places_administrativeunit unit ON unit.id = part.unit_id
        JOIN chosen ON chosen.g && part.piece AND ST_Intersects(part.piece, ST_PointOnSurface(chosen.g))
        WHERE unit.level = %s AND unit.valid_from <= %s AND (unit.valid_to IS NULL OR unit.valid_to > %s)
        ORDER BY chosen.k, unit.code)
    SELECT placed.unit, count(*), coalesce({total}, 0)::float8
    FROM chosen LEFT JOIN placed ON placed.k = chosen.k GROUP BY placed.unit"""
