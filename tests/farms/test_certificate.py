"""A plot from the corner table of a land certificate: page and service."""

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.urls import reverse

from core.errors import NotAllowed, RuleViolated
from farms import services
from farms.models import Determination, OverlapCase, Plot, PlotStatus
from farms.services.land_certificates import axis_of, read_corners
from geofiles.corners import parse_text
from tests.factories.farms import make_plot
from tests.geofiles.office_files import ruled_pdf, workbook
from tests.shapes import square

pytestmark = pytest.mark.django_db
PAGE = "/coop/plots/certificate/"
# The parcel of docs/domain.md §3.3: 13,012.5 m² in the plane of VN-2000 105°00', 13,013.2 m² on the ellipsoid.
ROWS = [
    ("1", "1151500.00", "577000.00", "100.50"),
    ("2", "1151510.00", "577100.00", "130.10"),
    ("3", "1151380.00", "577095.00", "105.12"),
    ("4", "1151375.00", "576990.00", "125.40"),
]
TEXT = "\n".join("\t".join(row) for row in ROWS)


def corners(text=TEXT):
    return parse_text(text).corners


def grid(rows=ROWS):
    labels, xs, ys, edges = zip(*rows, strict=True)
    return {"label": labels, "x": xs, "y": ys, "edge": edges}


def answers(cooperative, crop, **more):
    return {"cooperative": cooperative.slug, "ref": "S-1", "crop": crop.slug, "printed_area": "13012,5", **more}


def test_axis_is_found_by_the_commune(cooperative):
    other = "\n".join(
        f"{n}\t{x}\t{y}" for n, x, y in [(1, 1150700, 495000), (2, 1150800, 495000), (3, 1150800, 495100)]
    )

    assert axis_of(cooperative, corners()) == "EPSG:5897"
    assert axis_of(cooperative, corners(other)) == "EPSG:9210"
    assert axis_of(cooperative, corners("1\t2300000\t577000\n2\t2300100\t577000\n3\t2300100\t577100")) is None
    assert axis_of(cooperative, corners("10.4601 105.6321\n10.4611 105.6321\n10.4611 105.6341")) == "EPSG:4326"


def test_axis_is_asked_for_where_the_commune_has_no_outline(cooperative):
    cooperative.commune.boundary = None

    reading = read_corners(cooperative, corners())

    assert (reading.boundary, [problem.code for problem in reading.problems]) == (None, ["axis_in_doubt"])
    assert read_corners(cooperative, corners(), crs="EPSG:5897").boundary is not None


def test_plane_and_geodesic_area_are_both_told(cooperative):
    reading = read_corners(cooperative, corners(), printed_area_m2=13_012.5)

    assert reading.plane_area_m2 == pytest.approx(13_012.5, abs=0.01)
    assert reading.area_m2 == pytest.approx(13_013.2, abs=0.1)
    assert not reading.needs_look


@pytest.mark.parametrize(
    ("case", "printed", "differs"),
    [("exact", 13_012.5, False), ("5 m² off", 13_017.4, False), ("more", 13_017.6, True), ("a tenth", 1_301.25, True)],
)
def test_printed_area_is_compared(cooperative, case, printed, differs):
    assert read_corners(cooperative, corners(), printed_area_m2=printed).area_differs is differs


def test_degrees_are_compared_in_the_axis_of_the_province(cooperative):
    by_metres = read_corners(cooperative, corners())
    text = "\n".join(f"{lat:.9f} {lon:.9f}" for lon, lat in by_metres.boundary.coords[0][0])

    reading = read_corners(cooperative, corners(text))

    assert reading.crs == "EPSG:4326"
    assert reading.plane_area_m2 == pytest.approx(13_012.5, abs=0.1)


def test_stored_plot_keeps_what_the_paper_says(cooperative, clerk, mango):
    plot = services.plot_from_corners(
        cooperative, corners(), printed_area_m2=13_012.5, numbers={"serial": "DA 123456", "register": ""},
        by=clerk, ref="S-1", crop=mango, land_sheet="12", land_parcel="345",
    )  # fmt: skip

    assert (plot.status, plot.determination) == (PlotStatus.ACTIVE, Determination.SURVEYED)
    assert (plot.land_sheet, plot.land_parcel) == ("12", "345")
    assert plot.area_m2 == pytest.approx(13_013.2, abs=0.1)
    assert plot.source == {
        "kind": "certificate",
        "crs": "EPSG:5897",
        "meridian": 105.0,
        "axis_order": "north_east",
        "vertices": [
            {"label": row[0], "x": float(row[1]), "y": float(row[2]), "edge_m": float(row[3])} for row in ROWS
        ],
        "printed_area_m2": 13_012.5,
        "plane_area_m2": 13_012.5,
        "numbers": {"serial": "DA 123456"},
    }
    assert plot.provisional_parcel_code == "w3g5jrk65gg1"


@pytest.mark.parametrize("person", ["viewer", "outsider", "officer", "neighbour_clerk"])
def test_only_editors_of_the_cooperative_store(request, cooperative, mango, person):
    with pytest.raises(NotAllowed):
        services.plot_from_corners(cooperative, corners(), by=request.getfixturevalue(person), ref="1", crop=mango)


def test_crossing_outline_is_refused_with_the_corner(cooperative, clerk, mango):
    swapped_order = "\n".join("\t".join(ROWS[index]) for index in (0, 2, 1, 3))

    with pytest.raises(RuleViolated) as caught:
        services.plot_from_corners(cooperative, corners(swapped_order), by=clerk, ref="1", crop=mango)

    assert caught.value.code == "invalid_geometry"
    assert "gần góc" in str(caught.value.detail)
    assert not Plot.objects.exists()


# --- the page ---


def test_page_opens_for_editors_only(client, cooperative, clerk, viewer):
    client.force_login(viewer)
    refused = client.get(PAGE, {"cooperative": cooperative.slug})
    client.force_login(clerk)
    page = client.get(PAGE, {"cooperative": cooperative.slug})

    assert (refused.status_code, page.status_code) == (403, 200)
    assert page.content.decode().count('name="x"') == 6


def test_anonymous_signs_in_first(client):
    assert client.get(PAGE).status_code == 302


def test_preview_draws_and_compares_but_stores_nothing(client, cooperative, clerk, mango):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="preview", printed_area="14000", **grid()))

    text = page.content.decode()
    assert page.status_code == 200
    assert "<polygon points=" in text
    assert "13.012,5" in text
    assert 'id="area-differs"' in text
    assert page.context["frame"]["features"]["features"][-1]["properties"]["name"] == "Thửa theo giấy"
    assert not Plot.objects.exists()


def test_pasted_table_fills_the_grid(client, cooperative, clerk, mango):
    client.force_login(clerk)
    pasted = "Số hiệu\tX\tY\tCạnh\n" + TEXT.replace(".", ",") + "\n1\t1151500,00\t577000,00"

    page = client.post(PAGE, answers(cooperative, mango, do="preview", paste=pasted))

    rows = page.context["rows"]
    assert [(row.label, row.x, row.y, row.edge) for row in rows[:4]] == [
        (label, x[:-3], y[:-3], edge.rstrip("0")) for label, x, y, edge in ROWS
    ]
    assert page.context["reading"].crs == "EPSG:5897"
    assert page.context["paste"]["paste"].value() is None


@pytest.mark.parametrize("kind", ["xlsx", "pdf", "csv"])
def test_table_from_a_file(client, cooperative, clerk, mango, tmp_path, kind):
    cells = [["Số hiệu điểm", "X (m)", "Y (m)", "Cạnh (m)"], *map(list, ROWS)]
    content = {
        "xlsx": lambda: workbook([cells[0], *[[row[0], *map(float, row[1:])] for row in ROWS]]),
        "pdf": lambda: ruled_pdf(cells),
        "csv": lambda: "\n".join(";".join(row) for row in cells).encode("utf-8-sig"),
    }[kind]()
    path = tmp_path / f"bảng.{kind}"
    path.write_bytes(content)
    client.force_login(clerk)

    with path.open("rb") as file:
        page = client.post(PAGE, answers(cooperative, mango, do="preview", file=file))

    assert page.context["reading"].plane_area_m2 == pytest.approx(13_012.5, abs=0.01)
    assert page.context["reading"].edges == ()


def test_file_that_is_no_table_is_refused_in_words(client, cooperative, clerk, mango, tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04 no archive")
    client.force_login(clerk)

    with path.open("rb") as file:
        page = client.post(PAGE, answers(cooperative, mango, do="preview", file=file))

    assert page.status_code == 422
    assert page.context["paste"].errors["file"]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("13.000", 13_000),
        ("13,000", 13_000),
        ("13.012,5 m²", 13_012.5),
        ("950.5", 950.5),
        ("95,25", 95.25),
    ],
)
def test_printed_area_as_people_write_it(client, cooperative, clerk, mango, text, area):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="preview", **grid()) | {"printed_area": text})

    assert page.context["reading"].printed_area_m2 == area


def test_printed_area_that_is_no_number_is_told(client, cooperative, clerk, mango):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="preview", **grid()) | {"printed_area": "nhiều"})

    assert page.status_code == 422
    assert "printed_area" in page.context["form"].errors


def test_saving_stores_and_shows_the_plot(client, cooperative, clerk, mango):
    client.force_login(clerk)

    answer = client.post(PAGE, answers(cooperative, mango, do="save", land_sheet="12", land_parcel="345", **grid()))

    plot = Plot.objects.get()
    assert (answer.status_code, answer.url) == (302, plot.get_absolute_url())
    assert (plot.ref, plot.crop, plot.land_parcel, plot.created_by) == ("S-1", mango, "345", clerk)
    assert plot.history.count() == 1
    shown = " ".join(client.get(answer.url).content.decode().split())
    assert "Bảng tọa độ góc ranh trên giấy chứng nhận (EPSG:5897)" in shown
    assert "13.012,5 m²" in shown


def test_differences_must_have_been_looked_at(client, cooperative, clerk, mango):
    client.force_login(clerk)
    posted = answers(cooperative, mango, do="save", printed_area="14000", **grid())

    held = client.post(PAGE, posted)
    stored = client.post(PAGE, posted | {"looked": "on"})

    assert (held.status_code, stored.status_code) == (422, 302)
    assert "looked" in held.context["form"].errors


def test_wrong_printed_edge_is_named(client, cooperative, clerk, mango):
    client.force_login(clerk)
    rows = [*ROWS[:1], ("2", "1151510.00", "577100.00", "130.20"), *ROWS[2:]]

    page = client.post(PAGE, answers(cooperative, mango, do="preview", **grid(rows)))

    [edge] = page.context["reading"].edges
    assert (edge.start, edge.end, edge.printed_m) == ("2", "3", 130.2)
    assert "Cạnh 2–3: giấy ghi 130,20 m, tính từ tọa độ 130,10 m." in page.content.decode()


def test_swapped_columns_are_put_right_and_kept_in_the_source(client, cooperative, clerk, mango):
    client.force_login(clerk)
    rows = [(label, y, x, edge) for label, x, y, edge in ROWS]

    page = client.post(PAGE, answers(cooperative, mango, do="preview", **grid(rows)))
    client.post(PAGE, answers(cooperative, mango, do="save", **grid(rows)))

    assert "Bảng ghi Y trước X" in page.content.decode()
    plot = Plot.objects.get()
    assert plot.source["axis_order"] == "east_north"
    assert plot.source["vertices"][0]["x"] == 1_151_500


@pytest.mark.parametrize(
    ("case", "row", "told"),
    [
        ("letter for a digit", ("3", "11513O0", "577095", ""), "Dòng 3"),
        ("Y left out", ("3", "1151380", "", ""), "Dòng 3"),
        ("local numbers", ("3", "1380", "7095", ""), "Dòng 3"),
        ("edge in words", ("3", "1151380", "577095", "dài"), "Dòng 3"),
    ],
)
def test_bad_cell_is_named_and_nothing_is_stored(client, cooperative, clerk, mango, case, row, told):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="save", **grid([*ROWS[:2], row, ROWS[3]])))

    assert page.status_code == 422
    assert any(told in str(finding.message) for finding in page.context["problems"])
    assert not Plot.objects.exists()


def test_two_corners_make_no_plot(client, cooperative, clerk, mango):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="save", **grid(ROWS[:2])))

    assert [finding.code for finding in page.context["problems"]] == ["too_few_corners"]


def test_more_rows_without_script_keep_what_was_typed(client, cooperative, clerk, mango):
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="rows", **grid()))

    assert page.status_code == 200
    assert len(page.context["rows"]) == 8
    assert page.context["rows"][3].x == "1151375.00"
    assert page.context["form"]["ref"].value() == "S-1"


def test_number_and_crop_are_needed_for_saving_only(client, cooperative, clerk, mango):
    client.force_login(clerk)
    posted = {"cooperative": cooperative.slug, **grid()}

    preview = client.post(PAGE, posted | {"do": "preview"})
    saved = client.post(PAGE, posted | {"do": "save"})

    assert (preview.status_code, saved.status_code) == (200, 422)
    assert set(saved.context["form"].errors) == {"ref", "crop"}


def _same_ground():
    return GEOSGeometry(read_ground().wkt, srid=4326)


def read_ground():
    from geofiles import corners as tables

    shape = tables.boundary(corners(), "EPSG:5897")
    return GEOSGeometry(f"MULTIPOLYGON({shape.wkt.removeprefix('POLYGON ')})", srid=4326)


def test_own_neighbour_refuses_and_is_named(client, cooperative, clerk, mango):
    make_plot(cooperative, mango, ref="CU-7", boundary=_same_ground())
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="save", **grid()))

    assert page.status_code == 422
    assert any("CU-7" in str(finding.message) for finding in page.context["problems"])
    assert Plot.objects.count() == 1


def test_other_holder_gives_a_plot_in_conflict_and_says_so(client, cooperative, neighbour, clerk, mango):
    make_plot(neighbour, mango, ref="LANG-GIENG-9", boundary=_same_ground())
    client.force_login(clerk)

    preview = client.post(PAGE, answers(cooperative, mango, do="preview", **grid()))
    answer = client.post(PAGE, answers(cooperative, mango, do="save", **grid()), follow=True)

    assert "Chồng lên đất của đơn vị khác" in preview.content.decode()
    assert "LANG-GIENG-9" not in preview.content.decode()
    assert Plot.objects.get(cooperative=cooperative).status == PlotStatus.IN_CONFLICT
    assert OverlapCase.objects.open().count() == 1
    assert "phải chờ cán bộ giải quyết" in answer.content.decode()


def test_preview_shows_neighbours_one_may_see(client, cooperative, neighbour, clerk, mango):
    make_plot(cooperative, mango, ref="BEN-CANH", boundary=square(105.7065, 10.4105, side_m=50))
    make_plot(neighbour, mango, ref="KHONG-THAY", boundary=square(105.7045, 10.4095, side_m=50))
    client.force_login(clerk)

    page = client.post(PAGE, answers(cooperative, mango, do="preview", **grid()))

    names = [found["properties"]["name"] for found in page.context["frame"]["features"]["features"]]
    assert names == ["BEN-CANH", "Thửa theo giấy"]


def test_cells_of_strangers_are_text_in_the_page(client, cooperative, clerk, mango):
    client.force_login(clerk)
    rows = [("<b>1</b>", *ROWS[0][1:]), *ROWS[1:]]

    page = client.post(PAGE, answers(cooperative, mango, do="preview", paste="", **grid(rows)))

    assert "<b>1</b>" not in page.content.decode()
    assert "&lt;b&gt;1&lt;/b&gt;" in page.content.decode()


def test_list_of_plots_leads_here(client, cooperative, clerk):
    client.force_login(clerk)

    page = client.get(reverse("farms:plot-list"), {"cooperative": cooperative.slug})

    assert f"{PAGE}?cooperative={cooperative.slug}" in page.content.decode()
