"""Density cells: they always say what the plots say."""

import threading

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import Count, Sum
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from core.changes import announce
from farms.changes import PlotsArrived, PlotsLeaving
from farms.models import Plot, PlotStatus
from maps import services
from maps.models import BASE_LEVEL, FRESH, LEVELS, DensityCell, LayerChange
from tests.maps.conftest import LAT, LON, decode, tile_at, tile_url
from tests.shapes import square

pytestmark = pytest.mark.django_db

GROUPS = ("crop", "commune", "cooperative", "status")
SUMS = {"n": Sum("plots"), "area": Sum("area_dm2"), "yield": Sum("yield_kg")}


def counted_cells(level: int = BASE_LEVEL) -> set[tuple]:
    """Return what the cells of a level and the fresh deltas say: group, plots, area in 0.01 m², kilograms."""
    rows = DensityCell.objects.filter(level__in=(level, FRESH)).values_list(*GROUPS).annotate(**SUMS)
    return {row for row in rows.order_by() if row[-3:] != (0, 0, 0)}


def counted_plots() -> set[tuple]:
    """Return the same from the plots themselves."""
    area = Sum(RawSQL("round(area_m2 * 100)::bigint", []))
    mass = Sum(RawSQL("round(coalesce(expected_yield_t, 0) * 1000)::bigint", []))
    return set(Plot.objects.values_list(*GROUPS).annotate(n=Count("pk"), area=area, mass=mass).order_by())


def assert_cells_are_right() -> None:
    """Every level says what the plots say."""
    assert {level: counted_cells(level) for level in LEVELS} == dict.fromkeys(LEVELS, counted_plots())


def arrive(*plots: Plot) -> None:
    announce(PlotsArrived(plots=Plot.objects.filter(pk__in=[plot.pk for plot in plots])))


def leave(*plots: Plot) -> None:
    announce(PlotsLeaving(plots=Plot.objects.filter(pk__in=[plot.pk for plot in plots])))


def test_cells_follow_plots_through_their_life(plot_factory, longan):
    first, second = plot_factory(), plot_factory(crop=longan)
    arrive(first, second)
    assert_cells_are_right()

    leave(first)
    first.boundary = square(LON + 0.3, LAT + 0.3, side_m=250)
    first.crop = longan
    first.save()
    arrive(first)
    assert_cells_are_right()

    leave(second)
    second.status = PlotStatus.ARCHIVED
    second.save()
    arrive(second)
    assert_cells_are_right()


def test_bulk_import_is_one_statement(plot_factory, django_assert_num_queries):
    for _number in range(30):
        plot_factory()

    with CaptureQueriesContext(connection) as queries:
        services.count_plots(Plot.objects.all(), sign=1)

    assert len(queries) == 1
    assert_cells_are_right()


def test_nothing_is_counted_for_no_plots(plot_factory):
    assert services.count_plots(Plot.objects.filter(pk__in=[]), sign=1) == 0


def test_rolled_back_import_leaves_no_trace(plot_factory):
    plot = plot_factory()

    with pytest.raises(RuntimeError), transaction.atomic():
        arrive(plot)
        raise RuntimeError

    assert not DensityCell.objects.exists()
    assert not LayerChange.objects.exists()


def test_fold_adds_up_without_changing_what_is_said(plot_factory):
    plots = [plot_factory(boundary=square(LON, LAT + 0.0001 * number, side_m=50)) for number in range(5)]
    for plot in plots:
        arrive(plot)
    before = counted_cells()

    folded = services.fold_cells()

    assert folded == 5
    assert counted_cells() == before
    assert_cells_are_right()
    assert list(DensityCell.objects.values_list("level", flat=True).order_by("level")) == list(LEVELS)
    assert services.fold_cells() == 0


def test_fold_removes_what_came_to_nothing(plot_factory):
    plot = plot_factory()
    arrive(plot)
    services.fold_cells()
    leave(plot)

    services.fold_cells()

    assert not DensityCell.objects.exists()


def test_rebuild_repairs_whatever_went_wrong(plot_factory, capsys):
    arrive(plot_factory())
    plot_factory()
    DensityCell.objects.update(plots=77)

    call_command("rebuild_tiles")

    assert_cells_are_right()
    assert not DensityCell.objects.filter(level=FRESH).exists()


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_lose_nothing(plot_factory):
    plots = [plot_factory(boundary=square(LON, LAT + 0.0001 * number, side_m=50)) for number in range(12)]
    start = threading.Barrier(5)
    failures = []

    def write(mine: list[Plot]) -> None:
        try:
            start.wait()
            for plot in mine:
                with transaction.atomic():
                    arrive(plot)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    def fold() -> None:
        try:
            start.wait()
            for _number in range(10):
                services.fold_cells()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(plots[number::4],)) for number in range(4)]
    threads.append(threading.Thread(target=fold))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert_cells_are_right()
    services.fold_cells()
    assert_cells_are_right()


# --- In tiles ------------------------------------------------------------------------------------------------


def cells_in(client, z, query="") -> list[dict]:
    tile = decode(client.get(tile_url("plots", z, query=query)).content)
    return [feature["properties"] for feature in tile.get("plot_cells", [])]


def test_far_tile_is_made_of_cells_and_never_of_plots(client, officer, plot_factory, monkeypatch):
    arrive(plot_factory(), plot_factory())
    client.force_login(officer)

    with CaptureQueriesContext(connection) as queries:
        found = cells_in(client, 8)

    assert [(cell["count"], cell["area_ha"], cell["crop_code"]) for cell in found] == [(2, 2.0, "XOAI")]
    assert not any("farms_plot" in query["sql"] for query in queries)


LOOKS = {"id", "status", "crop_code"}
DETAILS = {"ref", "crop", "area_ha", "commune_code", "cooperative"}


def test_near_tile_shows_plots_without_anything_of_persons(client, officer, plot_factory, grower):
    plot = plot_factory(grower=grower, ref="T-9", boundary=square(LON, LAT))
    client.force_login(officer)

    # To and fro, more often than once: each zoom keeps its own statement.
    for z, properties in ((14, LOOKS), (15, LOOKS | DETAILS), (14, LOOKS), (15, LOOKS | DETAILS)):
        found = decode(client.get(tile_url("plots", z)).content)["plots"]

        assert found[0]["properties"].keys() == properties
        assert found[0]["properties"]["id"] == plot.pk
        assert grower.person.full_name not in str(found)


def test_a_popup_finds_what_a_plots_tile_leaves_out(client, officer, plot_factory):
    plot = plot_factory(ref="T-9", boundary=square(LON, LAT))
    client.force_login(officer)
    layer = next(one for one in client.get("/maps/layers.json").json()["layers"] if one["name"] == "plots")
    (drawn,) = decode(client.get(tile_url("plots", 14)).content)["plots"]

    answer = client.get(layer["popup"]["source"].format(**drawn["properties"]))

    said = answer.json()["properties"]
    shown = [layer["popup"]["title"], *(name for name, _label in layer["popup"]["fields"])]
    assert said["ref"] == plot.ref
    assert said.keys() >= set(shown)
    assert client.get(layer["popup"]["path"].format(**drawn["properties"])).status_code == 200


@pytest.mark.parametrize("z", [8, 14])
def test_plots_are_no_ones_business_without_sign_in(client, plot_factory, z):
    arrive(plot_factory(boundary=square(LON, LAT)))

    response = client.get(tile_url("plots", z))

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert "plots" not in [layer["name"] for layer in client.get("/maps/layers.json").json()["layers"]]


@pytest.mark.parametrize("z", [8, 14])
@pytest.mark.parametrize(
    ("person", "sees"),
    [("clerk", True), ("officer", True), ("neighbour_clerk", False), ("outsider", False)],
)
def test_cells_and_plots_have_the_same_rights(request, client, plot_factory, person, sees, z):
    arrive(plot_factory(boundary=square(LON, LAT)))
    client.force_login(request.getfixturevalue(person))

    response = client.get(tile_url("plots", z))

    assert bool(decode(response.content)) is sees
    assert response["Cache-Control"] == "private, no-cache"


def test_private_tile_does_not_leak_by_its_etag(client, clerk, outsider, plot_factory):
    arrive(plot_factory(boundary=square(LON, LAT)))
    client.force_login(clerk)
    own = client.get(tile_url("plots", 14))
    client.force_login(outsider)

    other = client.get(tile_url("plots", 14), HTTP_IF_NONE_MATCH=own["ETag"])
    client.logout()
    anonymous = client.get(tile_url("plots", 14), HTTP_IF_NONE_MATCH=own["ETag"])

    assert other.status_code == 200
    assert decode(other.content) == {}
    assert anonymous.status_code == 401


def test_private_tile_is_304_for_its_owner(client, clerk, plot_factory):
    arrive(plot_factory(boundary=square(LON, LAT)))
    client.force_login(clerk)
    etag = client.get(tile_url("plots", 14))["ETag"]

    assert client.get(tile_url("plots", 14), HTTP_IF_NONE_MATCH=etag).status_code == 304


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("?crop=xoai", 2, id="crop"),
        pytest.param("?crop=nhan", 1, id="other crop"),
        pytest.param("?status=in_conflict", 1, id="status"),
        pytest.param("?commune=99001", 3, id="commune"),
        pytest.param("?cooperative=htx-cua-toi", 3, id="cooperative"),
        pytest.param("?crop=xoai&area_min=2", 1, id="hectares, which cells do not know"),
        pytest.param("?q=T-7", 1, id="text, which cells do not know"),
    ],
)
def test_filtered_far_tile_counts_what_the_list_counts(client, officer, plot_factory, longan, query, count):
    arrive(
        plot_factory(ref="T-7", boundary=square(LON, LAT, side_m=200)),
        plot_factory(ref="T-8", status="in_conflict"),
        plot_factory(ref="T-9", crop=longan),
    )
    client.force_login(officer)

    assert sum(cell["count"] for cell in cells_in(client, 9, query)) == count


def test_a_cell_lies_in_exactly_one_tile_at_every_zoom(client, officer, plot_factory):
    arrive(*[plot_factory() for _number in range(10)])
    client.force_login(officer)

    for z in (4, 8, 10, 11):
        z, x, y = tile_at(z)
        around = [(x + dx, y + dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]
        tiles = [
            decode(client.get(f"/tiles/plots/{z}/{column}/{row}.mvt").content)
            for column, row in around
            if 0 <= column < 1 << z and 0 <= row < 1 << z
        ]
        counts = [f["properties"]["count"] for tile in tiles for layer in tile.values() for f in layer]
        assert sum(counts) == 10


def test_index_serves_a_tile_of_plots(plot_factory, officer):
    from maps.grid import Tile

    bounds = Tile(*tile_at(14)).bounds()

    plan = Plot.objects.visible_to(officer).filter(boundary__bboverlaps=bounds).explain(analyze=False)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        forced = Plot.objects.visible_to(officer).filter(boundary__bboverlaps=bounds).explain()
    assert plan
    assert "farms_plot_boundary" in forced  # the box is a constant in the column's own system, so its index can serve


def test_pruning_keeps_the_latest_change_of_each_layer():
    from datetime import timedelta

    from django.utils import timezone

    services.note_changes(["plots", "plots", "areas"])
    LayerChange.objects.update(at=timezone.now() - timedelta(hours=1))
    services.note_changes(["codes"])

    removed = services.prune_changes()

    assert removed == 1
    assert set(LayerChange.objects.values_list("layer", flat=True)) == {"plots", "areas", "codes"}


def test_nobody_sees_cells():
    assert not DensityCell.objects.visible_to(AnonymousUser()).exists()
