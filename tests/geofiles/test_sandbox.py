"""The fenced process: the same answers, limits that end it, nothing left behind."""

import os
import tempfile
from pathlib import Path

import pytest
import shapely

from geofiles import confined, features, readers, sandbox, writers
from geofiles.errors import CrsInDoubt, LayerInDoubt, TooComplex, UnreadableFile, UnsafeArchive
from tests.geofiles import builders


@pytest.fixture(params=["limits only", "bubblewrap"])
def fence(request, monkeypatch):
    if request.param == "bubblewrap":
        if not sandbox.has_bubblewrap():
            pytest.skip("bubblewrap is not installed or may not make namespaces here")
    else:
        monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)


@pytest.mark.usefixtures("fence")
def test_reading_gives_what_the_reader_gives(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "x.zip", "shapefile", crs="EPSG:9210", encoding="TCVN3")

    inside, outside = sandbox.read_file(path), readers.read(path)

    assert shapely.equals(inside.geometries, outside.geometries).all()
    assert inside.attributes.equals(outside.attributes)
    assert inside.rows.tolist() == outside.rows.tolist()
    assert (inside.crs, inside.layer, inside.encoding) == (outside.crs, outside.layer, outside.encoding)
    assert inside.notices == outside.notices


@pytest.mark.usefixtures("fence")
def test_inspecting_gives_what_the_reader_gives(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "x.gpkg", "gpkg")

    assert sandbox.inspect_file(path) == readers.inspect(path, filename="x.gpkg")


@pytest.mark.usefixtures("fence")
def test_features_without_attributes_and_without_geometry(tmp_path):
    batch = features.make_batch([shapely.Point(105, 10)], {})
    path = writers.write(batch, tmp_path / "x.geojson", "geojson")
    bare = tmp_path / "y.geojson"
    bare.write_text('{"type":"Feature","properties":{"a":1},"geometry":null}')

    assert sandbox.read_file(path).columns == ()
    assert sandbox.read_file(bare).geometries.tolist() == [None]


@pytest.mark.usefixtures("fence")
def test_errors_come_through_with_their_class(tmp_path):
    parts = builders.shapefile_parts(tmp_path, crs="EPSG:5897")
    two = builders.zip_of(
        tmp_path / "two.zip", {f"{name}{part}": data for name in "ab" for part, data in parts.items()}
    )
    del parts[".prj"]
    doubt = builders.zip_of(tmp_path / "doubt.zip", {f"a{part}": data for part, data in parts.items()})

    with pytest.raises(LayerInDoubt) as layers:
        sandbox.read_file(two)
    with pytest.raises(CrsInDoubt) as systems:
        sandbox.read_file(doubt, near=(105.63, 10.45))
    with pytest.raises(UnsafeArchive):
        sandbox.inspect_file(builders.zip_with_link(tmp_path / "link.zip"))
    with pytest.raises(UnreadableFile):
        sandbox.read_file(tmp_path / "missing.zip")

    assert layers.value.params["candidates"] == ["a", "b"]
    assert systems.value.params["candidates"][0]["id"] == "EPSG:5897"


@pytest.mark.usefixtures("fence")
@pytest.mark.parametrize(
    "limits",
    [sandbox.Limits(wall_s=0), sandbox.Limits(memory_bytes=64 * 1024 * 1024), sandbox.Limits(output_bytes=100)],
    ids=["time", "memory", "output"],
)
def test_d22_a_used_up_limit_is_too_complex_and_leaves_nothing(tmp_path, monkeypatch, limits):
    path = writers.write(builders.plots_batch(), tmp_path / "x.gpkg", "gpkg")
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(private))

    with pytest.raises(TooComplex):
        sandbox.read_file(path, limits=limits)

    assert list(private.iterdir()) == []


@pytest.mark.usefixtures("fence")
def test_d22_the_cpu_limit_ends_a_parser_that_spins(tmp_path, monkeypatch):
    child = tmp_path / "spin"
    child.write_text("#!/bin/sh\nwhile :; do :; done\n")
    child.chmod(0o755)
    monkeypatch.setattr(confined.sys, "executable", str(child))
    monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)
    source = tmp_path / "x.geojson"
    source.write_text("{}")

    with pytest.raises(TooComplex) as caught:
        sandbox.read_file(source, limits=sandbox.Limits(cpu_s=1, wall_s=20))

    assert caught.value.params["reason"] == "cpu"


@pytest.mark.usefixtures("fence")
def test_the_child_knows_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgis://secret")
    seen = tmp_path / "seen"
    child = tmp_path / "child"
    child.write_text(f"#!/bin/sh\nenv > {seen}\n")
    child.chmod(0o755)
    monkeypatch.setattr(confined.sys, "executable", str(child))
    monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)
    source = tmp_path / "x.geojson"
    source.write_text("{}")

    with pytest.raises(TooComplex):
        sandbox.read_file(source)

    assert "secret" not in seen.read_text()
    assert os.environ["DATABASE_URL"] == "postgis://secret"


@pytest.mark.usefixtures("fence")
def test_no_connection_for_a_crs_link(tmp_path):
    with builders.listening() as listener:
        path = tmp_path / "x.geojson"
        path.write_text(builders.geojson(crs={"type": "link", "properties": {"href": listener.url()}}))

        found = sandbox.read_file(path)

        assert len(found) == 1
        assert listener.connections == 0


def test_importing_the_package_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys, geofiles, geofiles.crs, geofiles.readers, geofiles.sandbox, geofiles.geometry, geofiles.writers; "
        "heavy = ('pyogrio', 'shapely', 'pyproj', 'pyarrow', 'folium', 'numpy', 'django'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(__file__).parents[2]

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)

    assert done.stdout.strip() == "[]"
