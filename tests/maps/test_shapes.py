"""Shapes in a tile: those put onto its grid by plain arithmetic are drawn as PostGIS draws them."""

from itertools import pairwise
from typing import Any

import pytest
from django.contrib.gis.db.backends.postgis.adapter import PostGISAdapter
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maps import sql
from maps.grid import BUFFER, EXTENT, Tile
from tests.maps.conftest import decode, tile_at

pytestmark = pytest.mark.django_db

TILE = Tile(*tile_at(14))
WEST, SOUTH, EAST, NORTH = TILE.envelope().extent
SIDE = EAST - WEST
UNIT = SIDE / EXTENT
Ring = list[tuple[float, float]]


def at(x: float, y: float) -> tuple[float, float]:
    """Return the place (EPSG:3857) of parts of the tile: (0, 0) is its north-west corner."""
    return WEST + x * UNIT, NORTH - y * UNIT


def outline(*rings: Ring) -> MultiPolygon:
    """Return a polygon of rings in the tile's parts, closed here."""
    return MultiPolygon(Polygon(*([at(*corner) for corner in [*ring, ring[0]]] for ring in rings)), srid=3857)


def box(x: float, y: float, side: float) -> Ring:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def draw(*shapes: GEOSGeometry, only_polygons: bool = True) -> list[dict[str, Any]]:
    """Return the drawn features, numbered from 1 by property `id`; y counts down as in the tile."""
    rows = " UNION ALL ".join(["SELECT %s::int AS property_id, %s::geometry AS tile_shape"] * len(shapes))
    values = [value for number, shape in enumerate(shapes, 1) for value in (number, PostGISAdapter(shape))]
    text, params = sql.shapes(
        "some",
        (rows, values),
        [("id", "property_id")],
        box=PostGISAdapter(TILE.envelope()),
        buffer=BUFFER,
        only_polygons=only_polygons,
    )
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        (_name, made, drawn) = cursor.fetchone()
    assert drawn == len(shapes)
    return decode(bytes(made or b""), y_coord_down=True).get("some", [])


def rings_of(feature: dict[str, Any]) -> list[list[list[list[int]]]]:
    """Return the rings by polygon."""
    coordinates = feature["geometry"]["coordinates"]
    return [coordinates] if feature["geometry"]["type"] == "Polygon" else coordinates


def clockwise_area(ring: list[list[int]]) -> float:
    """Twice the area: positive where the ring runs clockwise on the screen (MVT 2.1 §4.3.4.4)."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))


@pytest.mark.parametrize("turned", [pytest.param(1, id="as written"), pytest.param(-1, id="the other way round")])
def test_outer_ring_runs_clockwise_and_hole_the_other_way(turned):
    shape = outline(box(100, 100, 300)[::turned], box(200, 200, 50)[::turned])

    (feature,) = draw(shape)

    ((outer, hole),) = rings_of(feature)
    assert clockwise_area(outer) == 2 * 300**2
    assert clockwise_area(hole) == -2 * 50**2


def test_all_parts_of_a_plot_are_drawn():
    shape = MultiPolygon(*outline(box(100, 100, 50)), *outline(box(300, 300, 20)), srid=3857)

    (feature,) = draw(shape)

    assert [clockwise_area(rings[0]) for rings in rings_of(feature)] == [2 * 50**2, 2 * 20**2]


def test_what_reaches_far_beyond_the_tile_is_cut_at_its_margin():
    inside, across = outline(box(10, 10, 50)), outline(box(-3_500, 10, 3_600))

    drawn = draw(inside, across)

    west = [min(x for ring in rings_of(feature) for x, _y in ring[0]) for feature in drawn]
    assert west == [10, -BUFFER]


@pytest.mark.parametrize(("x", "y"), [(-2_900, 10), (EXTENT - 10, 10), (10, -2_900), (10, EXTENT - 10)])
def test_shape_over_the_edge_is_drawn_whole_in_both_tiles(x, y):
    (feature,) = draw(outline(box(x, y, 2_920)))

    assert clockwise_area(rings_of(feature)[0][0]) == 2 * 2_920**2


def test_a_sliver_that_comes_to_nothing_leaves_no_feature_without_a_place():
    drawn = draw(outline(box(10, 10, 0.2)), outline(box(10, 10, 50)), outline([(5, 5), (5.2, 5.3), (5.3, 5.1)]))

    assert [feature["properties"]["id"] for feature in drawn] == [2]


def test_no_corner_stands_twice_upon_itself():
    corners = [(10, 10), (50, 10), (50.2, 10.1), (50.3, 10.3), (50, 50), (10, 50)]

    (feature,) = draw(outline(corners))

    ((ring,),) = rings_of(feature)
    assert all(one != other for one, other in pairwise(ring))


def test_a_narrow_part_that_turns_over_on_the_grid_stays_a_part_and_cuts_no_hole():
    narrow = [(132.4, 134.6), (134.1, 137.4), (104.7, 106.6)]  # its corners, made whole, run the other way round
    shape = MultiPolygon(*outline(box(300, 300, 100)), *outline(narrow), srid=3857)

    (feature,) = draw(shape)

    assert all(clockwise_area(rings[0]) > 0 for rings in rings_of(feature))
    assert len(rings_of(feature)) == 2


def test_a_plot_that_becomes_a_line_on_the_grid_is_no_polygon_without_ground():
    line = [(104.4, 126.3), (101.6, 126.6), (137.6, 108.7)]  # an outer ring has an area (MVT 2.1 §4.3.4.4)

    drawn = draw(outline(line), outline(box(10, 10, 50)))

    assert [feature["properties"]["id"] for feature in drawn] == [2]


corner = st.floats(200, EXTENT - 200, allow_nan=False)
sizes = st.floats(30, 150)


@given(places=st.lists(st.tuples(corner, corner, sizes, sizes, st.floats(-20, 20)), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_drawn_as_postgis_draws_it(places):
    shapes = [
        outline([(x, y), (x + wide, y + lean), (x + wide, y + high + lean), (x, y + high)])
        for x, y, wide, high, lean in places
    ]

    ours, theirs = draw(*shapes), draw(*shapes, only_polygons=False)

    assert [f["properties"] for f in ours] == [f["properties"] for f in theirs]
    for one, other in zip(ours, theirs, strict=True):
        ((mine,),), ((peers,),) = rings_of(one), rings_of(other)
        # Within half a part of the grid, a thirty-second of a pixel, and the peer's thinning of corners of as much.
        assert abs(clockwise_area(mine) - clockwise_area(peers)) <= 2 * 600
        assert clockwise_area(mine) > 0
