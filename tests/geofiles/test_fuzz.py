"""Good files of every format, cut and changed: features or a reason, never another error, a crash or a file left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from geofiles import confined, sandbox, writers
from geofiles.errors import GeoFileError
from tests.geofiles import builders, corpus
from tests.geofiles import format_builders as made

ROOT = Path(__file__).parents[2]
CHANGES = 40  # ten of each kind; the process that makes them costs more than they do


def _text(folder, name, content):
    path = folder / name
    path.write_text(content, "utf-8")
    return path


def _set(folder, parts):
    return builders.zip_of(folder / "x.zip", {f"m{suffix}": data for suffix, data in parts.items()})


RING = "POLYGON((105.63 10.45,105.631 10.45,105.631 10.451,105.63 10.45))"
GOOD = {
    "shapefile": lambda folder: writers.write(builders.plots_batch(), folder / "x.zip", "shapefile", crs="EPSG:5897"),
    "geojson": lambda folder: _text(folder, "x.geojson", builders.geojson()),
    "geojson crs": lambda folder: _text(folder, "x.geojson", builders.geojson(crs=corpus.LINK)),
    "geojsonl": lambda folder: _text(folder, "x.geojsonl", (builders.geojson()[40:-2] + "\n") * 2),
    "gpkg": lambda folder: writers.write(builders.plots_batch(), folder / "x.gpkg", "gpkg"),
    "kml": lambda folder: _text(folder, "x.kml", builders.kml(corpus.REMOTE_KML)),
    "kmz": lambda folder: builders.zip_of(folder / "x.kmz", {"doc.kml": builders.kml(builders.PLACEMARK).encode()}),
    "gpx": lambda folder: _text(folder, "x.gpx", corpus.GPX_LINKS),
    "fgb": lambda folder: made.flatgeobuf(folder / "x.fgb"),
    "tab": lambda folder: _set(folder, made.tab_parts(folder)),
    "mif": lambda folder: _set(folder, made.mif_parts()),
    "dxf": lambda folder: _text(folder, "x.dxf", corpus.XREF + made.label(105.63, 10.45, "1")),
    "parquet": lambda folder: made.parquet(folder / "x.parquet"),
    "csv": lambda folder: _text(folder, "x.csv", f'ten,wkt\nXoài,"{RING}"\nNhãn,"{RING}"\n'),
    "xlsx": lambda folder: corpus.workbook_with_links(folder, "x"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_changed_files_give_features_or_a_reason(kind, tmp_path):
    path = GOOD[kind](tmp_path)

    done = mutated(path, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "private").iterdir()) == []


def mutated(path, folder, *options):
    """The process of ``tests.geofiles.mutations``, ended: its memory and time are limited, its own folder given."""
    private = folder / "private"
    private.mkdir()
    command = ["prlimit", f"--as={2 * 1024**3}", "--cpu=120", sys.executable, "-m", "tests.geofiles.mutations"]
    return subprocess.run(
        [*command, str(path), "20261122", str(CHANGES), *options], capture_output=True, text=True, cwd=ROOT,
        check=False, timeout=300, env={**os.environ, "TMPDIR": str(private), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


SETS = {
    "shapefile": (lambda folder: builders.shapefile_parts(folder, crs="EPSG:5897"), (".shp", ".shx", ".dbf", ".prj")),
    "tab": (made.tab_parts, (".tab", ".map", ".dat", ".id")),
    "mif": (lambda folder: made.mif_parts(), (".mif", ".mid")),
}


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, (_made, parts) in SETS.items() for part in parts])
def test_changed_parts_of_a_set_give_features_or_a_reason(kind, part, tmp_path):
    """The parts are changed before they are packed, where no checksum of the archive tells."""
    pieces = tmp_path / "parts"
    pieces.mkdir()
    for suffix, data in SETS[kind][0](tmp_path).items():
        (pieces / f"m{suffix}").write_bytes(data)

    done = mutated(pieces / f"m{part}", tmp_path, "--set")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("share", "fence"),
    [(0.02, "limits only"), (0.5, "limits only"), (0.5, "bubblewrap"), (0.98, "limits only")],
)
@pytest.mark.parametrize("kind", ["shapefile", "gpkg", "fgb", "parquet", "xlsx"])
def test_cut_files_in_the_fence(kind, share, fence, tmp_path, monkeypatch):
    if fence == "bubblewrap" and not sandbox.has_bubblewrap():
        pytest.skip("bubblewrap is not installed or may not make namespaces here")
    if fence == "limits only":
        monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)
    path = GOOD[kind](tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    folder = tmp_path / "out"
    folder.mkdir()

    with pytest.raises(GeoFileError):
        sandbox.read_file_to(path, folder)

    assert list(folder.iterdir()) == []
