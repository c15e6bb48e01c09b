"""SQL of the import of old → new lists. Named parameters: `on` (the day of the change), `legal_ref`, `source`."""

# Before the first ANALYZE that sees the units (theirs may have run while the import that adds them was under way) the
# planner takes one row for each table and joins them by nested loops in any order: 45 s for 35 lines instead of 1 ms.
# Whole lists are joined best by hash whatever it knows.
JOIN_AS_SETS = "SET LOCAL enable_nestloop = off"
JOIN_AS_USUAL = "SET LOCAL enable_nestloop TO DEFAULT"

STAGE = """
    DROP TABLE IF EXISTS succession_import;
    CREATE TEMPORARY TABLE succession_import (
        row integer, old_code text, new_code text, is_partial boolean, old_key text, new_key text,
        old_province text, old_id bigint, new_id bigint, home text, state text
    ) ON COMMIT DROP"""

COPY = """
    COPY succession_import (row, old_code, new_code, is_partial, old_key, new_key, old_province) FROM STDIN"""

# The predecessor is what the code meant on the eve, the successor what it means from the day on.
FIND_OLD = """
    UPDATE succession_import i
    SET old_id = u.id, old_province = coalesce(i.old_province, CASE 'province'
        WHEN p.level THEN p.code WHEN g.level THEN g.code END)
    FROM places_administrativeunit u
    LEFT JOIN places_administrativeunit p ON p.id = u.parent_id
    LEFT JOIN places_administrativeunit g ON g.id = p.parent_id
    WHERE u.code = i.old_code AND u.valid_from < %(on)s AND (u.valid_to IS NULL OR u.valid_to >= %(on)s)"""

FIND_NEW = """
    UPDATE succession_import i SET new_id = u.id FROM places_administrativeunit u
    WHERE u.code = i.new_code AND u.valid_from <= %(on)s AND (u.valid_to IS NULL OR u.valid_to > %(on)s)"""

# Homonyms: lists made by name join a commune to its namesake in another province. Provinces merge as wholes, so the
# new province proves nothing; but a new commune keeps the code of one of those it was made of, and all of them lay
# in that one's old province. Without such a row, the province most of them lay in decides.
FIND_HOMES = """
    UPDATE succession_import i SET home = h.home
    FROM (
        SELECT new_code, coalesce(max(old_province) FILTER (WHERE old_code = new_code),
                                  mode() WITHIN GROUP (ORDER BY old_province)) AS home
        FROM succession_import GROUP BY new_code
    ) AS h
    WHERE h.new_code = i.new_code"""

DECIDE = """
    UPDATE succession_import SET state = CASE
        WHEN old_id IS NULL THEN 'old_unit_unknown'
        WHEN new_id IS NULL THEN 'new_unit_unknown'
        WHEN old_province <> home THEN 'suspect'
        WHEN old_id = new_id THEN 'same'
        ELSE 'apply' END"""

NOT_APPLIED = """
    SELECT row, old_code, new_code, state FROM succession_import
    WHERE state IN ('old_unit_unknown', 'new_unit_unknown', 'suspect') ORDER BY old_code, new_code"""

# Type and name as one text, signs of apostrophe apart: lists write H'Leo in two ways.
NAME_MISMATCHES = """
    SELECT i.old_code, o.search_key, i.old_key FROM succession_import i
    JOIN places_administrativeunit o ON o.id = i.old_id
    WHERE i.old_key <> '' AND translate(o.search_key, '’''', '') <> translate(i.old_key, '’''', '')
    UNION
    SELECT i.new_code, n.search_key, i.new_key FROM succession_import i
    JOIN places_administrativeunit n ON n.id = i.new_id
    WHERE i.new_key <> '' AND translate(n.search_key, '’''', '') <> translate(i.new_key, '’''', '')
    ORDER BY 1"""

# One unit into several: split. Several into one: merge. One into one: what differs names it.
APPLY = """
    INSERT INTO places_unitsuccession (predecessor_id, successor_id, kind, is_partial, "on", legal_ref, source)
    SELECT i.old_id, i.new_id,
        CASE WHEN bool_or(i.is_partial) THEN 'split'
             WHEN min(members.number) > 1 THEN 'merge'
             WHEN o.search_key <> n.search_key THEN 'rename'
             WHEN o.code <> n.code THEN 'recode'
             ELSE 'boundary' END,
        bool_or(i.is_partial), %(on)s, %(legal_ref)s, %(source)s
    FROM succession_import i
    JOIN places_administrativeunit o ON o.id = i.old_id
    JOIN places_administrativeunit n ON n.id = i.new_id
    JOIN (
        SELECT new_id, count(DISTINCT old_id) AS number FROM succession_import
        WHERE state IN ('apply', 'same') GROUP BY new_id
    ) AS members ON members.new_id = i.new_id
    WHERE i.state = 'apply'
    GROUP BY i.old_id, i.new_id, o.search_key, n.search_key, o.code, n.code
    ORDER BY i.old_id, i.new_id
    ON CONFLICT (predecessor_id, successor_id) DO UPDATE SET
        kind = excluded.kind, is_partial = excluded.is_partial, "on" = excluded."on",
        legal_ref = coalesce(nullif(excluded.legal_ref, ''), places_unitsuccession.legal_ref),
        source = coalesce(nullif(excluded.source, ''), places_unitsuccession.source)
    WHERE (places_unitsuccession.kind, places_unitsuccession.is_partial, places_unitsuccession."on")
        IS DISTINCT FROM (excluded.kind, excluded.is_partial, excluded."on")
        OR excluded.legal_ref NOT IN ('', places_unitsuccession.legal_ref)
        OR excluded.source NOT IN ('', places_unitsuccession.source)
    RETURNING xmax = 0"""

COUNT_APPLICABLE = "SELECT count(DISTINCT (old_id, new_id)) FROM succession_import WHERE state = 'apply'"
COUNT_SAME = "SELECT count(*) FROM succession_import WHERE state = 'same'"

# A predecessor that went wholly, or into several, no longer holds; one that lost a single part may live on.
END_PREDECESSORS = """
    UPDATE places_administrativeunit u SET valid_to = %(on)s
    FROM (
        SELECT old_id FROM succession_import WHERE state = 'apply'
        GROUP BY old_id HAVING bool_or(NOT is_partial) OR count(DISTINCT new_id) > 1
    ) AS gone
    WHERE u.id = gone.old_id AND u.valid_to IS NULL
      AND NOT EXISTS (SELECT 1 FROM succession_import i WHERE i.new_id = u.id)
    RETURNING u.id"""

# What the communes tell about the units above them: a former district went into its communes' successors, a former
# province into their provinces. So a search for the old district or province leads on, too.
APPLY_ABOVE = """
    WITH pairs AS (
        SELECT o.parent_id AS old_parent, op.level AS old_level,
               CASE WHEN op.level = 'province' THEN op.id WHEN og.level = 'province' THEN og.id END AS old_province,
               n.id AS new_commune, np.id AS new_province
        FROM succession_import i
        JOIN places_administrativeunit o ON o.id = i.old_id
        JOIN places_administrativeunit op ON op.id = o.parent_id
        LEFT JOIN places_administrativeunit og ON og.id = op.parent_id
        JOIN places_administrativeunit n ON n.id = i.new_id
        LEFT JOIN places_administrativeunit np ON np.id = n.parent_id AND np.level = 'province'
        WHERE i.state = 'apply'
    ), above AS (
        SELECT DISTINCT old_parent AS predecessor, new_commune AS successor, 'split' AS kind, true AS is_partial
        FROM pairs WHERE old_level = 'district'
        UNION ALL
        SELECT old_province, new_province, 'merge', false
        FROM (SELECT DISTINCT old_province, new_province FROM pairs) AS p
        WHERE old_province IS NOT NULL AND new_province IS NOT NULL AND old_province <> new_province
    )
    INSERT INTO places_unitsuccession (predecessor_id, successor_id, kind, is_partial, "on", legal_ref, source)
    SELECT predecessor, successor, kind, is_partial, %(on)s, %(legal_ref)s, %(source)s FROM above
    ORDER BY predecessor, successor
    ON CONFLICT (predecessor_id, successor_id) DO NOTHING"""
