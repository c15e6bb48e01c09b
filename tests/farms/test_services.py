"""Plots one by one and in bulk: rules of overlap, places, history."""

import threading

import pytest
from django.db import connections
from django.db.models import Sum

from core.errors import NotAllowed, RuleViolated, WrongState
from farms import services
from farms.models import OverlapCase, OverlapStatus, Plot, PlotStatus
from farms.services import PlotRow, PlotsOverlap
from maps.models import DensityCell
from office.models import Notice
from tests.shapes import rectangle, square, square_east_of

pytestmark = pytest.mark.django_db


def row(cooperative, crop, ref, boundary, **fields):
    return PlotRow(cooperative_id=cooperative.pk, ref=ref, crop_id=crop.pk, boundary=bytes(boundary.wkb), **fields)


def test_plot_is_stored_in_its_commune(clerk, cooperative, mango, commune):
    plot = services.add_plot(cooperative, square(105.63, 10.45), by=clerk, ref="T-1", crop=mango)

    assert (plot.commune, plot.status, plot.version) == (commune, PlotStatus.ACTIVE, 1)
    assert plot.area_ha == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider", "anonymous"])
def test_who_may_not_add_a_plot(request, person, cooperative, mango):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.add_plot(cooperative, square(105.63, 10.45), by=user, ref="T-1", crop=mango)

    assert not Plot.objects.exists()


def test_plot_outside_every_commune_is_refused(clerk, cooperative, mango):
    with pytest.raises(RuleViolated, match="xã, phường"):
        services.add_plot(cooperative, square(107.5, 12.5), by=clerk, ref="T-1", crop=mango)


def test_overlap_with_own_plot_names_the_neighbour(clerk, cooperative, mango, plot):
    boundary = square_east_of(plot.boundary, gap_m=-10)

    with pytest.raises(PlotsOverlap) as refused:
        services.add_plot(cooperative, boundary, by=clerk, ref="T-2", crop=mango)

    assert refused.value.status == 409
    assert refused.value.findings[0].extra["neighbour"] == "T-1"
    assert Plot.objects.count() == 1


def test_sliver_is_tolerated(clerk, cooperative, mango, plot):
    added = services.add_plot(cooperative, square_east_of(plot.boundary, gap_m=-0.4), by=clerk, ref="T-2", crop=mango)

    assert added.status == PlotStatus.ACTIVE


def test_overlap_with_another_holder_waits_with_one_case(neighbour_clerk, clerk, neighbour, mango, plot):
    added = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    case = OverlapCase.objects.get()
    assert added.status == PlotStatus.IN_CONFLICT
    assert (case.first, case.second, case.status) == (plot, added, OverlapStatus.OPEN)
    assert case.shared_m2 == pytest.approx(1_000, rel=0.01)
    assert set(Notice.objects.values_list("user", flat=True)) == {clerk.pk, neighbour_clerk.pk}


def test_redrawn_plot_is_free_again(neighbour_clerk, neighbour, mango, plot):
    added = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    changed = services.change_plot(added, by=neighbour_clerk, boundary=square_east_of(plot.boundary))

    assert (changed.status, changed.version) == (PlotStatus.ACTIVE, 2)
    assert OverlapCase.objects.get().status == OverlapStatus.DECIDED


def test_officer_accepts_an_overlap(officer, neighbour_clerk, neighbour, mango, plot):
    added = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    case = services.decide_overlap(OverlapCase.objects.get(), "accepted", reason="Bờ chung", by=officer)

    added.refresh_from_db()
    assert (case.status, added.status) == (OverlapStatus.DECIDED, PlotStatus.ACTIVE)
    with pytest.raises(WrongState):
        services.decide_overlap(case, "accepted", reason="Lại", by=officer)


def test_withdrawn_plot_is_archived(officer, neighbour_clerk, neighbour, mango, plot):
    added = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )

    services.decide_overlap(OverlapCase.objects.get(), "withdrawn", reason="Nhầm", by=officer)

    added.refresh_from_db()
    assert added.status == PlotStatus.ARCHIVED


def test_who_waited_for_a_withdrawn_plot_is_free_and_counted_as_such(
    officer, clerk, neighbour_clerk, cooperative, neighbour, mango, plot
):
    middle = services.add_plot(
        neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango
    )
    waiting = services.add_plot(
        cooperative, square_east_of(middle.boundary, gap_m=-10), by=clerk, ref="X-9", crop=mango
    )
    assert waiting.status == PlotStatus.IN_CONFLICT

    services.decide_overlap(OverlapCase.objects.get(second=middle), "withdrawn", reason="Nhầm", by=officer)

    waiting.refresh_from_db()
    # `plot` itself came without an announcement, so the cells count the other two.
    counted = DensityCell.objects.values_list("status").annotate(n=Sum("plots")).order_by("status")
    assert waiting.status == PlotStatus.ACTIVE
    assert not OverlapCase.objects.open().exists()
    assert dict(counted) == {"active": 1, "archived": 1, "in_conflict": 0}


@pytest.mark.parametrize(("decision", "reason"), [("", "x"), ("nonsense", "x"), ("accepted", " "), ("trim_first", " ")])
def test_decision_needs_sense_and_reason(officer, neighbour_clerk, neighbour, mango, plot, decision, reason):
    services.add_plot(neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)

    with pytest.raises(RuleViolated):
        services.decide_overlap(OverlapCase.objects.get(), decision, reason=reason, by=officer)


@pytest.mark.parametrize("person", ["clerk", "neighbour_clerk", "foreign_officer", "planner"])
def test_who_may_not_decide(request, person, neighbour_clerk, neighbour, mango, plot):
    services.add_plot(neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)

    with pytest.raises(NotAllowed):
        services.decide_overlap(OverlapCase.objects.get(), "accepted", reason="x", by=request.getfixturevalue(person))


def test_change_keeps_history_and_raises_version(clerk, plot, longan):
    changed = services.change_plot(plot, by=clerk, crop=longan)

    assert (changed.crop, changed.version) == (longan, 2)
    assert list(plot.history.order_by("pgh_id").values_list("version", flat=True)) == [1, 2]


def test_variety_of_another_crop_is_refused(clerk, plot, longan, cat_chu):
    with pytest.raises(RuleViolated) as refused:
        services.change_plot(plot, by=clerk, crop=longan, variety=cat_chu)

    assert refused.value.code == "variety_of_other_crop"


def test_ref_is_unique_among_plots_in_use(clerk, cooperative, mango, plot):
    with pytest.raises(RuleViolated) as refused:
        services.add_plot(cooperative, square(105.64, 10.46), by=clerk, ref="T-1", crop=mango)
    services.archive_plot(plot, "error", by=clerk)
    again = services.add_plot(cooperative, plot.boundary, by=clerk, ref="T-1", crop=mango)

    assert refused.value.code == "ref_taken"
    assert again.pk != plot.pk


def test_archiving_asks_for_a_reason_and_happens_once(clerk, plot):
    with pytest.raises(RuleViolated):
        services.archive_plot(plot, "", by=clerk)
    services.archive_plot(plot, "sold", by=clerk)

    with pytest.raises(WrongState):
        services.archive_plot(plot, "sold", by=clerk)


def test_bulk_stores_a_set_with_history_and_communes(clerk, cooperative, mango, commune):
    rows = [row(cooperative, mango, f"B{n}", square(105.60 + 0.002 * n, 10.45)) for n in range(50)]

    result = services.store_plots(rows, by=clerk)

    assert (result.stored, result.in_conflict) == (50, 0)
    assert Plot.objects.filter(commune=commune, created_by=clerk).count() == 50
    assert Plot.history.rel.related_model.objects.count() == 50


def test_bulk_refuses_overlap_inside_one_cooperative(clerk, cooperative, mango):
    first = square(105.60, 10.45)
    rows = [
        row(cooperative, mango, "B1", first),
        row(cooperative, mango, "B2", square_east_of(first, gap_m=-10)),
        row(cooperative, mango, "B3", square(105.61, 10.45)),
    ]

    with pytest.raises(PlotsOverlap) as refused:
        services.store_plots(rows, by=clerk)

    assert [(f.extra["row"], f.extra["neighbour"]) for f in refused.value.findings] == [(2, "B1")]
    assert not Plot.objects.exists()


def test_bulk_opens_one_case_per_pair_of_holders(cooperative, neighbour, mango, plot):
    rows = [
        row(neighbour, mango, "L1", square_east_of(plot.boundary, gap_m=-10)),
        row(neighbour, mango, "L2", square(105.61, 10.45)),
        row(cooperative, mango, "B3", square_east_of(square(105.61, 10.45), gap_m=-10)),
    ]

    result = services.store_plots(rows, by=None)

    pairs = sorted(OverlapCase.objects.values_list("first__ref", "second__ref"))
    assert (result.stored, result.in_conflict) == (3, 2)
    assert pairs == [("L2", "B3"), ("T-1", "L1")]


def test_bulk_refuses_rows_outside_every_commune(cooperative, mango):
    with pytest.raises(RuleViolated) as refused:
        services.store_plots([row(cooperative, mango, "B1", square(107.5, 12.5))], by=None)

    assert refused.value.findings[0].extra["row"] == 1


def test_bulk_takes_signs_that_copy_treats_specially(cooperative, mango):
    ref = "a\\tb\\N"

    services.store_plots([row(cooperative, mango, ref, square(105.6, 10.45), source={"tên": "a\tb\\"})], by=None)

    stored = Plot.objects.get()
    assert (stored.ref, stored.source) == (ref, {"tên": "a\tb\\"})


@pytest.mark.parametrize("gap_m", [-2, -0.9, 0, 5])
def test_single_and_bulk_agree_on_what_overlaps(clerk, cooperative, mango, plot, gap_m):
    boundary = square_east_of(plot.boundary, gap_m=gap_m)
    answers = []
    for store in (
        lambda: services.add_plot(cooperative, boundary, by=clerk, ref="X", crop=mango),
        lambda: services.store_plots([row(cooperative, mango, "X", boundary)], by=clerk),
    ):
        try:
            store()
            answers.append("stored")
        except PlotsOverlap:
            answers.append("refused")
        Plot.objects.filter(ref="X").update(status=PlotStatus.ARCHIVED)

    assert answers[0] == answers[1] == ("refused" if gap_m < -1 else "stored")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_holder", [True, False])
def test_two_clerks_at_once_never_both_pass(clerk, neighbour_clerk, cooperative, neighbour, mango, same_holder):
    """A24: 25 pairs each; also across the border of two pieces of ground."""
    other, other_clerk = (cooperative, clerk) if same_holder else (neighbour, neighbour_clerk)
    for pair in range(25):
        ground = square(105.60 + 0.002 * pair, 10.45)
        jobs = [
            (cooperative, clerk, ground, f"A{pair}"),
            (other, other_clerk, square_east_of(ground, gap_m=-20), f"B{pair}"),
        ]
        barrier, outcomes = threading.Barrier(2), []

        def store(holder, by, boundary, ref, barrier=barrier, outcomes=outcomes):
            barrier.wait(10)
            try:
                outcomes.append(services.add_plot(holder, boundary, by=by, ref=ref, crop=mango).status)
            except PlotsOverlap:
                outcomes.append("refused")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=store, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert sorted(outcomes) == sorted(["active", "refused" if same_holder else "in_conflict"])
    assert OverlapCase.objects.count() == (0 if same_holder else 25)


def test_neighbours_with_a_common_edge_are_both_stored(clerk, cooperative, mango):
    west = rectangle(105.63, 10.45, width_m=80, height_m=60)

    for ref, boundary in (("A", west), ("B", square_east_of(west))):
        services.add_plot(cooperative, boundary, by=clerk, ref=ref, crop=mango)

    assert Plot.objects.in_good_standing().count() == 2
