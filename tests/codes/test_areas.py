"""Forming areas, drawing them anew, and who may see their outline."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connections, transaction

from codes import services
from codes.models import ProductionArea
from core.changes import announce
from core.errors import NotAllowed, RuleViolated, WrongState
from farms.changes import PlotsArrived, PlotsLeaving
from farms.models import Plot, PlotStatus
from farms.services import archive_plot
from people.services import give_consent, withdraw_consent
from tests.factories.casework import make_request
from tests.shapes import square, square_east_of

pytestmark = pytest.mark.django_db


def form(cooperative, crop, plots, by, **fields):
    return services.form_area(cooperative, name="Vùng A", crop=crop, plots=plots, by=by, **fields)


def agree(grower):
    return give_consent(grower.person, "public_outline", text_version="1", channel="paper", evidence="phiếu 1")


def test_area_is_the_union_of_its_plots(cooperative, mango, clerk, plot_factory, commune):
    west = plot_factory(boundary=square(105.60, 10.45, side_m=100))
    east = plot_factory(boundary=square_east_of(west.boundary))

    area = form(cooperative, mango, [west, east], clerk)

    assert area.area_ha == pytest.approx(2, rel=1e-3)
    assert len(area.boundary) == 1  # the shared edge is gone
    assert area.commune == commune
    assert area.version == 1


def test_area_of_distant_plots_keeps_both_parts(cooperative, mango, clerk, plot_factory):
    plots = [plot_factory(boundary=square(lon, 10.45)) for lon in (105.60, 105.62)]

    area = form(cooperative, mango, Plot.objects.filter(pk__in=[plot.pk for plot in plots]), clerk)

    assert len(area.boundary) == 2


@pytest.mark.parametrize(
    ("case", "fields", "code"),
    [
        ("overlapping", {"status": PlotStatus.IN_CONFLICT}, "plot_in_conflict"),
        ("archived", {"status": PlotStatus.ARCHIVED}, "plot_archived"),
        ("other crop", {"crop": "longan"}, "other_crop"),
        ("other cooperative", {"cooperative": "neighbour"}, "foreign_plot"),
    ],
)
def test_plots_that_may_not_join(request, case, fields, code, cooperative, mango, clerk, plot_factory):
    fields = {
        name: request.getfixturevalue(value) if value in ("longan", "neighbour") else value
        for name, value in fields.items()
    }
    good, bad = plot_factory(), plot_factory(ref="XAU-1", **fields)

    with pytest.raises(RuleViolated) as caught:
        form(cooperative, mango, [good, bad], clerk)

    assert [finding.code for finding in caught.value.findings] == [code]
    assert ("XAU-1" in str(caught.value.findings[0].message)) == (code != "foreign_plot")
    assert not ProductionArea.objects.exists()


def test_area_needs_a_plot(cooperative, mango, clerk):
    with pytest.raises(RuleViolated) as caught:
        form(cooperative, mango, [], clerk)

    assert caught.value.findings[0].code == "no_plots"


def test_name_is_taken_once_per_cooperative(cooperative, mango, clerk, plot_factory):
    form(cooperative, mango, [plot_factory()], clerk)

    with pytest.raises(RuleViolated) as caught:
        form(cooperative, mango, [plot_factory()], clerk)

    assert caught.value.findings[0].pointer == "/name"


def test_variety_must_be_of_the_crop(cooperative, longan, clerk, plot_factory, cat_chu):
    plot = plot_factory(crop=longan)

    with pytest.raises(RuleViolated) as caught:
        form(cooperative, longan, [plot], clerk, variety=cat_chu)

    assert caught.value.findings[0].code == "area_variety"


@pytest.mark.parametrize(
    ("person", "allowed"),
    [
        ("clerk", True), ("owner", True), ("helper", True),
        ("viewer", False), ("neighbour_clerk", False), ("officer", False), ("planner", False), ("outsider", False),
        ("anonymous", False),
    ],
)  # fmt: skip
def test_who_may_form_an_area(request, person, allowed, cooperative, mango, plot_factory):
    user, plot = request.getfixturevalue(person), plot_factory()

    if allowed:
        assert form(cooperative, mango, [plot], user).created_by == user
    else:
        with pytest.raises(NotAllowed):
            form(cooperative, mango, [plot], user)


def test_three_growers_make_the_outline_public(area_factory):
    two, three = area_factory(growers=2), area_factory(growers=3, lat=10.46)

    assert (two.is_outline_public, two.grower_count) == (False, 2)
    assert (three.is_outline_public, three.grower_count) == (True, 3)
    assert three.public_shape.equals(three.boundary)
    assert three.boundary.contains(three.public_location)


def test_hidden_area_is_shown_at_the_middle_of_its_commune(area_factory, commune):
    first = area_factory(growers=1)
    second = area_factory(growers=1, lat=10.47)

    assert first.public_shape.geom_type == "Point"
    assert first.public_location.coords == second.public_location.coords
    assert commune.boundary.contains(first.public_location)
    assert not first.boundary.contains(first.public_location)


def test_one_person_with_many_plots_is_one_grower(cooperative, mango, clerk, plot_factory, grower):
    plots = [plot_factory(grower=grower) for _number in range(4)]

    area = form(cooperative, mango, plots, clerk)

    assert (area.grower_count, area.is_outline_public) == (1, False)


def test_plots_without_grower_are_nobodys_consent(cooperative, mango, clerk, plot_factory, grower):
    agree(grower)

    area = form(cooperative, mango, [plot_factory(grower=grower), plot_factory()], clerk)

    assert not area.is_outline_public


def test_consent_of_every_grower_makes_the_outline_public_and_withdrawal_hides_it_at_once(area_factory):
    area = area_factory(growers=2)
    growers = [plot.grower for plot in area.plots.all()]

    agree(growers[0])
    area.refresh_from_db()
    assert not area.is_outline_public

    agree(growers[1])
    area.refresh_from_db()
    assert area.is_outline_public

    withdraw_consent(growers[0].person, "public_outline")
    area.refresh_from_db()
    assert not area.is_outline_public
    assert area.public_shape.geom_type == "Point"
    assert not area.boundary.contains(area.public_location)


@pytest.mark.django_db(transaction=True)
def test_a_consent_that_is_being_withdrawn_is_not_overlooked_by_another_one(area_factory):
    """Each change alone leaves the outline hidden; neither may decide by what the other has not committed yet."""
    area = area_factory(growers=2)
    first, second = (plot.grower for plot in area.plots.order_by("pk"))
    agree(first)

    def agree_beside():
        try:
            agree(second)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            withdraw_consent(first.person, "public_outline")
            beside = pool.submit(agree_beside)
            wait([beside], timeout=1)
        beside.result(10)

    area.refresh_from_db()
    assert not area.is_outline_public


def test_a_plot_that_leaves_takes_its_grower_along(area):
    plots = Plot.objects.filter(pk=area.plots.first().pk)

    announce(PlotsLeaving(plots=plots))
    area.refresh_from_db()

    assert (area.grower_count, area.is_outline_public) == (2, False)


def test_ground_of_a_grower_who_left_without_consent_stays_hidden_until_it_is_drawn_anew(area_factory, clerk):
    area = area_factory(growers=2)
    stays, leaves = area.plots.order_by("pk")
    agree(stays.grower)

    archive_plot(leaves, "sold", by=clerk)
    area.refresh_from_db()
    assert (area.grower_count, area.is_outline_public) == (1, False)

    services.redraw_area(area, by=clerk)
    area.refresh_from_db()
    assert area.is_outline_public
    assert not area.boundary.contains(leaves.boundary.centroid)


def test_a_plot_that_was_only_changed_counts_again(area):
    plots = Plot.objects.filter(pk=area.plots.first().pk)

    announce(PlotsLeaving(plots=plots))
    announce(PlotsArrived(plots=plots))
    area.refresh_from_db()

    assert (area.grower_count, area.is_outline_public) == (3, True)


def test_redrawing_follows_the_plots(area, clerk):
    plot = area.plots.order_by("pk").last()
    plot.status = PlotStatus.ARCHIVED
    plot.save()

    redrawn = services.redraw_area(area, by=clerk)

    assert redrawn.area_ha == pytest.approx(2, rel=1e-3)
    assert (redrawn.version, redrawn.grower_count, redrawn.is_outline_public) == (2, 2, False)
    assert plot not in redrawn.plots.all()


def test_redrawing_an_area_without_plots_is_refused(area, clerk):
    area.plots.update(status=PlotStatus.ARCHIVED)

    with pytest.raises(RuleViolated):
        services.redraw_area(area, by=clerk)


def test_other_plots_make_a_new_version(area, clerk, plot_factory):
    kept = list(area.plots.all()[:2])
    added = plot_factory(boundary=square(105.62, 10.45, side_m=200))

    changed = services.change_area(area, name="Tên mới", plots=[*kept, added], by=clerk)

    assert set(changed.plots.all()) == {*kept, added}
    assert (changed.name, changed.version) == ("Tên mới", 2)
    assert changed.area_ha == pytest.approx(6, rel=1e-3)


def test_area_on_the_officers_desk_does_not_move(area, clerk, old_scheme, china):
    make_request(area, old_scheme, [china], by=clerk, submitted=True)

    with pytest.raises(WrongState) as caught:
        services.redraw_area(area, by=clerk)

    assert caught.value.code == "area_at_office"


def test_refreshing_touches_only_what_changed(area, area_factory, django_assert_num_queries):
    area_factory(growers=1, lat=10.47)

    with django_assert_num_queries(3):  # ids, locks, facts
        changed = services.refresh_outlines(ProductionArea.objects.all())

    assert changed == []
