"""The area on record: a move of the boundary by 2 % or less keeps it."""

import pytest

from farms import services
from tests.shapes import square

pytestmark = pytest.mark.django_db
LON, LAT = 105.62, 10.45


@pytest.fixture
def plot(plot_factory):
    return plot_factory(boundary=square(LON, LAT, side_m=100))


def redraw(plot, side_m, by):
    return services.change_plot(plot, by=by, boundary=square(LON, LAT, side_m=side_m))


@pytest.mark.parametrize(
    ("side_m", "is_kept"),
    [(100.9, True), (99.1, True), (101.1, False), (98.9, False), (100, False)],
    ids=["1.8 % more", "1.8 % less", "2.2 % more", "2.2 % less", "same"],
)
def test_small_moves_keep_the_area_on_record(plot, clerk, side_m, is_kept):
    before = plot.area_m2

    changed = redraw(plot, side_m, clerk)

    assert (changed.kept_area_m2 is not None) is is_kept
    assert changed.legal_area_m2 == pytest.approx(before if is_kept else changed.area_m2)
    assert changed.area_m2 == pytest.approx(side_m**2, rel=1e-3)


def test_many_small_moves_do_not_add_up_unseen(plot, clerk):
    before = plot.area_m2

    first = redraw(plot, 100.9, clerk)
    second = redraw(first, 101.8, clerk)

    assert first.legal_area_m2 == pytest.approx(before)
    assert second.kept_area_m2 is None


def test_changing_an_attribute_leaves_the_area_on_record(plot, clerk):
    kept = redraw(plot, 100.9, clerk)

    changed = services.change_plot(kept, by=clerk, tree_count=12)

    assert changed.kept_area_m2 == pytest.approx(plot.area_m2)
