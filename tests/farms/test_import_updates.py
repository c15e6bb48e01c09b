"""A file changes plots that are there, is taken back as a whole, and a bulk update does the same by the API."""

import json
from uuid import uuid4

import pytest

from codes.services import form_area
from core.errors import RuleViolated, WrongState
from farms import services
from farms.models import ImportStatus, OverlapStatus, Plot, PlotPhoto, PlotStatus, RowAction
from farms.services.imports import ImportInUse
from office.models import JobStatus
from office.services import store_upload
from tests.factories.office import make_upload
from tests.farms.importing import codes_of, geojson_file
from tests.shapes import rectangle, square, square_east_of

pytestmark = pytest.mark.django_db
GROUND = square(105.63, 10.45)
ELSEWHERE = square(105.60, 10.42)


@pytest.fixture
def previewed(media, clerk, cooperative, mango, cat_chu, work_off):
    """Return a function that uploads rows and does the reading."""

    def run(*rows, **options):
        plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk, options=options)
        work_off()
        plot_import.refresh_from_db()
        return plot_import

    return run


@pytest.fixture
def stored(previewed, clerk, work_off):
    """Return a function that uploads rows and stores them, the amber ones too."""

    def run(*rows, **options):
        plot_import = previewed(*rows, **options)
        services.commit_import(plot_import, by=clerk, with_amber=True)
        [job] = work_off()
        assert (job.status, job.error) == (JobStatus.DONE, "")
        plot_import.refresh_from_db()
        return plot_import

    return run


def test_same_number_updates_what_the_file_has_and_leaves_the_rest(stored, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND, tree_count=10, planted_year=2001, note="cũ")

    plot_import = stored((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "25", "nam trong": ""}))

    plot.refresh_from_db()
    assert plot_import.summary["stored"] == {"stored": 0, "updated": 1, "in_conflict": 0}
    assert (plot.tree_count, plot.planted_year, plot.note, plot.version) == (25, 2001, "cũ", 2)
    assert plot.source["import"] == str(plot_import.pk)
    assert plot.history.filter(version=2).count() == 1


def test_row_that_says_nothing_new_is_same_and_leaves_no_version(previewed, clerk, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND, tree_count=25)

    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "25"}))

    assert plot_import.summary["actions"] == {"create": 0, "update": 0, "same": 1}
    with pytest.raises(RuleViolated) as refused:
        services.commit_import(plot_import, by=clerk, with_amber=False)
    assert refused.value.code == "nothing_to_store"
    assert plot.history.count() == 1


def test_refused_numbers_stay_red_when_asked(previewed, plot_factory):
    plot_factory(ref="A1", boundary=GROUND)

    plot_import = previewed((ELSEWHERE, {"ma": "A1", "cay": "xoai"}), existing="refuse")

    assert codes_of(plot_import) == ["ref_taken"]
    assert plot_import.rows.get().action == RowAction.CREATE


def test_generated_number_never_changes_a_plot_of_that_number(previewed, plot_factory):
    plot_factory(ref="T0001", boundary=GROUND)

    plot_import = previewed((ELSEWHERE, {"cay": "xoai"}))

    assert sorted(codes_of(plot_import)) == ["ref_generated", "ref_taken"]
    assert plot_import.rows.get().verdict == "red"


@pytest.mark.parametrize(("case", "share", "kept"), [("1 %", 1.01, True), ("3 %", 1.03, False)])
def test_area_on_record_stays_for_small_moves(stored, plot_factory, case, share, kept):
    plot = plot_factory(ref="A1", boundary=GROUND)
    before = plot.area_m2

    stored((square(105.63, 10.45, side_m=100 * share**0.5), {"ma": "A1", "cay": "xoai"}))

    plot.refresh_from_db()
    assert plot.area_m2 == pytest.approx(before * share, rel=1e-3)
    assert plot.legal_area_m2 == pytest.approx(before if kept else plot.area_m2)
    assert (plot.kept_area_m2 is not None) is kept


def test_plots_that_change_places_do_not_stand_in_each_others_way(stored, plot_factory):
    west = plot_factory(ref="A1", boundary=GROUND)
    east = plot_factory(ref="A2", boundary=square_east_of(GROUND))

    plot_import = stored((east.boundary, {"ma": "A1", "cay": "xoai"}), (GROUND, {"ma": "A2", "cay": "xoai"}))

    west.refresh_from_db()
    east.refresh_from_db()
    assert plot_import.summary["counts"] == {"green": 2, "amber": 0, "red": 0}
    assert west.boundary.centroid.x > east.boundary.centroid.x


def test_row_on_the_old_outline_of_a_plot_that_stays_is_red_too(previewed, plot_factory):
    plot_factory(ref="A1", boundary=GROUND)

    plot_import = previewed(
        (square(107.5, 12.5), {"ma": "A1", "cay": "xoai"}),  # in no commune: it will not move
        (GROUND, {"ma": "A2", "cay": "xoai"}),
        (square_east_of(GROUND, gap_m=200), {"ma": "A3", "cay": "xoai"}),
    )

    assert codes_of(plot_import, 2) == ["overlaps_old_outline"]
    assert plot_import.summary["counts"] == {"green": 1, "amber": 0, "red": 2}


def test_update_that_leaves_the_neighbours_ground_settles_the_case(stored, clerk, neighbour, plot_factory):
    plot_factory(cooperative=neighbour, boundary=GROUND)
    stored((square_east_of(GROUND, gap_m=-10), {"ma": "A1", "cay": "xoai"}))
    mine = Plot.objects.get(ref="A1")
    assert mine.status == PlotStatus.IN_CONFLICT

    stored((square_east_of(GROUND, gap_m=10), {"ma": "A1", "cay": "xoai"}))

    mine.refresh_from_db()
    assert (mine.status, mine.overlaps_as_second.get().status) == (PlotStatus.ACTIVE, OverlapStatus.DECIDED)


def test_update_onto_the_neighbours_ground_opens_one_case(stored, neighbour, plot_factory):
    plot_factory(cooperative=neighbour, boundary=GROUND)
    plot = plot_factory(ref="A1", boundary=ELSEWHERE)

    plot_import = stored((square_east_of(GROUND, gap_m=-10), {"ma": "A1", "cay": "xoai"}))

    plot.refresh_from_db()
    assert plot_import.summary["stored"] == {"stored": 0, "updated": 1, "in_conflict": 1}
    assert (plot.status, plot.overlaps_as_second.open().count()) == (PlotStatus.IN_CONFLICT, 1)


def test_plot_changed_since_the_preview_stops_the_whole_import(previewed, clerk, plot_factory, work_off):
    plot = plot_factory(ref="A1", boundary=GROUND)
    rows = ((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "9"}), (ELSEWHERE, {"ma": "A2", "cay": "xoai"}))
    plot_import = previewed(*rows)
    services.commit_import(plot_import, by=clerk, with_amber=True)
    services.change_plot(plot, by=clerk, tree_count=7)

    [job] = work_off()

    assert (job.status, job.error_code) == (JobStatus.FAILED, "changed_since_preview")
    assert job.result["findings"][0]["code"] == "target_changed"
    assert list(Plot.objects.values_list("ref", "tree_count")) == [("A1", 7)]


def test_all_fields_of_a_plot_come_from_columns(stored):
    stored(
        (
            GROUND,
            {
                "ma": "A1", "cay": "xoai", "thang thu hoach": "3-5", "nguon nuoc": "Kênh", "san luong": "12,5",
                "ma dinh danh thua dat": "W3GV2KJ0M5XY", "cach xac dinh": "Đo đạc địa chính", "ngay do": "31/12/2025",
                "ghi chu": "Gần đình", "Cột lạ": "giữ lại",
            },
        )
    )  # fmt: skip

    plot = Plot.objects.get()
    assert (plot.harvest_months, plot.irrigation, plot.expected_yield_t) == ([3, 4, 5], "Kênh", 12.5)
    assert (plot.parcel_code, plot.determination, plot.note) == ("w3gv2kj0m5xy", "surveyed", "Gần đình")
    assert plot.determined_on.isoformat() == "2025-12-31"


@pytest.mark.parametrize(
    ("heading", "value", "code"),
    [
        ("nam trong", "hồi đó", "planted_year_unreadable"),
        ("so cay", "nhiều", "tree_count_unreadable"),
        ("thang thu hoach", "13", "harvest_months_unreadable"),
        ("san luong", "khá", "expected_yield_t_unreadable"),
        ("ma dinh danh", "abc", "parcel_code_unreadable"),
        ("cach xac dinh", "bói", "determination_unreadable"),
        ("ngay do", "31/02/2025", "determined_on_unreadable"),
    ],
)
def test_cell_that_cannot_be_read_is_amber_and_nothing_is_lost(previewed, heading, value, code):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai", heading: value, "khác": "x"}))

    row = plot_import.rows.get()
    assert (codes_of(plot_import), row.verdict) == ([code], "amber")
    assert (row.attributes[heading], row.attributes["khác"]) == (value, "x")


@pytest.mark.parametrize(("case", "width_m", "green"), [("strip", 0.8, True), ("ground", 3.0, False)])
def test_strip_under_a_metre_is_no_overlap_however_long(previewed, plot_factory, case, width_m, green):
    plot_factory(ref="B", boundary=GROUND)
    long_neighbour = rectangle(105.63, 10.45, width_m=100, height_m=100)
    shifted = square_east_of(long_neighbour, gap_m=-width_m)

    plot_import = previewed((shifted, {"ma": "A1", "cay": "xoai"}))

    assert (plot_import.summary["counts"]["green"] == 1) is green
    assert Plot.objects.overlapping(shifted).exists() is not green


def test_repair_is_shown_before_and_after(previewed):
    spike = square(105.63, 10.45)
    ring = list(spike[0][0].coords)
    x, y = ring[1]
    bent = [*ring[:2], (x + 1e-6, y + 1e-6), (x + 1e-6, y), (x, y + 1e-6), *ring[2:]]
    broken = {"type": "Polygon", "coordinates": [[list(point) for point in bent]]}

    class Shape:
        geojson = json.dumps(broken)

    plot_import = previewed((Shape, {"ma": "A1", "cay": "xoai"}))

    row = plot_import.rows.get()
    [found] = [finding for finding in row.findings if finding["code"] == "repaired"]
    assert row.before_repair is not None and not row.before_repair.valid and row.boundary.valid
    assert found["area_before_m2"] == pytest.approx(found["area_after_m2"], rel=0.01)


# --- undoing ---


def test_undone_import_frees_numbers_and_ground_and_keeps_history(stored, clerk, previewed):
    plot_import = stored((GROUND, {"ma": "A1", "cay": "xoai"}), (ELSEWHERE, {"ma": "A2", "cay": "xoai"}))

    done = services.undo_import(plot_import, by=clerk)

    again = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    assert (done.status, done.undone_at is not None) == (ImportStatus.UNDONE, True)
    assert set(Plot.objects.values_list("status", "version")) == {(PlotStatus.ARCHIVED, 2)}
    assert Plot.objects.get(ref="A1").history.count() == 2
    assert again.summary["actions"]["create"] == again.summary["counts"]["green"] == 1


def test_undone_update_gives_back_what_was(stored, clerk, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND, tree_count=10, note="cũ")
    plot_import = stored((ELSEWHERE, {"ma": "A1", "cay": "xoai", "so cay": "25", "ghi chu": "mới"}))

    services.undo_import(plot_import, by=clerk)

    plot.refresh_from_db()
    assert (plot.tree_count, plot.note, plot.version, plot.status) == (10, "cũ", 3, PlotStatus.ACTIVE)
    assert plot.boundary.equals_exact(GROUND, 1e-9)
    assert plot.source == {}


def test_undoing_ends_open_cases_of_the_import(stored, clerk, neighbour, plot_factory):
    theirs = plot_factory(cooperative=neighbour, boundary=GROUND)
    plot_import = stored((square_east_of(GROUND, gap_m=-10), {"ma": "A1", "cay": "xoai"}))

    services.undo_import(plot_import, by=clerk)

    assert not theirs.overlaps_as_first.open().exists()


def _change(plot, clerk):
    services.change_plot(plot, by=clerk, tree_count=3)


def _photograph(plot, clerk):
    PlotPhoto.objects.create(plot=plot, document=store_upload(make_upload("a.jpg", b"x"), by=clerk), created_by=clerk)


def _season(plot, clerk):
    plot.seasons.create(year=2026, crop=plot.crop, recorded_by=clerk)


@pytest.mark.parametrize(
    ("case", "use", "code"),
    [
        ("later version", _change, "changed_since"),
        ("photo", _photograph, "in_use"),
        ("season", _season, "in_use"),
    ],
)
def test_import_that_something_depends_on_is_not_undone(stored, clerk, case, use, code):
    plot_import = stored((GROUND, {"ma": "A1", "cay": "xoai"}), (ELSEWHERE, {"ma": "A2", "cay": "xoai"}))
    use(Plot.objects.get(ref="A2"), clerk)

    with pytest.raises(ImportInUse) as refused:
        services.undo_import(plot_import, by=clerk)

    [finding] = refused.value.findings
    assert (finding.code, finding.extra["row"], finding.extra["ref"]) == (code, 2, "A2")
    assert not Plot.objects.filter(status=PlotStatus.ARCHIVED).exists()


def test_import_whose_plot_is_in_an_area_is_not_undone(stored, clerk, cooperative, mango):
    plot_import = stored((GROUND, {"ma": "A1", "cay": "xoai"}))
    form_area(cooperative, crop=mango, plots=[Plot.objects.get()], by=clerk, name="Vùng thử")

    with pytest.raises(ImportInUse) as refused:
        services.undo_import(plot_import, by=clerk)

    assert refused.value.findings[0].extra["what"] == "codes.areaplot"


def test_preview_is_not_undone(previewed, clerk):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))

    with pytest.raises(WrongState):
        services.undo_import(plot_import, by=clerk)


# --- bulk update ---


@pytest.fixture
def updated(media, clerk, cooperative, work_off):
    """Return a function that sends (plot, geometry or None, properties, version) and does the job: (import, job)."""

    def run(*rows):
        features = [
            {
                "type": "Feature",
                "id": plot.pk,
                "geometry": json.loads(shape.geojson) if shape else None,
                "properties": properties,
            }
            for plot, shape, properties, _version in rows
        ]
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        versions = {plot.pk: version for plot, _shape, _properties, version in rows}
        plot_import = services.start_update(cooperative, content, by=clerk, versions=versions)
        [job] = work_off()
        plot_import.refresh_from_db()
        return plot_import, job

    return run


def test_bulk_update_changes_all(updated, plot_factory):
    one, two = plot_factory(ref="A1", boundary=GROUND), plot_factory(ref="A2", boundary=ELSEWHERE, tree_count=1)

    plot_import, job = updated(
        (one, square_east_of(GROUND), {"note": "dời"}, 1), (two, None, {"tree_count": 8, "harvest_months": [4, 5]}, 1)
    )

    one.refresh_from_db()
    two.refresh_from_db()
    assert (job.status, plot_import.status) == (JobStatus.DONE, ImportStatus.COMMITTED)
    assert one.boundary.equals_exact(square_east_of(GROUND), 1e-7)
    assert (two.tree_count, two.harvest_months, two.version) == (8, [4, 5], 2)
    assert two.boundary.equals_exact(ELSEWHERE, 1e-9)


def test_bulk_update_without_any_shape_changes_what_is_written(updated, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND)

    _plot_import, job = updated((plot, None, {"note": "chỉ ghi chú"}, 1))

    plot.refresh_from_db()
    assert (job.error_code, plot.note, plot.version) == ("", "chỉ ghi chú", 2)


def test_one_stale_version_stops_the_whole_bulk_update(updated, plot_factory):
    one, two = plot_factory(ref="A1", boundary=GROUND), plot_factory(ref="A2", boundary=ELSEWHERE)

    plot_import, job = updated((one, None, {"tree_count": 5}, 1), (two, None, {"tree_count": 8}, 7))

    assert (job.status, job.error_code, plot_import.status) == (
        JobStatus.FAILED,
        "rows_refused",
        ImportStatus.PREVIEWED,
    )
    assert codes_of(plot_import, 2) == ["version_stale"]
    assert set(Plot.objects.values_list("tree_count", "version")) == {(None, 1)}


def test_bulk_update_of_a_strange_plot_is_red(updated, neighbour, plot_factory):
    theirs = plot_factory(cooperative=neighbour, boundary=GROUND)

    plot_import, _job = updated((theirs, None, {"tree_count": 5}, 1))

    assert "plot_unknown" in codes_of(plot_import)
    theirs.refresh_from_db()
    assert theirs.tree_count is None


def test_bulk_update_names_fields_that_are_none(media, clerk, cooperative):
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "id": 1, "properties": {"status": "active"}}]}

    with pytest.raises(RuleViolated) as refused:
        services.start_update(cooperative, json.dumps(body).encode(), by=clerk, versions={1: 1})

    assert refused.value.findings[0].pointer == "/features/0/properties/status"


def test_capture_id_is_not_touched_by_an_update(stored, plot_factory):
    plot = plot_factory(ref="A1", boundary=GROUND, capture_id=uuid4())

    stored((GROUND, {"ma": "A1", "cay": "xoai", "so cay": "3"}))

    before = plot.capture_id
    plot.refresh_from_db()
    assert plot.capture_id == before
