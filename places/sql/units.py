"""SQL of the import of units: staged by COPY, then compared and applied as sets, one level after the other.

Named parameters: `level`, `on` (first day of the list), `until` (first day it no longer held, or null), `legal_ref`,
`source`, `schematic` (the outlines are drawings of our own).
"""

STAGE = """
    DROP TABLE IF EXISTS unit_import;
    CREATE TEMPORARY TABLE unit_import (
        row integer, code text, level text, unit_type text, name_vi text, name_en text, search_key text,
        parent_code text, area_km2 float8, lon float8, lat float8, shape geometry,
        parent_id bigint, unit_id bigint, action text
    ) ON COMMIT DROP"""

COPY = """
    COPY unit_import (row, code, level, unit_type, name_vi, name_en, search_key, parent_code, area_km2, lon, lat, shape)
    FROM STDIN"""

# What is in force on the list's first day; an alias `u` of the table of units.
_IN_FORCE = "u.valid_from <= %(on)s AND (u.valid_to IS NULL OR u.valid_to > %(on)s)"

REPAIR = """
    UPDATE unit_import SET shape = CASE WHEN ST_IsValid(shape) THEN shape ELSE ST_MakeValid(shape) END
    WHERE shape IS NOT NULL"""

COUNT_INVALID = "SELECT count(*) FROM unit_import WHERE NOT ST_IsValid(shape)"

TO_MULTIPOLYGON = """
    UPDATE unit_import SET shape = ST_SetSRID(ST_Multi(ST_CollectionExtract(shape, 3)), 4326)
    WHERE shape IS NOT NULL"""

TAKE_OUT_STRAY_SHAPES = """
    DELETE FROM unit_import
    WHERE ST_IsEmpty(shape) OR NOT shape @ ST_MakeEnvelope(%s, %s, %s, %s, 4326)
    RETURNING row, code"""

# Published outlines of provinces do not meet those of their communes (tens of km² in Đồng Tháp): a province whose
# communes have official outlines is drawn from them instead.
IGNORE_PROVINCE_SHAPES = f"""
    UPDATE unit_import i SET shape = NULL
    WHERE i.level = 'province' AND NOT %(schematic)s AND (
        EXISTS (SELECT 1 FROM unit_import c
                WHERE c.level = 'commune' AND c.parent_code = i.code AND c.shape IS NOT NULL)
        OR EXISTS (SELECT 1 FROM places_administrativeunit u
                   JOIN places_administrativeunit c ON c.parent_id = u.id
                   WHERE u.code = i.code AND {_IN_FORCE} AND c.boundary IS NOT NULL AND NOT c.is_schematic))"""  # noqa: S608  (constants only)

FIND_PARENTS = f"""
    UPDATE unit_import i SET parent_id = u.id FROM places_administrativeunit u
    WHERE i.level = %(level)s AND u.code = i.parent_code AND {_IN_FORCE}"""  # noqa: S608  (constants only)

TAKE_OUT_ORPHANS = """
    DELETE FROM unit_import WHERE level = %(level)s AND parent_code IS NOT NULL AND parent_id IS NULL
    RETURNING row, code"""

FIND_UNITS = f"""
    UPDATE unit_import i SET unit_id = u.id FROM places_administrativeunit u
    WHERE i.level = %(level)s AND u.code = i.code AND {_IN_FORCE}"""  # noqa: S608  (constants only)

# The same unit goes on while its name (whatever the diacritics), type and parent stay; else a new period begins.
# Another name under the same code *and* first day is another edition of the code table: listed, never applied.
DECIDE = """
    UPDATE unit_import i SET action = CASE
        WHEN u.id IS NULL THEN 'create'
        WHEN u.level <> i.level THEN 'mismatch'
        WHEN u.search_key = i.search_key AND (
            u.valid_from = %(on)s OR i.parent_id IS NULL OR u.parent_id IS NULL OR u.parent_id = i.parent_id
        ) THEN 'keep'
        WHEN u.valid_from = %(on)s THEN 'mismatch'
        ELSE 'replace' END
    FROM unit_import same LEFT JOIN places_administrativeunit u ON u.id = same.unit_id
    WHERE i.level = %(level)s AND same.row = i.row"""

MISMATCHES = """
    SELECT i.row, i.code, btrim(u.unit_type || ' ' || u.name_vi), btrim(i.unit_type || ' ' || i.name_vi)
    FROM unit_import i JOIN places_administrativeunit u ON u.id = i.unit_id
    WHERE i.level = %(level)s AND i.action = 'mismatch' ORDER BY i.code"""

END = """
    UPDATE places_administrativeunit u SET valid_to = %(on)s
    FROM unit_import i WHERE i.level = %(level)s AND i.action = 'replace' AND u.id = i.unit_id
    RETURNING u.id"""

# A list of the past ends where the next unit of the code begins, at the latest on `until`.
CREATE = """
    INSERT INTO places_administrativeunit (
        code, level, unit_type, name_vi, name_en, search_key, parent_id, valid_from, valid_to, legal_ref, source,
        official_area_km2, centre, boundary, is_schematic)
    SELECT i.code, i.level, i.unit_type, i.name_vi, i.name_en, i.search_key, i.parent_id, %(on)s::date,
        least(%(until)s::date, (SELECT min(later.valid_from) FROM places_administrativeunit later
                                WHERE later.code = i.code AND later.valid_from > %(on)s)),
        %(legal_ref)s, %(source)s, i.area_km2,
        coalesce(ST_SetSRID(ST_MakePoint(i.lon, i.lat), 4326), ST_PointOnSurface(i.shape)), i.shape,
        %(schematic)s AND i.shape IS NOT NULL
    FROM unit_import i WHERE i.level = %(level)s AND i.action IN ('create', 'replace')
    ORDER BY i.code
    RETURNING id, boundary IS NOT NULL"""

# What the list leaves out stays as it is; a drawing of our own never takes the place of an official outline.
UPDATE = """
    UPDATE places_administrativeunit u SET
        unit_type = w.unit_type, name_vi = w.name_vi, name_en = w.name_en, parent_id = w.parent_id,
        valid_to = w.valid_to, legal_ref = w.legal_ref, source = w.source, official_area_km2 = w.area_km2,
        centre = w.centre, boundary = w.boundary, is_schematic = w.is_schematic
    FROM (
        SELECT u.id, i.unit_type, i.name_vi, coalesce(nullif(i.name_en, ''), u.name_en) AS name_en,
            coalesce(i.parent_id, u.parent_id) AS parent_id, coalesce(u.valid_to, %(until)s::date) AS valid_to,
            coalesce(nullif(%(legal_ref)s, ''), u.legal_ref) AS legal_ref,
            coalesce(nullif(%(source)s, ''), u.source) AS source,
            coalesce(i.area_km2, u.official_area_km2) AS area_km2,
            coalesce(ST_SetSRID(ST_MakePoint(i.lon, i.lat), 4326),
                     CASE WHEN chosen.boundary IS DISTINCT FROM u.boundary
                          THEN ST_PointOnSurface(chosen.boundary) END, u.centre) AS centre,
            chosen.boundary, chosen.boundary IS DISTINCT FROM u.boundary AS is_reshaped,
            CASE WHEN chosen.is_from_list THEN %(schematic)s ELSE u.is_schematic END AS is_schematic
        FROM unit_import i
        JOIN places_administrativeunit u ON u.id = i.unit_id
        CROSS JOIN LATERAL (
            SELECT i.shape IS NOT NULL
                   AND NOT (%(schematic)s AND u.boundary IS NOT NULL AND NOT u.is_schematic) AS is_from_list
        ) AS rule
        CROSS JOIN LATERAL (
            SELECT rule.is_from_list, CASE WHEN rule.is_from_list THEN i.shape ELSE u.boundary END AS boundary
        ) AS chosen
        WHERE i.level = %(level)s AND i.action = 'keep'
    ) AS w
    WHERE u.id = w.id AND (
        u.unit_type, u.name_vi, u.name_en, u.parent_id, u.valid_to, u.legal_ref, u.source, u.official_area_km2,
        u.centre, u.boundary, u.is_schematic
    ) IS DISTINCT FROM (
        w.unit_type, w.name_vi, w.name_en, w.parent_id, w.valid_to, w.legal_ref, w.source, w.area_km2,
        w.centre, w.boundary, w.is_schematic)
    RETURNING u.id, w.is_reshaped"""

COUNT_KEPT = "SELECT count(*) FROM unit_import WHERE level = %(level)s AND action = 'keep'"

# Provinces are drawn as the union of their communes, once every commune in force has an outline.
REDRAW_PARENTS = """
    WITH drawn AS MATERIALIZED (  -- not to be joined into: on tables without statistics it was made anew for each unit
        SELECT c.parent_id, ST_Multi(ST_Union(c.boundary)) AS boundary, bool_or(c.is_schematic) AS is_schematic
        FROM places_administrativeunit c
        WHERE c.level = 'commune' AND c.valid_from <= %(on)s AND (c.valid_to IS NULL OR c.valid_to > %(on)s)
          AND c.parent_id IN (SELECT parent_id FROM places_administrativeunit WHERE id = ANY(%(ids)s))
        GROUP BY c.parent_id HAVING bool_and(c.boundary IS NOT NULL)
    )
    UPDATE places_administrativeunit p SET boundary = drawn.boundary, is_schematic = drawn.is_schematic
    FROM drawn
    WHERE p.id = drawn.parent_id AND (p.boundary IS NULL OR p.is_schematic OR NOT drawn.is_schematic)
      AND (p.boundary, p.is_schematic) IS DISTINCT FROM (drawn.boundary, drawn.is_schematic)
    RETURNING p.id"""
