"""A selection as a PMTiles archive: PostGIS makes the tiles zoom by zoom, `geofiles.pmtiles` puts them together."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exchange import table_sql
from exchange.exports.copying import Moment
from exchange.exports.tables import Table, counted, table_of
from exchange.selection import Selection
from geofiles.pmtiles import Box, PMTilesWriter

MIN_ZOOM, MAX_ZOOM = 6, 14
MOST = 5_000  # of a tile below the last zoom: what a telephone draws smoothly
AT_ONCE = 64  # tiles
RADIUS_M = 6_378_137.0  # of the sphere of Web Mercator
_FIELDS = {"integer": "Number", "number": "Number", "boolean": "Boolean"}


def write_tileset(
    moment: Moment, selection: Selection, path: Path, progress: Callable[[int], None]
) -> tuple[int, dict[str, Any]]:
    """Write the archive and return the number of rows and the head, which stands in its metadata."""
    table = table_of(selection, mercator=True)
    count = counted(moment, table)
    head = selection.head(count.rows)
    writer = PMTilesWriter(path)
    try:
        for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
            progress(95 * (zoom - MIN_ZOOM) // (MAX_ZOOM + 1 - MIN_ZOOM))
            _add_zoom(moment, table, selection.layer.name, zoom, writer)
        writer.finish(box=_box(moment, table), metadata=_metadata(selection, table, head))
    finally:
        writer.close()
    return count.rows, head


def _add_zoom(moment: Moment, table: Table, layer: str, zoom: int, writer: PMTilesWriter) -> None:
    if table.inner is None:
        return
    names = [(alias, column.name) for alias, column in zip(table.aliases, table.columns, strict=True)]
    most = None if zoom == MAX_ZOOM else MOST
    statement = table_sql.tiles(*table.inner, names, layer=layer, zoom=zoom, most=most)
    for x, y, tile in moment.each(statement, at_once=AT_ONCE):
        writer.add(zoom, x, y, bytes(tile))


def _box(moment: Moment, table: Table) -> Box:
    """The box of all in degrees. A point is made a hundred metres wide; nothing at all is the world."""
    sides = moment.one(table_sql.extent(*table.inner)) if table.inner is not None else (None,)
    if sides[0] is None:
        return (-180.0, -85.0, 180.0, 85.0)
    west, south, east, north = sides
    return (_longitude(west - 50), _latitude(south - 50), _longitude(east + 50), _latitude(north + 50))


def _longitude(x: float) -> float:
    return math.degrees(x / RADIUS_M)


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y / RADIUS_M)) - math.pi / 2)


def _metadata(selection: Selection, table: Table, head: dict[str, Any]) -> dict[str, Any]:
    fields = {column.name: _FIELDS.get(column.kind, "String") for column in table.columns}
    layer = {"id": selection.layer.name, "fields": fields, "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM}
    told = {"name": head["title"], "attribution": head["source"], "type": "overlay", "vung_trong": head}
    return told | {"vector_layers": [layer]}
