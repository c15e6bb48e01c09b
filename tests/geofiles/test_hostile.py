"""The corpus of bad files, with bubblewrap and without: refused by a code, nobody called, nothing left behind."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from geofiles import confined, crs, readers, sandbox, writers
from geofiles.errors import GeoFileError, TooManyFeatures
from tests.geofiles import builders, corpus

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["limits only", "bubblewrap"])
def fence(request, monkeypatch):
    if request.param == "bubblewrap":
        if not sandbox.has_bubblewrap():
            pytest.skip("bubblewrap is not installed or may not make namespaces here")
    else:
        monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)
    return request.param


@pytest.fixture
def private(tmp_path, monkeypatch):
    """Where temporary files go, to be looked at afterwards."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def listener():
    with builders.listening() as found:
        yield found


def outcome(read, path):
    try:
        read(path)
    except GeoFileError as error:
        return error.code
    return "read"


@pytest.mark.parametrize("case", corpus.CASES)
def test_the_corpus_in_the_fence(case, tmp_path, fence, private, listener):
    build, expected = corpus.CASES[case]
    path = build(tmp_path, listener.url())
    before = sorted(tmp_path.rglob("*"))

    found = outcome(sandbox.read_file, path)

    assert found in expected
    assert listener.connections == 0
    assert sorted(tmp_path.rglob("*")) == before
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("case", corpus.CASES)
def test_the_corpus_by_the_readers_alone(case, tmp_path, private, listener):
    """The readers refuse by themselves: the fence is the second wall, not the first."""
    build, expected = corpus.CASES[case]
    path = build(tmp_path, listener.url())

    found = outcome(readers.read, path)

    assert found in expected
    assert outcome(readers.inspect, path) in {found, "read"}
    assert listener.connections == 0
    assert list(private.iterdir()) == []


# --- the network ---

REMOTE_GDAL = """
import sys
from geofiles import fence
if sys.argv[2] == "closed":
    assert fence.close_network(), "neither namespace nor filter"
import pyogrio
try:
    pyogrio.read_info("/vsicurl/" + sys.argv[1])
except pyogrio.errors.DataSourceError:
    pass
"""


@pytest.mark.parametrize(("state", "called"), [("open", True), ("closed", False)])
def test_gdal_without_our_allow_list_calls_out_unless_the_child_gave_up_the_network(listener, state, called):
    """The control: this GDAL does call the listener when nothing holds it back."""
    # Our settings hold it back already: they are not passed on.
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("CPL_", "GDAL_"))}
    command = [sys.executable, "-c", REMOTE_GDAL, listener.url("a.geojson"), state]
    subprocess.run(command, check=True, cwd=ROOT, env=bare)

    assert (listener.connections > 0) is called


@pytest.mark.parametrize("kind", ["AF_INET", "AF_INET6", "AF_UNIX"])
def test_no_socket_of_any_kind_can_be_made(kind):
    code = (
        "import socket, sys, threading\nfrom geofiles import fence\nfence.close_network()\n"
        "def attempt():\n    try:\n        socket.socket(getattr(socket, sys.argv[1]))\n"
        "    except PermissionError:\n        print('refused')\n"
        "attempt()\nthread = threading.Thread(target=attempt)\nthread.start()\nthread.join()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, kind], capture_output=True, text=True, check=True, cwd=ROOT
    )  # fmt: skip

    assert done.stdout.split() == ["refused", "refused"]


# --- rows of their own ---


@pytest.mark.parametrize("system", crs.ZONES)
def test_d5_prj_of_every_meridian_is_recognised(tmp_path, system):
    path = writers.write(builders.plots_batch(), tmp_path / "x.zip", "shapefile", crs=system)

    found = readers.read(path)

    assert found.crs == system
    assert found.in_wgs84().geometries[0].hausdorff_distance(builders.PLOTS[0]) < 1e-8


@pytest.mark.parametrize("case", [name for name in corpus.CASES if name.startswith("D7")])
def test_d7_headers_that_lie_cost_little_memory(case, tmp_path):
    path = corpus.CASES[case][0](tmp_path, "")
    code = (
        "import re, sys\nfrom pathlib import Path\n"
        "from geofiles import readers\nfrom geofiles.errors import GeoFileError\n"
        "try:\n    readers.read(sys.argv[1])\n    print('read')\nexcept GeoFileError as error:\n    print(error.code)\n"
        # The peak since the program began; getrusage would count the process that we were forked from.
        r"print(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())[1])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )  # fmt: skip

    code_found, peak_kb = done.stdout.split()
    assert code_found in corpus.CASES[case][1]
    assert int(peak_kb) < 300_000


def test_d7_a_geopackage_that_counts_itself_too_low_is_counted_by_us(tmp_path):
    lie = "UPDATE gpkg_ogr_contents SET feature_count = 1"
    path = corpus.geopackage(lie)(tmp_path, "")

    with pytest.raises(TooManyFeatures) as caught:
        readers.read(path, max_features=1)

    assert caught.value.params == {"found": 2, "limit": 1}


NAMES = {
    "D19 parent": "../../../etc/thửa.geojson",
    "D19 nul": "thửa\x00.geojson",
    "D19 line break": "thửa\r\nContent-Type: text/html.geojson",
    "D19 255 bytes NFD": "e\u0302\u0301" * 49 + ".geojson",
    "D19 right to left": "thửa\u202egpj.geojson",
    "D19 absolute": "/dev/shm/thửa.geojson",
    "D19 dots": "...geojson",
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_files_are_only_shown(case, tmp_path, private):
    path = tmp_path / "0b5c.upload"
    path.write_text(builders.geojson())
    before = sorted(tmp_path.rglob("*"))

    layer = sandbox.read_file(path, filename=NAMES[case]).layer

    assert sorted(tmp_path.rglob("*")) == before
    assert layer
    assert len(layer) <= 200
    assert layer.isprintable()
    assert "/" not in layer


def test_d19_names_inside_an_archive_are_only_shown(tmp_path):
    parts = builders.shapefile_parts(tmp_path)
    path = builders.zip_of(tmp_path / "x.zip", {f"a/th\u202eửa\n1{part}": data for part, data in parts.items()})

    assert readers.read(path).layer == "thửa 1"


def test_d22_what_a_killed_worker_left_is_swept(private):
    """A folder that nobody holds is taken away by the next reading; one that is held stays."""
    code = (
        "import time\nfrom geofiles import sandbox\n"
        "with sandbox.workspace() as folder:\n    print(folder, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "TMPDIR": str(private)},
    ) as worker:  # fmt: skip
        left = Path(worker.stdout.readline().strip())
        held = (sandbox.sweep(), left.exists())
        worker.kill()
        worker.wait()

    swept = sandbox.sweep()

    assert held == (0, True)
    assert (swept, left.exists()) == (1, False)
