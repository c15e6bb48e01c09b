"""Commune of a polygon, and the pieces behind point lookups."""

from datetime import date

import pytest

from core.errors import RuleViolated
from places import services
from places.models import UnitLevel, UnitPiece
from tests.shapes import rectangle, square, square_east_of

NEW = date(2025, 7, 1)


@pytest.fixture
def neighbours(unit_factory):
    """Two communes of 1 km² side by side; the western one has the higher code."""
    west = unit_factory(code="90902", boundary=square(105.60, 10.40, 1000))
    east = unit_factory(code="90901", boundary=square_east_of(west.boundary))
    return west, east


def _across_the_border(west, *, share_west: float):
    """A strip 100 m wide in the middle, `share_west` of it west of the border."""
    lon_west, lat, lon_east, _ = west.boundary.extent
    width = (lon_east - lon_west) / 10
    strip = rectangle(105.60, lat, width_m=100, height_m=100)
    start = lon_east - share_west * width
    ring = [
        (start, lat),
        (start + width, lat),
        (start + width, strip.extent[3]),
        (start, strip.extent[3]),
        (start, lat),
    ]
    return type(strip)(type(strip[0])(ring), srid=4326)


@pytest.mark.parametrize(
    ("case", "share_west", "expected"),
    [("inside", 1.0, "90902"), ("mostly west", 0.6, "90902"), ("mostly east", 0.4, "90901"), ("half", 0.5, "90901")],
)
def test_commune_is_the_one_with_the_largest_part_and_the_lower_code_in_a_tie(neighbours, case, share_west, expected):
    west, _ = neighbours

    found = services.commune_for(_across_the_border(west, share_west=share_west))

    assert found.code == expected


def test_commune_of_a_polygon_outside_all_is_refused(neighbours):
    with pytest.raises(RuleViolated) as error:
        services.commune_for(square(106.5, 10.4))

    assert error.value.code == "outside_communes"


def test_polygon_that_only_touches_a_commune_is_outside(neighbours):
    _, east = neighbours

    assert services.communes_for([square_east_of(east.boundary)]) == [None]


def test_communes_of_many_polygons_come_in_order_by_one_query(neighbours, django_assert_num_queries):
    west, east = neighbours
    asked = [east.boundary, square(106.5, 10.4), west.boundary]

    with django_assert_num_queries(1):
        found = services.communes_for(asked)

    assert found == [east.pk, None, west.pk]


def test_no_polygons_need_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert services.communes_for([]) == []


def test_commune_is_that_of_the_day_and_no_province(unit_factory, province):
    outline = square(105.60, 10.40, 1000)
    past = unit_factory(code="90903", boundary=outline, valid_from=date(2020, 1, 1), valid_to=NEW)
    present = unit_factory(code="90903", boundary=outline, valid_from=NEW)
    unit_factory(level=UnitLevel.PROVINCE, boundary=outline)
    plot = square(105.602, 10.402)

    assert services.commune_for(plot, on=date(2025, 6, 30)) == past
    assert services.commune_for(plot, on=NEW) == present


def test_pieces_are_cut_small_and_cover_the_outline(unit_factory):
    circle = square(105.6, 10.4, 1000).centroid.buffer(0.05, quadsegs=200)
    unit = unit_factory(boundary=type(square(0, 0))(circle, srid=4326))

    again = services.rebuild_pieces([unit.pk])

    pieces = UnitPiece.objects.filter(unit=unit)
    assert pieces.count() == again > 1
    assert max(piece.piece.num_coords for piece in pieces) <= 128
    assert sum(piece.piece.area for piece in pieces) == pytest.approx(unit.boundary.area)
