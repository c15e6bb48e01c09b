"""GeoPackage: tables only (no views, and no virtual tables, which run code), systems read from its own table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from geofiles import crs
from geofiles.errors import CrsInDoubt, GeoFileError, UnreadableFile
from geofiles.readers.sources import Layer

_OWN_NUMBERS = frozenset({"fid", "ogc_fid", "rowid"})  # as programs call it unasked
_LAYERS = """
SELECT c.table_name, s.organization, s.organization_coordsys_id, s.definition
FROM gpkg_contents c
JOIN gpkg_geometry_columns g ON g.table_name = c.table_name
LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id
JOIN sqlite_master m ON m.name = c.table_name AND m.type = 'table'
WHERE c.data_type = 'features' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY c.rowid
"""


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """Feature tables of a GeoPackage. Raises UnreadableFile (no feature table, not a GeoPackage, damaged)."""
    try:
        # Immutable: no journal beside the file is replayed, nothing is written, no trigger runs.
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            rows = [(*row, _key(database, row[0])) for row in database.execute(_LAYERS).fetchall()]
    except sqlite3.Error as error:
        raise UnreadableFile(reason="not_a_geopackage", detail=str(error)[:200]) from error
    if not rows:
        raise UnreadableFile(reason="no_layers", format="gpkg")
    return tuple(_layer(path, *row) for row in rows)


def _key(database: sqlite3.Connection, table: str) -> str | None:
    """The primary key where somebody chose its name: GDAL takes it for its own number and would not tell it."""
    columns = database.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0", [table]).fetchall()
    names = [str(name) for (name,) in columns if str(name).lower() not in _OWN_NUMBERS]
    return names[0] if len(names) == 1 else None


def _layer(path: Path, table: str, organisation: object, code: object, definition: object, key: str | None) -> Layer:
    system: str | None = None
    problem: GeoFileError | None = CrsInDoubt(reason="no_crs", candidates=[])
    for text in (f"{organisation}:{code}".upper(), str(definition or "")):
        try:
            system, problem = crs.normalise(text), None
            break
        except GeoFileError as error:
            if error.params.get("reason") == "hanoi_1972" or isinstance(error, CrsInDoubt):
                problem = error
    return Layer(name=table, driver="GPKG", path=path, gdal_layer=table, key=key, crs=system, crs_problem=problem)
