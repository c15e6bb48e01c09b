"""The parcel identifier of Circular 19/2026, Annex I."""

import numpy as np
import pyproj
import pytest
import shapely

from geofiles import crs, parcel_code

# The example of docs/domain.md §3.3: a parcel in VN-2000 105°00' (east, north), its deepest point and its code.
PARCEL = shapely.Polygon([(577000, 1151500), (577100, 1151510), (577095, 1151380), (576990, 1151375)])
POINT, CODE, CODE_BY_DEFAULT_SHIFT = (577045.659, 1151428.892), "w3g5jrk65gg1", "w3g5jrk6h5b6"


def test_the_example_of_the_rule():
    boundary = crs.to_wgs84([PARCEL], "EPSG:5897")[0]

    assert parcel_code.geohash_of(boundary, "EPSG:5897") == CODE
    assert parcel_code.geohash_of(shapely.to_wkb(boundary), "EPSG:5897") == CODE
    assert parcel_code.deepest_points([PARCEL])[0] == pytest.approx(POINT, abs=0.001)


def test_the_default_of_the_library_would_give_another_code():
    default = pyproj.Transformer.from_crs("EPSG:5897", "EPSG:4326", always_xy=True)

    lon, lat = default.transform(*POINT)

    assert parcel_code.geohashes([lon], [lat]) == [CODE_BY_DEFAULT_SHIFT]


def test_geohash_of_a_published_pair():
    # The usual example of the algorithm: 57.64911, 10.40744 is u4pruydqqvj8.
    assert parcel_code.geohashes([10.40744, -180, 180], [57.64911, -90, 90]) == [
        "u4pruydqqvj8",
        "000000000000",
        "zzzzzzzzzzzz",
    ]


def test_the_deepest_point_lies_inside_also_beside_a_hole_and_in_the_larger_part():
    ring = shapely.Polygon(
        shapely.box(0, 0, 100, 100).exterior.coords, [shapely.box(10, 10, 90, 90).exterior.coords[::-1]]
    )
    parts = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 90, 40)])

    points = parcel_code.deepest_points(np.array([ring, parts, None, shapely.Polygon()], dtype=object))

    assert ring.contains(shapely.Point(points[0]))
    assert points[1] == pytest.approx((70, 20), abs=0.01)
    assert np.isnan(points[2:]).all()


def test_nothing_has_no_code():
    assert parcel_code.geohashes_of([shapely.Polygon()], "EPSG:5897") == [""]


def test_axes_of_the_provinces():
    assert parcel_code.local_crs("82") == "EPSG:5897"  # Dong Thap: the axis of the old province, not of Tien Giang
    assert parcel_code.local_crs("79") == "EPSG:9210"
    assert {parcel_code.local_crs(code) for code in parcel_code.MERIDIANS} <= set(crs.ZONES)
    assert len(parcel_code.MERIDIANS) == 34
