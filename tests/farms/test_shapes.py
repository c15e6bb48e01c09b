"""Splitting and merging plots: what is kept, what is refused, what becomes of cases and areas."""

import threading

import pytest
from django.contrib.gis.geos import LineString, MultiPolygon, Polygon
from django.db import connections
from django.db.models import Sum

from codes.models import AreaPlot
from codes.services import form_area
from core.errors import NotAllowed, RuleViolated, Stale, WrongState
from farms import services
from farms.models import OverlapCase, OverlapDecision, OverlapStatus, Plot, PlotStatus, PlotSuccession
from farms.services import PlotsOverlap
from maps.models import DensityCell
from tests.shapes import degrees_for, rectangle, square, square_east_of, square_north_of, square_with_hole

pytestmark = pytest.mark.django_db
WEST, SOUTH = 105.63, 10.45


def halves(shape, share=0.5, *, gap_m=0.0):
    """Cut a box upright; a gap is left (or, negative, shared) in the middle."""
    west, south, east, north = shape.extent
    middle = west + (east - west) * share
    gap = degrees_for(south, east_m=gap_m / 2)[0]
    left, right = (west, south, middle - gap, north), (middle + gap, south, east, north)
    return [MultiPolygon(Polygon.from_bbox(box), srid=4326) for box in (left, right)]


def across(shape, *, overshoot=0.0001):
    """A line from west to east through the middle of a box."""
    west, south, east, north = shape.extent
    middle = (south + north) / 2
    return LineString((west - overshoot, middle), (east + overshoot, middle), srid=4326)


# --- splitting ---------------------------------------------------------------------------------------------------


def test_split_archives_the_old_and_keeps_what_both_halves_have(clerk, plot, cat_chu, grower_factory):
    grower = grower_factory()
    Plot.objects.filter(pk=plot.pk).update(
        grower=grower, variety=cat_chu, planted_year=2015, tree_count=90, harvest_months=[3, 4], irrigation="kênh"
    )
    plot.refresh_from_db()

    made = services.split_plot(plot, halves(plot.boundary), by=clerk)

    plot.refresh_from_db()
    assert (plot.status, plot.version) == (PlotStatus.ARCHIVED, 2)
    assert [part.ref for part in made] == ["T-1-a", "T-1-b"]
    assert {(part.grower, part.variety, part.planted_year, part.irrigation) for part in made} == {
        (grower, cat_chu, 2015, "kênh")
    }
    assert [part.harvest_months for part in made] == [[3, 4], [3, 4]]
    assert [part.tree_count for part in made] == [None, None]  # nobody knows how the trees divide
    assert sum(part.area_m2 for part in made) == pytest.approx(plot.area_m2, rel=1e-6)
    assert set(PlotSuccession.objects.values_list("old", "new", "kind", "created_by")) == {
        (plot.pk, part.pk, "split", clerk.pk) for part in made
    }


def test_split_gives_a_sliver_between_the_parts_away(clerk, plot):
    made = services.split_plot(plot, halves(plot.boundary, gap_m=0.3), by=clerk)

    assert sum(part.area_m2 for part in made) == pytest.approx(plot.area_m2, rel=1e-6)
    assert not made[0].boundary.overlaps(made[1].boundary)


def test_split_takes_a_sliver_in_both_parts_from_the_later_one(clerk, plot):
    made = services.split_plot(plot, halves(plot.boundary, gap_m=-0.3), by=clerk)

    assert sum(part.area_m2 for part in made) == pytest.approx(plot.area_m2, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "code"),
    [("gap", "parts_leave_gap"), ("shared", "parts_overlap"), ("outside", "parts_outside"), ("one", "split_parts")],
)
def test_parts_must_be_the_plot(clerk, plot, name, code):
    left, right = halves(plot.boundary)
    parts = {
        "gap": halves(plot.boundary, gap_m=3),
        "shared": halves(plot.boundary, gap_m=-3),
        "outside": [left, right.union(halves(square_east_of(plot.boundary))[0])],
        "one": [plot.boundary],
    }[name]
    parts = [part if isinstance(part, MultiPolygon) else MultiPolygon(part, srid=4326) for part in parts]

    with pytest.raises(RuleViolated) as refused:
        services.split_plot(plot, parts, by=clerk)

    assert refused.value.code == code
    assert list(Plot.objects.values_list("ref", "status")) == [("T-1", "active")]


def test_a_part_too_small_to_tell_from_noise_is_refused(clerk, plot):
    with pytest.raises(RuleViolated) as refused:
        services.split_plot(plot, halves(plot.boundary, share=0.003), by=clerk)  # 30 m²

    assert refused.value.code == "part_too_small"


def test_numbers_that_are_taken_are_passed_over(clerk, plot, plot_factory):
    plot_factory(ref="T-1-a")

    made = services.split_plot(plot, halves(plot.boundary), by=clerk)

    assert [part.ref for part in made] == ["T-1-b", "T-1-c"]


def test_numbers_of_ones_own(clerk, plot, plot_factory):
    plot_factory(ref="X")

    made = services.split_plot(plot, halves(plot.boundary), by=clerk, refs=["A", "T-1"])

    assert [part.ref for part in made] == ["A", "T-1"]
    with pytest.raises(RuleViolated) as refused:
        services.split_plot(made[0], halves(made[0].boundary), by=clerk, refs=["X", "Y"])
    assert refused.value.code == "ref_taken"


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider", "anonymous"])
def test_who_may_not_split_or_merge(request, person, plot, plot_factory):
    other = plot_factory(boundary=square_east_of(plot.boundary))
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.split_plot(plot, halves(plot.boundary), by=user)
    with pytest.raises(NotAllowed):
        services.split_by_line(plot, across(plot.boundary), by=user)
    with pytest.raises(NotAllowed):
        services.merge_plots([plot, other], by=user, ref="M")

    assert Plot.objects.current().count() == 2


def test_split_of_a_version_that_is_gone(clerk, plot):
    services.change_plot(plot, by=clerk, tree_count=5)

    with pytest.raises(Stale):
        services.split_plot(plot, halves(plot.boundary), by=clerk, version=1)


def test_an_archived_plot_is_not_split_again(clerk, plot):
    parts = halves(plot.boundary)
    services.split_plot(plot, parts, by=clerk)

    with pytest.raises(WrongState):
        services.split_plot(plot, parts, by=clerk)


def test_line_cuts_a_plot_in_two(clerk, plot):
    made = services.split_by_line(plot, across(plot.boundary), by=clerk)

    assert [round(part.area_m2 / plot.area_m2, 3) for part in made] == [0.5, 0.5]


def test_line_that_ends_on_the_edge_cuts_too(clerk, plot):
    made = services.split_by_line(plot, across(plot.boundary, overshoot=-1e-9), by=clerk)

    assert len(made) == 2


def test_line_through_a_hole_keeps_the_hole_out(clerk, plot_factory):
    plot = plot_factory(boundary=square_with_hole(WEST, SOUTH))

    made = services.split_by_line(plot, across(plot.boundary), by=clerk)

    assert sum(part.area_m2 for part in made) == pytest.approx(plot.area_m2, rel=1e-6)


@pytest.mark.parametrize("case", ["short of the other side", "beside the plot", "one point"])
def test_line_that_cuts_nothing_off(clerk, plot, case):
    west, south, east, north = plot.boundary.extent
    middle = (south + north) / 2
    line = {
        "short of the other side": LineString((west - 0.001, middle), (west + 0.0004, middle), srid=4326),
        "beside the plot": LineString((west, north + 0.001), (east, north + 0.001), srid=4326),
        "one point": LineString((west, middle), (west, middle), srid=4326),
    }[case]

    with pytest.raises(RuleViolated) as refused:
        services.split_by_line(plot, line, by=clerk)

    assert refused.value.code in ("line_does_not_cut", "line_too_short")
    assert Plot.objects.current().count() == 1


def test_density_cells_count_the_new_plots(clerk, cooperative, mango):
    plot = services.add_plot(cooperative, square(WEST, SOUTH), by=clerk, ref="T-1", crop=mango)

    services.split_plot(plot, halves(plot.boundary), by=clerk)

    counts = DensityCell.objects.values("status").annotate(total=Sum("plots")).values_list("status", "total")
    assert {status: total for status, total in counts if total} == {"active": 2, "archived": 1}


# --- cases -------------------------------------------------------------------------------------------------------


def test_case_of_a_later_plot_goes_to_the_part_that_shares_the_ground(clerk, neighbour_clerk, neighbour, mango, plot):
    later = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    west, east = services.split_plot(later, halves(later.boundary), by=neighbour_clerk)

    old, new = OverlapCase.objects.order_by("pk")
    assert (old.status, old.decision) == (OverlapStatus.DECIDED, OverlapDecision.WITHDRAWN)
    assert (new.first_id, new.second_id, new.status) == (plot.pk, west.pk, OverlapStatus.OPEN)
    assert (west.status, east.status) == (PlotStatus.IN_CONFLICT, PlotStatus.ACTIVE)


def test_who_was_first_stays_first(clerk, neighbour_clerk, neighbour, mango, plot):
    later = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    west, east = services.split_plot(plot, halves(plot.boundary), by=clerk)

    later.refresh_from_db()
    case = OverlapCase.objects.open().get()
    assert (case.first_id, case.second_id) == (east.pk, later.pk)
    assert (west.status, east.status, later.status) == (PlotStatus.ACTIVE, PlotStatus.ACTIVE, PlotStatus.IN_CONFLICT)


def test_what_an_officer_accepted_stays_accepted(clerk, officer, neighbour_clerk, neighbour, mango, plot):
    services.add_plot(neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)
    services.decide_overlap(OverlapCase.objects.get(), OverlapDecision.ACCEPTED, reason="Đã đo lại.", by=officer)

    made = services.split_plot(plot, halves(plot.boundary), by=clerk)

    assert not OverlapCase.objects.open().exists()
    assert {part.status for part in made} == {PlotStatus.ACTIVE}


# --- merging -----------------------------------------------------------------------------------------------------


def test_merge_keeps_what_agrees_and_adds_up_the_rest(clerk, plot_factory, cat_chu):
    first = plot_factory(ref="A", boundary=square(WEST, SOUTH), tree_count=40, harvest_months=[3], planted_year=2010)
    second = plot_factory(
        ref="B", boundary=square_east_of(first.boundary), tree_count=50, harvest_months=[4], variety=cat_chu
    )

    made = services.merge_plots([first, second], by=clerk, ref="A")

    assert made.area_m2 == pytest.approx(first.area_m2 + second.area_m2, rel=1e-6)
    assert (made.boundary.num_geom, made.boundary[0].num_interior_rings) == (1, 0)
    assert (made.ref, made.tree_count, made.harvest_months) == ("A", 90, [3, 4])
    assert (made.variety, made.planted_year) == (None, None)
    assert set(Plot.objects.filter(pk__in=[first.pk, second.pk]).values_list("status", flat=True)) == {"archived"}
    assert set(PlotSuccession.objects.values_list("old", "new", "kind")) == {
        (first.pk, made.pk, "merge"), (second.pk, made.pk, "merge"),
    }  # fmt: skip


@pytest.mark.parametrize("gap_m", [0.02, 0.4, 0.9])
def test_merge_closes_a_strip_under_a_metre(clerk, plot_factory, gap_m):
    first = plot_factory(boundary=square(WEST, SOUTH))
    second = plot_factory(boundary=square_east_of(first.boundary, gap_m=gap_m))

    made = services.merge_plots([first, second], by=clerk, ref="M")

    assert made.boundary.num_geom == 1
    assert made.boundary[0].num_interior_rings == 0
    assert made.area_m2 - first.area_m2 - second.area_m2 == pytest.approx(100 * gap_m, abs=0.6)


def test_merge_of_plots_that_share_a_sliver(clerk, plot_factory):
    first = plot_factory(boundary=square(WEST, SOUTH))
    second = plot_factory(boundary=square_east_of(first.boundary, gap_m=-0.4))

    made = services.merge_plots([first, second], by=clerk, ref="M")

    assert made.boundary.num_geom == 1
    assert made.area_m2 == pytest.approx(first.area_m2 + second.area_m2 - 40, abs=1)


def test_corners_away_from_the_gap_stay_where_they_were(clerk, plot_factory):
    first = plot_factory(boundary=square(WEST, SOUTH))
    second = plot_factory(boundary=square_east_of(first.boundary, gap_m=0.5))
    west, south, _, north = first.boundary.extent
    _, _, east, _ = second.boundary.extent

    made = services.merge_plots([first, second], by=clerk, ref="M")

    assert {(west, south), (west, north), (east, south), (east, north)} <= set(made.boundary[0][0].coords)


def test_three_in_a_row_touch_by_the_one_between(clerk, plot_factory):
    first = plot_factory(boundary=square(WEST, SOUTH))
    second = plot_factory(boundary=square_east_of(first.boundary))
    third = plot_factory(boundary=square_east_of(second.boundary))

    made = services.merge_plots([third, first, second], by=clerk, ref="M")

    assert made.area_ha == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize(
    ("case", "code"),
    [("apart", "plots_apart"), ("crop", "crops_differ"), ("alone", "merge_plots"), ("ref", "ref_taken")],
)
def test_what_is_not_merged(clerk, cooperative, plot_factory, crop_factory, plot, case, code):
    plot_factory(ref="X")
    others = {
        "apart": lambda: [plot_factory(boundary=square_east_of(plot.boundary, gap_m=1.5))],
        "crop": lambda: [plot_factory(boundary=square_east_of(plot.boundary), crop=crop_factory())],
        "alone": lambda: [plot],
        "ref": lambda: [plot_factory(boundary=square_east_of(plot.boundary))],
    }[case]()

    with pytest.raises(RuleViolated) as refused:
        services.merge_plots([plot, *others], by=clerk, ref="X" if case == "ref" else "M")

    assert refused.value.code == code
    plot.refresh_from_db()
    assert plot.status == PlotStatus.ACTIVE


def test_plots_of_two_holders_are_not_merged(user_factory, clerk, neighbour, plot, plot_factory):
    neighbour.memberships.create(user=clerk, role="clerk")
    other = plot_factory(cooperative=neighbour, boundary=square_east_of(plot.boundary))

    with pytest.raises(RuleViolated) as refused:
        services.merge_plots([plot, other], by=clerk, ref="M")

    assert refused.value.code == "holders_differ"


def test_merge_over_an_own_plot_between_is_refused(clerk, plot_factory):
    first = plot_factory(boundary=rectangle(WEST, SOUTH, width_m=100, height_m=100))
    second = plot_factory(boundary=square_north_of(first.boundary))
    third = plot_factory(ref="Giữa", boundary=square_east_of(first.boundary, gap_m=-8))

    with pytest.raises(PlotsOverlap) as refused:
        services.merge_plots([first, second], by=clerk, ref="M")

    assert refused.value.findings[0].extra["neighbour"] == third.ref


# --- areas -------------------------------------------------------------------------------------------------------


def test_an_area_without_code_gets_the_new_plots(clerk, cooperative, mango, plot):
    area = form_area(cooperative, name="Vùng 1", crop=mango, plots=[plot], by=clerk)

    made = services.split_plot(plot, halves(plot.boundary), by=clerk)

    version = area.version
    area.refresh_from_db()
    assert set(AreaPlot.objects.filter(area=area).values_list("plot", flat=True)) == {part.pk for part in made}
    assert (area.version, area.area_m2) == (version + 1, pytest.approx(plot.area_m2, rel=1e-6))


def test_plots_in_and_out_of_an_area_are_not_merged(clerk, cooperative, mango, plot, plot_factory):
    other = plot_factory(boundary=square_east_of(plot.boundary))
    form_area(cooperative, name="Vùng 1", crop=mango, plots=[plot], by=clerk)

    with pytest.raises(RuleViolated) as refused:
        services.merge_plots([plot, other], by=clerk, ref="M")

    assert refused.value.code == "plots_of_different_areas"


@pytest.mark.parametrize("bound_by", ["code", "submitted_request"])
def test_ground_of_a_code_or_an_open_request_stays_as_it_is(request, clerk, area, bound_by):
    request.getfixturevalue(bound_by)
    plot = area.plots.first()

    with pytest.raises(RuleViolated) as refused:
        services.split_plot(plot, halves(plot.boundary), by=clerk)

    assert refused.value.code == "plot_in_coded_area"
    assert area.name in str(refused.value.detail)
    plot.refresh_from_db()
    assert plot.status == PlotStatus.ACTIVE
    assert not PlotSuccession.objects.exists()


# --- races -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_splits_at_once_one_wins(clerk, plot):
    lines = [across(plot.boundary), halves(plot.boundary)]
    outcomes, start = [], threading.Barrier(2)

    def split(how):
        start.wait(timeout=10)
        try:
            if isinstance(how, LineString):
                services.split_by_line(plot, how, by=clerk)
            else:
                services.split_plot(plot, how, by=clerk)
            outcomes.append("split")
        except WrongState:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=split, args=[how]) for how in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(outcomes) == ["refused", "split"]
    assert Plot.objects.current().count() == 2


@pytest.mark.django_db(transaction=True)
def test_split_and_a_plot_on_the_same_ground_at_once(clerk, neighbour_clerk, neighbour, mango, plot):
    intruder = square_east_of(plot.boundary, gap_m=-10)
    start, failures = threading.Barrier(2), []

    def run(work):
        start.wait(timeout=10)
        try:
            work()
        except Exception as problem:
            failures.append(problem)
        finally:
            connections.close_all()

    works = [
        lambda: services.split_plot(plot, halves(plot.boundary), by=clerk),
        lambda: services.add_plot(neighbour, intruder, by=neighbour_clerk, ref="L-1", crop=mango),
    ]
    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert failures == []
    assert OverlapCase.objects.open().count() == 1
    assert Plot.objects.filter(status=PlotStatus.IN_CONFLICT).count() == 1
