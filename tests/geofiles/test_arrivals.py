"""What a hostile fenced process writes is refused by the head of its messages, before it can take memory."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from geofiles import confined, prepared, sandbox
from geofiles.arrivals import MAX_HEAD_BYTES, Arrivals
from geofiles.errors import GeoFileError, TooComplex, TooManyFeatures, UnreadableFile
from geofiles.following import Follower

MOST_BYTES = 2**20
LARGE = 64 * 2**20
ROW = {"row": 1, "dropped_z": False, "dropped_parts": 0, "attributes": "{}"}


def written(path, table, **options):
    """An Arrow file of the table, by Arrow's own writer."""
    with pa.ipc.new_file(str(path), table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return path


def plots(number, **more):
    rows = [{**ROW, "row": row, **more} for row in range(1, number + 1)]
    return pa.Table.from_pylist(rows, schema=prepared.schema())


def taken(path, tmp_path, told=1, **limits):
    """The batches that a follower hands on."""
    found = []
    with Follower(path, tmp_path / "own.arrow", found.append, **{"most_bytes": MOST_BYTES, **limits}) as follower:
        follower.finish(told)
    return found


def test_what_our_process_writes_is_taken(tmp_path):
    path = written(tmp_path / "features.arrow", plots(3))

    assert pa.Table.from_batches(taken(path, tmp_path, told=3)).equals(plots(3))


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_compressed_batch_is_refused_by_its_head(compression, tmp_path, monkeypatch):
    path = written(tmp_path / "features.arrow", plots(1, attributes="a" * LARGE), compression=compression)
    monkeypatch.setattr(pa.ipc, "read_record_batch", lambda *_message: pytest.fail("it unfolds"))
    assert path.stat().st_size < MOST_BYTES

    with pytest.raises(UnreadableFile, match="compressed"):
        taken(path, tmp_path)

    assert not (tmp_path / "own.arrow").exists()


def test_a_batch_larger_than_it_may_be_is_not_read(tmp_path):
    path = written(tmp_path / "features.arrow", plots(1, attributes="a" * (2 * MOST_BYTES)))

    with pytest.raises(TooComplex) as caught:
        taken(path, tmp_path)

    assert caught.value.params == {"reason": "memory", "limit": MOST_BYTES}


def test_more_features_than_asked_for_are_refused_whatever_was_told(tmp_path):
    path = written(tmp_path / "features.arrow", plots(3))

    with pytest.raises(TooManyFeatures) as caught:
        taken(path, tmp_path, told=1, max_features=2)

    assert caught.value.params == {"found": 3, "limit": 2}


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "a"]).dictionary_encode(),
        pa.array(["a", "b"], pa.string_view()),
        pa.RunEndEncodedArray.from_arrays([2], ["a"]),
        pa.array([[None, None], []], pa.list_(pa.null())),
        pa.array([[None] * 3, None], pa.list_(pa.null(), 3)),
        pa.array([[{}], []], pa.list_(pa.struct([]))),
        pa.array([{"a": "x"}, None], pa.struct([("a", pa.string_view())])),
        pa.array([[b""], []], pa.list_(pa.binary(0))),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_that_may_stand_for_more_than_they_hold_are_refused(column, tmp_path):
    path = written(tmp_path / "features.arrow", pa.table({"a": column}))

    with path.open("rb") as source, pytest.raises(UnreadableFile, match="type "):
        Arrivals(source, most_bytes=MOST_BYTES)


@pytest.mark.parametrize("at", ["magic", "marker", "negative", "long"])
def test_a_beginning_that_is_none(at, tmp_path):
    path = written(tmp_path / "features.arrow", plots(1))
    whole = bytearray(path.read_bytes())
    place, wrong = {
        "magic": (0, b"PARROT"),
        "marker": (8, b"\x00\x00\x00\x10"),
        "negative": (12, b"\xff\xff\xff\xff"),
        "long": (12, (MAX_HEAD_BYTES + 8).to_bytes(4, "little")),
    }[at]
    whole[place : place + len(wrong)] = wrong
    path.write_bytes(whole)

    with path.open("rb") as source, pytest.raises(UnreadableFile):
        Arrivals(source, most_bytes=MOST_BYTES)


def test_a_file_without_end_mark_is_cut(tmp_path):
    path = written(tmp_path / "features.arrow", plots(1))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\xff\xff\xff\xff\x00\x00\x00\x00")])

    with path.open("rb") as source, pytest.raises(UnreadableFile, match="cut"):
        arrivals = Arrivals(source, most_bytes=MOST_BYTES)
        while arrivals.next_batch() is not None:
            pass


def test_a_head_with_any_byte_changed_is_read_the_same_way_or_refused(tmp_path):
    """Never a crash, and never a batch with compression in its head: what we read there Arrow must read as well."""
    path = written(tmp_path / "features.arrow", plots(2, attributes="a" * 4_000), compression="zstd")
    whole, draw = path.read_bytes(), random.Random(22)
    begin = whole.index(b"\xff\xff\xff\xff", 16)
    broken = 0
    for _turn in range(2_000):
        changed = bytearray(whole)
        changed[draw.randrange(begin, begin + 480)] = draw.randrange(256)
        path.write_bytes(changed)
        with path.open("rb") as source:
            try:
                found = Arrivals(source, most_bytes=MOST_BYTES).next_batch()
            except (GeoFileError, pa.ArrowException, OSError, ValueError, OverflowError):
                broken += 1
                continue
        # A batch came through only where the head says no longer that it is compressed: its bytes are what they are.
        assert found is None or found.nbytes <= path.stat().st_size

    assert broken > 1_000


# --- the whole way -----------------------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """Return hostile(table, answer, **how it is written): the fenced process leaves these instead of reading."""

    def take_over(table, answer, **options):
        forged = written(tmp_path / "forged.arrow", table, **options)
        (tmp_path / "forged.json").write_text(json.dumps(answer))
        program = tmp_path / "python"
        program.write_text(
            "#!/bin/sh\n"
            f"exec {confined.sys.executable!s} -c '\n"
            "import json, shutil, sys\n"
            'folder = json.load(sys.stdin)["folder"]\n'
            f'shutil.copy("{forged}", folder + "/features.arrow")\n'
            f'shutil.copy("{tmp_path / "forged.json"}", folder + "/answer.json")\n'
            "'\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(confined.sys, "executable", str(program))
        monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)

    (tmp_path / "x.geojson").write_text("{}")
    return take_over


PREPARED = {
    "layer": "x", "crs": "EPSG:4326", "encoding": None, "columns": [], "features": 2, "notices": [], "walls": ["none"],
}  # fmt: skip
WHOLE = {
    "geometry": "g", "rows": "r", "crs": "EPSG:4326", "layer": "x", "encoding": None, "notices": [], "unreadable": [],
    "walls": ["none"],
}  # fmt: skip


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_reading_is_bounded_whatever_the_process_leaves(is_followed, hostile, tmp_path):
    followed = {"on_batch": lambda batch: None} if is_followed else {}
    private = tmp_path / "private"
    private.mkdir()

    hostile(plots(2), PREPARED)
    assert len(sandbox.read_file_to(tmp_path / "x.geojson", private, max_features=2, **followed)) == 2
    (private / "features.arrow").unlink()
    with pytest.raises(TooManyFeatures):
        sandbox.read_file_to(tmp_path / "x.geojson", private, max_features=1, **followed)
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_reading_unfolds_nothing(is_followed, hostile, tmp_path):
    followed = {"on_batch": lambda batch: None} if is_followed else {}
    hostile(plots(2), PREPARED, compression="zstd")

    with pytest.raises(UnreadableFile, match="compressed"):
        sandbox.read_file_to(tmp_path / "x.geojson", tmp_path, **followed)


def points(number):
    shape = shapely.Point(105.6, 10.4).wkb
    return pa.table({"g": pa.array([shape] * number, pa.large_binary()), "r": range(number), "name": ["a"] * number})


def test_a_whole_file_is_bounded_too(hostile, tmp_path):
    hostile(points(2), WHOLE)
    assert len(sandbox.read_file(tmp_path / "x.geojson", max_features=2)) == 2

    with pytest.raises(TooManyFeatures):
        sandbox.read_file(tmp_path / "x.geojson", max_features=1)


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (points(2), {"compression": "zstd"}),
        (points(2).set_column(1, "r", pa.nulls(2)), {}),
        (points(2).set_column(0, "g", pa.array(["a", "b"])), {}),
    ],
    ids=["compressed", "rows", "shapes"],
)
def test_a_whole_file_of_another_kind_is_refused(table, options, hostile, tmp_path):
    hostile(table, WHOLE, **options)

    with pytest.raises(UnreadableFile):
        sandbox.read_file(tmp_path / "x.geojson")


def test_many_small_batches_are_counted_together(tmp_path):
    path = Path(tmp_path / "features.arrow")
    with pa.ipc.new_file(str(path), points(1).schema) as writer:
        for _turn in range(MOST_BYTES // 4_096):
            writer.write_table(points(1))

    with pytest.raises(TooComplex):
        sandbox._load_table(path, MOST_BYTES)
