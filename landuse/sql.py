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

# %s: layer id, scheme id, then refs, class codes and geometries (arrays of one length).
INSERT_PARCELS = """
    INSERT INTO landuse_landuseparcel (layer_id, land_use_class_id, ref, boundary)
    SELECT %s, class.id, given.ref, ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(given.geometry), 4326))
    FROM landuse_landuseclass class,
         unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS given(ref, code, geometry, n)
    WHERE class.scheme_id = %s AND class.code = given.code
    ORDER BY given.n"""
