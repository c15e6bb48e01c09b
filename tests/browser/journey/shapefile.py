"""The clerk's file: a zipped shapefile of plots as a surveyor hands it over, UTF-8, with one bad row."""

from pathlib import Path

from django.contrib.gis.geos import MultiPolygon

from geofiles import features, writers
from tests.browser.journey.place import GROUND, GROWERS
from tests.shapes import bowtie, square_east_of

GOOD, BAD = ("RC-01", "RC-02", "RC-03", "RC-04"), "RC-05"


def plots() -> list[MultiPolygon]:
    """Return the ground of the good plots in EPSG:4326: four hectares in a row."""
    row = [GROUND]
    while len(row) < len(GOOD):
        row.append(square_east_of(row[-1]))
    return row


def write_plots(folder: Path, crs: str) -> Path:
    """Write the file with coordinates in `crs`; its last row crosses itself."""
    import shapely

    shapes = [*plots(), bowtie(105.636, 10.452)]
    count = len(shapes)
    columns = {
        "SO_THUA": [*GOOD, BAD],
        "CHU_HO": [*GROWERS, GROWERS[0], GROWERS[1]],
        "CAY_TRONG": ["Xoài"] * count,
        "GIONG": ["Cát Chu"] * count,
        "DT_HA": [1.0] * count,
    }
    batch = features.make_batch([shapely.from_wkt(shape.wkt) for shape in shapes], columns)
    return writers.write(batch, folder / "thua-rach-chanh.zip", "shapefile", crs=crs)
