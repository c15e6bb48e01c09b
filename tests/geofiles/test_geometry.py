"""Polygons: repaired within limits, refused with a reason beyond."""

import numpy as np
import pyproj
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from geofiles import geometry

GEOD = pyproj.Geod(ellps="WGS84")
SQUARE = shapely.box(105.63, 10.45, 105.631, 10.451)  # about 109 m by 111 m
BOW_TIE = shapely.Polygon([(105.63, 10.45), (105.631, 10.451), (105.631, 10.45), (105.63, 10.451)])
SPIKE = shapely.Polygon(
    [
        (105.63, 10.45),
        (105.631, 10.45),
        (105.631, 10.451),
        (105.632, 10.451),
        (105.631, 10.451),
        (105.63, 10.451),
    ]
)


def test_polygons_become_flat_multipolygons():
    shapes = [shapely.force_3d(SQUARE, 2.5), shapely.MultiPolygon([SQUARE])]

    report = geometry.prepare_polygons(shapes)

    assert [shape.geom_type for shape in report.geometries] == ["MultiPolygon", "MultiPolygon"]
    assert not shapely.has_z(report.geometries).any()
    assert report.dropped_z.tolist() == [True, False]
    assert report.problems == report.repairs == ()


def test_holes_and_vertices_survive():
    ring = SQUARE.difference(shapely.box(105.6302, 10.4502, 105.6304, 10.4504))

    report = geometry.prepare_polygons([ring])

    assert report.geometries[0].equals_exact(shapely.MultiPolygon([ring]))


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "no_geometry"),
        (shapely.Polygon(), "empty_geometry"),
        (shapely.Point(105.6, 10.4), "wrong_geometry_type"),
        (shapely.LineString([(105.6, 10.4), (105.7, 10.4)]), "wrong_geometry_type"),
        (shapely.GeometryCollection([SQUARE, shapely.Point(105.6, 10.4)]), "wrong_geometry_type"),
        (shapely.box(569000, 1156800, 569100, 1156900), "bad_coordinates"),
        (shapely.Point(105.6, 10.4).buffer(0.01, quad_segs=2_000), "too_many_vertices"),
        (BOW_TIE, "invalid_geometry"),
        (shapely.Polygon([(105.6, 10.4), (105.7, 10.4), (105.6, 10.4)]), "invalid_geometry"),
        (shapely.box(105.6, 10.4, 105.6 + 1e-10, 10.4 + 1e-10), "no_area"),
    ],
)
def test_what_cannot_be_a_plot_is_refused(shape, code):
    report = geometry.prepare_polygons(np.array([SQUARE, shape, SQUARE], dtype=object))

    assert [(problem.index, problem.code) for problem in report.problems] == [(1, code)]
    assert report.geometries[1] is None
    assert np.isnan(report.areas_m2[1])
    assert report.geometries[0] is not None
    assert report.geometries[2] is not None


def test_refusal_names_the_place_and_the_areas():
    problem = geometry.prepare_polygons([BOW_TIE]).problems[0]

    assert problem.params["reason"] == "Self-intersection"
    assert problem.point == pytest.approx((105.6305, 10.4505))
    assert problem.params["area_after_m2"] > 5_000


def test_a_spike_is_taken_off_and_reported():
    report = geometry.prepare_polygons([SQUARE, SPIKE])

    repair = report.repairs[0]
    assert (repair.index, report.problems) == (1, ())
    assert report.geometries[1].is_valid
    assert repair.area_after_m2 == pytest.approx(repair.area_before_m2, rel=0.01)
    assert repair.point is not None


def test_a_change_of_a_hectare_is_refused_even_when_it_is_small_in_proportion():
    huge = shapely.box(105.5, 10.3, 105.6, 10.4)  # about 12,000 ha
    knot = shapely.Polygon([(105.6, 10.35), (105.602, 10.352), (105.602, 10.35), (105.6, 10.352)])
    shape = shapely.MultiPolygon([huge, knot])

    report = geometry.prepare_polygons([shape])

    assert report.problems[0].code == "invalid_geometry"


def test_collections_of_polygons_are_accepted():
    other = shapely.transform(SQUARE, lambda xy: xy + 0.01)

    report = geometry.prepare_polygons([shapely.GeometryCollection([SQUARE, shapely.MultiPolygon([other])])])

    assert shapely.get_num_geometries(report.geometries[0]) == 2


@given(
    longitude=st.floats(102.5, 109),
    latitude=st.floats(8.5, 23),
    width=st.floats(0.0001, 0.02),
    height=st.floats(0.0001, 0.02),
    angle=st.floats(0, 90),
)
@settings(max_examples=100, deadline=None)
def test_areas_are_geodesic(longitude, latitude, width, height, angle):
    shape = shapely.affinity.rotate(shapely.box(longitude, latitude, longitude + width, latitude + height), angle)

    area = geometry.areas_m2([shape])[0]

    assert area == pytest.approx(abs(GEOD.geometry_area_perimeter(shape)[0]), rel=2e-6, abs=0.001)


def test_areas_of_nothing():
    assert np.isnan(geometry.areas_m2([None])[0])
    assert len(geometry.areas_m2([])) == 0
