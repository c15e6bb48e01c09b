"""Every format goes through the import: rows with shapes and attributes, and what was done on the way is told."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from farms import services
from farms.models import ImportStatus
from geofiles import writers
from tests.geofiles import builders
from tests.geofiles import format_builders as made

pytestmark = pytest.mark.django_db


def _text(name, content):
    return lambda folder: (name, content.encode())


def _file(build):
    def read(folder):
        path = build(folder)
        return path.name, path.read_bytes()

    return read


WALK = made.gpx(f"<trk><name>T1</name>{made.trkseg([*made.CORNERS, (105.6301, 10.4501)])}</trk>")
DRAWING = made.dxf(made.polyline(made.CORNERS), made.label(105.6305, 10.4505, "T1"))
SHAPEFILE = _file(lambda folder: writers.write(builders.plots_batch(), folder / "x.zip", "shapefile", crs="EPSG:9210"))
MAPINFO = _file(
    lambda folder: builders.zip_of(folder / "x.zip", {f"m{part}": data for part, data in made.mif_parts().items()})
)
FORMATS = {
    "gpx": (_text("x.gpx", WALK), 1, ["track_closed"]),
    "kml": (_text("x.kml", builders.kml(f"<Folder><name>Vườn</name>{builders.PLACEMARK}</Folder>")), 1, []),
    "dxf": (_text("x.dxf", DRAWING), 1, []),
    "fgb": (_file(lambda folder: made.flatgeobuf(folder / "x.fgb")), 2, []),
    "parquet": (_file(lambda folder: made.parquet(folder / "x.parquet")), 2, []),
    "shapefile": (SHAPEFILE, 2, []),
    "mapinfo": (MAPINFO, 2, []),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_every_format_is_previewed(kind, tmp_path, cooperative, clerk, mango, media, work_off):
    build, count, notices = FORMATS[kind]
    name, content = build(tmp_path)

    plot_import = services.start_import(
        cooperative, SimpleUploadedFile(name, content), by=clerk, options={"crop": mango.slug, "crs": None}
    )
    work_off()
    if kind == "dxf":
        plot_import.refresh_from_db()
        assert (plot_import.status, plot_import.error_code) == (ImportStatus.NEEDS_ANSWER, "crs_in_doubt")
        services.answer_import(plot_import, {"crs": "EPSG:4326"}, by=clerk)
        work_off()
    plot_import.refresh_from_db()

    rows = list(plot_import.rows.all())
    assert plot_import.status == ImportStatus.PREVIEWED, plot_import.error
    assert [row.boundary is not None for row in rows] == [True] * count
    assert all(row.attributes for row in rows)
    assert plot_import.summary["notices"] == notices
    assert (rows[0].original is not None) is (kind == "shapefile")
