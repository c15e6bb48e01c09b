"""Conflicts with land use by commune: hectares and owners, and what visitors may know of few owners."""

import datetime as dt

import pytest
from django.core.cache import cache

from landuse.models import LandUseClass, LayerKind, UseRule, Verdict
from tests.factories.landuse import make_parcel
from tests.shapes import rectangle, square, square_east_of

pytestmark = pytest.mark.django_db

ADDRESS = "/data/analysis/conflicts/"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    """The cache's table outlives tests that are not rolled back."""
    cache.clear()


@pytest.fixture
def ground(land_use_layer_factory):
    """Rice land on which perennials need a procedure, and a plan for houses over the western half of it."""
    survey = land_use_layer_factory(slug="hien-trang")
    rice = LandUseClass.objects.get(scheme=survey.scheme, code="LUC")
    UseRule.objects.create(
        land_use_class=rice, use="perennial", verdict=Verdict.NEEDS_PROCEDURE, legal_ref="Luật thử, Điều 1"
    )
    make_parcel(survey, "LUC", boundary=rectangle(105.60, 10.40, width_m=2_000, height_m=300))
    plan = land_use_layer_factory(
        slug="quy-hoach", kind=LayerKind.PLANNING, scheme=survey.scheme, as_of=dt.date(2025, 1, 1)
    )
    make_parcel(plan, "ODT", boundary=rectangle(105.60, 10.40, width_m=50, height_m=300))
    return survey


@pytest.fixture
def plots(plot_factory, grower_factory, ground):
    """Three plots of 1 ha on the rice land, of two growers; half of the first lies in the plan."""
    first, second = grower_factory(), grower_factory()
    shapes = [square(105.60, 10.40)]
    shapes += [square_east_of(shapes[0], gap_m=50), square_east_of(shapes[0], gap_m=300)]
    return [
        plot_factory(boundary=shape, grower=grower)
        for shape, grower in zip(shapes, (first, second, second), strict=True)
    ]


def test_officers_see_hectares_and_owners_and_the_same_list(client, planner, plots, commune):
    client.force_login(planner)

    page = client.get(ADDRESS)

    [(line, url)] = page.context["lines"]
    assert (line.unit, line.plots, line.owners) == (commune, 3, 2)
    assert line.ha == pytest.approx(3, rel=1e-3)
    assert (line.land_use_ha, line.planning_ha) == (pytest.approx(3, rel=1e-3), pytest.approx(0.5, rel=1e-2))
    assert page.context["summary"].total.plots == 3
    assert client.get(url).context["plots"] == line.plots
    assert client.get(page.context["total_url"]).context["plots"] == 3


def test_a_kind_and_a_crop_narrow_the_figures_and_the_list(client, planner, plots):
    client.force_login(planner)

    page = client.get(ADDRESS, {"kind": "planning", "crop": "xoai"})

    [(line, url)] = page.context["lines"]
    assert (line.plots, line.land_use_ha) == (1, 0)
    assert client.get(url).context["plots"] == 1
    assert client.get(ADDRESS, {"crop": "none"}).status_code == 400


def test_visitors_do_not_see_communes_of_fewer_than_three_owners(client, plots, plot_factory, grower_factory):
    before = client.get(ADDRESS)
    plot_factory(boundary=square_east_of(plots[2].boundary, gap_m=20), grower=grower_factory())
    from maps.services import note_changes

    note_changes(("plots",))
    after = client.get(ADDRESS)

    assert (before.context["lines"], before.context["summary"].hidden) == ([], 1)
    assert before.context["summary"].total.plots == 0
    [(line, url)] = after.context["lines"]
    assert (line.plots, line.owners, url) == (4, 3, "")
    assert after.context["summary"].total.owners == 3


def test_visitors_cannot_ask_for_parts_of_the_table(client, plots):
    for query in ({"crop": "xoai"}, {"kind": "planning"}, {"commune": "99001"}):
        assert client.get(ADDRESS, query).status_code == 400


def test_officers_of_elsewhere_see_nothing(client, foreign_officer, plots):
    client.force_login(foreign_officer)

    page = client.get(ADDRESS)

    assert page.context["lines"] == []
    assert page.context["summary"].total.plots == 0


def test_the_number_of_queries_does_not_grow(client, planner, plots, django_assert_max_num_queries):
    from exchange.analysis.conflicts import conflict_summary

    with django_assert_max_num_queries(5):
        conflict_summary(planner, {})
