"""Point 8: versions of a plot, two compared, a set of plots on two days, who acted for whom."""

import datetime as dt
import json

import pghistory
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from farms import history, services
from farms.history import SetQuery, compare, end_of, set_changes, set_shapes, versions_of
from farms.models import Plot, PlotSuccession
from tests.people import make_officer
from tests.shapes import square, square_east_of

pytestmark = pytest.mark.django_db
LON, LAT = 105.62, 10.45
TODAY = dt.date(2026, 11, 1)
BEFORE = dt.date(2026, 6, 30)


def backdate(plot_id, at):
    """Pretend that all that is on record of a plot happened at `at`; histories are append-only for the service."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE farms_plothistory DISABLE TRIGGER USER")
        cursor.execute("UPDATE farms_plothistory SET pgh_created_at = %s WHERE pgh_obj_id = %s", [at, plot_id])
        cursor.execute("ALTER TABLE farms_plothistory ENABLE TRIGGER USER")


def long_ago(plot):
    backdate(plot.pk, end_of(BEFORE) - dt.timedelta(days=30))
    return plot


def query_of(cooperative, **fields):
    return SetQuery(cooperative_id=cooperative.pk, old=BEFORE, new=timezone.localdate(), **fields)


def totals_of(changes):
    return {total.kind: (total.count, round(total.old_ha, 2), round(total.new_ha, 2)) for total in changes.totals}


@pytest.fixture
def plot(plot_factory):
    return plot_factory(ref="T1", boundary=square(LON, LAT, side_m=100))


# --- One plot ----------------------------------------------------------------------------------------------------


def test_versions_say_what_changed_in_words(plot, clerk, longan):
    with pghistory.context(user=clerk.pk):
        services.change_plot(plot, by=clerk, crop=longan, variety=None, tree_count=40)

    latest, first = versions_of(plot)

    assert (latest.by, latest.holder, latest.is_redrawn, first.changes) == (str(clerk), "", False, ())
    changes = {change.name: (change.old, change.new) for change in latest.changes}
    assert changes["crop"] == (str(plot.crop), str(longan))
    assert changes["tree_count"] == ("–", "40")


def test_a_redrawing_is_told_with_its_area(plot, clerk):
    services.change_plot(plot, by=clerk, boundary=square(LON, LAT, side_m=200))

    latest, first = versions_of(plot)

    assert (latest.is_redrawn, bool(first.is_redrawn)) == (True, False)
    assert latest.area_ha == pytest.approx(4, rel=1e-3)


def test_an_archiving_says_why(plot, clerk):
    services.archive_plot(plot, "sold", by=clerk)

    latest = versions_of(plot)[0]

    assert "đã bán" in latest.why
    assert [change.name for change in latest.changes] == ["status"]


def test_a_helper_is_shown_on_behalf_of_the_cooperative(client, helper, plot, cooperative):
    client.force_login(helper)
    client.post(reverse("farms:plot-archive", args=[plot.pk]), {"reason": "sold"})

    page = client.get(reverse("farms:plot-history", args=[plot.pk])).content.decode()

    assert versions_of(plot)[0].who == f"{helper} thay mặt {cooperative}"
    assert f"{helper} thay mặt {cooperative}" in page


def test_two_versions_compared_give_ground_added_removed_and_kept(plot, clerk):
    services.change_plot(plot, by=clerk, boundary=square(LON + 0.0005, LAT, side_m=100))
    new, old = versions_of(plot)

    ground = {one.kind: one.area_m2 for one in compare(plot, old.id, new.id)}

    assert set(ground) == {"added", "removed", "kept"}
    assert ground["added"] == pytest.approx(ground["removed"], rel=0.01)
    assert ground["kept"] + ground["removed"] == pytest.approx(10_000, rel=0.01)


def test_versions_of_another_plot_are_not_compared(plot, plot_factory):
    other = plot_factory(boundary=square(LON + 0.01, LAT, side_m=100))

    assert compare(plot, versions_of(plot)[0].id, versions_of(other)[0].id) == []


def test_many_versions_cost_a_fixed_number_of_queries(plot, clerk, django_assert_max_num_queries):
    for count in range(12):
        services.change_plot(Plot.objects.get(pk=plot.pk), by=clerk, tree_count=count + 1)

    with django_assert_max_num_queries(9):
        assert len(versions_of(plot)) == 13


def test_the_newest_versions_still_say_what_they_changed_when_the_list_is_cut(plot, clerk):
    for count in (5, 6, 7):
        services.change_plot(Plot.objects.get(pk=plot.pk), by=clerk, tree_count=count)

    shown = versions_of(plot, limit=2)

    assert [change.new for version in shown for change in version.changes] == ["7", "6"]


def test_history_page_compares_by_address(client, clerk, plot):
    services.change_plot(plot, by=clerk, boundary=square(LON, LAT, side_m=120))
    new, old = versions_of(plot)
    client.force_login(clerk)

    page = client.get(reverse("farms:plot-history", args=[plot.pk]), {"old": old.id, "new": new.id})
    nonsense = client.get(reverse("farms:plot-history", args=[plot.pk]), {"old": "x", "new": "-1"})

    assert [one["properties"].get("pattern") for one in page.context["frame"]["features"]["features"]] == [
        "added",
        None,
    ]
    assert (page.status_code, nonsense.status_code) == (200, 200)


@pytest.mark.parametrize("person", ["neighbour_clerk", "foreign_officer", "outsider"])
@pytest.mark.parametrize("name", ["plot-history", "plot-seasons"])
def test_history_of_others_is_not_found(request, client, person, plot, name):
    client.force_login(request.getfixturevalue(person))

    assert client.get(reverse(f"farms:{name}", args=[plot.pk])).status_code == 404


# --- Days ----------------------------------------------------------------------------------------------------------


def test_a_day_ends_at_midnight_in_viet_nam():
    assert end_of(dt.date(2026, 6, 30)).isoformat() == "2026-07-01T00:00:00+07:00"


@pytest.mark.parametrize(
    ("at", "is_old"),
    [("2026-06-30T23:59:59+07:00", True), ("2026-07-01T00:00:00+07:00", False), ("2026-06-30T17:00:00+00:00", False),
     ("2026-06-30T16:59:59+00:00", True)],
    ids=["last second", "first moment", "the same in UTC", "before it in UTC"],
)  # fmt: skip
def test_events_count_for_the_day_they_have_in_viet_nam(cooperative, plot, at, is_old):
    backdate(plot.pk, dt.datetime.fromisoformat(at))

    changes = set_changes(query_of(cooperative))

    assert list(totals_of(changes)) == (["same"] if is_old else ["added"])


# --- A set -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def story(cooperative, clerk, plot_factory, longan):
    """Six plots: one same, one new, one redrawn, one of another crop, one archived, one of another holder."""
    made = {
        name: plot_factory(ref=name, boundary=square(LON + 0.005 * index, LAT, side_m=100))
        for index, name in enumerate(("same", "redrawn", "recropped", "archived"))
    }
    for one in made.values():
        long_ago(one)
    made["new"] = plot_factory(ref="new", boundary=square(LON, LAT + 0.01, side_m=100))
    services.change_plot(made["redrawn"], by=clerk, boundary=square(LON + 0.005, LAT, side_m=200))
    services.change_plot(made["recropped"], by=clerk, crop=longan, variety=None)
    services.archive_plot(made["archived"], "sold", by=clerk)
    return made


def test_a_set_is_counted_and_measured_on_both_days(cooperative, story):
    changes = set_changes(query_of(cooperative))

    assert totals_of(changes) == {
        "added": (1, 0, 1),
        "changed": (1, 1, 4),
        "attributes": (1, 1, 1),
        "archived": (1, 1, 0),
        "same": (1, 1, 1),
    }
    assert (changes.count, round(changes.old_ha), round(changes.new_ha)) == (4, 4, 7)
    assert {row.ref: row.kind for row in changes.rows} == {
        "new": "added", "redrawn": "changed", "recropped": "attributes", "archived": "archived",
    }  # fmt: skip
    assert next(row.note for row in changes.rows if row.ref == "recropped").startswith(str(story["same"].crop))


def test_the_ground_of_a_set(cooperative, story):
    shapes = set_shapes(query_of(cooperative))

    ground = {(one["properties"]["ref"], one["properties"]["ground"]): one["properties"]["area_ha"] for one in shapes}
    assert ground[("new", "added")] == pytest.approx(1, rel=0.01)
    assert ground[("archived", "removed")] == pytest.approx(1, rel=0.01)
    assert ground[("redrawn", "added")] == pytest.approx(3, rel=0.01)
    assert ground[("redrawn", "kept")] == pytest.approx(1, rel=0.01)
    assert ("redrawn", "removed") not in ground
    assert ground[("same", "kept")] == pytest.approx(1, rel=0.01)


def test_a_small_move_keeps_the_area_on_record_of_the_set(cooperative, plot, clerk):
    long_ago(plot)
    services.change_plot(plot, by=clerk, boundary=square(LON, LAT, side_m=100.9))

    [total] = set_changes(query_of(cooperative)).totals

    assert (total.kind, total.difference_ha) == ("changed", pytest.approx(0))


def test_a_set_costs_a_fixed_number_of_queries(cooperative, story, django_assert_num_queries):
    with django_assert_num_queries(4):
        set_changes(query_of(cooperative))
    with django_assert_num_queries(1):
        set_shapes(query_of(cooperative))


def test_a_set_is_filtered_by_crop_commune_and_import(cooperative, story, longan, commune):
    assert set_changes(query_of(cooperative, crop=longan.pk)).count == 1
    assert set_changes(query_of(cooperative, communes=(commune.pk,))).count == 4
    assert set_changes(query_of(cooperative, communes=())).count == 0
    assert set_changes(query_of(cooperative, plot_import="00000000-0000-0000-0000-000000000000")).count == 0


def test_split_plots_are_shown_with_what_they_came_from(cooperative, clerk, plot, plot_factory):
    child = plot_factory(ref="T1-A", boundary=square_east_of(plot.boundary))
    PlotSuccession.objects.create(old=plot, new=child, kind="split", created_by=clerk)

    [found] = set_changes(query_of(cooperative)).successions

    assert (found.old, found.new) == ("T1", "T1-A")


def test_a_plot_that_came_and_went_in_between_is_not_there(cooperative, clerk, plot):
    services.archive_plot(plot, "error", by=clerk)

    assert set_changes(query_of(cooperative)).totals == ()


# --- Page and API --------------------------------------------------------------------------------------------------


def test_changes_page_and_its_download(client, clerk, cooperative, story):
    client.force_login(clerk)
    days = {"from": BEFORE.isoformat(), "to": timezone.localdate().isoformat()}

    page = client.get(reverse("farms:plot-changes"), days)
    file = client.get(reverse("farms:plot-changes"), days | {"format": "geojson"})

    assert page.status_code == 200
    assert "4 thửa thay đổi" in page.content.decode()
    names = {one["properties"]["ref"] for one in json.loads(file.content)["features"]}
    assert names == {"new", "redrawn", "recropped", "archived"}
    assert file["Content-Disposition"].startswith("attachment")


def test_changes_page_without_days_asks_about_the_last_thirty(client, clerk, plot):
    client.force_login(clerk)

    page = client.get(reverse("farms:plot-changes"))

    assert [total.kind for total in page.context["changes"].totals] == ["added"]


@pytest.mark.parametrize(
    "query",
    ["from=2026-13-01", "from=2026-07-02&to=2026-07-01", "to=2999-01-01", "crop=khong-co", "commune=00000", "import=x",
     "from=1900-01-01"],
)  # fmt: skip
def test_bad_questions_are_told(client, clerk, plot, query):
    client.force_login(clerk)

    page = client.get(f"{reverse('farms:plot-changes')}?{query}")
    api = client.get(f"/api/v1/plots/changes/?from=2026-06-30&to=2026-07-01&{query}")

    assert page.status_code == 422
    assert page.context["form"].errors
    assert api.status_code == 400


def test_changes_of_others_are_not_found_and_officers_see_their_units(
    client, neighbour_clerk, officer, cooperative, plot, province, unit_factory
):
    address, params = reverse("farms:plot-changes"), {"cooperative": cooperative.slug}

    client.force_login(neighbour_clerk)
    assert client.get(address, params).status_code == 404
    client.force_login(officer)
    assert client.get(address, params).context["changes"].count == 1
    client.force_login(make_officer(unit_factory(parent=province, code="99077"), username="elsewhere"))
    assert client.get(address, params).status_code == 404


def test_api_of_changes(client, clerk, cooperative, story):
    client.force_login(clerk)

    answer = client.get(
        "/api/v1/plots/changes/",
        {"cooperative": cooperative.slug, "from": BEFORE.isoformat(), "to": timezone.localdate().isoformat()},
    )

    body = answer.json()
    assert answer.status_code == 200
    assert {total["change"]: total["count"] for total in body["totals"]}["changed"] == 1
    assert {one["properties"]["ground"] for one in body["features"]} == {"added", "removed", "kept"}
    assert not body["is_cut"]


def test_api_of_versions(client, clerk, plot):
    services.change_plot(plot, by=clerk, boundary=square(LON, LAT, side_m=120))
    client.force_login(clerk)
    address = f"/api/v1/plots/{plot.pk}/versions/"

    listed = client.get(address).json()["versions"]
    compared = client.get(address, {"old": listed[1]["id"], "new": listed[0]["id"]}).json()

    assert [one["version"] for one in listed] == [2, 1]
    assert listed[0]["is_redrawn"] is True
    assert {one["properties"]["ground"] for one in compared["difference"]["features"]} == {"added", "kept"}
    assert client.get(address, {"old": "1", "new": "x"}).status_code == 400
    assert client.get(address, {"page": "1"}).status_code == 400


def test_api_shows_the_area_on_record(client, clerk, plot):
    services.change_plot(plot, by=clerk, boundary=square(LON, LAT, side_m=100.9))
    client.force_login(clerk)

    shown = client.get(f"/api/v1/plots/{plot.pk}/").json()["properties"]

    assert shown["legal_area_ha"] == pytest.approx(plot.area_m2 / 10_000)
    assert shown["area_ha"] > shown["legal_area_ha"]


@pytest.mark.parametrize("path", ["versions/", "seasons/"])
def test_api_of_others_is_not_found(client, neighbour_clerk, plot, path):
    client.force_login(neighbour_clerk)

    assert client.get(f"/api/v1/plots/{plot.pk}/{path}").status_code == 404


def test_deleted_plots_are_told_as_removed(cooperative, plot):
    long_ago(plot)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM farms_plot WHERE id = %s", [plot.pk])

    changes = set_changes(query_of(cooperative))

    assert [(row.ref, row.kind) for row in changes.rows] == [("T1", "removed")]
    assert history.KINDS["removed"]
