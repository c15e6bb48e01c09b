"""SQL of farms: sets of plots are staged, checked and stored by the database, not one by one in Python."""

from typing import Any

LOCK_CLASS = 7301  # first key of the advisory locks on communes; the second is the commune's id

# Temporary, so that two loads at once do not meet, and nothing is left by a worker that was killed.
STAGING = """
    DROP TABLE IF EXISTS pg_temp.plot_staging;
    CREATE TEMPORARY TABLE plot_staging (
        n bigint PRIMARY KEY,
        plot_id bigint,
        cooperative_id bigint NOT NULL,
        grower_id bigint,
        ref text NOT NULL,
        crop_id bigint NOT NULL,
        variety_id bigint,
        commune_id bigint,
        status text NOT NULL DEFAULT 'active',
        boundary geometry(MultiPolygon, 4326) NOT NULL,
        area_m2 double precision GENERATED ALWAYS AS (ST_Area(boundary::geography)) STORED,
        declared_area_m2 double precision,
        planted_year smallint,
        tree_count integer,
        harvest_months smallint[] NOT NULL DEFAULT '{}',
        land_sheet text NOT NULL DEFAULT '',
        land_parcel text NOT NULL DEFAULT '',
        determination text NOT NULL DEFAULT 'unknown',
        source jsonb NOT NULL DEFAULT '{}'
    ) ON COMMIT DROP"""

STAGING_COLUMNS = (
    "n, cooperative_id, grower_id, ref, crop_id, variety_id, commune_id, boundary, declared_area_m2, planted_year, "
    "tree_count, harvest_months, land_sheet, land_parcel, determination, source"
)
COPY_STAGING = f"COPY plot_staging ({STAGING_COLUMNS}) FROM STDIN"

INDEX_STAGING = "CREATE INDEX ON plot_staging USING gist (boundary); ANALYZE plot_staging"

STAGED_WITHOUT_COMMUNE = "SELECT n AS key, boundary AS geom FROM plot_staging WHERE commune_id IS NULL"

SET_COMMUNES = "UPDATE plot_staging AS s SET commune_id = found.unit_id FROM ({found}) AS found WHERE found.key = s.n"

# Every commune the shapes touch, in the order of ids so that two writers never wait for each other in a circle. Two
# plots that overlap share ground in some commune, also at its border, so both their writers need that one lock.
LOCK_STAGED = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, touched.id::int)
    FROM (
        SELECT DISTINCT id FROM (
            SELECT commune_id AS id FROM plot_staging WHERE commune_id IS NOT NULL
            UNION ALL
            SELECT p.unit_id FROM plot_staging s JOIN places_unitpiece p ON p.piece && s.boundary
        ) AS every ORDER BY id
    ) AS touched"""

LOCK_TOUCHED = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, touched.id::int)
    FROM (
        SELECT DISTINCT id FROM (
            SELECT %(commune)s AS id
            UNION ALL
            SELECT p.unit_id FROM places_unitpiece p WHERE p.piece && ST_SetSRID(ST_GeomFromWKB(%(wkb)s), 4326)
        ) AS every ORDER BY id
    ) AS touched"""

# As LOCK_TOUCHED, for all ground that stored plots cover now and, where given, that one is about to cover.
LOCK_PLOTS = f"""
    SELECT pg_advisory_xact_lock({LOCK_CLASS}, touched.id::int)
    FROM (
        SELECT DISTINCT id FROM (
            SELECT commune_id AS id FROM farms_plot WHERE id = ANY(%(plots)s)
            UNION ALL
            SELECT p.unit_id FROM farms_plot plot JOIN places_unitpiece p ON p.piece && plot.boundary
            WHERE plot.id = ANY(%(plots)s)
            UNION ALL
            SELECT p.unit_id FROM places_unitpiece p WHERE p.piece && ST_SetSRID(ST_GeomFromWKB(%(wkb)s), 4326)
        ) AS every ORDER BY id
    ) AS touched"""


SLIVER_M2, SLIVER_M = 5.0, 1.0  # docs/domain.md §3: pieces smaller, or strips thinner, are noise of drawing
# More than a square degree ever has: an upper bound for the ground that two boxes share, at a fraction of the cost of
# measuring it, so that pairs which only touch are passed over.
M2_PER_SQUARE_DEGREE = 1.24e10
# box2d() reads the box that a stored shape carries (rounded outwards); ST_XMin of a geometry would walk its corners.
_S, _O = "box2d(s.boundary)", "box2d(o.boundary)"
_BOX_M2 = f"""
    (least(ST_XMax({_S}), ST_XMax({_O})) - greatest(ST_XMin({_S}), ST_XMin({_O})))
    * (least(ST_YMax({_S}), ST_YMax({_O})) - greatest(ST_YMin({_S}), ST_YMin({_O})))
    * {M2_PER_SQUARE_DEGREE}"""


def _near(left: str, right: str, condition: str) -> str:
    """The pairs whose boxes share more than the tolerance: cheap to find, and what is no such pair does not overlap."""
    return f"""
                FROM {left} s JOIN {right} o ON o.boundary && s.boundary
                WHERE {condition}
                  AND {_BOX_M2} > greatest(%(min_m2)s, %(min_share)s * least(s.area_m2, o.area_m2))"""


def near_pairs(left: str, right: str, condition: str, *, other: str) -> str:
    """Return SQL giving (n, other, boundary, its boundary) of the pairs that `overlap_pairs` measures: none else overlap."""
    return f"SELECT s.n, o.{other}, s.boundary, o.boundary {_near(left, right, condition)}"


def overlap_pairs(left: str, right: str, condition: str, *, other: str) -> str:
    """Return SQL giving (n, other, other_ref, other_cooperative_id, cooperative_id, shared, shared_m2): the pairs that
    share ground above max(minimum, share of the smaller), except strips that vanish when shrunk by half `sliver_m`.

    `left` is aliased `s`, `right` is aliased `o`; `condition` joins them besides their boxes, `other` is the column
    of `o` to tell. Parameters: those of `parameters`. Each step is cheaper than the next: boxes, what the boxes share,
    the intersection, its breadth.
    """
    return f"""
        SELECT pair.n, pair.other, pair.other_ref, pair.other_cooperative_id, pair.cooperative_id, pair.shared,
               pair.shared_m2
        FROM (
            SELECT common.*, ST_Area(common.shared::geography) AS shared_m2
            FROM (
                SELECT s.n, o.{other} AS other, o.ref AS other_ref, o.cooperative_id AS other_cooperative_id,
                       s.cooperative_id, greatest(%(min_m2)s, %(min_share)s * least(s.area_m2, o.area_m2)) AS tolerance,
                       ST_Multi(ST_CollectionExtract(ST_Intersection(s.boundary, o.boundary), 3)) AS shared
                {_near(left, right, condition)}
                  AND NOT ST_Touches(s.boundary, o.boundary)
                OFFSET 0
            ) AS common
            OFFSET 0
        ) AS pair
        WHERE pair.shared_m2 > pair.tolerance
          AND NOT ST_IsEmpty(ST_Buffer(pair.shared::geography, -%(sliver_m)s / 2)::geometry)"""


OVERLAPS_WITH_STORED = overlap_pairs("plot_staging", "farms_plot", "o.status <> 'archived'", other="id")
OVERLAPS_AMONG_STAGED = overlap_pairs("plot_staging", "plot_staging", "o.n < s.n", other="n")

FIND_OVERLAPS = f"""
    DROP TABLE IF EXISTS pg_temp.plot_overlap;
    CREATE TEMPORARY TABLE plot_overlap ON COMMIT DROP AS
    SELECT *, true AS is_stored FROM ({OVERLAPS_WITH_STORED}) AS stored
    UNION ALL
    SELECT *, false FROM ({OVERLAPS_AMONG_STAGED}) AS staged"""

OWN_OVERLAPS = """
    SELECT o.n, s.ref, o.other_ref, o.shared_m2 FROM plot_overlap o JOIN plot_staging s ON s.n = o.n
    WHERE o.cooperative_id = o.other_cooperative_id ORDER BY o.n, o.other_ref LIMIT %s"""

WITHOUT_COMMUNE = "SELECT n, ref FROM plot_staging WHERE commune_id IS NULL ORDER BY n LIMIT %s"

MARK_CONFLICTS = "UPDATE plot_staging SET status = 'in_conflict' WHERE n IN (SELECT n FROM plot_overlap)"

# In brackets of its own, so that the name is looked up once and not for every row (2 s of a million).
PLOT_SEQUENCE = "(SELECT pg_get_serial_sequence('farms_plot', 'id')::regclass)"
NUMBER_STAGED = f"UPDATE plot_staging SET plot_id = nextval({PLOT_SEQUENCE})"

# One statement for the whole set, by Django's cursor: the history trigger sees it with its context.
STORE_STAGED = """
    INSERT INTO farms_plot (
        id, cooperative_id, grower_id, ref, crop_id, variety_id, commune_id, status, boundary, declared_area_m2,
        planted_year, tree_count, harvest_months, land_sheet, land_parcel, parcel_code, determination, source, created_by_id,
        created_at, updated_at, version)
    SELECT plot_id, cooperative_id, grower_id, ref, crop_id, variety_id, commune_id, status, boundary, declared_area_m2,
           planted_year, tree_count, harvest_months, land_sheet, land_parcel, '', determination, source, %s,
           now(), now(), 1
    FROM plot_staging ORDER BY n"""

OPEN_CASES = """
    INSERT INTO farms_overlapcase (first_id, second_id, shared, status, decision, reason, opened_at)
    SELECT CASE WHEN o.is_stored THEN o.other ELSE earlier.plot_id END, s.plot_id, o.shared, 'open', '', '', now()
    FROM plot_overlap o
    JOIN plot_staging s ON s.n = o.n
    LEFT JOIN plot_staging earlier ON NOT o.is_stored AND earlier.n = o.other"""

# Which cooperatives meet in new cases, how often, and one case to show.
NEW_CASES_BY_COOPERATIVE = """
    SELECT o.cooperative_id, o.other_cooperative_id, count(*), min(s.ref), min(o.other_ref)
    FROM plot_overlap o JOIN plot_staging s ON s.n = o.n
    GROUP BY 1, 2 ORDER BY 1, 2"""

# The three ready corrections of a case, from the plots as they are now: (decision, first, m² before and after, second,
# m² before and after). A shape is WKB, null where nothing worth keeping is left. Pieces below `sliver_m2`, or thinner
# than `sliver_m` (they vanish when shrunk by half of it), are dropped: nobody tills them, and they spoil the map.
_KEPT = """(
            SELECT ST_Multi(ST_Collect(piece.geom))
            FROM ST_Dump(ST_CollectionExtract(ST_MakeValid({shape}), 3)) AS piece
            WHERE ST_Area(piece.geom::geography) >= %(sliver_m2)s
              AND NOT ST_IsEmpty(ST_Buffer(piece.geom::geography, -%(sliver_m)s / 2)::geometry)
        )"""
CORRECTIONS = f"""
    WITH pair AS (
        SELECT one.boundary AS first, other.boundary AS second,
               {_KEPT.format(shape="ST_Difference(one.boundary, other.boundary)")} AS first_cut,
               {_KEPT.format(shape="ST_Difference(other.boundary, one.boundary)")} AS second_cut
        FROM farms_overlapcase c
        JOIN farms_plot one ON one.id = c.first_id
        JOIN farms_plot other ON other.id = c.second_id
        WHERE c.id = %(case)s
    )
    SELECT asked.decision,
           ST_AsBinary(asked.first), ST_Area(pair.first::geography), ST_Area(asked.first::geography),
           ST_AsBinary(asked.second), ST_Area(pair.second::geography), ST_Area(asked.second::geography)
    FROM pair CROSS JOIN LATERAL (VALUES
        ('trim_second', pair.first, pair.second_cut),
        ('trim_first', pair.first_cut, pair.second),
        ('cut_both', pair.first_cut, pair.second_cut)
    ) AS asked (decision, first, second)"""

STAGED_IDS = "SELECT plot_id FROM plot_staging"


def parameters(settings: Any) -> dict[str, float]:
    """Return the tolerance as parameters of the overlap queries."""
    return {
        "min_m2": float(settings.OVERLAP_MIN_M2), "min_share": settings.OVERLAP_MIN_SHARE, "sliver_m": SLIVER_M
    }  # fmt: skip
