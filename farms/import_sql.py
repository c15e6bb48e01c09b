"""SQL of the import: every rule looks at all rows of the file at once, before one of them is kept.

A file goes through temporary tables, which cost no journal and are gone with the worker that made them: `import_stage`
(what the reader left), `import_row` (what each row means, without its shape), `import_finding`. Only then are the rows
written, once, with their verdicts.
"""

from farms.sql import PLOT_SEQUENCE, near_pairs, overlap_pairs

# The transaction is idle while the fenced process works on a batch; that process has a limit of its own.
WAIT_FOR_FENCE = "SET LOCAL idle_in_transaction_session_timeout = 0"
STAGE = """
    DROP TABLE IF EXISTS pg_temp.import_stage, pg_temp.import_finding, pg_temp.import_row, pg_temp.import_commune,
                         pg_temp.import_place, pg_temp.import_corner, pg_temp.import_cell, pg_temp.import_meeting, pg_temp.import_old;
    CREATE TEMPORARY TABLE import_stage (
        row integer NOT NULL, boundary geometry(MultiPolygon, 4326), area_m2 double precision, attributes jsonb NOT NULL,
        before_repair geometry(Geometry, 4326), original bytea
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE import_finding (
        row integer NOT NULL, severity text NOT NULL, code text NOT NULL, extra jsonb NOT NULL
    ) ON COMMIT DROP"""
STAGED = ("row", "wkb", "area_m2", "attributes", "before_wkb", "original_wkb")  # of geofiles.prepared.schema, in order
COPY_STAGE = "COPY import_stage (row, boundary, area_m2, attributes, before_repair, original) FROM STDIN (FORMAT csv)"
COPY_FINDINGS = "COPY import_finding (row, severity, code, extra) FROM STDIN (FORMAT csv)"
# The index lets the rows be joined and kept in their order without being sorted, shapes and all.
INDEX_STAGE = "CREATE UNIQUE INDEX ON import_stage (row); ANALYZE import_stage"

# Most plots lie deep inside a commune. The ground is cut into cells of CELL_DEG; a cell that one commune covers and no
# other touches decides for every plot whose box lies in such cells of the same commune: some ten thousand cells are
# measured instead of a million plots. What is left, near borders, is measured plot by plot as places.sql says.
# Plots share their corners' cells, so these are looked up once for all plots that have the same ones. box2d() reads the
# box that a shape carries (rounded outwards); ST_XMin of a geometry would walk its corners.
CELL_DEG = 0.0025  # about 275 m: a plot that is larger may reach beyond the four cells of its corners, and is measured
FIND_COMMUNES = f"""
    CREATE TEMPORARY TABLE import_place ON COMMIT DROP AS
    SELECT row, floor(ST_XMin(box) / {CELL_DEG})::integer AS x0, floor(ST_YMin(box) / {CELL_DEG})::integer AS y0,
           floor(ST_XMax(box) / {CELL_DEG})::integer AS x1, floor(ST_YMax(box) / {CELL_DEG})::integer AS y1
    FROM (SELECT row, box2d(boundary)::box3d AS box FROM import_stage WHERE boundary IS NOT NULL OFFSET 0) AS stage;
    CREATE TEMPORARY TABLE import_corner ON COMMIT DROP AS
    SELECT DISTINCT x0, y0, x1, y1 FROM import_place WHERE x1 - x0 <= 1 AND y1 - y0 <= 1;
    CREATE TEMPORARY TABLE import_cell ON COMMIT DROP AS
    WITH cell AS MATERIALIZED (
        SELECT x, y, ST_MakeEnvelope(x * {CELL_DEG}, y * {CELL_DEG}, (x + 1) * {CELL_DEG}, (y + 1) * {CELL_DEG}, 4326) AS geom
        FROM (SELECT DISTINCT unnest(ARRAY[x0, x1, x0, x1]) AS x, unnest(ARRAY[y0, y0, y1, y1]) AS y FROM import_corner) AS c
    ), part AS (
        SELECT c.x, c.y, p.unit_id, sum(ST_Area(ST_Intersection(p.piece, c.geom))) AS area
        FROM cell c
        JOIN places_unitpiece p ON p.piece && c.geom AND ST_Intersects(p.piece, c.geom)
        WHERE (p.unit_id IN (
            SELECT id FROM places_administrativeunit
            WHERE level = 'commune' AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
        )) IS TRUE  -- so that the units are looked up in a hash; as a join they were read through for every cell
        GROUP BY c.x, c.y, p.unit_id
    )
    SELECT x, y, min(unit_id) AS unit_id FROM part WHERE area > 0
    GROUP BY x, y HAVING count(*) = 1 AND sum(area) >= {CELL_DEG * CELL_DEG * (1 - 1e-9)};
    ANALYZE import_place, import_corner, import_cell;
    CREATE TEMPORARY TABLE import_commune ON COMMIT DROP AS
    SELECT p.row, found.unit_id
    FROM import_place p
    JOIN (
        SELECT q.*, a.unit_id
        FROM import_corner q
        JOIN import_cell a ON (a.x, a.y) = (q.x0, q.y0)
        JOIN import_cell b ON (b.x, b.y) = (q.x1, q.y1) AND b.unit_id = a.unit_id
        JOIN import_cell c ON (c.x, c.y) = (q.x1, q.y0) AND c.unit_id = a.unit_id
        JOIN import_cell d ON (d.x, d.y) = (q.x0, q.y1) AND d.unit_id = a.unit_id
        OFFSET 0
    ) AS found ON (found.x0, found.y0, found.x1, found.y1) = (p.x0, p.y0, p.x1, p.y1);
    ANALYZE import_commune"""
FIND_OTHER_COMMUNES = "INSERT INTO import_commune (row, unit_id) {found}"
ROWS_IN_NO_CELL = """
    SELECT s.row AS key, s.boundary AS geom FROM import_stage s
    WHERE s.boundary IS NOT NULL AND NOT EXISTS (SELECT FROM import_commune c WHERE c.row = s.row)"""

DISTINCT_VALUES = "SELECT DISTINCT s.attributes ->> %s FROM import_stage s"

# A line of text as it is stored (core.text.clean_line): no hidden signs, which would keep the plot from ever being saved
# again, no line breaks, single blanks.
_HIDDEN = r"\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_BREAKS = r"\u0009\u000a\u000d\u00a0\u2028\u2029"
_CELL = "coalesce({r}.attributes ->> %({field})s, '')"
_LINE = f"""btrim(CASE WHEN {_CELL} ~ '[{_HIDDEN}{_BREAKS}]|  '
               THEN regexp_replace(regexp_replace({_CELL}, '[{_HIDDEN}]', '', 'g'), '[ {_BREAKS}]+', ' ', 'g')
               ELSE {_CELL} END)"""
_NUMBER = """
    CASE WHEN {r}.attributes ->> %({field})s ~ '^\\s*[0-9]{{1,12}}([.,][0-9]{{1,30}})?\\s*$'
         THEN replace(btrim({r}.attributes ->> %({field})s), ',', '.')::float8 END"""
_MAPPED = "(%({field}_values)s::jsonb ->> ({r}.attributes ->> %({field})s))"


def _line(field: str, length: int, r: str = "r") -> str:
    return f"nullif(left({_LINE.format(r=r, field=field)}, {length}), '')"


def _area(r: str) -> str:
    return f"nullif({_NUMBER.format(r=r, field='declared_area')} * %(area_factor)s, 0)"


def value_of(column: str, r: str = "r") -> str:
    """Return SQL of what a row says of a column of `farms_plot`, null where it says nothing or nothing readable."""
    mapped = {name: _MAPPED.format(r=r, field=name) for name in ("harvest_months", "determination", "determined_on")}
    years = f"{r}.attributes ->> %(planted_year)s"
    trees = f"{r}.attributes ->> %(tree_count)s"
    code = f"lower(btrim({r}.attributes ->> %(parcel_code)s))"
    return {
        "declared_area_m2": _area(r),
        "planted_year": f"CASE WHEN {years} ~ '^\\s*(19|20)[0-9]{{2}}\\s*$' THEN ({years})::smallint END",
        "tree_count": f"CASE WHEN {trees} ~ '^\\s*[0-9]{{1,7}}\\s*$' THEN ({trees})::integer END",
        "harvest_months": f"{mapped['harvest_months']}::smallint[]",
        "irrigation": _line("irrigation", 80, r),
        "expected_yield_t": _NUMBER.format(r=r, field="expected_yield_t"),
        "note": _line("note", 2000, r),
        "land_sheet": _line("land_sheet", 20, r),
        "land_parcel": _line("land_parcel", 20, r),
        "parcel_code": f"CASE WHEN {code} ~ '^[0-9b-hjkmnp-z]{{12}}$' THEN {code} END",
        "determination": mapped["determination"],
        "determined_on": f"{mapped['determined_on']}::date",
    }[column]


PLOT_ID = "plot_id"  # heading of our own id in a bulk update

# Columns of farms_plot that a file may fill, what a new plot has where the file says nothing, and the file's field.
COLUMNS: dict[str, tuple[str, str]] = {
    "declared_area_m2": ("NULL", "declared_area"),
    "planted_year": ("NULL", "planted_year"),
    "tree_count": ("NULL", "tree_count"),
    "harvest_months": ("'{}'", "harvest_months"),
    "irrigation": ("''", "irrigation"),
    "expected_yield_t": ("NULL", "expected_yield_t"),
    "note": ("''", "note"),
    "land_sheet": ("''", "land_sheet"),
    "land_parcel": ("''", "land_parcel"),
    "parcel_code": ("''", "parcel_code"),
    "determination": ("'unknown'", "determination"),
    "determined_on": ("NULL", "determined_on"),
}


def mean_rows(mapped: list[str], *, by_id: bool = False) -> str:
    """Return SQL that makes `import_row`: what each row means, and which stored plot has its number.

    `mapped`: the columns of COLUMNS that the file has. `by_id`: the rows name the plots they change by our own id. A row without a number gets one and never changes a plot. A
    shape that is where it was to the millimetre has not moved.
    """
    changes = "".join(
        f"\n        OR {value_of(name)} IS DISTINCT FROM p.{name} AND {value_of(name)} IS NOT NULL" for name in mapped
    )
    said = f"r.attributes ->> '{PLOT_ID}'" if by_id else _line("ref", 60)
    given = "coalesce(p.ref, '#' || x.said)" if by_id else "x.said"
    is_it = "p.id = x.said::bigint" if by_id else "p.ref = x.said"
    return f"""
    CREATE TEMPORARY TABLE import_row ON COMMIT DROP AS
    SELECT m.*, v.id AS variety_id,
           CASE WHEN m.target_id IS NULL THEN 'create'
                WHEN m.has_moved OR m.is_other OR coalesce(v.id <> m.old_variety_id, v.id IS NOT NULL) THEN 'update'
                ELSE 'same' END AS action
    FROM (
        SELECT r.row, coalesce({given}, 'T' || lpad(r.row::text, 4, '0')) AS ref, {given} IS NULL AS is_named,
               coalesce(x.crop_id, p.crop_id, %(default_crop)s) AS crop_id, x.variety_id AS given_variety_id,
               x.grower_id, c.unit_id AS commune_id, r.area_m2,
               p.id AS taken_by, CASE WHEN %(updates)s THEN p.id END AS target_id,
               p.version AS target_version, p.variety_id AS old_variety_id,
               p.id IS NULL OR r.boundary IS NOT NULL AND r.boundary IS DISTINCT FROM p.boundary
                   AND ST_SnapToGrid(r.boundary, 1e-8) IS DISTINCT FROM ST_SnapToGrid(p.boundary, 1e-8) AS has_moved,
               (x.crop_id <> p.crop_id OR x.grower_id IS NOT NULL AND x.grower_id IS DISTINCT FROM p.grower_id{changes}
               ) IS TRUE AS is_other
        FROM import_stage r
        CROSS JOIN LATERAL (
            SELECT {said} AS said, {_MAPPED.format(r="r", field="crop")}::bigint AS crop_id,
                   {_MAPPED.format(r="r", field="variety")}::bigint AS variety_id,
                   {_MAPPED.format(r="r", field="grower")}::bigint AS grower_id
            OFFSET 0  -- looked at once a row, however often the columns are named
        ) AS x
        LEFT JOIN import_commune c ON c.row = r.row
        LEFT JOIN farms_plot p ON p.cooperative_id = %(cooperative)s AND p.status <> 'archived' AND {is_it}
    ) AS m
    LEFT JOIN crops_variety v ON v.id = m.given_variety_id AND v.crop_id = m.crop_id;
    CREATE UNIQUE INDEX ON import_row (row);
    CREATE INDEX ON import_row (target_id) WHERE target_id IS NOT NULL;
    ANALYZE import_row"""


# A generated number that the holder has already is no update of that plot.
GENERATED_AND_TAKEN = """
    SELECT r.row, 'red', 'ref_taken', jsonb_build_object('ref', r.ref)
    FROM import_row r JOIN farms_plot p ON p.cooperative_id = %(cooperative)s AND p.ref = r.ref AND p.status <> 'archived'
    WHERE r.is_named"""

# A row that only changes what is written about a plot needs no shape.
DROP_NO_GEOMETRY = """
    DELETE FROM import_finding f USING import_row r
    WHERE r.row = f.row AND f.code = 'no_geometry' AND r.target_id IS NOT NULL"""

_OUTSIDE = """
    SELECT r.row, 'red', '{code}', '{{}}'::jsonb FROM import_row r JOIN import_stage s ON s.row = r.row
    WHERE r.commune_id IS NULL AND s.boundary IS NOT NULL
      AND {test} s.boundary @ ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)"""


def _unread(field: str, value: str) -> str:
    """A cell that holds something which cannot be what its column is for."""
    return f"""
    SELECT r.row, 'amber', '{field}_unreadable', jsonb_build_object('value', left(r.attributes ->> %({field})s, 60))
    FROM import_stage r WHERE btrim(coalesce(r.attributes ->> %({field})s, '')) <> '' AND {value} IS NULL"""


_UNREADABLE = (
    "planted_year", "tree_count", "harvest_months", "expected_yield_t", "parcel_code", "determination", "determined_on",
)  # fmt: skip

# heading that a check needs (empty: always) and SQL that gives (row, severity, code, extra)
CHECKS: tuple[tuple[str, str], ...] = (
    # Outside the country is outside every commune as well; told once, by the larger mistake.
    ("", _OUTSIDE.format(code="outside_country", test="NOT")),
    ("", _OUTSIDE.format(code="outside_communes", test="")),
    ("", "SELECT r.row, 'info', 'ref_generated', jsonb_build_object('ref', r.ref) FROM import_row r WHERE r.is_named"),
    ("", GENERATED_AND_TAKEN),
    (
        "",
        """
    SELECT r.row, 'red', 'ref_repeated', jsonb_build_object('ref', r.ref, 'other_row', d.first_row)
    FROM import_row r
    JOIN (SELECT ref, min(row) AS first_row FROM import_row GROUP BY ref HAVING count(*) > 1) AS d ON d.ref = r.ref
    WHERE r.row > d.first_row""",
    ),
    (
        "",
        """
    SELECT r.row, 'red', 'ref_taken', jsonb_build_object('ref', r.ref) FROM import_row r
    WHERE r.taken_by IS NOT NULL AND r.target_id IS NULL""",
    ),
    (
        "",
        """
    SELECT r.row, 'red', CASE WHEN coalesce(s.attributes ->> %(crop)s, '') = '' THEN 'crop_missing' ELSE 'crop_unknown' END,
           jsonb_build_object('value', left(s.attributes ->> %(crop)s, 60))
    FROM import_row r JOIN import_stage s ON s.row = r.row WHERE r.crop_id IS NULL""",
    ),
    (
        "crop",
        """
    SELECT r.row, 'red', 'crop_unknown', jsonb_build_object('value', left(s.attributes ->> %(crop)s, 60))
    FROM import_row r JOIN import_stage s ON s.row = r.row
    WHERE r.crop_id IS NOT NULL AND r.target_id IS NOT NULL AND coalesce(s.attributes ->> %(crop)s, '') <> ''
      AND (%(crop_values)s::jsonb ->> (s.attributes ->> %(crop)s)) IS NULL""",
    ),
    (
        "variety",
        """
    SELECT r.row, 'amber', 'variety_unknown', jsonb_build_object('value', left(s.attributes ->> %(variety)s, 60))
    FROM import_row r JOIN import_stage s ON s.row = r.row
    WHERE r.variety_id IS NULL AND coalesce(s.attributes ->> %(variety)s, '') <> ''""",
    ),
    (
        "grower",
        """
    SELECT r.row, 'amber', 'grower_unknown', jsonb_build_object('value', left(s.attributes ->> %(grower)s, 60))
    FROM import_row r JOIN import_stage s ON s.row = r.row
    WHERE r.grower_id IS NULL AND coalesce(s.attributes ->> %(grower)s, '') <> ''""",
    ),
    (
        "declared_area",
        f"""
    SELECT d.row, CASE WHEN d.gap > 0.20 THEN 'red' ELSE 'amber' END, 'area_differs',
           jsonb_build_object('declared_ha', round((d.declared / 10000)::numeric, 4), 'measured_ha',
                              round((d.area_m2 / 10000)::numeric, 4), 'percent', round((d.gap * 100)::numeric))
    FROM (SELECT r.row, r.area_m2, {_area("r")} AS declared,
                 abs({_area("r")} - r.area_m2) / nullif(r.area_m2, 0) AS gap
          FROM import_stage r WHERE r.boundary IS NOT NULL) AS d
    WHERE d.gap > 0.05""",
    ),
    ("declared_area", _unread("declared_area", _NUMBER.format(r="r", field="declared_area"))),
    *((field, _unread(field, value_of(field))) for field in _UNREADABLE),
)

# Rules of a bulk update: it changes plots that are there, as the sender knew them (RFC 9110 section 13.1.1).
UPDATE_CHECKS = (
    """
    SELECT r.row, 'red', 'plot_unknown', jsonb_build_object('ref', r.ref) FROM import_row r WHERE r.target_id IS NULL""",
    """
    SELECT r.row, 'red', 'version_missing', jsonb_build_object('ref', r.ref) FROM import_row r
    WHERE r.target_id IS NOT NULL AND %(versions)s::jsonb -> r.target_id::text IS NULL""",
    """
    SELECT r.row, 'red', 'version_stale', jsonb_build_object('ref', r.ref, 'sent', %(versions)s::jsonb -> r.target_id::text,
                                                             'version', r.target_version)
    FROM import_row r WHERE r.target_id IS NOT NULL AND (%(versions)s::jsonb ->> r.target_id::text)::bigint <> r.target_version""",
)

# A plot does not overlap its own old outline; the old outlines of other plots that the file moves are looked at apart,
# since they count only where the row that moves them is not stored.
NEAR_STORED = near_pairs(
    """(SELECT r.row AS n, r.target_id, st.boundary, st.area_m2 FROM import_row r JOIN import_stage st ON st.row = r.row
                  WHERE r.has_moved AND st.boundary IS NOT NULL)""",
    "farms_plot",
    "o.status <> 'archived' AND o.id IS DISTINCT FROM s.target_id",
    other="id",
)
COPY_NEAR_STORED = f"COPY ({NEAR_STORED}) TO STDOUT (FORMAT csv)"
# Those of the near pairs that do more than touch (geofiles.touching): few, which the rule itself is asked about.
STAGE_MEETING = "CREATE TEMPORARY TABLE import_meeting (row integer NOT NULL, other bigint NOT NULL) ON COMMIT DROP"
COPY_MEETING = "COPY import_meeting (row, other) FROM STDIN (FORMAT csv)"
OVERLAPS_WITH_STORED = overlap_pairs(
    """(SELECT m.row AS n, m.other, %(cooperative)s::bigint AS cooperative_id, st.boundary, st.area_m2
                  FROM import_meeting m JOIN import_stage st ON st.row = m.row)""",
    "farms_plot",
    "o.id = s.other",
    other="id",
)
FIND_OVERLAPS = f"""
    ANALYZE import_meeting;
    CREATE TEMPORARY TABLE import_old ON COMMIT DROP AS
    SELECT f.n AS row, f.other_ref, f.shared_m2, f.cooperative_id = f.other_cooperative_id AS is_own, mover.row AS mover
    FROM ({OVERLAPS_WITH_STORED}) AS f
    LEFT JOIN import_row mover ON mover.target_id = f.other AND mover.has_moved"""
OVERLAP_FINDINGS = """
    SELECT o.row, CASE WHEN o.is_own THEN 'red' ELSE 'amber' END,
           CASE WHEN o.is_own THEN 'overlaps_own' ELSE 'overlaps_other' END,
           jsonb_strip_nulls(jsonb_build_object('shared_m2', round(o.shared_m2::numeric), 'neighbour',
                                                CASE WHEN o.is_own THEN o.other_ref END))
    FROM import_old o WHERE o.mover IS NULL"""
# Said once more until nothing new is said: a row that is not stored leaves its plot where it was.
OLD_OUTLINE_FINDINGS = """
    INSERT INTO import_finding
    SELECT o.row, judged.worst, 'overlaps_old_outline',
           jsonb_build_object('neighbour', o.other_ref, 'other_row', o.mover, 'shared_m2', round(o.shared_m2::numeric))
    FROM import_old o
    JOIN (SELECT row, CASE WHEN bool_or(severity = 'red') THEN 'red' ELSE 'amber' END AS worst
          FROM import_finding WHERE severity <> 'info' GROUP BY row) AS judged ON judged.row = o.mover
    WHERE NOT EXISTS (SELECT FROM import_finding f WHERE f.row = o.row AND f.code = 'overlaps_old_outline'
                      AND f.severity = judged.worst AND f.extra ->> 'other_row' = o.mover::text)"""

# Where the rounds come to no end in time, what is left is not stored: better one row too few.
OLD_OUTLINES_LEFT = """
    INSERT INTO import_finding
    SELECT o.row, 'red', 'overlaps_old_outline',
           jsonb_build_object('neighbour', o.other_ref, 'other_row', o.mover, 'shared_m2', round(o.shared_m2::numeric))
    FROM import_old o WHERE o.mover IS NOT NULL"""

# The one write of the rows. A green row knows already which plot it is or will be; of the others that is decided when
# they are stored.
KEEP_ROWS = f"""
    INSERT INTO farms_plotimportrow (
        plot_import_id, row, ref, crop_id, variety_id, grower_id, commune_id, boundary, before_repair, original, attributes,
        verdict, findings, action, target_id, expected_version, plot_id)
    SELECT %(import)s, s.row, r.ref, r.crop_id, r.variety_id, r.grower_id, r.commune_id, s.boundary, s.before_repair,
           s.original, s.attributes, v.verdict, coalesce(f.findings, '[]'), r.action, r.target_id,
           CASE WHEN r.target_id IS NOT NULL THEN r.target_version END,
           CASE WHEN v.verdict <> 'green' THEN NULL WHEN r.target_id IS NOT NULL THEN r.target_id
                ELSE nextval({PLOT_SEQUENCE}) END
    FROM import_stage s
    JOIN import_row r ON r.row = s.row
    LEFT JOIN (
        SELECT row, bool_or(severity = 'red') AS is_red, bool_or(severity = 'amber') AS is_amber,
               jsonb_agg(jsonb_build_object('code', code, 'severity', severity) || extra ORDER BY severity DESC, code) AS findings
        FROM import_finding GROUP BY row
    ) AS f ON f.row = s.row
    CROSS JOIN LATERAL (
        SELECT CASE WHEN f.is_red THEN 'red' WHEN f.is_amber THEN 'amber' ELSE 'green' END AS verdict
    ) AS v
    ORDER BY s.row"""
COUNT_ROWS = """
    SELECT verdict, action, count(*) FROM farms_plotimportrow WHERE plot_import_id = %(import)s GROUP BY 1, 2"""
