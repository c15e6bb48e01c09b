"""SQL of plot histories. Sets by PostGIS: a plot's versions and a cooperative's plots on two days hold thousands of
outlines, and Python would read each of them. Values are parameters; what is put in by code stands in this file."""

# Versions of one plot, newest first: the area of each outline, and whether it is another than the one before.
VERSIONS = """
    SELECT event.pgh_id, event.pgh_created_at, event.pgh_label, context.metadata, event.version, event.status,
           ST_Area(event.boundary::geography) AS area_m2,
           lag(event.boundary) OVER sequence IS NOT NULL AND NOT event.boundary = lag(event.boundary) OVER sequence
    FROM farms_plothistory AS event LEFT JOIN pghistory_context AS context ON context.id = event.pgh_context_id
    WHERE event.pgh_obj_id = %s
    WINDOW sequence AS (ORDER BY event.pgh_id)
    ORDER BY event.pgh_id DESC LIMIT %s"""

# Ground that came, went and stayed between two versions of one plot; pieces under 1 m² are rounding.
COMPARED = """
    SELECT side.which, ST_AsGeoJSON(ST_Collect(part.geom), 7), SUM(ST_Area(part.geom::geography))
    FROM farms_plothistory AS old, farms_plothistory AS new,
         LATERAL (VALUES ('added', ST_Difference(new.boundary, old.boundary)),
                         ('removed', ST_Difference(old.boundary, new.boundary)),
                         ('kept', ST_Intersection(old.boundary, new.boundary))) AS side (which, shape),
         LATERAL ST_Dump(ST_CollectionExtract(side.shape, 3)) AS part
    WHERE old.pgh_obj_id = %(plot)s AND old.pgh_id = %(old)s AND new.pgh_obj_id = %(plot)s AND new.pgh_id = %(new)s
      AND ST_Area(part.geom::geography) >= 1
    GROUP BY side.which"""

# The plots of one cooperative as they were before two moments, each plot once. A plot that was archived or deleted is
# not there any more. `attributes` tells whether anything but the outline differs.
_SET = """
    WITH latest AS (
        SELECT moment.which, MAX(event.pgh_id) AS pgh_id
        FROM farms_plothistory AS event
        JOIN (VALUES ('old', %(old)s::timestamptz), ('new', %(new)s::timestamptz)) AS moment (which, at)
          ON event.pgh_created_at < moment.at
        WHERE event.cooperative_id = %(cooperative)s
        GROUP BY event.pgh_obj_id, moment.which
    ), seen AS (
        SELECT latest.which, event.*, event.pgh_label <> 'delete' AND event.status <> 'archived' AS is_there,
               COALESCE(event.kept_area_m2, ST_Area(event.boundary::geography)) AS legal_m2
        FROM latest JOIN farms_plothistory AS event USING (pgh_id)
    ), pairs AS (
        SELECT COALESCE(new.pgh_obj_id, old.pgh_obj_id) AS plot_id,
               old.boundary AS old_boundary, new.boundary AS new_boundary, old.legal_m2 AS old_m2,
               CASE WHEN new.is_there THEN new.legal_m2 END AS new_m2, COALESCE(new.ref, old.ref) AS ref,
               old.crop_id AS old_crop, new.crop_id AS new_crop, COALESCE(new.commune_id, old.commune_id) AS commune_id,
               CASE WHEN old.is_there IS NOT TRUE THEN 'added'
                    WHEN new.pgh_label = 'delete' THEN 'removed'
                    WHEN new.is_there IS NOT TRUE THEN 'archived'
                    WHEN NOT new.boundary = old.boundary THEN 'changed'
                    WHEN (new.ref, new.crop_id, new.variety_id, new.grower_id, new.status, new.declared_area_m2,
                          new.planted_year, new.tree_count, new.harvest_months, new.land_sheet, new.land_parcel,
                          new.parcel_code, new.determination, new.irrigation, new.expected_yield_t, new.note)
                         IS DISTINCT FROM
                         (old.ref, old.crop_id, old.variety_id, old.grower_id, old.status, old.declared_area_m2,
                          old.planted_year, old.tree_count, old.harvest_months, old.land_sheet, old.land_parcel,
                          old.parcel_code, old.determination, old.irrigation, old.expected_yield_t, old.note)
                      THEN 'attributes'
                    ELSE 'same' END AS kind
        FROM (SELECT * FROM seen WHERE which = 'old') AS old
        FULL JOIN (SELECT * FROM seen WHERE which = 'new') AS new ON new.pgh_obj_id = old.pgh_obj_id
        WHERE (old.is_there OR new.is_there)
          AND (%(crop)s::bigint IS NULL OR %(crop)s::bigint IN (old.crop_id, new.crop_id))
          AND (%(communes)s::bigint[] IS NULL
               OR COALESCE(new.commune_id, old.commune_id) = ANY(%(communes)s::bigint[]))
          AND (%(plot_import)s::uuid IS NULL OR EXISTS (
                SELECT 1 FROM farms_plotimportrow AS line
                WHERE line.plot_import_id = %(plot_import)s::uuid
                  AND line.plot_id = COALESCE(new.pgh_obj_id, old.pgh_obj_id)))
    )"""

SET_TOTALS = (
    _SET
    + """
    SELECT kind, COUNT(*), COALESCE(SUM(CASE WHEN kind <> 'added' THEN old_m2 END), 0), COALESCE(SUM(new_m2), 0),
           ST_Extent(COALESCE(new_boundary, old_boundary))::text
    FROM pairs GROUP BY kind"""
)

SET_ROWS = (
    _SET
    + """
    SELECT plot_id, ref, kind, CASE WHEN kind <> 'added' THEN old_m2 END, new_m2, old_crop, new_crop, commune_id
    FROM pairs WHERE kind <> 'same' ORDER BY kind, ref, plot_id LIMIT %(limit)s"""
)

# One shape for each difference: whole plots that came or went, and the strips of those that were redrawn. The others
# are there once as they are, so that the map shows the set.
SET_SHAPES = (
    _SET
    + """
    SELECT plot_id, ref, kind, side.which, ST_AsGeoJSON(side.shape, 7), ST_Area(side.shape::geography)
    FROM pairs, LATERAL (
        SELECT 'added' AS which, new_boundary AS shape WHERE kind = 'added'
        UNION ALL SELECT 'removed', old_boundary WHERE kind IN ('archived', 'removed')
        UNION ALL SELECT 'kept', new_boundary WHERE kind IN ('same', 'attributes')
        UNION ALL
        SELECT parts.which, ST_Collect(part.geom)
        FROM (VALUES ('added', CASE WHEN kind = 'changed' THEN ST_Difference(new_boundary, old_boundary) END),
                     ('removed', CASE WHEN kind = 'changed' THEN ST_Difference(old_boundary, new_boundary) END),
                     ('kept', CASE WHEN kind = 'changed' THEN ST_Intersection(old_boundary, new_boundary) END)
             ) AS parts (which, shape),
             LATERAL ST_Dump(ST_CollectionExtract(parts.shape, 3)) AS part
        WHERE ST_Area(part.geom::geography) >= 1 GROUP BY parts.which
    ) AS side
    ORDER BY kind = 'same', kind = 'attributes', plot_id, side.which LIMIT %(limit)s"""
)
