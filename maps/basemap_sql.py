"""SQL of loading water and roads for the basemap: whole batches, shapes mended and sized by PostGIS."""

# Web Mercator tiles of level z are WORLD_M / 2^z wide, 256 pixels; eight pixels are the least that is worth drawing.
_EIGHT_PIXELS_AT_0 = 40_075_016.685578488 * 8 / 256

# `%(wkb)s`, `%(names)s`, `%(zooms)s` are arrays of one length (a zoom may be null: from the size). Detailed shapes are
# cut into pieces, so that a tile reads only what lies in it. Returns how many features of the file were drawn, how
# many had no usable shape (none, wrong type, outside the country), and the number of rows.
INSERT_FEATURES = f"""
    WITH given AS (
        SELECT ordinality AS number, name, zoom, ST_SetSRID(ST_Force2D(ST_GeomFromWKB(wkb)), 4326) AS shape
        FROM unnest(%(wkb)s::bytea[], %(names)s::text[], %(zooms)s::int[]) WITH ORDINALITY AS u (wkb, name, zoom, ordinality)
    ), mended AS (
        SELECT number, name, zoom, CASE WHEN ST_Dimension(shape) = 2
                   THEN ST_CollectionExtract(ST_MakeValid(shape), 3) ELSE ST_CollectionExtract(shape, 2) END AS shape
        FROM given
        WHERE ST_Dimension(shape) >= 1
          AND shape && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
    ), inside AS (
        SELECT number, name, zoom, ST_CollectionExtract(ST_Intersection(
                   shape, ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)), ST_Dimension(shape) + 1) AS shape
        FROM mended WHERE NOT ST_IsEmpty(shape)
    ), sized AS (
        SELECT number, name, shape, coalesce(zoom, least(%(last_zoom)s, greatest(0, ceil(log(2, greatest(1.001,
                   {_EIGHT_PIXELS_AT_0} / greatest(1, CASE WHEN ST_Dimension(shape) = 2
                       THEN sqrt(ST_Area(shape::geography)) ELSE ST_Length(shape::geography) / 6 END))::numeric)))::int)) AS zoom
        FROM inside WHERE NOT ST_IsEmpty(shape)
    ), stored AS (
        INSERT INTO maps_basefeature (kind, name, geometry, min_zoom, source)
        SELECT %(kind)s, left(coalesce(name, ''), 120), ST_Multi(piece), zoom, %(source)s
        FROM sized, LATERAL ST_Subdivide(shape, 1000) AS piece
        RETURNING 1
    )
    SELECT (SELECT count(DISTINCT number) FROM sized), (SELECT count(*) FROM given) - (SELECT count(DISTINCT number) FROM sized),
           (SELECT count(*) FROM stored)"""
