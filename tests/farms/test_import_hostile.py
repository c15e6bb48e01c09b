"""Imports against others who work at the same time, and cells that hold what cannot be stored as it is."""

import json
import threading

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from core.errors import DomainError, RuleViolated
from farms import services
from farms.models import OverlapDecision, OverlapStatus, Plot, PlotStatus
from farms.services.imports import ImportInUse, storing
from farms.services.seasons import record_season
from maps.models import DensityCell
from maps.services import fold_cells, rebuild_cells
from office.models import JobStatus
from tests.farms.importing import codes_of, geojson_file
from tests.shapes import rectangle, square, square_east_of

GROUND = square(105.63, 10.45)
ELSEWHERE = square(105.60, 10.42)


@pytest.fixture
def previewed(db, media, clerk, cooperative, mango, cat_chu, work_off):
    """Return a function that uploads rows and does the reading."""

    def run(*rows):
        plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk)
        work_off()
        plot_import.refresh_from_db()
        return plot_import

    return run


@pytest.fixture
def committed(clerk, work_off):
    """Return a function that stores an import, the amber rows too, and gives the job."""

    def run(plot_import):
        services.commit_import(plot_import, by=clerk, with_amber=True)
        job = work_off()[0]
        plot_import.refresh_from_db()
        return job

    return run


# --- since the preview ---


def test_own_plot_drawn_on_shared_ground_since_the_preview_stops_the_import(
    previewed, committed, clerk, cooperative, neighbour, mango, plot_factory
):
    plot_factory(cooperative=neighbour, boundary=GROUND)
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    assert codes_of(plot_import) == ["overlaps_other"]
    services.add_plot(cooperative, GROUND, by=clerk, ref="B1", crop=mango)

    job = committed(plot_import)

    assert (job.status, job.error_code) == (JobStatus.FAILED, "changed_since_preview")
    assert Plot.objects.get(cooperative=cooperative).ref == "B1"


def test_preview_of_another_cluster_looks_at_every_plot_again(previewed, committed, clerk, cooperative, mango):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    services.add_plot(cooperative, GROUND, by=clerk, ref="B1", crop=mango)
    plot_import.summary |= {"snapshot": 2**40, "cluster": "another"}
    plot_import.save()

    job = committed(plot_import)

    assert job.error_code == "changed_since_preview"


@pytest.mark.django_db(transaction=True)
def test_plot_changed_while_its_import_begins_is_not_overwritten(previewed, clerk, plot_factory, monkeypatch, work_off):
    plot = plot_factory(ref="A1", boundary=GROUND, tree_count=1)
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "7"}))
    services.commit_import(plot_import, by=clerk, with_amber=True)
    refused = []

    def change():
        try:
            services.change_plot(plot, by=clerk, tree_count=9)
        except DomainError as error:
            refused.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=change)
    look = storing._refuse_changes

    def look_and_let_others_in(*given):
        look(*given)
        other.start()
        other.join(0.5)

    monkeypatch.setattr(storing, "_refuse_changes", look_and_let_others_in)

    [job] = work_off()
    other.join()

    plot.refresh_from_db()
    assert (job.status, refused) == (JobStatus.DONE, [])
    assert (plot.tree_count, plot.version) == (9, 3)  # the person came second, and history has both
    assert sorted(plot.history.values_list("version", "tree_count")) == [(1, 1), (2, 7), (3, 9)]


@pytest.mark.django_db(transaction=True)
def test_number_taken_this_very_moment_stops_the_import(previewed, clerk, cooperative, mango, monkeypatch, work_off):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    services.commit_import(plot_import, by=clerk, with_amber=True)
    look = storing._refuse_changes

    def look_and_let_others_in(*given):
        look(*given)
        other = threading.Thread(target=add)
        other.start()
        other.join()

    def add():
        Plot.objects.bulk_create(
            [Plot(cooperative=cooperative, ref="A1", crop=mango, commune=cooperative.commune, boundary=ELSEWHERE)]
        )
        connections.close_all()

    monkeypatch.setattr(storing, "_refuse_changes", look_and_let_others_in)

    [job] = work_off()

    assert (job.status, job.error_code) == (JobStatus.FAILED, "changed_since_preview")
    assert Plot.objects.count() == 1


def test_number_taken_since_a_save_looked_is_told(clerk, cooperative, mango, plot_factory, monkeypatch):
    plot_factory(ref="A1", boundary=GROUND)
    monkeypatch.setattr("farms.services.plots._check_fields", lambda *given: None)  # another was faster than our look

    with pytest.raises(RuleViolated) as refused:
        services.add_plot(cooperative, ELSEWHERE, by=clerk, ref="A1", crop=mango)

    assert refused.value.code == "ref_taken"


def test_change_by_the_api_locks_the_ground_before_the_plot(client, clerk, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND)
    client.force_login(clerk)
    etag = client.get(f"/api/v1/plots/{plot.pk}/")["ETag"]
    body = {"type": "Feature", "properties": {"tree_count": 5}}

    with CaptureQueriesContext(connection) as seen:
        answer = client.patch(
            f"/api/v1/plots/{plot.pk}/", body, content_type="application/json", headers={"If-Match": etag}
        )

    asked = [query["sql"] for query in seen]
    ground = next(place for place, text in enumerate(asked) if "pg_advisory_xact_lock(7301" in text)
    row = next(place for place, text in enumerate(asked) if '"farms_plot"' in text and "FOR UPDATE" in text)
    assert (answer.status_code, ground < row) == (200, True)


# --- cells of the file ---


@pytest.mark.parametrize(
    ("case", "sent", "stored"),
    [
        ("zero width", "A\u200b1", "A1"),
        ("control", "A\x011", "A1"),
        ("line separator", "A\u2028B", "A B"),
        ("line break", "A\nB", "A B"),
        ("blanks", " A \u00a0 1 ", "A 1"),
    ],
)
def test_hidden_signs_do_not_come_in_and_the_plot_can_be_changed(previewed, committed, clerk, case, sent, stored):
    plot_import = previewed((GROUND, {"ma": sent, "cay": "xoai", "ghi chu": sent}))
    assert committed(plot_import).status == JobStatus.DONE

    plot = services.change_plot(Plot.objects.get(), by=clerk, tree_count=3)

    assert (plot.ref, plot.note, plot_import.rows.get().attributes["ma"]) == (stored, stored, sent)


@pytest.mark.parametrize(
    ("case", "value", "codes"),
    [
        ("long decimals", "1.0000000000001", []),
        ("as of a GIS", "3.123456789012345", ["area_differs"]),
        ("unknown", "0", []),
        ("with a unit", "0.3 ha", ["declared_area_unreadable"]),
        ("thousands", "12.345,6", ["declared_area_unreadable"]),
    ],
)
def test_declared_area_is_read_or_told(previewed, case, value, codes):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", "dien tich (ha)": value}))

    assert plot_import.options["columns"].get("declared_area") == "dien tich (ha)"
    assert codes_of(plot_import) == codes


# --- bulk update ---


@pytest.mark.parametrize(
    ("case", "feature", "status", "pointer"),
    [
        ("no GeoJSON", {"geometry": 5}, 422, "/features/0/geometry"),
        ("no coordinates", {"geometry": {"type": "Polygon"}}, 422, "/features/0/geometry/coordinates"),
        (
            "words",
            {"geometry": {"type": "Polygon", "coordinates": [[["a", "b"]]]}},
            422,
            "/features/0/geometry/coordinates",
        ),
        ("point", {"geometry": {"type": "Point", "coordinates": [105, 10]}}, 422, "/features/0/geometry/type"),
        ("half a character", {"properties": {"note": "\ud800"}}, 400, ""),
    ],
)
def test_bulk_update_refuses_what_would_be_read_as_nothing(
    client, media, clerk, plot_factory, case, feature, status, pointer
):
    plot = plot_factory(ref="A1", boundary=GROUND)
    client.force_login(clerk)
    sent = {"type": "Feature", "id": plot.pk, "if_match": 1, "properties": {"tree_count": 3}} | feature
    body = json.dumps({"type": "FeatureCollection", "features": [sent]})

    answer = client.patch("/api/v1/plots/", body, content_type="application/geo+json")

    assert (answer.status_code, answer.json().get("errors", [{}])[0].get("pointer", "")) == (status, pointer)


# --- taken back ---


def test_what_a_plot_had_before_does_not_keep_its_update(previewed, committed, clerk, mango, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND, tree_count=1)
    record_season(plot, year=2025, season="year", crop=mango, by=clerk)
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "7"}))
    committed(plot_import)

    services.undo_import(plot_import, by=clerk)

    plot.refresh_from_db()
    assert (plot.tree_count, plot.version) == (1, 3)


def test_what_a_plot_got_since_keeps_its_update(previewed, committed, clerk, mango, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND)
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "7"}))
    committed(plot_import)
    record_season(plot, year=2025, season="year", crop=mango, by=clerk)

    with pytest.raises(ImportInUse):
        services.undo_import(plot_import, by=clerk)


def test_overlap_accepted_before_stays_accepted(
    previewed, committed, clerk, neighbour, officer, cooperative, mango, plot_factory
):
    plot_factory(cooperative=neighbour, boundary=GROUND)
    plot = services.add_plot(cooperative, square_east_of(GROUND, gap_m=-10), by=clerk, ref="A1", crop=mango)
    case = plot.overlaps_as_second.get()
    services.decide_overlap(case, OverlapDecision.ACCEPTED, reason="Đã thỏa thuận", by=officer)
    plot_import = previewed((ELSEWHERE, {"ma": "A1", "cay": "xoai"}))
    committed(plot_import)

    services.undo_import(plot_import, by=clerk)

    plot.refresh_from_db()
    assert plot.status == PlotStatus.ACTIVE
    assert [one.status for one in plot.overlaps_as_second.all()] == [OverlapStatus.DECIDED]


# --- what hangs on plots ---


def _cells():
    groups = ("level", "x", "y", "crop_id", "commune_id", "cooperative_id", "status", "plots", "area_dm2", "yield_kg")
    return sorted(DensityCell.objects.values_list(*groups))


def _are_cells_exact():
    """Whether the folded deltas say on every level what counting all plots anew says."""
    fold_cells()
    counted = _cells()
    rebuild_cells()
    return counted == _cells()


def test_cells_stay_exact_through_import_undo_split_and_merge(
    previewed, committed, clerk, neighbour_clerk, cooperative, neighbour, mango
):
    west = rectangle(105.60, 10.42, width_m=50, height_m=100)
    services.add_plot(neighbour, GROUND, by=neighbour_clerk, ref="N1", crop=mango)
    plot = services.add_plot(cooperative, ELSEWHERE, by=clerk, ref="A1", crop=mango)
    plot_import = previewed(
        (square_east_of(GROUND, gap_m=-10), {"ma": "A1", "cay": "xoai"}),
        (square(105.61, 10.44), {"ma": "A2", "cay": "xoai"}),
    )

    committed(plot_import)
    exact = [_are_cells_exact()]
    services.undo_import(plot_import, by=clerk)
    exact.append(_are_cells_exact())
    parts = services.split_plot(plot, [west, square_east_of(west)], by=clerk)
    exact.append(_are_cells_exact())
    services.merge_plots(parts, by=clerk, ref="A3")
    exact.append(_are_cells_exact())

    assert plot_import.summary["stored"] == {"stored": 1, "updated": 1, "in_conflict": 1}
    assert exact == [True] * 4
