"""SQL of storing and undoing an import: one statement per kind of write, whatever the number of rows."""

from farms.areas import KEPT_SHARE, SAME_M2
from farms.import_sql import COLUMNS, value_of
from farms.sql import LOCK_CLASS, PLOT_SEQUENCE, overlap_pairs

# One import is stored, undone or read by one worker at a time, also when a job is thought dead and begun again.
LOCK_IMPORT = "SELECT pg_advisory_xact_lock(hashtextextended('import' || %(import)s::text, 0))"

# What the check could not see: rows written by transactions that were not over when it began. `xmin` is the writer, also
# of a savepoint, which always has a higher number than the transaction around it. A row keeps 32 bits of it, within
# 2^31 of the current one (PostgreSQL manual, "Transactions and Identifiers").
# The numbers are those of one cluster: after a restore into another one (CLUSTER tells) every row counts as fresh.
SNAPSHOT = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"
# Who works on the same ground may take minutes (a province at once); the statement's own limit still holds.
WAIT_FOR_OTHERS = "SET LOCAL lock_timeout = 0"
_NOW = "pg_current_xact_id()::text::bigint"
_WRITTEN_BY = f"""({_NOW} - 2147483648
        + mod({{plot}}.xmin::text::bigint - ({_NOW} & 4294967295) + 2147483648 + 4294967296, 4294967296))"""

CHOOSE = f"""
    DROP TABLE IF EXISTS pg_temp.import_chosen, pg_temp.import_fresh, pg_temp.import_ground, pg_temp.import_overlap;
    UPDATE farms_plotimportrow r SET plot_id = CASE WHEN r.target_id IS NOT NULL THEN r.target_id
                                                    ELSE nextval({PLOT_SEQUENCE}) END
    WHERE r.plot_import_id = %(import)s AND r.verdict = 'amber' AND 'amber' = ANY(%(verdicts)s);
    CREATE TEMPORARY TABLE import_chosen ON COMMIT DROP AS
    SELECT r.row, r.ref, r.action, r.target_id, r.plot_id, r.commune_id, r.expected_version,
           r.findings @> '[{{"code": "overlaps_other"}}]' AS is_shared,
           r.boundary IS NOT NULL AND r.action <> 'same' AS has_ground
    FROM farms_plotimportrow r WHERE r.plot_import_id = %(import)s AND r.verdict = ANY(%(verdicts)s);
    CREATE UNIQUE INDEX ON import_chosen (row);
    CREATE INDEX ON import_chosen (target_id) WHERE target_id IS NOT NULL;
    ANALYZE import_chosen"""

# Every commune that the new ground or the old touches; by the rows' common box in each commune, which locks rather one
# commune too many than asks a million times. In the order of ids, as everywhere (farms.sql.LOCK_STAGED).
LOCK_GROUND = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, touched.id::int)
    FROM (
        WITH box AS MATERIALIZED (
            SELECT commune_id, ST_SetSRID(ST_Extent(boundary)::geometry, 4326) AS geom FROM farms_plotimportrow
            WHERE plot_import_id = %(import)s AND boundary IS NOT NULL AND verdict = ANY(%(verdicts)s) GROUP BY 1
            UNION ALL
            SELECT p.commune_id, ST_SetSRID(ST_Extent(p.boundary)::geometry, 4326)
            FROM import_chosen c JOIN farms_plot p ON p.id = c.target_id GROUP BY 1
        )
        SELECT DISTINCT id FROM (
            SELECT commune_id AS id FROM box
            UNION ALL
            SELECT piece.unit_id FROM box JOIN places_unitpiece piece ON piece.piece && box.geom
        ) AS every WHERE id IS NOT NULL ORDER BY id
    ) AS touched"""

FIND_FRESH = f"""
    CREATE TEMPORARY TABLE import_fresh ON COMMIT DROP AS
    SELECT p.id, p.ref, p.cooperative_id, p.status, p.boundary, p.area_m2 FROM farms_plot p
    WHERE {_WRITTEN_BY.format(plot="p")} >= %(snapshot)s
    """
# Any of these means that the preview no longer tells the truth: (what, row, ref) of the first few.
CHANGED_TARGETS = """
    SELECT 'target', c.row, c.ref FROM import_chosen c LEFT JOIN farms_plot p ON p.id = c.target_id
    WHERE c.target_id IS NOT NULL AND (p.id IS NULL OR p.status = 'archived' OR p.version <> c.expected_version)
    LIMIT %(limit)s"""
TAKEN_REFS = """
    SELECT 'ref', c.row, c.ref FROM import_fresh f JOIN import_chosen c ON c.ref = f.ref AND c.target_id IS NULL
    WHERE f.cooperative_id = %(cooperative)s AND f.status <> 'archived' LIMIT %(limit)s"""
# Rows near what is fresh; only where something is.
NEAR_FRESH = """
    CREATE TEMPORARY TABLE import_ground ON COMMIT DROP AS
    SELECT r.row AS n, c.target_id, i.cooperative_id, r.boundary, ST_Area(r.boundary::geography) AS area_m2
    FROM farms_plotimportrow r JOIN import_chosen c ON c.row = r.row JOIN farms_plotimport i ON i.id = r.plot_import_id
    WHERE r.plot_import_id = %(import)s AND c.has_ground
      AND r.boundary && (SELECT ST_SetSRID(ST_Extent(boundary)::geometry, 4326) FROM import_fresh WHERE status <> 'archived');
    CREATE INDEX ON import_ground USING gist (boundary);
    ANALYZE import_ground"""
OVERLAPS_WITH_FRESH = f"""
    SELECT 'ground', f.n, f.other_ref FROM ({
    overlap_pairs(
        "import_ground",
        "import_fresh",
        "o.status <> 'archived' AND NOT EXISTS (SELECT FROM import_chosen c WHERE c.target_id = o.id)",
        other="id",
    )
}) AS f
    WHERE f.cooperative_id = f.other_cooperative_id
       OR NOT EXISTS (SELECT FROM import_chosen c WHERE c.row = f.n AND c.is_shared) LIMIT %(limit)s"""
LOST_GROWERS = """
    SELECT 'grower', r.row, r.ref FROM farms_plotimportrow r JOIN import_chosen c ON c.row = r.row
    LEFT JOIN cooperatives_grower g ON g.id = r.grower_id AND g.cooperative_id = %(cooperative)s
    WHERE r.plot_import_id = %(import)s AND r.grower_id IS NOT NULL AND g.id IS NULL LIMIT %(limit)s"""

# The pairs that the preview told of, as they are now, with the shared ground for the cases.
FIND_SHARED = f"""
    CREATE TEMPORARY TABLE import_overlap ON COMMIT DROP AS
    SELECT f.n AS row, f.other, f.other_ref, f.other_cooperative_id, f.cooperative_id, f.shared FROM ({
    overlap_pairs(
        '''(SELECT r.row AS n, i.cooperative_id, r.boundary, ST_Area(r.boundary::geography) AS area_m2
                  FROM import_chosen c
                  JOIN farms_plotimportrow r ON r.row = c.row AND r.plot_import_id = %(import)s
                  JOIN farms_plotimport i ON i.id = r.plot_import_id
                  WHERE c.is_shared AND c.has_ground)''',
        "farms_plot",
        "o.status <> 'archived' AND o.cooperative_id <> s.cooperative_id",
        other="id",
    )
}) AS f"""

# Where a plot came from; made once for the statement, all but the row.
_SOURCE = "(SELECT jsonb_build_object('import', %(import)s::text, 'file', %(file)s::text, 'crs', %(crs)s::text))"
_NEW = ", ".join(f"coalesce({value_of(name)}, {default})" for name, (default, _field) in COLUMNS.items())
STORE_NEW = f"""
    INSERT INTO farms_plot (
        id, cooperative_id, grower_id, ref, crop_id, variety_id, commune_id, status, boundary, {", ".join(COLUMNS)}, source,
        created_by_id, created_at, updated_at, version)
    SELECT r.plot_id, %(cooperative)s, r.grower_id, r.ref, r.crop_id, r.variety_id, r.commune_id,
           CASE WHEN r.verdict = 'amber' AND EXISTS (SELECT FROM import_overlap o WHERE o.row = r.row)
                THEN 'in_conflict' ELSE 'active' END,
           r.boundary, {_NEW},
           {_SOURCE} || jsonb_build_object('row', r.row),
           %(by)s, now(), now(), 1
    FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.verdict = ANY(%(verdicts)s) AND r.action = 'create'
    ORDER BY r.row"""

LOCK_TARGETS = """
    SELECT count(*) FROM (
        SELECT p.id FROM farms_plot p JOIN import_chosen c ON c.target_id = p.id WHERE c.action = 'update'
        ORDER BY p.id FOR UPDATE OF p
    ) AS locked"""


def store_changes(mapped: list[str]) -> str:
    """Return SQL that changes the stored plots: only what the file has (`mapped`, of COLUMNS) and says something about.

    A boundary that moved less than a millimetre is the stored one. The area on record follows `farms.areas`.
    """
    fields = "".join(f"\n        {name} = coalesce({value_of(name)}, p.{name})," for name in mapped)
    record = "coalesce(p.kept_area_m2, p.area_m2)"
    stays = "(r.boundary IS NULL OR ST_SnapToGrid(r.boundary, 1e-8) = ST_SnapToGrid(p.boundary, 1e-8))"
    gap = f"abs(ST_Area(r.boundary::geography) - {record})"
    return f"""
    UPDATE farms_plot AS p SET{fields}
        crop_id = r.crop_id,
        variety_id = CASE WHEN r.crop_id = p.crop_id THEN coalesce(r.variety_id, p.variety_id) ELSE r.variety_id END,
        grower_id = coalesce(r.grower_id, p.grower_id),
        boundary = CASE WHEN {stays} THEN p.boundary ELSE r.boundary END,
        commune_id = CASE WHEN {stays} THEN p.commune_id ELSE coalesce(r.commune_id, p.commune_id) END,
        kept_area_m2 = CASE WHEN {stays} THEN p.kept_area_m2
                            WHEN {gap} > {SAME_M2} AND {gap} <= {KEPT_SHARE} * {record} THEN {record} END,
        source = p.source || jsonb_build_object('import', r.plot_import_id, 'file', %(file)s::text, 'row', r.row,
                                                'crs', %(crs)s::text),
        version = p.version + 1,
        updated_at = now()
    FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.verdict = ANY(%(verdicts)s) AND r.action = 'update' AND p.id = r.target_id"""


TARGET_IDS = "SELECT target_id FROM import_chosen WHERE action = 'update'"
STORED_IDS = "SELECT plot_id FROM import_chosen WHERE action <> 'same'"
WITH_CASES = """
    SELECT DISTINCT c.target_id FROM import_chosen c
    JOIN farms_overlapcase o ON o.status = 'open' AND c.target_id IN (o.first_id, o.second_id)
    WHERE c.action = 'update' ORDER BY 1"""
OPEN_CASES = """
    INSERT INTO farms_overlapcase (first_id, second_id, shared, status, decision, reason, opened_at)
    SELECT o.other, c.plot_id, o.shared, 'open', '', '', now()
    FROM import_overlap o JOIN import_chosen c ON c.row = o.row
    WHERE NOT EXISTS (
        SELECT FROM farms_overlapcase known WHERE known.status = 'open'
          AND (known.first_id, known.second_id) IN ((o.other, c.plot_id), (c.plot_id, o.other)))
    RETURNING second_id"""
MARK_CONFLICTS = """
    UPDATE farms_plot SET status = 'in_conflict' WHERE id = ANY(%(plots)s) AND status = 'active'"""
NEW_CASES_BY_COOPERATIVE = """
    SELECT o.cooperative_id, o.other_cooperative_id, count(*), min(c.ref), min(o.other_ref)
    FROM import_overlap o JOIN import_chosen c ON c.row = o.row WHERE c.plot_id = ANY(%(plots)s)
    GROUP BY 1, 2 ORDER BY 1, 2"""

# --- keeping no longer than needed ---

# What a row became, its number and its corners stay: undoing and history need them. Texts of the file go, of findings
# all but their codes.
FORGET_TEXTS = """
    UPDATE farms_plotimportrow SET
        attributes = '{}', before_repair = NULL,
        findings = coalesce(
            (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', f -> 'code', 'severity', f -> 'severity')))
             FROM jsonb_array_elements(findings) f), '[]')
    WHERE plot_import_id = %(import)s"""

# --- undoing ---

# A page waits for it; the web role's own limit is for single plots.
LONGER = "SET LOCAL statement_timeout = '50s'"

UNDO_ROWS = """
    DROP TABLE IF EXISTS pg_temp.import_undone;
    CREATE TEMPORARY TABLE import_undone ON COMMIT DROP AS
    SELECT r.row, r.ref, r.action, r.plot_id, coalesce(r.expected_version + 1, 1) AS version
    FROM farms_plotimportrow r
    WHERE r.plot_import_id = %(import)s AND r.plot_id IS NOT NULL AND r.action <> 'same';
    CREATE UNIQUE INDEX ON import_undone (plot_id);
    ANALYZE import_undone"""
UNDONE_IDS = "SELECT plot_id FROM import_undone"
CHANGED_IDS = "SELECT plot_id FROM import_undone WHERE action = 'update'"
LOCK_UNDONE_GROUND = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, touched.id::int)
    FROM (
        WITH before AS MATERIALIZED (
            SELECT u.plot_id, h.boundary, h.commune_id FROM import_undone u
            JOIN farms_plothistory h ON h.pgh_obj_id = u.plot_id AND h.version = u.version - 1
            WHERE u.action = 'update'
        ), box AS MATERIALIZED (
            SELECT p.commune_id, ST_SetSRID(ST_Extent(p.boundary)::geometry, 4326) AS geom
            FROM import_undone u JOIN farms_plot p ON p.id = u.plot_id GROUP BY 1
            UNION ALL
            SELECT commune_id, ST_SetSRID(ST_Extent(boundary)::geometry, 4326) FROM before GROUP BY 1
        )
        SELECT DISTINCT id FROM (
            SELECT commune_id AS id FROM box
            UNION ALL
            SELECT piece.unit_id FROM box JOIN places_unitpiece piece ON piece.piece && box.geom
        ) AS every ORDER BY id
    ) AS touched"""
LOCK_UNDONE = "SELECT count(*) FROM (SELECT id FROM farms_plot WHERE id IN (SELECT plot_id FROM import_undone) ORDER BY id FOR UPDATE) AS l"
CHANGED_SINCE = """
    SELECT u.row, u.ref, p.version FROM import_undone u JOIN farms_plot p ON p.id = u.plot_id
    WHERE p.version <> u.version ORDER BY u.row LIMIT %(limit)s"""
ARCHIVE_NEW = """
    UPDATE farms_plot AS p SET status = 'archived', version = p.version + 1, updated_at = now(),
           source = p.source || jsonb_build_object('archived', jsonb_build_object('reason', 'error', 'undone', %(import)s::text))
    FROM import_undone u WHERE p.id = u.plot_id AND u.action = 'create'"""


def restore(columns: list[str]) -> str:
    """Return SQL that gives updated plots back what history has of them before the import: all of `columns`."""
    fields = ", ".join(f"{name} = h.{name}" for name in columns)
    return f"""
    UPDATE farms_plot AS p SET {fields}, version = p.version + 1, updated_at = now()
    FROM import_undone u
    JOIN LATERAL (SELECT * FROM farms_plothistory h WHERE h.pgh_obj_id = u.plot_id AND h.version = u.version - 1
                  ORDER BY h.pgh_id DESC LIMIT 1) AS h ON true
    WHERE p.id = u.plot_id AND u.action = 'update'"""


# Of the plots that got other ground back; what an officer accepted before the import stays accepted.
RESTORED_OVERLAPS = f"""
    SELECT f.n, u.row, u.ref, f.other, f.other_ref, f.other_cooperative_id = f.cooperative_id AS is_own, f.shared_m2 FROM ({
    overlap_pairs(
        '''(SELECT p.id AS n, p.cooperative_id, p.boundary, p.area_m2
                  FROM farms_plot p JOIN import_undone u ON u.plot_id = p.id
                  WHERE u.action = 'update' AND EXISTS (
                      SELECT FROM farms_plothistory h
                      WHERE h.pgh_obj_id = p.id AND h.version = u.version AND NOT h.boundary = p.boundary))''',
        "farms_plot",
        "o.status <> 'archived' AND o.id <> s.n",
        other="id",
    )
}) AS f JOIN import_undone u ON u.plot_id = f.n
    WHERE NOT EXISTS (
        SELECT FROM farms_overlapcase c
        WHERE c.decision = 'accepted' AND c.decided_at < %(stored_at)s
          AND (c.first_id, c.second_id) IN ((f.n, f.other), (f.other, f.n)))
    ORDER BY u.row"""
