"""SQL of landuse: whole sets of parcels from GeoJSON texts, which must not come row by row through the ORM."""

# %s: class codes, GeoJSON geometries (arrays of one length), scheme id. One row per parcel that can't be stored.
FIND_BAD_ROWS = """
    WITH given AS (
        SELECT n, code, ST_SetSRID(ST_GeomFromGeoJSON(geometry), 4326) AS g
        FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS t(code, geometry, n))
    SELECT n, CASE
               WHEN class.id IS NULL THEN 'unknown_class'
               WHEN ST_GeometryType(g) NOT IN ('ST_Polygon', 'ST_MultiPolygon') OR ST_IsEmpty(g) THEN 'not_a_polygon'
               WHEN ST_NDims(g) <> 2 THEN 'has_height'
               ELSE 'invalid_polygon' END AS code,
           CASE WHEN class.id IS NULL THEN given.code WHEN ST_IsValid(g) THEN '' ELSE ST_IsValidReason(g) END AS reason
    FROM given LEFT JOIN landuse_landuseclass class ON class.scheme_id = %s AND class.code = given.code
    WHERE class.id IS NULL OR ST_GeometryType(g) NOT IN ('ST_Polygon', 'ST_MultiPolygon') OR ST_IsEmpty(g)
          OR ST_NDims(g) <> 2 OR NOT ST_IsValid(g)
    ORDER BY n LIMIT 50"""

# %s: layer id, then refs, names, class codes and geometries (arrays of one length), scheme id.
INSERT_PARCELS = """
    INSERT INTO landuse_landuseparcel (layer_id, land_use_class_id, ref, name, boundary)
    SELECT %s, class.id, given.ref, given.name, ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(given.geometry), 4326))
    FROM landuse_landuseclass class,
         unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS given(ref, name, code, geometry, n)
    WHERE class.scheme_id = %s AND class.code = given.code
    ORDER BY given.n"""


TOTALS = "SELECT land_use_class_id, sum(area_m2) FROM landuse_landuseparcel WHERE layer_id = %s GROUP BY 1"

# %(left)s, %(right)s: layer ids; %(least)s: m² below which nothing is said. Rows of (class left, class right, m²); a
# class is null where the other map alone covers the ground. Equal outlines, most of two yearly maps, are not cut.
COMPARE = """
    WITH shared AS MATERIALIZED (
        SELECT l.land_use_class_id AS before, r.land_use_class_id AS after,
               sum(CASE WHEN l.boundary = r.boundary THEN l.area_m2
                        ELSE ST_Area(ST_Intersection(l.boundary, r.boundary)::geography) END) AS m2
        FROM landuse_landuseparcel l
        JOIN landuse_landuseparcel r ON r.layer_id = %(right)s AND ST_Intersects(l.boundary, r.boundary)
        WHERE l.layer_id = %(left)s
        GROUP BY 1, 2),
    lost AS (
        SELECT t.c, t.m2 - coalesce(sum(s.m2), 0) AS m2
        FROM (SELECT land_use_class_id AS c, sum(area_m2) AS m2 FROM landuse_landuseparcel
              WHERE layer_id = %(left)s GROUP BY 1) t LEFT JOIN shared s ON s.before = t.c GROUP BY t.c, t.m2),
    won AS (
        SELECT t.c, t.m2 - coalesce(sum(s.m2), 0) AS m2
        FROM (SELECT land_use_class_id AS c, sum(area_m2) AS m2 FROM landuse_landuseparcel
              WHERE layer_id = %(right)s GROUP BY 1) t LEFT JOIN shared s ON s.after = t.c GROUP BY t.c, t.m2)
    SELECT before, after, m2 FROM shared WHERE m2 >= %(least)s
    UNION ALL SELECT c, NULL, m2 FROM lost WHERE m2 >= %(least)s
    UNION ALL SELECT NULL, c, m2 FROM won WHERE m2 >= %(least)s
    ORDER BY 3 DESC"""


# A file on its way to a layer. Temporary, so that a worker that is killed leaves nothing.
STAGED = ("row", "wkb", "area_m2", "problem", "repair", "attributes")
STAGE = """
    DROP TABLE IF EXISTS pg_temp.land_staging;
    CREATE TEMPORARY TABLE land_staging (
        n bigint PRIMARY KEY, boundary geometry(MultiPolygon, 4326), area_m2 double precision,
        problem text, repair text, attributes jsonb NOT NULL
    ) ON COMMIT DROP"""
COPY_STAGE = "COPY land_staging (n, boundary, area_m2, problem, repair, attributes) FROM STDIN (FORMAT csv)"
INDEX_STAGE = "CREATE INDEX ON land_staging USING gist (boundary); ANALYZE land_staging"

# %s: most distinct values of a heading that may be a class or a small list. Rows of (heading, value, features, m²).
STAGED_VALUES = """
    WITH cell AS (
        SELECT key, value, s.area_m2 FROM land_staging s, LATERAL jsonb_each_text(s.attributes) AS a(key, value)
        WHERE value IS NOT NULL AND btrim(value) <> ''),
    found AS (
        SELECT key, btrim(value) AS value, count(*) AS features, coalesce(sum(area_m2), 0) AS m2,
               count(*) OVER (PARTITION BY key) AS size
        FROM cell GROUP BY key, btrim(value))
    SELECT key, value, features, m2 FROM found WHERE size <= %s ORDER BY key, features DESC, value"""

# Rows of (features without a usable shape by code, with up to 20 of their numbers).
STAGED_PROBLEMS = """
    SELECT problem::jsonb ->> 'code', count(*), (array_agg(n ORDER BY n))[1:20]
    FROM land_staging WHERE boundary IS NULL GROUP BY 1 ORDER BY 2 DESC"""
STAGED_COUNTS = """
    SELECT count(*), count(boundary), count(repair), coalesce(sum(area_m2), 0) / 10000,
           count(*) FILTER (WHERE area_m2 < %(sliver_m2)s) FROM land_staging"""

# %(least_m2)s: ground that two parcels must share to be told. Rows of (one, other, m²), the largest first.
STAGED_OVERLAPS = """
    SELECT a.n, b.n, m2 FROM land_staging a JOIN land_staging b ON a.n < b.n AND ST_Intersects(a.boundary, b.boundary)
    CROSS JOIN LATERAL (SELECT ST_Area(ST_Intersection(a.boundary, b.boundary)::geography) AS m2) shared
    WHERE m2 > %(least_m2)s ORDER BY m2 DESC, a.n, b.n"""

# %(column)s, %(ref)s, %(name)s: headings ('' for none); %(values)s, %(classes)s: file values and class ids, side by
# side. Values not named, and shapes that could not be used, stay out.
STORE_STAGED = """
    INSERT INTO landuse_landuseparcel (layer_id, land_use_class_id, ref, name, boundary)
    SELECT %(layer)s, meant.class_id, left(coalesce(btrim(s.attributes ->> %(ref)s), ''), 60),
           left(coalesce(btrim(s.attributes ->> %(name)s), ''), 120), s.boundary
    FROM land_staging s
    JOIN unnest(%(values)s::text[], %(classes)s::bigint[]) AS meant(value, class_id)
      ON meant.value = btrim(s.attributes ->> %(column)s)
    WHERE s.boundary IS NOT NULL ORDER BY s.n"""
