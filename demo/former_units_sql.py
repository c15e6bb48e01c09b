"""SQL that cuts outlines of former units out of those of today."""

# Every commune of today is cut into as many cells as former communes went into it, around points that a fixed seed
# throws into it; one that went in two parts has a cell in both. Cells run from west to east in the order of the codes,
# which follow each other on the ground more or less.
COMMUNES = """
    WITH heir AS MATERIALIZED (
        SELECT now.id, now.boundary, array_agg(old.id ORDER BY old.code) AS former
        FROM places_unitsuccession s
        JOIN places_administrativeunit old ON old.id = s.predecessor_id
        JOIN places_administrativeunit now ON now.id = s.successor_id
        WHERE old.level = 'commune' AND old.source = %s AND old.valid_from <= %s
              AND (old.boundary IS NULL OR old.is_schematic)
              AND now.level = 'commune' AND now.boundary IS NOT NULL
        GROUP BY now.id),
    cell AS (
        SELECT heir.id, heir.former, heir.boundary, part.geom,
               row_number() OVER (PARTITION BY heir.id ORDER BY ST_X(ST_Centroid(part.geom)), ST_Y(ST_Centroid(part.geom)))
                   AS place
        FROM heir
        CROSS JOIN LATERAL ST_Dump(
            CASE WHEN cardinality(heir.former) = 1 THEN heir.boundary
                 ELSE ST_CollectionExtract(ST_VoronoiPolygons(
                     ST_GeneratePoints(heir.boundary, cardinality(heir.former), 20250701), 0, ST_Envelope(heir.boundary)
                 ), 3) END) AS part),
    piece AS (
        SELECT former[least(place, cardinality(former))] AS unit,
               ST_CollectionExtract(ST_Intersection(boundary, geom), 3) AS geom
        FROM cell),
    drawn AS (
        SELECT unit, ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Union(geom)), 3)) AS boundary
        FROM piece WHERE NOT ST_IsEmpty(geom) GROUP BY unit)
    UPDATE places_administrativeunit u SET boundary = drawn.boundary, is_schematic = true
    FROM drawn WHERE u.id = drawn.unit AND NOT ST_IsEmpty(drawn.boundary)
    RETURNING u.id"""

DISTRICTS = """
    UPDATE places_administrativeunit u SET boundary = drawn.boundary, is_schematic = true
    FROM (
        SELECT c.parent_id, ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Union(c.boundary)), 3)) AS boundary
        FROM places_administrativeunit c WHERE c.id = ANY(%s) GROUP BY c.parent_id) AS drawn
    WHERE u.id = drawn.parent_id AND u.level = 'district' AND u.source = %s
          AND (u.boundary IS NULL OR u.is_schematic)
    RETURNING u.id"""
