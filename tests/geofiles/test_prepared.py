"""Large files: shapes made ready in the fenced process, batch by batch, and little memory in either process."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from geofiles import arrivals, confined, crs, features, following, prepared, sandbox, writers
from geofiles.errors import CrsInDoubt, TooManyFeatures, UnreadableFile
from tests.geofiles import builders

ROOT = Path(__file__).parents[2]


def rows_of(reading):
    return [row for batch in reading.batches() for row in batch.to_pylist()]


def test_a_file_comes_ready_to_store(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "x.zip", "shapefile", crs="EPSG:5897")

    reading = sandbox.read_file_to(path, tmp_path)

    first = rows_of(reading)[0]
    assert (len(reading), reading.crs, reading.columns) == (2, "EPSG:5897", ("ten", "dien_tich", "so"))
    assert json.loads(first["attributes"]) == {"ten": builders.NAMES[0], "dien_tich": 1.25, "so": 1}
    assert (first["row"], first["problem"], first["repair"]) == (1, None, None)
    assert shapely.from_wkb(first["wkb"]).geom_type == "MultiPolygon"
    assert (
        shapely.from_wkb(first["wkb"])
        .normalize()
        .equals_exact(shapely.MultiPolygon([builders.PLOTS[0]]).normalize(), 1e-8)
    )
    metres = shapely.from_wkb(first["original_wkb"])
    assert shapely.equals_exact(crs.to_wgs84([metres], "EPSG:5897"), builders.PLOTS[:1], 1e-8, normalize=True).all()
    assert first["area_m2"] == pytest.approx(12_122, rel=0.01)
    assert [child.name for child in tmp_path.iterdir() if child.is_dir()] == []


def test_what_was_mended_shows_the_shape_before(tmp_path):
    spike = shapely.Polygon([
        (105.63, 10.45), (105.631, 10.45), (105.631, 10.451), (105.632, 10.451), (105.631, 10.451), (105.63, 10.451),
    ])  # fmt: skip
    bow_tie = shapely.Polygon([(105.63, 10.45), (105.631, 10.451), (105.631, 10.45), (105.63, 10.451)])
    batch = features.make_batch([shapely.force_3d(spike, 2.0), bow_tie, None], {"a": [1, 2, 3]})

    mended, refused, missing = prepared.prepare_batch(batch).to_pylist()

    assert shapely.from_wkb(mended["before_wkb"]).equals_exact(shapely.MultiPolygon([spike]))
    assert shapely.from_wkb(mended["wkb"]).is_valid
    assert json.loads(mended["repair"])["area_before_m2"] == pytest.approx(mended["area_m2"], rel=0.01)
    assert (mended["dropped_z"], mended["original_wkb"]) == (True, None)
    problem = json.loads(refused["problem"])
    assert (problem["code"], refused["wkb"], refused["area_m2"]) == ("invalid_geometry", None, None)
    assert problem["point"] == pytest.approx([105.6305, 10.4505])
    assert json.loads(missing["problem"])["code"] == "no_geometry"


def test_one_row_without_a_place_on_earth_is_that_rows_problem(tmp_path):
    shapes = crs.from_wgs84(builders.PLOTS, "EPSG:5897")
    far = shapely.box(1e30, 1e30, 2e30, 2e30)
    batch = features.make_batch([shapes[0], far, shapes[1]], {"a": [1, 2, 3]}, crs="EPSG:5897")

    found = prepared.prepare_batch(batch).to_pylist()

    assert [row["problem"] and json.loads(row["problem"])["code"] for row in found] == [None, "bad_coordinates", None]
    assert [row["wkb"] is None for row in found] == [False, True, False]


def test_d14_one_bad_row_among_many_is_named_and_the_others_are_read(tmp_path):
    document = json.loads(builders.geojson())
    good = document["features"][0]
    unclosed = json.loads(json.dumps(good))
    unclosed["geometry"]["coordinates"][0].pop()
    stub = json.loads(json.dumps(good))
    stub["geometry"]["coordinates"] = [[[105.63, 10.45], [105.64, 10.45]]]
    far = json.loads(json.dumps(good))
    far["geometry"]["coordinates"][0][1] = [1e9, 10.45]
    document["features"] = [good] * 5_000 + [unclosed, stub, far] + [good] * 4_997
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps(document))

    reading = sandbox.read_file_to(path, tmp_path)

    rows = rows_of(reading)
    codes = {row["row"]: json.loads(row["problem"])["code"] for row in rows if row["problem"]}
    assert len(rows) == 10_000
    assert codes == {5_002: "invalid_geometry", 5_003: "bad_coordinates"}
    assert rows[5_000]["wkb"] == rows[0]["wkb"]


def test_small_slips_beside_a_plot_are_left_out_and_counted():
    plot = builders.PLOTS[0]
    slip = shapely.box(105.65, 10.45, 105.65001, 10.45001)  # about 1.2 m2
    batch = features.make_batch([shapely.MultiPolygon([plot, slip]), shapely.MultiPolygon([slip])], {"a": [1, 2]})

    both, alone = prepared.prepare_batch(batch).to_pylist()

    assert both["dropped_parts"] == 1
    assert shapely.from_wkb(both["wkb"]).equals_exact(shapely.MultiPolygon([plot]))
    assert (alone["dropped_parts"], alone["wkb"] is None) == (0, False)


def test_rows_as_json_is_what_a_json_parser_takes_back():
    import datetime as dt
    from decimal import Decimal

    nasty = 'a"b\\c\nd\te\rf\x01g\u2028Đồng Tháp \U0001f34b'
    table = pa.table({
        'tên "thửa"': [nasty, None, ""],
        "số": pa.array([1, None, -3]),
        "tỷ lệ": [1.5, float("nan"), float("-inf")],
        "có": [True, None, False],
        "ngày": [dt.date(2026, 11, 22), None, None],
        "tiền": [Decimal("12.50"), None, Decimal("0.10")],
        "lồng": [{"a": [1, 2]}, None, {"a": []}],
        "loại": pa.array(["x", "y", None]).dictionary_encode(),
        "rỗng": pa.nulls(3),
    })  # fmt: skip

    found = [json.loads(text) for text in prepared.rows_as_json(table, 3).to_pylist()]

    assert found[0] == {
        'tên "thửa"': nasty, "số": 1, "tỷ lệ": 1.5, "có": True, "ngày": "2026-11-22", "tiền": 12.5,
        "lồng": {"a": [1, 2]}, "loại": "x", "rỗng": None,
    }  # fmt: skip
    assert (found[1]["tỷ lệ"], found[2]["tỷ lệ"], found[2]["số"], found[2]['tên "thửa"']) == (None, None, -3, "")
    assert prepared.rows_as_json(pa.table({}), 2).to_pylist() == ["{}", "{}"]


def test_nul_is_dropped_since_postgresql_has_no_place_for_it():
    table = pa.table({"a": ["x\x00y"]})

    assert prepared.rows_as_json(table, 1).to_pylist() == ['{"a":"xy"}']


def test_doubts_and_limits_are_the_same_as_for_small_files(tmp_path):
    parts = builders.shapefile_parts(tmp_path, crs="EPSG:5897")
    del parts[".prj"]
    doubt = builders.zip_of(tmp_path / "doubt.zip", {f"a{part}": data for part, data in parts.items()})
    full = writers.write(builders.plots_batch(), tmp_path / "plots.gpkg", "gpkg")

    with pytest.raises(CrsInDoubt):
        sandbox.read_file_to(doubt, tmp_path)
    with pytest.raises(TooManyFeatures):
        sandbox.read_file_to(full, tmp_path, max_features=1)

    assert [child.name for child in tmp_path.iterdir() if child.is_dir()] == []


@pytest.fixture(scope="module")
def many_plots(tmp_path_factory):
    """A GeoPackage of 300,000 squares in EPSG:32648, multiplied by the database that it is."""
    path = tmp_path_factory.mktemp("many") / "plots.gpkg"
    box = shapely.box(560_000, 1_150_000, 560_080, 1_150_060)
    batch = features.make_batch([box] * 1_000, {"ten": ["Xoài"] * 1_000, "so": range(1_000)}, crs="EPSG:32648")
    writers.write(batch, path, "gpkg")
    with closing(sqlite3.connect(path)) as database:
        (table,) = database.execute("SELECT table_name FROM gpkg_contents").fetchone()
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [table]
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        columns = [name for _at, name, *_rest in database.execute(f'PRAGMA table_info("{table}")')]
        copied = ", ".join(f'"{name}"' for name in columns if name != "fid")
        database.execute(
            f'INSERT INTO "{table}" ({copied}) SELECT {copied} FROM "{table}", '
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 299) SELECT i FROM n)"
        )
        database.execute("DELETE FROM gpkg_ogr_contents")
        database.commit()
    return path


def test_many_plots_need_little_memory_and_tell_how_far_they_are(many_plots, tmp_path):
    """Run in a process of its own, so that the peaks are those of this reading: parent and child."""
    code = f"""
import re, resource
from pathlib import Path
from geofiles import confined, sandbox
confined.has_bubblewrap = lambda: False  # the kernel counts no child of another namespace among ours
told = []
reading = sandbox.read_file_to({str(many_plots)!r}, {str(tmp_path)!r}, on_progress=lambda *now: told.append(now))
rows = sum(batch.num_rows for batch in reading.batches())
own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]  # rusage also counts whoever started us
print(rows, len(reading), own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(len(told), all(0 < done <= total == 300_000 for done, total in told))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    counts, progress = done.stdout.split("\n")[:2]
    rows, features_read, parent_kb, child_kb = (int(number) for number in counts.split())
    assert rows == features_read == 300_000
    assert max(parent_kb, child_kb) < 1_000_000
    assert progress.endswith("True")
    assert int(progress.split()[0]) >= 1


@pytest.mark.parametrize("told", ["[1e999, 2]", "[1]", "nothing", "", None])
def test_progress_that_is_none_is_passed_over(told, tmp_path):
    path = tmp_path / "progress.json"
    if told is None:
        os.mkfifo(path)  # nobody will ever write to it
    else:
        path.write_text(told)

    assert confined._progress(path) is None


def test_what_progress_raises_stops_the_reading(many_plots, tmp_path):
    class Cancelled(Exception):
        pass

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        sandbox.read_file_to(many_plots, tmp_path, on_progress=cancel)

    assert list(tmp_path.iterdir()) == []


def test_batches_are_taken_over_while_the_file_is_read(many_plots, tmp_path):
    taken, moments = [], []

    reading = sandbox.read_file_to(
        many_plots,
        tmp_path,
        on_batch=lambda batch: taken.append(batch),
        on_progress=lambda done, total: moments.append((done, sum(batch.num_rows for batch in taken))),
    )

    assert all(done == seen for done, seen in moments)
    assert pa.Table.from_batches(taken).equals(pa.Table.from_batches(list(reading.batches())))
    assert len(reading) == sum(batch.num_rows for batch in taken) == 300_000
    assert [child.name for child in tmp_path.iterdir() if child.is_dir()] == []


def test_what_a_taker_raises_stops_the_reading(many_plots, tmp_path):
    def refuse(batch):
        raise CrsInDoubt(candidates=[])

    with pytest.raises(CrsInDoubt):
        sandbox.read_file_to(many_plots, tmp_path, on_batch=refuse)

    assert [child.name for child in tmp_path.iterdir() if child.is_dir()] == []


@pytest.mark.parametrize(
    "wrong", ["cut", "other columns", "link", "pipe", "more told than written", "fewer told", "none told", "endless"]
)
def test_what_a_fenced_process_left_damaged_is_not_taken(wrong, tmp_path):
    source = tmp_path / "features.arrow"
    row = {"row": 1, "dropped_z": False, "dropped_parts": 0, "attributes": "{}"}
    rows = [row, {**row, "row": 2}] if wrong == "fewer told" else [row]
    table = pa.Table.from_pylist(rows, schema=prepared.schema() if wrong != "other columns" else None)
    with pa.ipc.new_file(str(source), table.schema) as writer:
        writer.write_table(table)
    if wrong == "cut":
        source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    if wrong == "link":
        source.rename(tmp_path / "elsewhere")
        source.symlink_to(tmp_path / "elsewhere")
    if wrong == "pipe":
        source.unlink()
        os.mkfifo(source)
    if wrong == "endless":  # a length that no memory holds, where the first batch's metadata begins
        with pa.OSFile(str(source)) as found:
            found.seek(len(arrivals._MAGIC))
            pa.ipc.read_message(found)
            at = found.tell()
        whole = bytearray(source.read_bytes())
        whole[at + 4 : at + 8] = (2**31 - 8).to_bytes(4, "little")
        source.write_bytes(whole)

    with (
        pytest.raises(UnreadableFile),
        following.Follower(source, tmp_path / "own.arrow", lambda batch: None, most_bytes=2**20) as follower,
    ):
        follower.finish({"more told than written": 2, "fewer told": 1, "none told": 0}.get(wrong, 1))

    assert not (tmp_path / "own.arrow").exists()
