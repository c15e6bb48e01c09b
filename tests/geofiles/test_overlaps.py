"""Overlaps inside a file: every pair once, whichever strips it lies in, by the same rule as the database's."""

import numpy as np
import pytest
import shapely

from geofiles import overlaps, sandbox, writers
from geofiles.features import make_batch

RULE = overlaps.Tolerance(min_m2=50, min_share=0.01, sliver_m=1.0)
STEP = 0.001  # degrees, about 110 m


@pytest.fixture
def read(tmp_path):
    """Return a function that carries shapes through a file and the fence."""

    def run(shapes):
        path = writers.write(make_batch(shapes, {"n": list(range(len(shapes)))}), tmp_path / "thua.gpkg", "gpkg")
        return sandbox.read_file_to(path, tmp_path)

    return run


def box(column, row, *, width=1.0, shift=0.0):
    west, south = 105.6 + (column + shift) * STEP, 10.4 + row * STEP
    return shapely.box(west, south, west + width * STEP, south + STEP)


@pytest.mark.parametrize("strip", [3, 7, 1_000])
def test_pairs_are_found_once_whatever_the_strips(read, monkeypatch, strip):
    shapes = [box(column, row) for row in range(6) for column in range(6)]
    shapes += [box(2, 2, shift=0.5), box(0, 4, width=6.0)]
    monkeypatch.setattr(overlaps, "STRIP_SHAPES", strip)

    found = overlaps.find_overlaps(read(shapes), RULE)

    pairs = [(int(pair["row"]), int(pair["other"])) for pair in found]
    assert pairs == [(37, 15), (37, 16), *((38, 25 + column) for column in range(6))]
    assert np.all(found["shared_m2"] > 5_000)


@pytest.mark.parametrize(
    ("case", "shift_m", "found"),
    [("shared border", 0.0, 0), ("strip of 0.4 m", 0.4, 0), ("strip of 0.8 m, 88 m²", 0.8, 0), ("1.5 m", 1.5, 1)],
)
def test_slivers_are_none(read, case, shift_m, found):
    metres = 1 / (STEP * 109_500)

    pairs = overlaps.find_overlaps(read([box(0, 0), box(1, 0, shift=-shift_m * metres)]), RULE)

    assert len(pairs) == found


def test_file_without_usable_shapes_has_no_pairs(read):
    bowtie = shapely.from_wkt("POLYGON((105.6 10.4, 105.7 10.5, 105.7 10.4, 105.6 10.5, 105.6 10.4))")

    assert len(overlaps.find_overlaps(read([bowtie, bowtie]), RULE)) == 0
