"""SQL of what tiles depend on: versions of layers, and how dense their rows lie."""

from maps.grid import HALF_WORLD_M, WORLD_M

# Ids are given before the commit, so a lower one may become visible after a higher one: the highest id alone would
# miss it. The digest of all ids changes whenever a row comes or goes.
VERSIONS = """
    SELECT count(*), coalesce(max(id), 0), coalesce(bit_xor(hashint8extended(id, 0)), 0)
    FROM maps_layerchange WHERE layer = ANY(%s)"""

# Cooperatives are some hundred rows that tell nobody of their changes: their version is a digest of what layers show.
COOPERATIVES_VERSION = """
    SELECT count(*), coalesce(bit_xor(hashtextextended(
        concat_ws('|', id, slug, kind, name, status, commune_id, location::text), 0)), 0)
    FROM cooperatives_cooperative"""

PRUNE_CHANGES = """
    DELETE FROM maps_layerchange old
    WHERE old.at < %s
      AND EXISTS (SELECT FROM maps_layerchange newer WHERE newer.layer = old.layer AND newer.id > old.id)"""

SHAPES_FROM = "SELECT shapes_from FROM maps_layerzoom WHERE layer = %s"


def densest(inner: str, z: int, *, is_apart: bool = False) -> str:
    """Return SQL for the largest number of rows of `inner` (column `place`, EPSG:3857) in one tile of level `z`.

    A row counts where the middle of its box lies; apart: rows of different `apart` are not counted together.
    """
    side = WORLD_M / (1 << z)
    return f"""
        SELECT coalesce(max(n), 0) FROM (
            SELECT count(*) AS n FROM ({inner}) r
            WHERE r.place IS NOT NULL
            GROUP BY {"r.apart, " if is_apart else ""}floor(((ST_XMin(r.place) + ST_XMax(r.place)) / 2 + {HALF_WORLD_M}) / {side}),
                     floor(({HALF_WORLD_M} - (ST_YMin(r.place) + ST_YMax(r.place)) / 2) / {side})) t"""


# Parameters: level to read, levels to go up from it, the same level again.
DENSEST_CELLS = """
    SELECT coalesce(max(n), 0) FROM (
        SELECT sum(plots) AS n FROM maps_densitycell WHERE level = %s GROUP BY quad >> %s) t"""
