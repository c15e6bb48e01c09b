"""SQL of layers as tables and as tiles: what `geofiles.copied` reads, and vector tiles of a selection."""

from collections.abc import Sequence
from typing import Any

Params = tuple[Any, ...]

# The narrow ways in which PostgreSQL writes a kind of `geofiles.copied.Column` as CSV; others go as they are.
_AS_TEXT = {
    "moment": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
    "texts": "array_to_string({}, chr(31))",
    "integers": "array_to_string({}, chr(31))",
}
SHAPE = "layer_shape"


def table(inner: str, params: Params, columns: Sequence[tuple[str, str]], *, has_shape: bool) -> tuple[str, Params]:
    """Return a query of one text or number for each (alias, kind) of `columns`, then the shape as hexadecimal WKB.

    `inner` has the shape as WKB (bytea).
    """
    chosen = [_AS_TEXT.get(kind, "{}").format(f'r."{alias}"') for alias, kind in columns]
    if has_shape:
        chosen.append(f"encode(r.{SHAPE}, 'hex')")
    return f"SELECT {', '.join(chosen)} FROM ({inner}) AS r", params


def counting(inner: str, params: Params, *, has_shape: bool) -> tuple[str, Params]:
    """Return a query of the number of rows and of those with a shape."""
    shapes = f"count(r.{SHAPE})" if has_shape else "0"
    return f"SELECT count(*), {shapes} FROM ({inner}) AS r", params


def extent(inner: str, params: Params) -> tuple[str, Params]:
    """Return a query of the box of all shapes, in the coordinates of `inner`: west, south, east, north."""
    sides = ", ".join(f'ST_{side}(whole."box")' for side in ("XMin", "YMin", "XMax", "YMax"))
    return f'SELECT {sides} FROM (SELECT ST_Extent(r.{SHAPE}::geometry) AS "box" FROM ({inner}) AS r) AS whole', params


def declare(query: str) -> str:
    """Return the statement that opens a cursor on the server over `query`."""
    return f"DECLARE export_rows NO SCROLL CURSOR FOR {query}"


def fetch(at_once: int) -> str:
    """Return the statement that takes the next rows from that cursor."""
    return f"FETCH {int(at_once)} FROM export_rows"


CLOSE = "CLOSE export_rows"


def ordered(inner: str, params: Params, alias: str) -> tuple[str, Params]:
    """Return the rows of `inner` in the order of the column `alias`."""
    return f'SELECT * FROM ({inner}) AS o ORDER BY o."{alias}"', params


def copy_csv(query: str) -> str:
    """Return the COPY of `query` as CSV without a heading."""
    return f"COPY ({query}) TO STDOUT WITH (FORMAT csv)"


def tiles(
    inner: str, params: Params, properties: Sequence[tuple[str, str]], *, layer: str, zoom: int, most: int | None
) -> tuple[str, Params]:
    """Return a query of x, y and the vector tile of every tile at `zoom` that a row of `inner` touches.

    `inner` has the shape as `layer_shape` in EPSG:3857 (as bytea, as the ORM selects shapes). A shape goes into all
    tiles that its box touches (and drops out where it does not touch the tile itself); a row without a shape has no
    box, and least() would take it into every tile of the world. `most`: of a tile only so many, the largest; a row
    whose shape is smaller than a quarter of a pixel is left out then.
    """
    world, half = 40075016.6855784, 20037508.3427892  # metres of the Web Mercator square
    side = world / 2**zoom
    last = 2**zoom - 1
    place = {
        "x0": f"greatest(0, floor((ST_XMin(r.shape) + {half}) / {side}))::int",
        "x1": f"least({last}, floor((ST_XMax(r.shape) + {half}) / {side}))::int",
        "y0": f"greatest(0, floor(({half} - ST_YMax(r.shape)) / {side}))::int",
        "y1": f"least({last}, floor(({half} - ST_YMin(r.shape)) / {side}))::int",
    }
    named = ", ".join(f'p."{alias}" AS "{name}"' for alias, name in properties)
    smallest = (side / 256 / 2) ** 2
    thinned = f"WHERE ST_Dimension(r.shape) < 2 OR ST_Area(r.shape) >= {smallest}" if most else ""
    ranked = f"row_number() OVER (PARTITION BY p.x, p.y ORDER BY p.size DESC) <= {int(most)}" if most else "true"
    sql = f"""
        SELECT t.x, t.y, ST_AsMVT(t.feature, %s, 4096, 'mvt')
        FROM (
            SELECT p.x, p.y, p.feature, {ranked} AS is_kept
            FROM (
                SELECT p.x, p.y, p.size, feature
                FROM (
                    SELECT r.*, x, y, ST_Area(r.shape) AS size,
                           ST_AsMVTGeom(r.shape, ST_TileEnvelope({int(zoom)}, x, y), 4096, 64, true) AS mvt
                    FROM (
                        SELECT i.*, i.{SHAPE}::geometry AS shape FROM ({inner}) AS i
                        WHERE NOT ST_IsEmpty(i.{SHAPE}::geometry)
                    ) AS r,
                         generate_series({place["x0"]}, {place["x1"]}) AS x,
                         generate_series({place["y0"]}, {place["y1"]}) AS y
                    {thinned}
                ) AS p, LATERAL (SELECT {named}, p.mvt) AS feature
                WHERE p.mvt IS NOT NULL
            ) AS p
        ) AS t
        WHERE t.is_kept
        GROUP BY t.x, t.y
        ORDER BY t.x, t.y"""
    return sql, (layer, *params)
