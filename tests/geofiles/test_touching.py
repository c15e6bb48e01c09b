"""Pairs of shapes as the database copies them out: those that only touch are left out."""

import io

import numpy as np
import shapely

from geofiles import touching

HOME = shapely.box(105.60, 10.40, 105.61, 10.41)
OTHERS = {
    1: shapely.box(105.61, 10.40, 105.62, 10.41),  # a shared border
    2: shapely.box(105.61, 10.41, 105.62, 10.42),  # a shared corner
    3: shapely.box(105.609, 10.40, 105.62, 10.41),  # shared ground
    4: shapely.box(105.602, 10.402, 105.605, 10.405),  # inside
    5: shapely.multipolygons([shapely.box(105.61, 10.40, 105.62, 10.41), shapely.box(105.605, 10.409, 105.606, 10.42)]),
}


def copied(pairs):
    shapes = {number: shapely.set_srid(shape, 4326) for number, shape in {0: HOME, **OTHERS}.items()}
    ewkb = {n: shapely.to_wkb(shape, hex=True, include_srid=True) for n, shape in shapes.items()}
    return io.BytesIO("".join(f"{one},{other},{ewkb[one]},{ewkb[other]}\n" for one, other in pairs).encode())


def test_only_shared_ground_is_a_meeting():
    found = touching.pairs_that_meet(copied([(0, other) for other in OTHERS]))

    assert np.concatenate(found).tolist() == [[0, 3], [0, 4], [0, 5]]


def test_no_pairs_at_all():
    assert touching.pairs_that_meet(copied([])) == []
