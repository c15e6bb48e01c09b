"""The tile engine with many plots: what tiles count, where shapes begin, what statements do, who waits."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.gis.geos import Polygon
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import kept_sql
from core.changes import announce
from farms.changes import PlotsArrived
from farms.models import Plot, PlotStatus
from maps import services, sql, tiles, zooms
from maps.grid import Tile, quad
from maps.kept_tiles import PUBLIC_TILES, Kept, KeptTiles
from maps.layers import BY_NAME, PLOT_MAP
from maps.models import BASE_LEVEL, FRESH, LEVELS, DensityCell, LayerZoom
from maps.sources import Part
from tests.maps.conftest import LAT, LON, decode, tile_at, tile_url
from tests.shapes import square

pytestmark = pytest.mark.django_db
FAR = ("plot_cells", "plot_squares")


@pytest.fixture
def spread(plot_factory, mango, longan):
    """Forty plots over several cells and tiles, of two crops and all states, half of them folded, half fresh."""
    dice = random.Random(7)
    made = []
    for number in range(40):
        made.append(
            plot_factory(
                ref=f"S-{number}",
                boundary=square(LON + dice.uniform(-0.12, 0.12), LAT + dice.uniform(-0.1, 0.1), side_m=60 + number),
                crop=dice.choice([mango, longan]),
                status=dice.choice([PlotStatus.ACTIVE, PlotStatus.IN_CONFLICT, PlotStatus.ARCHIVED]),
                expected_yield_t=dice.choice([None, 1.5, 0.25]),
            )
        )
        announce(PlotsArrived(plots=Plot.objects.filter(pk=made[-1].pk)))
        if number == 20:
            services.fold_cells()
    return made


def around(z: int, reach: int = 1) -> list[tuple[int, int, int]]:
    z, x, y = tile_at(z)
    side = range(-reach, reach + 1)
    return [(z, x + dx, y + dy) for dx in side for dy in side if 0 <= x + dx < 1 << z and 0 <= y + dy < 1 << z]


def all_cells(z: int, user, params=None) -> list[dict]:
    """Return the properties of all cells of a level around the place."""
    made = [tiles.make_tile(PLOT_MAP, Tile(*zxy), user=user, params=params or {}) for zxy in around(z)]
    layers = [decode(one.content) for one in made]
    return [f["properties"] for layer in layers for name in FAR for f in layer.get(name, [])]


# --- Counts ------------------------------------------------------------------------------------------

CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "crop": st.sampled_from(["xoai", "nhan"]),
        "status": st.sampled_from(PlotStatus.values),
        "commune": st.just("99001"),
        "cooperative": st.just("htx-cua-toi"),
        "area_min": st.sampled_from(["0.5", "0.9"]),
        "q": st.sampled_from(["S-1", "s", "không có"]),
    },
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=CHOICES, z=st.sampled_from([5, 6, 8, 10, 11]))
def test_far_tiles_count_what_the_list_counts(spread, officer, params, z):
    rows = list(PLOT_MAP.layer.filtered(officer, params).values_list("area_m2", "expected_yield_t"))

    found = all_cells(z, officer, params)

    assert sum(cell["count"] for cell in found) == len(rows)
    assert sum(cell["area_ha"] for cell in found) == pytest.approx(
        sum(area for area, _yield in rows) / 10_000, abs=0.01 * max(1, len(found))
    )
    assert sum(cell.get("tonnes", 0) for cell in found) == pytest.approx(
        sum(tonnes or 0 for _area, tonnes in rows), abs=0.1 * max(1, len(found))
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=CHOICES)
def test_near_tiles_hold_every_plot_of_the_list(spread, officer, params):
    wanted = set(PLOT_MAP.layer.filtered(officer, params).values_list("pk", flat=True))

    found = set()
    for zxy in around(12, reach=2):
        layers = decode(tiles.make_tile(PLOT_MAP, Tile(*zxy), user=officer, params=params).content)
        found |= {feature["properties"]["id"] for feature in layers.get("plots", [])}

    assert found == wanted


def test_squares_lie_on_the_ground_of_their_plots_and_tell_the_share(client, officer, plot_factory):
    plot = plot_factory(boundary=square(LON, LAT, side_m=100))
    announce(PlotsArrived(plots=Plot.objects.filter(pk=plot.pk)))
    client.force_login(officer)

    cells = decode(client.get(tile_url("plots", 11)).content)["plot_squares"]

    assert [cell["properties"]["count"] for cell in cells] == [1]
    ring = cells[0]["geometry"]["coordinates"][0]
    side = max(x for x, _y in ring) - min(x for x, _y in ring)
    assert side == 4096 >> 5  # a 32nd of the tile: nothing lost by clipping
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))
    assert area != 0
    assert 0.02 < cells[0]["properties"]["share"] < 0.05  # a hectare of a cell of 600 m


def test_quad_is_the_same_in_python_and_sql():
    places = [(0, 0), (1, 0), (0, 1), (208_544, 123_424), ((1 << BASE_LEVEL) - 1, (1 << BASE_LEVEL) - 1)]

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql.quad('p.x', 'p.y')} FROM unnest(%s, %s) p(x, y)", [*map(list, zip(*places, strict=True))]
        )
        stored = [row[0] for row in cursor.fetchall()]

    assert stored == [quad(x, y) for x, y in places]


def test_cells_of_a_tile_are_one_range():
    tile = Tile(12, 3259, 1929)

    first, end = tile.quads(14)

    inside = {quad(x, y) for x in range(3259 * 4, 3260 * 4) for y in range(1929 * 4, 1930 * 4)}
    assert inside == set(range(first, end))
    with pytest.raises(ValueError, match="coarser"):
        tile.quads(11)


# --- Where shapes begin --------------------------------------------------------------------------------


def plots_in_one_tile(plot_factory, count: int) -> None:
    for number in range(count):
        plot_factory(boundary=square(LON + 0.0001 * number, LAT, side_m=20))
    services.rebuild_cells()


def test_shapes_begin_later_where_plots_are_dense(plot_factory, monkeypatch):
    monkeypatch.setattr(zooms, "COMFORTABLE", 4)
    plots_in_one_tile(plot_factory, 12)

    kept = LayerZoom.objects.get(layer="plots")

    assert kept.shapes_from == 16  # even there twelve lie in one tile: the last zoom cuts, with a flag
    assert PLOT_MAP.shapes_from() == 16


def test_shapes_begin_at_the_first_zoom_that_draws_well(plot_factory, monkeypatch):
    monkeypatch.setattr(zooms, "COMFORTABLE", 5)
    for number in range(12):  # 2.4 km apart: a z13 tile is 4.8 km wide
        plot_factory(boundary=square(LON + 0.022 * number, LAT, side_m=20))
    services.rebuild_cells()

    kept = LayerZoom.objects.get(layer="plots")

    assert kept.densest <= 5
    assert zooms.by_cells(kept.shapes_from - 1) > 5 or kept.shapes_from == zooms.PLOTS_BEGIN.lowest


def test_a_layer_returns_to_an_earlier_zoom_only_when_clearly_emptier(monkeypatch):
    density = {12: 2_900, 13: 900}
    begin = zooms.Begin(12, lambda z: density.get(z, 0))
    LayerZoom.objects.create(layer="x", shapes_from=13, densest=900)

    stays = zooms.decide("x", begin).shapes_from
    density[12] = 2_300
    returns = zooms.decide("x", begin).shapes_from

    assert (stays, returns) == (13, 12)


@pytest.mark.parametrize("shapes_from", [12, 13, 15])
def test_neighbours_never_differ_in_kind(client, officer, spread, shapes_from):
    LayerZoom.objects.update_or_create(layer="plots", defaults={"shapes_from": shapes_from, "densest": 1})
    client.force_login(officer)

    for z in (9, 11, 12, 13, 14, 16):
        kinds = set()
        for _z, x, y in around(z):
            kinds |= decode(client.get(f"/tiles/plots/{z}/{x}/{y}.mvt").content).keys()
        wanted = {"plots"} if z >= shapes_from else {"plot_squares"} if z >= 11 else {"plot_cells"}
        assert kinds <= wanted, z


def test_kinds_do_not_depend_on_filters(client, officer, spread):
    LayerZoom.objects.update_or_create(layer="plots", defaults={"shapes_from": 14, "densest": 1})
    client.force_login(officer)

    kinds = {
        name
        for query in ("", "?crop=xoai", "?q=S-1", "?area_min=0.1")
        for name in decode(client.get(tile_url("plots", 12, query=query)).content)
    }

    assert kinds <= {"plot_squares"}


def test_the_catalogue_tells_where_shapes_begin(client, officer):
    LayerZoom.objects.update_or_create(layer="plots", defaults={"shapes_from": 14, "densest": 1})
    client.force_login(officer)

    layer = next(one for one in client.get("/maps/layers.json").json()["layers"] if one["name"] == "plots")
    described = {one["id"]: one for one in client.get("/tiles/plots.json").json()["vector_layers"]}

    assert layer["shapes_from"] == 14
    assert (described["plots"]["minzoom"], described["plot_squares"]["maxzoom"]) == (14, 13)
    assert described["plot_cells"]["maxzoom"] == 10


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in BY_NAME])
def test_every_zoom_of_a_layer_has_a_source_whatever_was_decided(name):
    layer = BY_NAME[name]

    for shapes_from in (layer.begin.lowest, 14, 16) if layer.begin else (0,):
        for z in range(layer.min_zoom, layer.max_zoom + 1):
            served = layer.sources_at(z, shapes_from)
            assert served, (z, shapes_from)
            assert len({source.part for source in served} & {Part.FAR, Part.NEAR}) <= 1


def test_rebuild_command_says_what_it_found(plot_factory, capsys):
    plot_factory(boundary=square(LON, LAT))

    call_command("rebuild_tiles")

    said = capsys.readouterr().out
    assert f"{len(LEVELS)} cells" in said
    assert "plots: shapes from z12 (fullest tile: 1)" in said


# --- Statements ------------------------------------------------------------------------------------------


def tile_statement(client, z: int, query: str = "") -> tuple[str, int]:
    """Return the statement that made a tile and how many statements the request needed."""
    kept_sql._kept.clear()
    for _turn in range(2):  # the first one builds the text, the second one prepares it, the third is the usual one
        client.get(tile_url("plots", z, query=query))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(tile_url("plots", z, query=query)).status_code == 200
    made = [one["sql"] for one in queries if one["sql"].startswith("SET LOCAL statement_timeout")]
    assert len(made) == 1
    savepoints = sum("SAVEPOINT" in one["sql"] for one in queries)  # a test is a transaction, a request is none
    return made[0].rpartition("; ")[2], len(queries) - savepoints


def plan(statement: str) -> str:
    """Return the plan the planner takes when it is forbidden to read whole tables where it has another way."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + statement)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("z", [5, 8, 10, 11, 13])  # z13: the level that fresh deltas are of, too
def test_far_tile_reads_the_pyramid_alone_by_its_index(client, officer, spread, z):
    LayerZoom.objects.update_or_create(layer="plots", defaults={"shapes_from": 14, "densest": 1})
    client.force_login(officer)

    statement, count = tile_statement(client, z)
    taken = plan(statement)

    assert statement.startswith("EXECUTE")
    assert "farms_plot" not in taken
    assert "density_cell_once" in taken
    assert "density_cell_fresh" in taken
    assert "Seq Scan on maps_densitycell" not in taken
    assert count <= 8  # session, user, second factor (2), budget, shapes, posts, tile


def many_plots(plot: Plot, count: int) -> None:
    """Copy a plot `count` times to the east, and let the planner know."""
    fields = [f.column for f in Plot._meta.local_concrete_fields if not f.generated and not f.primary_key]
    own = {"ref": "'C-' || n", "boundary": "ST_Translate(boundary, n * 0.0005, 0)"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO farms_plot ({', '.join(fields)}) SELECT {', '.join(own.get(f, f) for f in fields)}"
            " FROM farms_plot, generate_series(1, %s) n WHERE id = %s",
            [count, plot.pk],
        )
        cursor.execute("ANALYZE farms_plot")


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_near_tile_never_reads_all_plots(client, officer, plot_factory, mode):
    many_plots(plot_factory(boundary=square(LON, LAT, side_m=30)), 1_500)
    client.force_login(officer)

    statement, count = tile_statement(client, 14)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
        cursor.execute("EXPLAIN " + statement)  # the plan as it is taken
        taken = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Cond: (boundary &&" in taken
    assert "Seq Scan on farms_plot" not in taken
    assert statement.startswith("EXECUTE")
    assert count <= 8


def test_kept_sql_gives_each_user_and_place_its_own(client, officer, clerk, outsider, plot_factory):
    plot_factory(ref="A", boundary=square(LON, LAT))
    plot_factory(ref="B", boundary=square(LON + 0.1, LAT))
    seen = {}
    for person in (officer, outsider, clerk, officer):
        client.force_login(person)
        for lon in (LON, LON + 0.1):
            found = decode(client.get(tile_url("plots", 15, lon=lon)).content).get("plots", [])
            seen.setdefault((person.pk, lon), []).append([feature["properties"]["ref"] for feature in found])

    assert seen[officer.pk, LON] == [["A"], ["A"]]
    assert seen[officer.pk, LON + 0.1] == [["B"], ["B"]]
    assert seen[clerk.pk, LON] == [["A"]]
    assert seen[outsider.pk, LON] == [[]]


def test_a_post_that_ended_ends_the_rights_at_the_next_tile(client, officer, plot_factory):
    plot_factory(boundary=square(LON, LAT))
    client.force_login(officer)
    before = decode(client.get(tile_url("plots", 14)).content)
    officer.posts.all().delete()

    after = client.get(tile_url("plots", 14))

    assert "plots" in before
    assert after.status_code != 200 or decode(after.content) == {}


# --- Limits that are said ------------------------------------------------------------------------------


def test_a_tile_of_too_many_bytes_says_how_much_it_shows(client, officer, spread, monkeypatch):
    monkeypatch.setattr(tiles, "MAX_BYTES", 900)
    monkeypatch.setattr(tiles, "LEAST_FEATURES", 1)
    LayerZoom.objects.update_or_create(layer="plots", defaults={"shapes_from": 8, "densest": 1})
    client.force_login(officer)

    response = client.get(tile_url("plots", 8))
    found = decode(response.content)

    assert 0 < len(found["plots"]) < len(spread)
    assert found["meta"][0]["properties"]["truncated"] is True
    assert found["meta"][0]["properties"]["shown"] == len(found["plots"])
    assert len(response.content) < 1_200


def slowly(piece):
    def slow(*parts, **options):
        text, values = piece(*parts, **options)
        return f"SELECT t.* FROM ({text}) t, pg_sleep(0.2)", values

    return slow


@pytest.mark.parametrize("z", [6, 14])
def test_a_tile_that_takes_too_long_says_so_and_is_not_kept(client, officer, spread, monkeypatch, z):
    monkeypatch.setattr(tiles, "TIMEOUT_MS", 1)
    monkeypatch.setattr(sql, "cells", slowly(sql.cells))
    monkeypatch.setattr(sql, "shapes", slowly(sql.shapes))
    client.force_login(officer)

    response = client.get(tile_url("plots", z, query="?q=S"))

    assert response.status_code == 200
    assert decode(response.content)["meta"][0]["properties"] == {
        "truncated": True,
        "shown": 0,
        "layer": "plots",
        "reason": "time",
    }
    assert decode(response.content).keys() == {"meta"}
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response


# --- Writers -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_do_not_wait_for_each_other(plot_factory):
    """All sixteen have written into one cell and none has committed: nobody holds a lock that another one needs."""
    plots = [plot_factory(boundary=square(LON, LAT + 0.00002 * number, side_m=1)) for number in range(16)]
    all_wrote = threading.Barrier(16, timeout=60)

    def write(plot: Plot) -> list[tuple]:
        try:
            with transaction.atomic():
                services.count_plots(Plot.objects.filter(pk=plot.pk), sign=1)
                all_wrote.wait()  # breaks when one of them waits for another
                with connection.cursor() as cursor:
                    cursor.execute("SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND NOT granted")
                    waiting = cursor.fetchall()
                all_wrote.wait()
                return waiting
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        waiting = list(pool.map(write, plots))

    assert waiting == [[]] * 16
    assert DensityCell.objects.filter(level=FRESH).count() == 16
    assert services.fold_cells() == 16
    assert set(DensityCell.objects.values_list("level", "plots")) == {(level, 16) for level in LEVELS}


@pytest.mark.django_db(transaction=True)
def test_a_writer_does_not_wait_for_the_fold_nor_for_the_rebuild(plot_factory, monkeypatch):
    first, second, third = (plot_factory(boundary=square(LON, LAT + 0.001 * n, side_m=50)) for n in range(3))
    services.count_plots(Plot.objects.filter(pk=first.pk), sign=1)
    second_pk, third_pk = second.pk, third.pk
    Plot.objects.filter(pk__in=[second_pk, third_pk]).update(status=PlotStatus.ARCHIVED)
    refill = services._refill

    def write(pk: int) -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                plots = Plot.objects.filter(pk=pk)
                services.count_plots(plots, sign=1)
        finally:
            connections.close_all()

    def refill_while_another_writes(cursor) -> int:
        made = refill(cursor)
        thread = threading.Thread(target=write, args=(second_pk,))
        thread.start()
        thread.join(timeout=30)
        assert not thread.is_alive()
        return made

    monkeypatch.setattr(services, "_refill", refill_while_another_writes)
    services.rebuild_cells()

    # Counted by the rebuild (it is stored) and, as a change that came while it ran, by its fresh delta.
    assert DensityCell.objects.filter(level=FRESH).count() == 1
    assert sum(DensityCell.objects.filter(level=BASE_LEVEL).values_list("plots", flat=True)) == 3


@pytest.mark.django_db(transaction=True)
def test_rebuild_among_writers_loses_and_doubles_nothing(plot_factory):
    plots = [plot_factory(boundary=square(LON, LAT + 0.0002 * n, side_m=15)) for n in range(12)]
    services.rebuild_cells()
    start, failures = threading.Barrier(4, timeout=60), []

    def write(mine: list[Plot]) -> None:
        try:
            start.wait()
            for plot in mine:
                with transaction.atomic():
                    row = Plot.objects.filter(pk=plot.pk)
                    services.count_plots(row, sign=-1)
                    row.update(status=PlotStatus.ARCHIVED)
                    services.count_plots(row, sign=1)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    def rebuild() -> None:
        try:
            start.wait()
            for _again in range(4):
                services.rebuild_cells()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(plots[n::3],)) for n in range(3)]
    threads.append(threading.Thread(target=rebuild))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    services.fold_cells()

    assert failures == []
    assert set(DensityCell.objects.values_list("level", "status").distinct()) == {
        (level, "archived") for level in LEVELS
    }
    for level in LEVELS:
        assert sum(DensityCell.objects.filter(level=level).values_list("plots", flat=True)) == 12


def test_one_plot_costs_one_statement_and_one_row(plot_factory):
    plot = plot_factory(boundary=square(LON, LAT))

    with CaptureQueriesContext(connection) as queries:
        services.count_plots(Plot.objects.filter(pk=plot.pk), sign=1)

    assert len(queries) == 1
    assert DensityCell.objects.count() == 1


def test_the_worker_folds_every_second(plot_factory):
    from office.tasks import tick

    services.count_plots(Plot.objects.filter(pk=plot_factory(boundary=square(LON, LAT)).pk), sign=1)

    tick()

    assert not DensityCell.objects.filter(level=FRESH).exists()
    assert DensityCell.objects.count() == len(LEVELS)


# --- Kept tiles ---------------------------------------------------------------------------------------------


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(PUBLIC_TILES, "most", 1_000_000)
    yield PUBLIC_TILES
    PUBLIC_TILES.clear()


def test_second_public_tile_is_not_made_again(client, kept, product_factory):
    product_factory()
    services.note_changes(["products"])
    first = client.get(tile_url("products", 13))

    with CaptureQueriesContext(connection) as queries:
        second = client.get(tile_url("products", 13))

    assert second.content == first.content
    assert not any("ST_AsMVT" in one["sql"] for one in queries)
    assert len(kept) == 1


def test_a_change_is_seen_at_once_in_spite_of_kept_tiles(client, kept, product_factory, clerk):
    from products.services import set_published

    product = product_factory()
    services.note_changes(["products"])
    before = decode(client.get(tile_url("products", 13)).content)
    set_published(product, is_published=False, by=clerk)

    after = decode(client.get(tile_url("products", 13)).content)

    assert "products" in before
    assert after == {}


def test_no_tile_of_a_signed_in_user_is_kept(client, kept, officer, land_use_layer, parcel_factory, plot_factory):
    parcel_factory("LUC")
    plot_factory(boundary=square(LON, LAT))
    type(land_use_layer).objects.update(is_public=False)
    client.force_login(officer)
    own = decode(client.get(tile_url("land-use", 13)).content)
    client.get(tile_url("plots", 14))
    client.logout()

    anonymous = decode(client.get(tile_url("land-use", 13)).content)

    assert len(own["land_use"]) == 1
    assert anonymous == {}
    assert len(kept) == 1  # nobody's


def test_filters_and_places_have_kept_tiles_of_their_own(client, kept, product_factory):
    product_factory(months=[5])
    services.note_changes(["products"])

    counts = [
        len(decode(client.get(tile_url("products", 13, query=query)).content).get("products", []))
        for query in ("", "?month=5", "?month=6", "", "?month=6")
    ]

    assert counts == [1, 1, 0, 1, 0]
    assert len(kept) == 3


def test_a_crawl_does_not_fill_the_memory(client, settings):
    room = KeptTiles(100_000)

    for number in range(100_000):
        room.keep(str(number), Kept(b"x" * 300, b"y" * 200))

    assert room.size <= 100_000
    assert len(room) == 100
    assert room.get("99999") is not None
    assert room.get("0") is None


def test_a_tile_as_large_as_the_room_is_not_kept():
    room = KeptTiles(100_000)

    room.keep("large", Kept(b"x" * 20_000, b""))
    room.keep("same", Kept(b"a", b""))
    room.keep("same", Kept(b"bb", b""))

    assert len(room) == 1
    assert room.size == Kept(b"bb", b"").size


def test_a_polygon_filter_of_the_same_box_is_not_mixed_up_with_the_tile(officer, plot_factory):
    """A box as a filter is a second geometry in the SQL: such SQL is built anew each time."""
    plot_factory(ref="A", boundary=square(LON, LAT))
    tile = Tile(*tile_at(14))
    box = ",".join(f"{number:.6f}" for number in tile.bounds().extent)
    kept_sql._kept.clear()

    found = [
        decode(tiles.make_tile(PLOT_MAP, tile, user=officer, params={"bbox": box}).content).get("plots", [])
        for _again in range(2)
    ]

    assert [len(one) for one in found] == [1, 1]
    assert not kept_sql._kept
    assert isinstance(tile.bounds(), Polygon)


# --- Many at once, and what is in tiles ----------------------------------------------------------------------------


def test_when_all_slots_are_taken_tiles_say_try_again_and_other_pages_go_on(client, product_factory, monkeypatch):
    product_factory()
    monkeypatch.setattr(tiles, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(tiles, "_slots", threading.BoundedSemaphore(2))
    client.raise_request_exception = False

    with tiles._slot(), tiles._slot():
        busy = client.get(tile_url("products", 0, query="?month=5"))
        page = client.get("/maps/layers.json")
    after = client.get(tile_url("products", 0, query="?month=5"))

    assert busy.status_code == 503
    assert int(busy["Retry-After"]) >= 1
    assert busy["Content-Type"] == "application/problem+json"
    assert (page.status_code, after.status_code) == (200, 200)


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in BY_NAME])
def test_properties_of_tiles_are_named_and_none_is_of_a_person(name):
    """What a tile may carry is written out; nothing that tells who grows there or how to reach them is among it."""
    layer = BY_NAME[name]

    carried = {prop for source in layer.sources for prop in source.properties(layer.layer)}

    persons = ("phone", "grower", "person", "contact", "identity", "id_number", "email", "birth", "address")
    assert not [prop for prop in carried if any(word in prop for word in persons) and prop != "growers"]
    assert len(carried) < 25
