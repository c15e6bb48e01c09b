"""SQL of codes: sets of areas at once, the counter, and small drawings, which the ORM cannot say."""

# Gap-free and without a race: the rows stay locked until the transaction ends, and a rollback takes the numbers back.
# All scopes at once and in their order, so that nobody waits in a ring and the last lock comes with the first.
# %s: scheme id, scopes (text[], sorted, each once), how many of each (int[]). Returns (scope, last number of the block).
TAKE_SERIALS = """
    INSERT INTO codes_codecounter AS counter (scheme_id, scope, last)
    SELECT %s, wanted.scope, wanted.n
    FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS wanted (scope, n, place)
    ORDER BY wanted.place
    ON CONFLICT (scheme_id, scope) DO UPDATE SET last = counter.last + excluded.last
    RETURNING scope, last"""

# Keys for codes that are written only at the end of their transaction. %s: how many.
RESERVE_KEYS = """
    SELECT nextval(pg_get_serial_sequence('codes_productionareacode', 'id')) FROM generate_series(1, %s)"""

# The ground of an area is the union of its plots in good standing. %s: area ids.
# An area without such a plot keeps its ground (nothing to unite).
REDRAW = """
    UPDATE codes_productionarea AS area
    SET boundary = united.boundary, version = area.version + 1, updated_at = now()
    FROM (
        SELECT link.area_id, ST_Multi(ST_CollectionExtract(ST_Union(plot.boundary), 3)) AS boundary
        FROM codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id AND plot.status = 'active'
        WHERE link.area_id = ANY(%s)
        GROUP BY link.area_id
    ) AS united
    WHERE area.id = united.area_id
    RETURNING area.id"""

# Who may see the outline: three persons or more, or the living consent of every one (issue 2, docs/domain.md §6).
# A plot that was archived, or is just leaving, no longer counts as a grower, but its grower still has to agree: the
# area's outline holds that ground until it is drawn anew.
# Hidden areas get the commune's centre, the same point for every farm there: anything nearer would tell where it is.
# %(areas)s: ids; %(without)s: ids of plots that are just leaving.
REFRESH_OUTLINES = """
    WITH facts AS (
        SELECT area.id,
               count(DISTINCT grower.person_id)
                   FILTER (WHERE plot.status <> 'archived' AND plot.id <> ALL(%(without)s::bigint[])) AS people,
               coalesce(bool_and(consent.id IS NOT NULL), false) AS all_agree
        FROM codes_productionarea area
        LEFT JOIN (codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id) ON link.area_id = area.id
        LEFT JOIN cooperatives_grower grower ON grower.id = plot.grower_id
        LEFT JOIN people_consent consent ON consent.person_id = grower.person_id
             AND consent.purpose = 'public_outline' AND consent.withdrawn_at IS NULL
        WHERE area.id = ANY(%(areas)s)
        GROUP BY area.id
    ), decided AS (
        SELECT id, people, people >= 3 OR people > 0 AND all_agree AS is_public FROM facts
    ), wanted AS (
        SELECT area.id, facts.people,
               facts.is_public,
               CASE WHEN facts.is_public THEN ST_PointOnSurface(area.boundary)
                    ELSE coalesce(unit.centre, ST_PointOnSurface(unit.boundary), above.centre,
                                  ST_PointOnSurface(above.boundary), %(fallback)s::geometry) END AS location
        FROM decided AS facts
        JOIN codes_productionarea area ON area.id = facts.id
        JOIN places_administrativeunit unit ON unit.id = area.commune_id
        LEFT JOIN places_administrativeunit above ON above.id = unit.parent_id
    )
    UPDATE codes_productionarea AS area
    SET grower_count = wanted.people, is_outline_public = wanted.is_public, public_location = wanted.location,
        updated_at = now()
    FROM wanted
    WHERE area.id = wanted.id
      AND (area.grower_count, area.is_outline_public) IS DISTINCT FROM (wanted.people::int, wanted.is_public)
       OR area.id = wanted.id AND NOT ST_Equals(area.public_location, wanted.location)
    RETURNING area.id"""

# Areas in which one of these persons grows something. %s: person ids.
AREAS_OF_PERSONS = """
    SELECT DISTINCT link.area_id
    FROM codes_areaplot link
    JOIN farms_plot plot ON plot.id = link.plot_id
    JOIN cooperatives_grower grower ON grower.id = plot.grower_id
    WHERE grower.person_id = ANY(%s)"""

# Two SVG paths in a square of %(size)s units, y downwards: the commune, and the outline where it may be seen.
# Simplified to one unit, whole numbers: some hundred bytes whatever the official outline's detail.
SKETCH = """
    WITH ground AS (
        SELECT ST_Transform(coalesce(unit.boundary, code.boundary), 3857) AS frame,
               unit.boundary IS NOT NULL AS has_commune,
               ST_Transform(code.boundary, 3857) AS outline
        FROM codes_productionareacode code
        JOIN places_administrativeunit unit ON unit.id = code.commune_id
        WHERE code.id = %(code)s AND (unit.boundary IS NOT NULL OR %(is_public)s)
    ), box AS (
        SELECT *, ST_XMin(frame) AS x, ST_YMin(frame) AS y,
               greatest(ST_XMax(frame) - ST_XMin(frame), ST_YMax(frame) - ST_YMin(frame), 100) / %(size)s AS unit
        FROM ground
    )
    SELECT CASE WHEN has_commune THEN
               ST_AsSVG(ST_TransScale(ST_SimplifyPreserveTopology(frame, unit), -x, -y, 1 / unit, 1 / unit), 0, 0) END,
           CASE WHEN %(is_public)s THEN
               ST_AsSVG(ST_TransScale(ST_SimplifyPreserveTopology(outline, unit / 2), -x, -y, 1 / unit, 1 / unit), 0, 1) END,
           ST_X(ST_TransScale(ST_Centroid(outline), -x, -y, 1 / unit, 1 / unit)),
           ST_Y(ST_TransScale(ST_Centroid(outline), -x, -y, 1 / unit, 1 / unit))
    FROM box"""

# Counters that are older than the codes of their scope, as after a restore of a part: the next number would be one
# that was given already.
COUNTERS_BEHIND = """
    SELECT code.scheme_id, code.scope, coalesce(counter.last, 0), max(code.serial)
    FROM codes_productionareacode code
    LEFT JOIN codes_codecounter counter ON counter.scheme_id = code.scheme_id AND counter.scope = code.scope
    WHERE code.serial IS NOT NULL
    GROUP BY code.scheme_id, code.scope, counter.last
    HAVING max(code.serial) > coalesce(counter.last, 0)
    ORDER BY 1, 2"""

# Only ever forward. %s: scheme id, scope, the highest serial of its codes.
CATCH_UP = """
    INSERT INTO codes_codecounter (scheme_id, scope, last) VALUES (%s, %s, %s)
    ON CONFLICT (scheme_id, scope) DO UPDATE SET last = greatest(codes_codecounter.last, EXCLUDED.last)"""
