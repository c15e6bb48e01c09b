"""SQL of the drawing on the printed page."""

# Counted communes make the frame, with a margin of 4 % (at least 1.5 km: one commune alone, or a commune without an
# outline, whose centre stands for it). Outlines come simplified to half a unit of the drawing, in its own coordinates:
# ST_TransScale moves the frame's upper left corner to the origin, and ST_AsSVG turns y downwards.
DRAWING = """
    WITH counted AS (
        SELECT u.id, trim(u.unit_type || ' ' || u.name_vi) AS name, c.products,
               coalesce(u.boundary_3857, ST_Transform(u.centre, 3857)) AS shape,
               coalesce(ST_Transform(u.centre, 3857), ST_PointOnSurface(u.boundary_3857)) AS middle
        FROM unnest(%(communes)s::bigint[], %(products)s::bigint[]) AS c(commune, products)
        JOIN places_administrativeunit u ON u.id = c.commune
    ), box AS (
        SELECT ST_Extent(shape) AS b FROM counted WHERE shape IS NOT NULL
    ), frame AS (
        SELECT ST_XMin(b) - margin AS west, ST_YMax(b) + margin AS north,
               ST_XMax(b) - ST_XMin(b) + 2 * margin AS wide, ST_YMax(b) - ST_YMin(b) + 2 * margin AS high
        FROM (SELECT b, greatest(1500, 0.04 * greatest(ST_XMax(b) - ST_XMin(b), ST_YMax(b) - ST_YMin(b))) AS margin
              FROM box WHERE b IS NOT NULL) AS widened
    ), scaled AS (
        SELECT *, least(%(width)s / wide, %(height)s / high) AS scale FROM frame
    ), outlines AS (
        SELECT u.level, ST_AsSVG(ST_TransScale(ST_Simplify(u.boundary_3857, 0.5 / scale), -west, -north, scale, scale),
                                 0, 1) AS path
        FROM scaled CROSS JOIN places_administrativeunit u
        WHERE u.boundary_3857 && ST_MakeEnvelope(west, north - high, west + wide, north, 3857)
          AND u.level IN ('province', 'commune')
          AND u.valid_from <= %(day)s AND (u.valid_to IS NULL OR u.valid_to > %(day)s)
    )
    SELECT (SELECT wide * scale FROM scaled), (SELECT high * scale FROM scaled),
           (SELECT coalesce(json_agg(json_build_array(level, path) ORDER BY level), '[]')
            FROM outlines WHERE path <> ''),
           (SELECT coalesce(json_agg(json_build_array((ST_X(middle) - west) * scale, (north - ST_Y(middle)) * scale,
                                                      products, name) ORDER BY products DESC, name), '[]')
            FROM counted CROSS JOIN scaled WHERE middle IS NOT NULL)"""
