"""SQL of places: recursion, which the ORM lacks, and sets that must not come row by row into Python."""

from django.db.models.expressions import RawSQL

# A unit's tree is at most four deep and a province has some hundred communes: walking it takes less than a
# millisecond, so no path column has to be kept true.
_DESCENDANTS = """
    WITH RECURSIVE inside(id) AS (
        SELECT id FROM places_administrativeunit WHERE id = ANY(%s)
        UNION
        SELECT child.id FROM places_administrativeunit child JOIN inside ON child.parent_id = inside.id
    )
    SELECT id FROM inside"""

_SUCCESSORS = """
    WITH RECURSIVE heirs(id) AS (
        SELECT id FROM places_administrativeunit WHERE id = ANY(%s)
        UNION
        SELECT s.successor_id FROM places_unitsuccession s JOIN heirs ON s.predecessor_id = heirs.id
    )
    SELECT id FROM heirs"""

# What was issued or filed under a former commune belongs to the one it went into, through however many reforms.
_HERITAGE = """
    WITH RECURSIVE inside(id) AS (
        SELECT id FROM places_administrativeunit WHERE id = ANY(%s)
        UNION
        SELECT child.id FROM places_administrativeunit child JOIN inside ON child.parent_id = inside.id
    ), heritage(id) AS (
        SELECT id FROM inside
        UNION
        SELECT s.predecessor_id FROM places_unitsuccession s JOIN heritage ON s.successor_id = heritage.id
    )
    SELECT id FROM heritage"""

# Old names lead to what the unit is now, through as many reforms as there were.
_NAMED = """
    WITH RECURSIVE named(id) AS (
        SELECT id FROM places_administrativeunit WHERE search_key LIKE %s
        UNION
        SELECT s.successor_id FROM places_unitsuccession s JOIN named ON s.predecessor_id = named.id
    )
    SELECT id FROM named"""


def descendants(ids: list[int]) -> RawSQL:
    """Return a subquery of the ids of these units and everything below them."""
    return RawSQL(_DESCENDANTS, [ids])  # noqa: S611  (constant text, values are parameters)


def heritage(ids: list[int]) -> RawSQL:
    """Return a subquery of the ids of these units, everything below them, and all units that went into those."""
    return RawSQL(_HERITAGE, [ids])  # noqa: S611


def successors(ids: list[int]) -> RawSQL:
    """Return a subquery of the ids of these units and everything they went into."""
    return RawSQL(_SUCCESSORS, [ids])  # noqa: S611


def named(pattern: str) -> RawSQL:
    """Return a subquery of the ids of units whose search key matches, and of their successors."""
    return RawSQL(_NAMED, [pattern])  # noqa: S611


def communes_by_overlap(source: str) -> str:
    """Return SQL giving (key, unit_id): the commune in force that holds the largest part of each polygon.

    `source` is SQL (from code, never from a request) of a relation with the columns `key` and `geom` (valid
    polygons, EPSG:4326). One named parameter: `on`, the date. A polygon outside every commune has no row.
    Equal parts go to the lower code: neighbours' outlines are not exact, so ties and double cover happen.
    Shares are compared in square degrees, exact enough inside one polygon, to 1e-12 (about 0.01 m²).
    A polygon wholly inside one piece, as nearly all are, needs no intersection.
    """
    return f"""
        SELECT DISTINCT ON (part.key) part.key, part.unit_id
        FROM (
            SELECT s.key, unit.id AS unit_id, unit.code,
                   sum(CASE WHEN ST_Covers(p.piece, s.geom) THEN ST_Area(s.geom)
                            ELSE ST_Area(ST_Intersection(p.piece, s.geom)) END) AS area
            FROM ({source}) AS s
            JOIN places_unitpiece p ON p.piece && s.geom AND ST_Intersects(p.piece, s.geom)
            JOIN places_administrativeunit unit ON unit.id = p.unit_id
            WHERE unit.level = 'commune' AND unit.valid_from <= %(on)s
              AND (unit.valid_to IS NULL OR unit.valid_to > %(on)s)
            GROUP BY s.key, unit.id, unit.code
        ) AS part
        WHERE part.area > 0
        ORDER BY part.key, round(part.area::numeric, 12) DESC, part.code, part.unit_id"""  # noqa: S608


DELETE_PIECES = "DELETE FROM places_unitpiece WHERE unit_id = ANY(%s)"

# 128 vertices a piece: a page of the index and a few kilobytes to test, whatever the outline's detail.
INSERT_PIECES = """
    INSERT INTO places_unitpiece (unit_id, piece)
    SELECT parts.id, parts.piece
    FROM (
        SELECT id, (ST_Dump(ST_Subdivide(boundary, 128))).geom AS piece
        FROM places_administrativeunit WHERE id = ANY(%s) AND boundary IS NOT NULL
    ) AS parts
    WHERE ST_Dimension(parts.piece) = 2"""

# Polygons given as WKB, in the caller's order.
POLYGONS = """
    SELECT given.number AS key, ST_SetSRID(ST_GeomFromWKB(given.wkb), 4326) AS geom
    FROM unnest(%(wkb)s::bytea[]) WITH ORDINALITY AS given(wkb, number)"""
