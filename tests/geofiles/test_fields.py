"""The reference files of fields, read in the fence and made ready to store: same count, every attribute, same areas.

``../shared`` is not part of the project; where it is absent these tests are skipped.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pyproj
import pytest
import shapely

from geofiles import sandbox

FIELDS = Path(__file__).parents[3] / "shared/data/reference/fields"
GEOD = pyproj.Geod(ellps="WGS84")
FILES = {
    "ai4smallfarms_vietnam_100.gpkg": (100, "EPSG:32648"),
    "fr_cadastral_parcels.parquet": (14_971, "EPSG:4326"),
    "jp_fude_100.parquet": (100, "EPSG:6668"),
    "rpg_charente_maritime_v1.parquet": (6_548, "EPSG:4326"),
}


def source_of(path):
    """(shapes in degrees, attributes by column) read by other means than ours."""
    if path.suffix == ".gpkg":
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            table, column = database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY rowid')]
        # GeoPackage puts a header of 8 bytes and an envelope before the WKB (OGC 12-128r19, 2.1.3).
        sizes = (0, 32, 48, 48, 64)
        blobs = [row.pop(column)[8 + sizes[(row_blob[3] >> 1) & 7] :] for row in rows for row_blob in [row[column]]]
        to_degrees = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform
        shapes = shapely.transform(shapely.from_wkb(blobs), lambda xy: np.column_stack(to_degrees(xy[:, 0], xy[:, 1])))
        keys = [name for name in rows[0] if name != "fid"]
        return shapes, {name: [row[name] for row in rows] for name in keys}
    table = pyarrow.parquet.read_table(path)
    about = json.loads(table.schema.metadata[b"geo"])
    shapes = shapely.from_wkb(table.column(about["primary_column"]).to_pylist())
    covering = about["columns"][about["primary_column"]].get("covering", {}).get("bbox", {}).get("xmin", [None])[0]
    skipped = {about["primary_column"], covering}
    return shapes, {name: table.column(name).to_pylist() for name in table.column_names if name not in skipped}


@pytest.mark.parametrize("name", FILES)
def test_reference_fields_come_through_whole(tmp_path, name):
    path = FIELDS / name
    if not path.exists():
        pytest.skip(f"reference data is not shipped with the project: {path} is not there")
    shapes, attributes = source_of(path)

    reading = sandbox.read_file_to(path, tmp_path)

    rows = [row for batch in reading.batches() for row in batch.to_pylist()]
    count, system = FILES[name]
    assert (len(rows), len(shapes), reading.crs) == (count, count, system)
    assert [row["row"] for row in rows if row["problem"]] == []
    kept = [json.loads(row["attributes"]) for row in rows]
    assert set(reading.columns) >= set(attributes)
    for column, values in attributes.items():
        assert [record[column] for record in kept] == [json.loads(json.dumps(v, default=str)) for v in values], column
    areas = np.array([abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in shapes])
    ours = shapely.from_wkb([row["wkb"] for row in rows])
    stored = np.array([abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in ours])
    assert np.abs(stored - areas).max() < 1
    assert np.abs(np.array([row["area_m2"] for row in rows]) - areas).max() < 1
