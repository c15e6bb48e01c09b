"""SQL of the import check: every rule looks at all rows of the file at once."""

from farms.sql import overlap_pairs

COPY_ROWS = "COPY farms_plotimportrow (plot_import_id, row, ref, boundary, attributes, verdict, findings) FROM STDIN"

# Values by column; the columns' names and the maps value -> id come as parameters.
READ_COLUMNS = """
    UPDATE farms_plotimportrow AS r SET
        ref = left(btrim(coalesce(r.attributes ->> %(ref)s, '')), 60),
        crop_id = coalesce((%(crops)s::jsonb ->> (r.attributes ->> %(crop)s))::bigint, %(default_crop)s),
        variety_id = (%(varieties)s::jsonb ->> (r.attributes ->> %(variety)s))::bigint,
        grower_id = (%(growers)s::jsonb ->> (r.attributes ->> %(grower)s))::bigint
    WHERE r.plot_import_id = %(import)s"""

DROP_FOREIGN_VARIETIES = """
    UPDATE farms_plotimportrow AS r SET variety_id = NULL FROM crops_variety v
    WHERE r.plot_import_id = %(import)s AND v.id = r.variety_id AND v.crop_id IS DISTINCT FROM r.crop_id"""

NAME_ROWS = """
    UPDATE farms_plotimportrow SET ref = 'T' || lpad(row::text, 4, '0')
    WHERE plot_import_id = %(import)s AND ref = ''
    RETURNING id"""

SET_COMMUNES = """
    UPDATE farms_plotimportrow AS r SET commune_id = found.unit_id FROM ({found}) AS found WHERE found.key = r.id"""
ROWS_WITH_SHAPE = """
    SELECT id AS key, boundary AS geom FROM farms_plotimportrow
    WHERE plot_import_id = %(import)s AND boundary IS NOT NULL"""

START_FINDINGS = """
    DROP TABLE IF EXISTS pg_temp.import_finding, pg_temp.import_shape;
    CREATE TEMPORARY TABLE import_finding (row_id bigint, severity text, code text, extra jsonb) ON COMMIT DROP;
    CREATE TEMPORARY TABLE import_shape ON COMMIT DROP AS
    SELECT r.id AS n, r.id, r.row, r.ref, i.cooperative_id, r.boundary, ST_Area(r.boundary::geography) AS area_m2
    FROM farms_plotimportrow r JOIN farms_plotimport i ON i.id = r.plot_import_id
    WHERE r.plot_import_id = %(import)s AND r.boundary IS NOT NULL;
    CREATE INDEX ON import_shape USING gist (boundary);
    ANALYZE import_shape"""

_PARSED_AREA = """
    CASE WHEN r.attributes ->> %(declared_area)s ~ '^\\s*[0-9]{1,12}([.,][0-9]{1,9})?\\s*$'
         THEN replace(btrim(r.attributes ->> %(declared_area)s), ',', '.')::float8 * %(area_factor)s END"""

_OVERLAPS_STORED = overlap_pairs("import_shape", "farms_plot", "o.status <> 'archived'").format(other="id")
_OVERLAPS_IN_FILE = overlap_pairs("import_shape", "import_shape", "o.row < s.row").format(other="row")

# Each gives (row_id, severity, code, extra).
CHECKS = (
    """
    SELECT r.id, 'red', 'outside_country', '{}'::jsonb FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.boundary IS NOT NULL
      AND NOT r.boundary @ ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)""",
    """
    SELECT r.id, 'red', 'outside_communes', '{}'::jsonb FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.boundary IS NOT NULL AND r.commune_id IS NULL
      AND r.boundary @ ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)""",
    """
    SELECT r.id, 'info', 'ref_generated', jsonb_build_object('ref', r.ref) FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.id = ANY(%(named)s)""",
    """
    SELECT r.id, 'red', 'ref_repeated', jsonb_build_object('ref', r.ref, 'other_row', r.first_row)
    FROM (SELECT id, ref, row, min(row) OVER (PARTITION BY ref) AS first_row FROM farms_plotimportrow
          WHERE plot_import_id = %(import)s) AS r
    WHERE r.row > r.first_row""",
    """
    SELECT r.id, 'red', 'ref_taken', jsonb_build_object('ref', r.ref)
    FROM farms_plotimportrow r JOIN farms_plotimport i ON i.id = r.plot_import_id
    JOIN farms_plot p ON p.cooperative_id = i.cooperative_id AND p.ref = r.ref AND p.status <> 'archived'
    WHERE r.plot_import_id = %(import)s""",
    """
    SELECT r.id, 'red', CASE WHEN coalesce(r.attributes ->> %(crop)s, '') = '' THEN 'crop_missing' ELSE 'crop_unknown' END,
           jsonb_build_object('value', left(r.attributes ->> %(crop)s, 60))
    FROM farms_plotimportrow r WHERE r.plot_import_id = %(import)s AND r.crop_id IS NULL""",
    """
    SELECT r.id, 'amber', 'variety_unknown', jsonb_build_object('value', left(r.attributes ->> %(variety)s, 60))
    FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.variety_id IS NULL AND coalesce(r.attributes ->> %(variety)s, '') <> ''""",
    """
    SELECT r.id, 'amber', 'grower_unknown', jsonb_build_object('value', left(r.attributes ->> %(grower)s, 60))
    FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.grower_id IS NULL AND coalesce(r.attributes ->> %(grower)s, '') <> ''""",
    f"""
    SELECT d.id, CASE WHEN d.gap > 0.20 THEN 'red' ELSE 'amber' END, 'area_differs',
           jsonb_build_object('declared_ha', round((d.declared / 10000)::numeric, 4), 'measured_ha',
                              round((d.area_m2 / 10000)::numeric, 4), 'percent', round((d.gap * 100)::numeric))
    FROM (SELECT r.id, s.area_m2, {_PARSED_AREA} AS declared,
                 abs({_PARSED_AREA} - s.area_m2) / nullif(s.area_m2, 0) AS gap
          FROM farms_plotimportrow r JOIN import_shape s ON s.id = r.id WHERE r.plot_import_id = %(import)s) AS d
    WHERE d.gap > 0.05""",
    f"""
    SELECT f.n, CASE WHEN f.cooperative_id = f.other_cooperative_id THEN 'red' ELSE 'amber' END,
           CASE WHEN f.cooperative_id = f.other_cooperative_id THEN 'overlaps_own' ELSE 'overlaps_other' END,
           CASE WHEN f.cooperative_id = f.other_cooperative_id
                THEN jsonb_build_object('neighbour', f.other_ref, 'shared_m2', round(f.shared_m2::numeric))
                ELSE jsonb_build_object('shared_m2', round(f.shared_m2::numeric)) END
    FROM ({_OVERLAPS_STORED}) AS f""",
    f"""
    SELECT f.n, 'red', 'overlaps_in_file',
           jsonb_build_object('other_row', f.other, 'shared_m2', round(f.shared_m2::numeric))
    FROM ({_OVERLAPS_IN_FILE}) AS f""",
)

# What the reader found (no shape, repaired ...) stays; the rest is told anew at each check.
JUDGE = """
    UPDATE farms_plotimportrow AS r SET
        findings = judged.findings,
        verdict = CASE WHEN judged.findings @> '[{"severity": "red"}]' THEN 'red'
                       WHEN judged.findings @> '[{"severity": "amber"}]' THEN 'amber' ELSE 'green' END
    FROM (
        SELECT r2.id, coalesce((SELECT jsonb_agg(kept) FROM jsonb_array_elements(r2.findings) AS kept
                                WHERE kept ? 'of_file'), '[]'::jsonb)
               || coalesce((SELECT jsonb_agg(jsonb_build_object('code', f.code, 'severity', f.severity) || f.extra
                                             ORDER BY f.severity DESC, f.code)
                            FROM import_finding f WHERE f.row_id = r2.id), '[]'::jsonb) AS findings
        FROM farms_plotimportrow r2 WHERE r2.plot_import_id = %(import)s
    ) AS judged
    WHERE judged.id = r.id"""

STAGE_ROWS = f"""
    INSERT INTO plot_staging (n, cooperative_id, grower_id, ref, crop_id, variety_id, commune_id, boundary,
                              declared_area_m2, planted_year, tree_count, land_sheet, land_parcel, determination, source)
    SELECT r.id, i.cooperative_id, r.grower_id, r.ref, r.crop_id, r.variety_id, r.commune_id, r.boundary,
           nullif({_PARSED_AREA}, 0),
           CASE WHEN r.attributes ->> %(planted_year)s ~ '^(19|20)[0-9]{{2}}$'
                THEN (r.attributes ->> %(planted_year)s)::smallint END,
           CASE WHEN r.attributes ->> %(tree_count)s ~ '^[0-9]{{1,7}}$' THEN (r.attributes ->> %(tree_count)s)::int END,
           left(coalesce(r.attributes ->> %(land_sheet)s, ''), 20), left(coalesce(r.attributes ->> %(land_parcel)s, ''), 20),
           'unknown', jsonb_build_object('import', i.id, 'file', %(file)s::text, 'row', r.row, 'crs', %(crs)s::text)
    FROM farms_plotimportrow r JOIN farms_plotimport i ON i.id = r.plot_import_id
    WHERE r.plot_import_id = %(import)s AND r.verdict = ANY(%(verdicts)s)
    ORDER BY r.row"""

LINK_PLOTS = "UPDATE farms_plotimportrow AS r SET plot_id = s.plot_id FROM plot_staging s WHERE s.n = r.id"
