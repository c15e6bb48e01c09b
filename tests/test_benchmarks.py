"""The benchmarks' own arithmetic and files; never how long anything takes."""

import json
from itertools import islice

import pytest

from benchmarks import ogc, panning, pyramid, report, servers, works
from maps.grid import Tile
from maps.models import LEVELS
from ops.tooling import lock_problem

RESULT = {
    "work": "tile_z8", "plots": 10_000, "ours_ms": 10.0, "ours_bytes": 1_234, "limit_ms": 4.0,
    "peers": {"tipg": 25.0}, "peak_mb": 100.0, "note": "",
}  # fmt: skip


def test_committed_results_have_the_agreed_shape():
    results = json.loads(report.RESULTS.read_text())

    assert {"page_1000", "tile_z8", "tile_z10", "tile_z12", "tile_z14", "first_map_view"} <= {
        r["work"] for r in results
    }
    for result in results:
        assert set(result) >= set(RESULT)
        assert set(result) - set(RESULT) <= report.OPTIONAL
        assert result["ours_ms"] > 0
        assert result["ours_bytes"] is None or result["ours_bytes"] > 0
        assert all(ms > 0 for ms in result["peers"].values())


def test_docs_show_the_committed_results():
    results = json.loads(report.RESULTS.read_text())

    assert report.table(results) in report.PAGE.read_text()


def test_table_tells_how_many_times_as_long_the_others_take():
    text = report.table([RESULT | {"ours_p95_ms": 12.5}])

    assert "| tile_z8 | 10,000 | 10 | 12.5 | 1,234 | 4 | 2.5 × | tipg 25 (2.5 ×) | 100 |" in text


def test_new_results_replace_old_ones_of_the_same_work_and_size(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    report.write([RESULT, RESULT | {"work": "tile_z10"}, RESULT | {"plots": 100_000}])

    merged = report.write([RESULT | {"ours_ms": 9.0}])

    assert [(r["work"], r["plots"], r["ours_ms"]) for r in merged] == [
        ("tile_z8", 10_000, 9.0),
        ("tile_z10", 10_000, 10.0),
        ("tile_z8", 100_000, 10.0),
    ]


def test_places_are_spread_over_all_and_always_the_same():
    first, again = works.spread(100), works.spread(100)

    assert first == again
    assert len(first) == works.WARM_UPS + works.TIMED
    assert min(first) == 0
    assert 90 <= max(first) < 100


def test_tile_of_a_place():
    place = works.Place(rank=0, id=1, lon=105.75, lat=10.45)

    assert place.tile(12) == (12, 3251, 1928)


def test_cells_of_a_tile_are_the_range_that_the_product_stores():
    tile = Tile(12, 3251, 1928)

    assert works.quads(tile.zxy, 17) == tile.quads(17)
    assert works.LEVELS == LEVELS


def test_percentile_is_a_measured_value():
    assert pyramid.percentile_95([5.0]) == 5.0
    assert pyramid.percentile_95([float(number) for number in range(1, 101)]) == 95.0
    assert pyramid.percentile_95([float(number) for number in range(1, 22)]) == 20.0


def test_walks_are_always_the_same_and_stay_in_their_zooms():
    places = [works.Place(rank=0, id=1, lon=105.75, lat=10.45)]

    first, again = (list(islice(panning.walk(3, places), 600)) for _again in range(2))

    assert first == again
    assert {z for z, _x, _y in first} <= set(panning.ZOOMS)
    assert len({z for z, _x, _y in first}) > 3


def test_next_page_is_asked_of_the_same_server_and_ends():
    page = {
        "links": [{"rel": "self", "href": "http://a/x"}, {"rel": "next", "href": "http://a/ogc/items?limit=2&b=%2F"}]
    }

    assert ogc.next_of(page) == "/ogc/items?limit=2&b=%2F"
    assert ogc.next_of({"links": page["links"][:1]}) == ""


@pytest.mark.parametrize("lock", [servers.TIPG_LOCK, servers.PYGEOAPI_LOCK], ids=lambda lock: lock.stem)
def test_locks_of_peers_have_hashes_and_no_addresses(lock):
    assert lock_problem(lock.read_text()) is None
