"""Pages of plots and overlap cases."""

import pytest
from django.urls import reverse

from farms import services
from farms.models import OverlapCase, OverlapStatus, Plot, PlotStatus
from tests.shapes import square_east_of

pytestmark = pytest.mark.django_db


def test_list_filters_and_counts(client, clerk, plot, plot_factory, longan):
    plot_factory(ref="N-1", crop=longan)
    client.force_login(clerk)

    page = client.get(reverse("farms:plot-list"), {"crop": "nhan", "area_min": ""})

    assert (page.context["count"], [item.ref for item in page.context["plots"]]) == (1, ["N-1"])


def test_list_costs_the_same_for_one_and_for_many(client, clerk, plot_factory, grower, django_assert_max_num_queries):
    for _turn in range(30):
        plot_factory(grower=grower)
    client.force_login(clerk)

    with django_assert_max_num_queries(25):
        page = client.get(reverse("farms:plot-list"))

    assert page.context["count"] == 30


def test_list_pages_on(client, clerk, plot_factory, monkeypatch):
    monkeypatch.setattr("farms.views.plots.PAGE_SIZE", 2)
    plots = [plot_factory() for _turn in range(3)]
    client.force_login(clerk)

    first = client.get(reverse("farms:plot-list"))
    second = client.get(first.context["next_url"])

    assert [item.pk for item in first.context["plots"]] == [plots[0].pk, plots[1].pk]
    assert [item.pk for item in second.context["plots"]] == [plots[2].pk]
    assert second.context["next_url"] is None


def test_plot_page_shows_its_versions(client, clerk, plot):
    services.change_plot(plot, by=clerk, tree_count=5)
    client.force_login(clerk)

    page = client.get(plot.get_absolute_url())

    assert [version.number for version in page.context["versions"]] == [2, 1]


def test_plot_of_another_cooperative_is_not_found(client, neighbour_clerk, plot):
    client.force_login(neighbour_clerk)

    names = ("farms:plot-detail", "farms:plot-edit")
    assert [client.get(reverse(name, args=[plot.pk])).status_code for name in names] == [404, 404]
    assert client.post(reverse("farms:plot-archive", args=[plot.pk]), {"reason": "sold"}).status_code == 404


def test_clerk_edits_a_plot(client, clerk, plot, cat_chu):
    client.force_login(clerk)
    form = {"ref": "T-2", "crop": plot.crop.pk, "variety": cat_chu.pk, "determination": "unknown", "version": 1,
            "declared_area_ha": "1.02", "harvest_months": ["4", "5"]}  # fmt: skip

    first = client.post(reverse("farms:plot-edit", args=[plot.pk]), form)
    late = client.post(reverse("farms:plot-edit", args=[plot.pk]), form | {"ref": "T-3"})

    plot.refresh_from_db()
    assert (first.status_code, late.status_code) == (302, 422)
    assert (plot.ref, plot.variety, plot.harvest_months) == ("T-2", cat_chu, [4, 5])
    assert plot.declared_area_m2 == pytest.approx(10_200)


def test_taken_number_is_said_at_its_field(client, clerk, plot, plot_factory):
    other = plot_factory(ref="X-1")
    client.force_login(clerk)

    page = client.post(
        reverse("farms:plot-edit", args=[other.pk]),
        {"ref": "T-1", "crop": other.crop.pk, "determination": "unknown", "version": 1},
    )

    assert page.status_code == 422
    assert "ref" in page.context["form"].errors


def test_clerk_archives_a_plot(client, clerk, plot):
    client.force_login(clerk)

    client.post(reverse("farms:plot-archive", args=[plot.pk]), {"reason": "sold"})

    assert Plot.objects.get(pk=plot.pk).status == PlotStatus.ARCHIVED


def test_officer_decides_on_the_page(client, officer, neighbour_clerk, neighbour, mango, plot):
    services.add_plot(neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)
    case = OverlapCase.objects.get()
    client.force_login(officer)

    page = client.get(reverse("farms:overlap-list"))
    client.post(reverse("farms:overlap-decide", args=[case.pk]), {"decision": "accepted", "reason": "Bờ chung"})

    case.refresh_from_db()
    assert "L-1" in page.content.decode()
    assert case.status == OverlapStatus.DECIDED


def test_clerk_sees_the_case_but_no_decision(client, clerk, neighbour_clerk, neighbour, mango, plot):
    services.add_plot(neighbour, square_east_of(plot.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)
    client.force_login(clerk)

    page = client.get(reverse("farms:overlap-list"))

    assert [row["may_decide"] for row in page.context["rows"]] == [False]
