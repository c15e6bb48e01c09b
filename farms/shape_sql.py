"""SQL of splitting, merging and looking at shapes before they are stored.

Slivers are what nobody tills: pieces below `sliver_m2`, or thinner than `sliver_m` (they vanish when shrunk by half of
it). Shapes come as arrays of WKB in EPSG:4326; distances and areas are geodesic.
"""

from farms.corrections import SLIVER_M, SLIVER_M2

_IS_SLIVER = """(
    ST_Area({shape}::geography) < %(sliver_m2)s
    OR ST_IsEmpty(ST_Buffer({shape}::geography, -%(sliver_m)s / 2)::geometry)
)"""

# The parts as they may be stored: each within the old plot, none on another, together the whole of it. What is left
# over or shared is given away only where it is a sliver; anything larger is counted, and the caller refuses.
# One row: (parts as WKB in order, m² of the old plot that no part covers, m² outside it, m² in two parts).
FIT_PARTS = f"""
    WITH old AS (
        SELECT boundary AS geom FROM farms_plot WHERE id = %(plot)s
    ), given AS (
        SELECT n, ST_SetSRID(ST_GeomFromWKB(wkb), 4326) AS geom
        FROM unnest(%(parts)s::bytea[]) WITH ORDINALITY AS part (wkb, n)
    ), inside AS (
        SELECT n, CASE WHEN ST_CoveredBy(given.geom, old.geom) THEN given.geom
                       ELSE ST_CollectionExtract(ST_MakeValid(ST_Intersection(given.geom, old.geom)), 3) END AS geom
        FROM given CROSS JOIN old
    ), apart AS (
        SELECT later.n, CASE WHEN earlier.geom IS NULL OR NOT ST_Relate(later.geom, earlier.geom, 'T********')
                             THEN later.geom
                             ELSE ST_CollectionExtract(ST_MakeValid(ST_Difference(later.geom, earlier.geom)), 3) END AS geom
        FROM inside later
        LEFT JOIN LATERAL (
            SELECT ST_Union(other.geom) AS geom FROM inside other WHERE other.n < later.n
        ) AS earlier ON true
    ), outside AS (
        SELECT piece.geom FROM given CROSS JOIN old,
               LATERAL ST_Dump(ST_CollectionExtract(ST_Difference(given.geom, old.geom), 3)) AS piece
    ), shared AS (
        SELECT piece.geom FROM inside one JOIN inside other ON one.n < other.n AND one.geom && other.geom,
               LATERAL ST_Dump(ST_CollectionExtract(ST_Intersection(one.geom, other.geom), 3)) AS piece
    ), gaps AS (
        SELECT piece.geom, {_IS_SLIVER.format(shape="piece.geom")} AS is_sliver
        FROM old, LATERAL (
            SELECT ST_Difference(old.geom, coalesce(ST_Union(apart.geom), 'SRID=4326;POLYGON EMPTY')) AS geom FROM apart
        ) AS uncovered, LATERAL ST_Dump(ST_CollectionExtract(uncovered.geom, 3)) AS piece
    ), given_away AS (
        SELECT nearest.n, ST_Union(gaps.geom) AS geom
        FROM gaps CROSS JOIN LATERAL (
            SELECT apart.n FROM apart ORDER BY ST_Distance(apart.geom, gaps.geom), ST_Area(apart.geom) DESC, apart.n LIMIT 1
        ) AS nearest
        WHERE gaps.is_sliver GROUP BY nearest.n
    ), fitted AS (
        SELECT apart.n, ST_Multi(CASE WHEN given_away.geom IS NULL THEN apart.geom
                                      ELSE ST_CollectionExtract(ST_Union(apart.geom, given_away.geom), 3) END) AS geom
        FROM apart LEFT JOIN given_away ON given_away.n = apart.n
    )
    SELECT (SELECT array_agg(ST_AsBinary(geom) ORDER BY n) FROM fitted),
           (SELECT coalesce(sum(ST_Area(geom::geography)), 0) FROM gaps WHERE NOT is_sliver),
           (SELECT coalesce(sum(ST_Area(geom::geography)), 0) FROM outside
            WHERE NOT {_IS_SLIVER.format(shape="outside.geom")}),
           (SELECT coalesce(sum(ST_Area(geom::geography)), 0) FROM shared
            WHERE NOT {_IS_SLIVER.format(shape="shared.geom")})"""

# The pieces into which a line cuts a plot, the largest first. A line that ends on the edge as drawn may fall a hair
# short of it, so both ends are drawn out by a metre (1e-5 degrees). What would be a sliver goes to its neighbour later.
CUT_BY_LINE = f"""
    WITH drawn AS (
        SELECT ST_SetSRID(ST_GeomFromWKB(%(line)s), 4326) AS line
    ), ends AS (
        SELECT line, ST_StartPoint(line) AS a, ST_PointN(line, 2) AS b,
               ST_PointN(line, -2) AS y, ST_EndPoint(line) AS z FROM drawn
    ), blade AS (
        SELECT ST_AddPoint(ST_AddPoint(line,
                   ST_Translate(z, (ST_X(z) - ST_X(y)) * 1e-5 / ST_Distance(y, z), (ST_Y(z) - ST_Y(y)) * 1e-5 / ST_Distance(y, z))),
                   ST_Translate(a, (ST_X(a) - ST_X(b)) * 1e-5 / ST_Distance(a, b), (ST_Y(a) - ST_Y(b)) * 1e-5 / ST_Distance(a, b)),
                   0) AS line
        FROM ends
    )
    SELECT ST_AsBinary(ST_Multi(piece.geom))
    FROM farms_plot plot CROSS JOIN blade, LATERAL ST_Dump(ST_Split(plot.boundary, blade.line)) AS piece
    WHERE plot.id = %(plot)s AND NOT {_IS_SLIVER.format(shape="piece.geom")}
    ORDER BY ST_Area(piece.geom) DESC, ST_XMin(piece.geom)"""

# Which of these plots lie within `touch_m` of each other.
TOUCHING_PAIRS = """
    SELECT one.id, other.id FROM farms_plot one JOIN farms_plot other ON one.id < other.id
    WHERE one.id = ANY(%(plots)s) AND other.id = ANY(%(plots)s)
      AND ST_DWithin(one.boundary::geography, other.boundary::geography, %(touch_m)s)"""

# The plots as one shape. Gaps up to `touch_m` between two of them are closed: the union is widened and shrunk again
# with mitred corners, and of what that adds only the pieces that touch two plots are taken, so that every other
# corner stays where it was measured. Holes that are slivers are filled.
UNITE = f"""
    WITH plots AS (
        SELECT id, boundary AS geom FROM farms_plot WHERE id = ANY(%(plots)s)
    ), united AS (
        SELECT ST_UnaryUnion(ST_Collect(geom)) AS geom FROM plots
    ), closed AS (
        SELECT ST_Buffer(
            ST_Buffer(geom::geography, %(touch_m)s / 2 + 0.02, 'join=mitre mitre_limit=5'),
            -(%(touch_m)s / 2 + 0.02), 'join=mitre mitre_limit=5')::geometry AS geom
        FROM united
    ), fillings AS (
        SELECT piece.geom FROM united, closed,
               LATERAL ST_Dump(ST_CollectionExtract(ST_MakeValid(ST_Difference(closed.geom, united.geom)), 3)) AS piece
        WHERE (SELECT count(*) FROM plots
               WHERE ST_DWithin(plots.geom::geography, piece.geom::geography, 0.01)) >= 2
    ), joined AS (
        SELECT ST_UnaryUnion(ST_Collect(every.geom)) AS geom FROM (
            SELECT geom FROM plots
            UNION ALL
            -- a hair wider, so that it meets both edges whatever the rounding; no ears outside
            SELECT ST_Intersection(ST_Buffer(fillings.geom::geography, 0.005, 'join=mitre')::geometry, closed.geom)
            FROM fillings, closed
        ) AS every
    ), parts AS (
        SELECT part.path[1] AS n, part.geom FROM joined, LATERAL ST_Dump(joined.geom) AS part
    ), shells AS (
        SELECT parts.n, ST_MakePolygon(
                   ST_ExteriorRing(parts.geom),
                   array(SELECT ST_ExteriorRing(ring.geom) FROM ST_DumpRings(parts.geom) AS ring
                         WHERE ring.path[1] > 0 AND NOT {_IS_SLIVER.format(shape="ring.geom")})) AS geom
        FROM parts
    )
    SELECT ST_AsBinary(ST_Multi(ST_Union(geom))), ST_IsValid(ST_Multi(ST_Union(geom))), count(*) FROM shells"""

# Geodesic area and perimeter of a shape that is not stored.
MEASURE = """
    SELECT ST_Area(shape.geom::geography), ST_Perimeter(shape.geom::geography)
    FROM (SELECT ST_SetSRID(ST_GeomFromWKB(%(wkb)s), 4326) AS geom) AS shape"""


SLIVERS: dict[str, float] = {"sliver_m2": SLIVER_M2, "sliver_m": SLIVER_M}
