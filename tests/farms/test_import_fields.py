"""Real field polygons (French open data) moved into Đồng Tháp: all of them arrive, with their attributes and areas."""

import json
from pathlib import Path

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from farms import services
from tests.factories.office import make_upload

FIELDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference" / "fields"
SOURCES = ("rpg_charente_maritime_v1.parquet", "fr_cadastral_parcels.parquet")
WEST, SOUTH = 105.40, 10.20  # where their south-western corner comes to lie

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def _moved(path):
    """The fields of a file on a plane in metres, laid down in the UTM zone of Đồng Tháp, in WGS 84."""
    import geopandas

    frame = geopandas.read_parquet(path).to_crs("EPSG:32630")
    west, south, _east, _north = frame.total_bounds
    corner = geopandas.GeoSeries.from_xy([WEST], [SOUTH], crs="EPSG:4326").to_crs("EPSG:32648").iloc[0]
    shapes = frame.geometry.translate(corner.x - west, corner.y - south)
    return frame.set_geometry(shapes.set_crs("EPSG:32648", allow_override=True)).to_crs("EPSG:4326")


@pytest.mark.parametrize("name", SOURCES)
def test_moved_fields_import_whole(media, clerk, cooperative, mango, unit_factory, work_off, tmp_path, name):
    if not (FIELDS / name).exists():
        pytest.skip("the reference data are not here (../shared)")
    from pyproj import Geod

    frame = _moved(FIELDS / name)
    west, south, east, north = frame.total_bounds
    unit_factory(
        boundary=MultiPolygon(Polygon.from_bbox((west - 0.1, south - 0.1, east + 0.1, north + 0.1)), srid=4326)
    )
    path = tmp_path / "thua.gpkg"
    frame.to_file(path, driver="GPKG")
    plot_import = services.start_import(
        cooperative, make_upload("thua.gpkg", path.read_bytes()), by=clerk, options={"crop": mango.slug, "columns": {}}
    )
    work_off()

    geod = Geod(ellps="WGS84")
    expected = {number: abs(geod.geometry_area_perimeter(shape)[0]) for number, shape in enumerate(frame.geometry, 1)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT row, ST_Area(boundary::geography), attributes FROM farms_plotimportrow")
        rows = cursor.fetchall()
    plot_import.refresh_from_db()
    headings = [column for column in frame.columns if column != frame.geometry.name]
    lost = [row for row, _area, attributes in rows if not set(headings) <= set(json.loads(attributes))]
    wrong = [row for row, area, _attributes in rows if area is None or abs(area - expected[row]) > 1]
    assert sum(plot_import.summary["counts"].values()) == len(rows) == len(frame)
    assert (lost, wrong) == ([], [])
