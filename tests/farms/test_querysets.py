"""Reads of plots: rights, places, overlap."""

import pytest

from farms.models import Plot, PlotStatus
from tests.shapes import rectangle, square, square_east_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("clerk", True),
        ("owner", True),
        ("helper", True),
        ("viewer", True),
        ("neighbour_clerk", False),
        ("officer", True),
        ("foreign_officer", False),
        ("planner", True),
        ("administrator", False),
        ("outsider", False),
        ("anonymous", False),
    ],
)
def test_who_sees_a_plot(request, person, sees, plot):
    user = request.getfixturevalue(person)

    found = Plot.objects.visible_to(user)

    assert (list(found) == [plot]) is sees


def test_overlap_ignores_plots_that_only_touch(plot_factory):
    west = plot_factory(boundary=square(105.63, 10.45, side_m=100))
    east = square_east_of(west.boundary)

    found = Plot.objects.overlapping(east)

    assert list(found) == []


@pytest.mark.parametrize(("width_m", "above"), [(0.4, False), (0.9, False), (1.1, True), (40, True)])
def test_overlap_tolerance_is_one_percent_of_a_hectare(plot_factory, width_m, above):
    plot = plot_factory(boundary=square(105.63, 10.45, side_m=100))

    found = Plot.objects.overlapping(square_east_of(plot.boundary, gap_m=-width_m))

    assert found.exists() is above


def test_overlap_tolerance_is_fifty_square_metres_for_small_plots(plot_factory):
    small = plot_factory(boundary=square(105.63, 10.45, side_m=20))

    under = Plot.objects.overlapping(square_east_of(small.boundary, gap_m=-2.4))
    over = Plot.objects.overlapping(square_east_of(small.boundary, gap_m=-2.6))

    assert (under.exists(), over.exists()) == (False, True)


def test_shared_ground_is_measured(plot_factory):
    plot_factory(boundary=square(105.63, 10.45, side_m=100))

    found = Plot.objects.overlapping(rectangle(105.63, 10.45, width_m=50, height_m=100)).get()

    assert found.shared_m2 == pytest.approx(5_000, rel=1e-3)


def test_archived_plots_overlap_nothing(plot_factory):
    plot_factory(boundary=square(105.63, 10.45), status=PlotStatus.ARCHIVED)

    found = Plot.objects.overlapping(square(105.63, 10.45))

    assert list(found) == []


def test_within_unit_includes_units_below(plot, province, commune, unit_factory):
    elsewhere = unit_factory(parent=province)

    found = [Plot.objects.within_unit(unit).count() for unit in (commune, province, elsewhere)]

    assert found == [1, 1, 0]
