"""A file from upload to stored plots, with everything that may be wrong in it."""

import json

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from core.errors import WrongState
from farms import imports, services
from farms.models import ImportStatus, Plot, PlotImport, PlotStatus, Verdict
from farms.services.imports import SameFile
from geofiles import features, touching, writers
from office.models import JobStatus
from tests.factories.office import make_upload
from tests.shapes import bowtie, degrees_for, square, square_east_of

pytestmark = pytest.mark.django_db


def geojson_file(*rows, name="thua.geojson"):
    """An uploaded GeoJSON of (geometry, properties)."""
    shapes = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson) if shape else None}
        for shape, properties in rows
    ]
    return make_upload(name, json.dumps({"type": "FeatureCollection", "features": shapes}).encode())


GROUND = square(105.63, 10.45)


@pytest.fixture
def previewed(media, clerk, cooperative, mango, cat_chu, work_off):
    """Return a function that uploads rows and does the reading."""

    def run(*rows, **options):
        plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk, options=options)
        work_off()
        plot_import.refresh_from_db()
        return plot_import

    return run


def codes_of(plot_import, row=1):
    return [finding["code"] for finding in plot_import.rows.get(row=row).findings]


def test_good_file_becomes_plots(previewed, clerk, cooperative, commune, grower, cat_chu, work_off):
    plot_import = previewed(
        (
            GROUND,
            {"So_thua": "A1", "Cây trồng": "xoai", "Giống": "Cát Chu", "Chủ hộ": grower.number, "Diện tích (ha)": 1.0},
        ),
        (square_east_of(GROUND), {"So_thua": "A2", "Cây trồng": "Xoài"}),
    )
    services.commit_import(plot_import, by=clerk, with_amber=False)
    work_off()

    plot_import.refresh_from_db()
    first = Plot.objects.get(ref="A1")
    assert plot_import.status == ImportStatus.COMMITTED
    assert plot_import.summary["stored"] == {"stored": 2, "updated": 0, "in_conflict": 0}
    assert (first.variety, first.grower, first.commune) == (cat_chu, grower, commune)
    assert first.declared_area_m2 == pytest.approx(10_000)
    assert first.source["row"] == 1
    assert set(plot_import.rows.values_list("plot__ref", flat=True)) == {"A1", "A2"}


def test_bulk_import_leaves_history_with_its_context(previewed, clerk, work_off):
    plot_import = previewed((GROUND, {"so thua": "A1", "cay": "xoai"}))
    services.commit_import(plot_import, by=clerk, with_amber=False)

    [job] = work_off()

    version = Plot.objects.get().history.select_related("pgh_context").get()
    assert version.pgh_context.metadata["job"] == str(job.pk)
    assert version.pgh_context.metadata["user"] == clerk.pk


@pytest.mark.parametrize(
    ("case", "shape", "properties", "verdict", "code"),
    [
        ("good", GROUND, {"ma": "A1", "cay": "Xoài"}, "green", None),
        ("no shape", None, {"ma": "A1", "cay": "xoai"}, "red", "no_geometry"),
        ("bow tie", bowtie(105.63, 10.45), {"ma": "A1", "cay": "xoai"}, "red", "invalid_geometry"),
        ("abroad", square(120.0, 20.0), {"ma": "A1", "cay": "xoai"}, "red", "outside_country"),
        ("no commune", square(107.5, 12.5), {"ma": "A1", "cay": "xoai"}, "red", "outside_communes"),
        ("no crop", GROUND, {"ma": "A1"}, "red", "crop_missing"),
        ("strange crop", GROUND, {"ma": "A1", "cay": "cỏ lạ"}, "red", "crop_unknown"),
        ("no number", GROUND, {"cay": "xoai"}, "green", "ref_generated"),
        ("strange variety", GROUND, {"ma": "A1", "cay": "xoai", "giong": "Lạ"}, "amber", "variety_unknown"),
        ("strange member", GROUND, {"ma": "A1", "cay": "xoai", "chu ho": "Không Ai"}, "amber", "grower_unknown"),
        ("area 10 % off", GROUND, {"ma": "A1", "cay": "xoai", "dien tich m2": "9000"}, "amber", "area_differs"),
        ("area half", GROUND, {"ma": "A1", "cay": "xoai", "dien tich ha": "0,5"}, "red", "area_differs"),
    ],
)
def test_each_row_is_judged(previewed, case, shape, properties, verdict, code):
    plot_import = previewed((shape, properties))

    row = plot_import.rows.get()
    assert (row.verdict, code is None or code in codes_of(plot_import)) == (verdict, True)
    assert all(imports.finding_text(finding) for finding in row.findings)


def test_rows_that_overlap_each_other_or_own_plots_are_red(previewed, plot):
    plot_import = previewed(
        (square_east_of(plot.boundary, gap_m=-10), {"ma": "A1", "cay": "xoai"}),
        (square(105.60, 10.42), {"ma": "A2", "cay": "xoai"}),
        (square(105.60, 10.42), {"ma": "A3", "cay": "xoai"}),
        (square(105.61, 10.42), {"ma": "A2", "cay": "xoai"}),
        (square(105.62, 10.42), {"ma": "T-1", "cay": "xoai"}),
        existing="refuse",
    )

    found = [codes_of(plot_import, row) for row in range(1, 6)]
    assert found == [["overlaps_own"], [], ["overlaps_in_file"], ["ref_repeated"], ["ref_taken"]]
    assert plot_import.summary["counts"] == {"green": 1, "amber": 0, "red": 4}


def test_overlap_with_another_holder_needs_a_tick_and_waits(previewed, clerk, neighbour, plot_factory, work_off):
    theirs = plot_factory(cooperative=neighbour, boundary=GROUND)
    plot_import = previewed(
        (square_east_of(theirs.boundary, gap_m=-10), {"ma": "A1", "cay": "xoai"}),
        (square(105.60, 10.42), {"ma": "A2", "cay": "xoai"}),
    )

    services.commit_import(plot_import, by=clerk, with_amber=True)
    work_off()

    assert codes_of(plot_import) == ["overlaps_other"]
    assert Plot.objects.get(ref="A1").status == PlotStatus.IN_CONFLICT
    assert Plot.objects.get(ref="A1").overlaps_as_second.open().count() == 1


def triangle(lon, lat, *, is_upper, shift_m=0.0):
    """Half of a square cut from north-west to south-east; `shift_m` moves it towards the other half."""
    west, south, east, north = square(lon, lat).extent
    x, y = degrees_for(lat, east_m=shift_m, north_m=shift_m)
    corner = (east, north) if is_upper else (west, south)
    ring = [(west, north), (east, south), corner, (west, north)]
    return MultiPolygon(Polygon([(px - x, py - y) for px, py in ring]), srid=4326)


def test_neighbours_whose_boxes_overlap_are_judged_by_their_ground(previewed, neighbour, plot_factory):
    shifts = [0.0, 0.2, 3.0, 40.0]  # a shared border, a strip that the rule lets pass, shared ground, much of it
    places = [(105.60 + 0.01 * number, 10.42) for number in range(len(shifts))]
    for place in places:
        plot_factory(cooperative=neighbour, boundary=triangle(*place, is_upper=False))

    plot_import = previewed(*(
        (triangle(*place, is_upper=True, shift_m=shift), {"ma": f"A{number}", "cay": "xoai"})
        for number, (place, shift) in enumerate(zip(places, shifts, strict=True))
    ))  # fmt: skip

    assert [codes_of(plot_import, row) for row in range(1, 5)] == [[], [], ["overlaps_other"], ["overlaps_other"]]


def test_search_for_neighbours_that_fails_ends_the_reading(previewed, neighbour, plot_factory, monkeypatch):
    def fail(source):
        raise RuntimeError("no shapes today")

    plot_factory(cooperative=neighbour, boundary=triangle(105.60, 10.42, is_upper=False))
    monkeypatch.setattr(touching, "pairs_that_meet", fail)

    plot_import = previewed((triangle(105.60, 10.42, is_upper=True), {"ma": "A1", "cay": "xoai"}))

    assert (plot_import.job.status, plot_import.rows.count()) == (JobStatus.FAILED, 0)


def test_amber_rows_stay_out_without_the_tick(previewed, clerk, work_off):
    plot_import = previewed(
        (GROUND, {"ma": "A1", "cay": "xoai", "giong": "Lạ"}),
        (square_east_of(GROUND), {"ma": "A2", "cay": "xoai"}),
    )

    services.commit_import(plot_import, by=clerk, with_amber=False)
    work_off()

    assert list(Plot.objects.values_list("ref", flat=True)) == ["A2"]


def test_nothing_is_stored_when_the_ground_was_taken_meanwhile(previewed, clerk, cooperative, mango, work_off):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}), (square(105.60, 10.42), {"ma": "A2", "cay": "xoai"}))
    services.commit_import(plot_import, by=clerk, with_amber=True)
    services.add_plot(cooperative, GROUND, by=clerk, ref="X", crop=mango)

    [job] = work_off()

    plot_import.refresh_from_db()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "changed_since_preview")
    assert list(Plot.objects.values_list("ref", flat=True)) == ["X"]
    assert plot_import.status == ImportStatus.PREVIEWED


def test_same_file_is_recognised(media, clerk, cooperative, mango):
    first = services.start_import(cooperative, geojson_file((GROUND, {"ma": "A1"})), by=clerk)

    with pytest.raises(SameFile) as refused:
        services.start_import(cooperative, geojson_file((GROUND, {"ma": "A1"})), by=clerk)

    assert refused.value.findings[0].extra["import"] == str(first.pk)
    services.cancel_import(first, by=clerk)
    services.start_import(cooperative, geojson_file((GROUND, {"ma": "A1"})), by=clerk)


def test_stored_import_is_not_stored_again(previewed, clerk, work_off):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    services.commit_import(plot_import, by=clerk, with_amber=False)
    work_off()

    with pytest.raises(WrongState):
        services.commit_import(plot_import, by=clerk, with_amber=False)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:5897", "EPSG:9210"])
def test_shapefile_in_vn2000_lands_in_the_right_place(media, clerk, cooperative, mango, work_off, tmp_path, crs):
    import shapely

    from geofiles import crs as systems

    shapes = systems.from_wgs84([shapely.from_wkt(GROUND.wkt)], crs)
    batch = features.make_batch(list(shapes), {"so_thua": ["Thửa Đất"], "cay_trong": ["Xoài Cát Chu"]}, crs=crs)
    target = tmp_path / "thua.zip"
    writers.write(batch, target, "shapefile", crs=crs) if crs == "EPSG:4326" else _write_zip(batch, target, crs)
    plot_import = services.start_import(cooperative, make_upload("thua.zip", target.read_bytes()), by=clerk)
    work_off()

    plot_import.refresh_from_db()
    row = plot_import.rows.get()
    assert (plot_import.summary["crs"], row.verdict, row.ref) == (crs, Verdict.GREEN, "Thửa Đất")
    assert row.boundary.centroid.distance(GROUND.centroid) < 1e-7


def _write_zip(batch, target, crs):
    writers.write(batch.in_wgs84(), target, "shapefile", crs=crs)


def test_file_without_crs_asks_and_takes_the_answer(media, clerk, cooperative, mango, work_off, tmp_path):
    import shapely

    from geofiles import crs as systems

    [shape] = systems.from_wgs84([shapely.from_wkt(GROUND.wkt)], "EPSG:5897")
    body = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"ma": "A1", "cay": "xoai"},
                    "geometry": json.loads(shapely.to_geojson(shape)),
                }
            ],
        }
    ).encode()
    plot_import = services.start_import(cooperative, make_upload("thua.geojson", body), by=clerk)
    work_off()
    plot_import.refresh_from_db()
    candidates = plot_import.summary["doubt"]["params"]["candidates"]

    services.answer_import(plot_import, {"crs": candidates[0]["id"]}, by=clerk)
    work_off()

    plot_import.refresh_from_db()
    assert candidates[0]["id"] == "EPSG:5897"
    assert plot_import.status == ImportStatus.PREVIEWED
    assert plot_import.rows.get().boundary.centroid.distance(GROUND.centroid) < 1e-6


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("thua.geojson", b"khong phai geojson", "unsupported_format"),
        ("thua.zip", b"PK\x03\x04rac", "unreadable_file"),
        ("anh.png", b"\x89PNG", "unsupported_format"),
    ],
)
def test_unreadable_file_says_why(media, clerk, cooperative, work_off, name, content, code):
    plot_import = services.start_import(cooperative, make_upload(name, content), by=clerk)
    work_off()

    plot_import.refresh_from_db()
    assert (plot_import.status, plot_import.error_code) == (ImportStatus.FAILED, code)
    assert plot_import.error
    assert not Plot.objects.exists()


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["SO_THUA", "CHU_HO", "CAY_TRONG"], {"ref": "SO_THUA", "grower": "CHU_HO", "crop": "CAY_TRONG"}),
        (["Số thửa", "Họ và tên", "Giống"], {"ref": "Số thửa", "grower": "Họ và tên", "variety": "Giống"}),
        (["DIENTICH"], {"declared_area": "DIENTICH"}),
        (["Số thửa", "Mã hộ"], {"ref": "Số thửa", "grower": "Mã hộ"}),
        (["MA_HO", "CHU_HO"], {"grower": "CHU_HO"}),
        (["label", "Layer"], {"ref": "label"}),
        (["Số thử", "Cây trồ", "Diện tí"], {"ref": "Số thử", "crop": "Cây trồ", "declared_area": "Diện tí"}),
        (["Số thứ", "GHI CHU KH"], {}),
        (["fid", "geom_id"], {}),
    ],
)
def test_columns_are_guessed_from_vietnamese_headings(headings, expected):
    assert imports.guess_columns(headings) == expected


def test_import_of_another_cooperative_is_not_found(client, previewed, neighbour_clerk):
    plot_import = previewed((GROUND, {"ma": "A1", "cay": "xoai"}))
    client.force_login(neighbour_clerk)

    addresses = [plot_import.get_absolute_url(), f"/api/v1/imports/{plot_import.pk}/"]
    answers = [client.get(address).status_code for address in addresses]

    assert answers == [404, 404]


def test_api_takes_a_file_and_stores_it(client, media, clerk, cooperative, mango, work_off):
    client.force_login(clerk)
    upload = {"file": geojson_file((GROUND, {"ma": "A1", "cay": "xoai"})), "cooperative": cooperative.slug}

    sent = client.post("/api/v1/imports/", upload)
    work_off()
    seen = client.get(sent["Location"]).json()
    stored = client.post(f"{sent['Location']}commit/", {"with_amber": False}, content_type="application/json")
    work_off()

    assert (sent.status_code, stored.status_code) == (202, 202)
    assert (seen["status"], seen["counts"]["green"], seen["rows"][0]["verdict"]) == ("previewed", 1, "green")
    assert Plot.objects.get().ref == "A1"
    assert PlotImport.objects.get().status == ImportStatus.COMMITTED
