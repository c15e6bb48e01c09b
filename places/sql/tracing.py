"""SQL that follows units through their reforms."""

# One step goes from a unit that is not in force on the day to those it went into (the day is later) or came from (the
# day is earlier); where no act is recorded of it, to the unit above it. Old and new lists are hundreds of rows for a
# province and some ten thousand for the country. UNION ends circles.
TRACE = """
    WITH RECURSIVE unit AS MATERIALIZED (
        SELECT id, parent_id, level,
               CASE WHEN valid_to <= %(on)s THEN 1 WHEN valid_from > %(on)s THEN -1 ELSE 0 END AS direction
        FROM places_administrativeunit),
    step AS MATERIALIZED (
        SELECT s.predecessor_id AS here, s.successor_id AS there
        FROM places_unitsuccession s JOIN unit ON unit.id = s.predecessor_id WHERE unit.direction = 1
        UNION
        SELECT s.successor_id, s.predecessor_id
        FROM places_unitsuccession s JOIN unit ON unit.id = s.successor_id WHERE unit.direction = -1),
    onward AS MATERIALIZED (
        SELECT here, there FROM step
        UNION ALL
        SELECT unit.id, unit.parent_id FROM unit
        WHERE unit.direction <> 0 AND unit.parent_id IS NOT NULL
              AND NOT EXISTS (SELECT FROM step WHERE step.here = unit.id)),
    trace(source, unit) AS (
        SELECT id, id FROM unit
        UNION
        SELECT trace.source, onward.there FROM trace JOIN onward ON onward.here = trace.unit),
    above(candidate, unit) AS (
        SELECT id, id FROM unit WHERE direction = 0
        UNION
        SELECT above.candidate, unit.parent_id FROM above JOIN unit ON unit.id = above.unit
        WHERE unit.parent_id IS NOT NULL),
    lifted AS (
        SELECT above.candidate, unit.id AS target FROM above JOIN unit ON unit.id = above.unit
        WHERE unit.level = %(level)s AND unit.direction = 0)
    SELECT trace.source, min(lifted.target)
    FROM trace
    JOIN unit here ON here.id = trace.unit AND here.direction = 0
    LEFT JOIN lifted ON lifted.candidate = here.id
    GROUP BY trace.source
    HAVING count(DISTINCT coalesce(lifted.target, -1)) = 1 AND min(lifted.target) IS NOT NULL"""
