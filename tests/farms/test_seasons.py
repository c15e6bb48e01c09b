"""What grew on a plot, season by season."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from core.errors import NotAllowed, RuleViolated
from farms import services
from farms.models import PlotSeason
from farms.services import seasons
from farms.services.seasons import SeasonTaken

pytestmark = pytest.mark.django_db


@pytest.fixture
def plot(plot_factory):
    return plot_factory()


@pytest.fixture
def row(plot, clerk, mango):
    return seasons.record_season(plot, year=2025, season="year", crop=mango, harvested_t=12.5, by=clerk)


def test_a_season_is_recorded_and_changed_with_history(row, clerk):
    seasons.change_season(row, by=clerk, harvested_t=14)

    row.refresh_from_db()
    assert row.harvested_t == 14
    assert list(row.history.order_by("pgh_id").values_list("harvested_t", flat=True)) == [12.5, 14]


def test_the_same_crop_twice_in_a_season_is_told(row, plot, clerk, mango, longan):
    with pytest.raises(SeasonTaken):
        seasons.record_season(plot, year=2025, season="year", crop=mango, by=clerk)

    seasons.record_season(plot, year=2025, season="year", crop=longan, by=clerk)
    assert plot.seasons.count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"year": 1800}, "year_implausible"),
        ({"year": 2090}, "year_implausible"),
        ({"season": "xuan"}, "unknown_season"),
        ({"harvested_t": -1}, "harvest_negative"),
    ],
    ids=["old", "future", "season", "harvest"],
)
def test_nonsense_is_refused(plot, clerk, mango, change, code):
    with pytest.raises(RuleViolated) as error:
        seasons.record_season(plot, by=clerk, **({"year": 2025, "season": "year", "crop": mango} | change))

    assert error.value.code == code


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "officer", "outsider"])
def test_who_may_not_record(request, person, plot, row, mango):
    user = request.getfixturevalue(person)

    for act in (
        lambda: seasons.record_season(plot, year=2024, season="year", crop=mango, by=user),
        lambda: seasons.change_season(row, by=user, note="x"),
        lambda: seasons.remove_season(row, by=user),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_changed_crop_is_offered_once_as_a_season_of_this_year(client, plot, clerk, longan, mango):
    assert seasons.season_offer(plot) is None

    changed = services.change_plot(plot, by=clerk, crop=longan, variety=None)
    offer = seasons.season_offer(changed)
    client.force_login(clerk)
    page = client.get(reverse("farms:plot-seasons", args=[plot.pk]))
    seasons.record_season(changed, year=offer.year, season="year", crop=offer.crop, by=clerk)

    assert (offer.crop, offer.year) == (mango, timezone.localdate().year)
    assert page.context["form"].initial["crop"] == mango
    assert "trước khi đổi cây" in page.content.decode()
    assert seasons.season_offer(changed) is None


def test_a_crop_of_an_earlier_year_is_not_offered(plot, clerk, longan):
    changed = services.change_plot(plot, by=clerk, crop=longan, variety=None)

    assert seasons.season_offer(changed, today=timezone.localdate() + dt.timedelta(days=400)) is None


def test_pages_record_change_and_remove(client, clerk, plot, mango):
    client.force_login(clerk)
    address = reverse("farms:plot-seasons", args=[plot.pk])
    body = {"year": 2025, "season": "winter_spring", "crop": mango.pk, "harvested_t": "3.5"}

    client.post(address, body)
    twice = client.post(address, body)
    made = PlotSeason.objects.get()
    client.post(reverse("farms:season-edit", args=[plot.pk, made.pk]), body | {"harvested_t": "4"})

    made.refresh_from_db()
    assert (twice.status_code, made.harvested_t, made.recorded_by) == (422, 4, clerk)
    assert "Thửa đã có cây trồng này" in str(twice.context["form"].errors)
    client.post(reverse("farms:season-remove", args=[plot.pk, made.pk]))
    assert not PlotSeason.objects.exists()


def test_viewers_read_without_a_form(client, viewer, plot, row):
    client.force_login(viewer)
    address = reverse("farms:plot-seasons", args=[plot.pk])

    page = client.get(address)
    client.post(address, {"year": 2024, "season": "year", "crop": row.crop_id})

    assert (page.status_code, page.context["form"]) == (200, None)
    assert PlotSeason.objects.count() == 1


def test_api_of_seasons(client, clerk, plot, mango):
    client.force_login(clerk)
    address = f"/api/v1/plots/{plot.pk}/seasons/"
    body = {"year": 2025, "season": "year", "crop": mango.slug}

    made = client.post(address, body, content_type="application/json")
    twice = client.post(address, body, content_type="application/json")
    own = f"{address}{made.json()['id']}/"
    changed = client.patch(own, {"harvested_t": 2.5}, content_type="application/json")
    unknown = client.patch(own, {"plot": 1}, content_type="application/json")
    listed = client.get(address).json()

    assert (made.status_code, twice.status_code, twice.json()["code"]) == (201, 409, "season_taken")
    assert (changed.json()["harvested_t"], unknown.status_code) == (2.5, 422)
    assert [(one["year"], one["crop"], one["harvested_t"]) for one in listed] == [(2025, mango.slug, 2.5)]
    assert client.delete(own).status_code == 204
