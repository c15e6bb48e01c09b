"""SQL of the map on a certificate: the outline in its own frame, and its corners with their coordinates."""

# A list of corners that people can read: the outline simplified by the smallest tolerance (m, VN-2000 / UTM 48N would
# differ by centimetres only) that leaves %(most)s corners or fewer; where none does, the corners of its hull's box.
# Columns: tolerance (m; null for the box), x, y of the frame's lower left corner and metres of a unit in EPSG:3857,
# the outline as SVG in a square of %(size)s units, corners [[lat, lon, x, y], ...] of the outer rings.
CORNERS = """
    WITH ground AS (
        SELECT ST_Transform(boundary, 32648) AS shape, ST_Transform(boundary, 3857) AS flat
        FROM codes_productionareacode WHERE id = %(code)s AND boundary IS NOT NULL
    ), tried AS (
        SELECT tolerance, ST_Multi(ST_SimplifyPreserveTopology(shape, tolerance)) AS shape
        FROM ground CROSS JOIN unnest(ARRAY[0, 1, 2, 5, 10, 20, 50]::float[]) AS tolerance
    ), counted AS (
        SELECT tolerance, shape, ST_NPoints(shape) - (SELECT sum(1 + ST_NumInteriorRings(part.geom))
                                                      FROM ST_Dump(shape) part) AS corners
        FROM tried
    ), chosen AS (
        (SELECT tolerance, shape FROM counted WHERE corners <= %(most)s ORDER BY tolerance LIMIT 1)
        UNION ALL
        SELECT NULL, ST_Multi(ST_OrientedEnvelope(shape)) FROM ground
        WHERE NOT EXISTS (SELECT 1 FROM counted WHERE corners <= %(most)s)
    ), frame AS (
        SELECT flat, (ST_XMin(flat) + ST_XMax(flat) - side) / 2 AS x, (ST_YMin(flat) + ST_YMax(flat) - side) / 2 AS y,
               side / %(size)s AS unit, cos(radians(ST_Y(ST_Transform(ST_Centroid(flat), 4326)))) AS shrink
        FROM ground CROSS JOIN LATERAL
             greatest(ST_XMax(flat) - ST_XMin(flat), ST_YMax(flat) - ST_YMin(flat), 20) AS side
    ), points AS (
        SELECT ST_Transform(point.geom, 4326) AS round, ST_Transform(point.geom, 3857) AS flat, point.path
        FROM chosen CROSS JOIN ST_DumpPoints(chosen.shape) AS point
    ), rings AS (
        SELECT *, row_number() OVER (PARTITION BY path[1:2] ORDER BY path) AS place,
               count(*) OVER (PARTITION BY path[1:2]) AS places
        FROM points WHERE path[2] = 1
    )
    SELECT (SELECT tolerance FROM chosen),
           frame.unit * frame.shrink,
           ST_AsSVG(ST_TransScale(ST_SimplifyPreserveTopology(frame.flat, frame.unit / 4),
                                  -frame.x, -frame.y, 1 / frame.unit, 1 / frame.unit), 0, 1),
           (SELECT json_agg(json_build_array(
                       round(ST_Y(rings.round)::numeric, 6)::text, round(ST_X(rings.round)::numeric, 6)::text,
                       round((ST_X(rings.flat) - frame.x) / frame.unit),
                       -round((ST_Y(rings.flat) - frame.y) / frame.unit)) ORDER BY rings.path)
            FROM rings WHERE place < places)
    FROM frame"""

# One maker at a time for a code's certificates. %s: code id.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('codes.certificate'), %s)"
