"""Drawing pages without a map: what is typed is read, looked at, stored, or refused with its reason."""

import json

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains

from core.errors import DomainError
from farms import services
from farms.models import Plot, PlotStatus
from farms.shape_svg import drawing_of
from farms.shape_text import boundary_from_text, line_from_text
from geofiles import crs
from tests.factories.farms import make_plot
from tests.shapes import bowtie, square, square_east_of, square_with_hole

pytestmark = pytest.mark.django_db
NEW = "/coop/plots/new/"
CORNERS = "10.45 105.63\n10.45 105.631\n10.451 105.631\n10.451 105.63"


@pytest.fixture
def as_clerk(client, clerk, mango):
    client.force_login(clerk)
    return client


def draw(client, mango, text=CORNERS, **fields):
    given = {"boundary": text, "ref": "A1", "crop": mango.pk, "determination": "manual"} | fields
    return client.post(NEW, given)


# --- what is typed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CORNERS,
        CORNERS + "\n10.45 105.63",
        CORNERS.replace(" ", ", "),
        CORNERS.replace(".", ",").replace(" ", "; "),
        CORNERS.replace("\n", "\r\n\r\n"),
        "\n".join(f"{n} {line}" for n, line in enumerate(CORNERS.split("\n"), start=1)),
        "POLYGON((105.63 10.45, 105.631 10.45, 105.631 10.451, 105.63 10.451, 105.63 10.45))",
        "SRID=4326;MULTIPOLYGON(((105.63 10.45, 105.631 10.45, 105.631 10.451, 105.63 10.451, 105.63 10.45)))",
        '{"type":"Polygon","coordinates":[[[105.63,10.45],[105.631,10.45],[105.631,10.451],[105.63,10.451],[105.63,10.45]]]}',
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":'
        "[[[105.63,10.45],[105.631,10.45],[105.631,10.451],[105.63,10.451],[105.63,10.45]]]}}]}",
    ],
    ids=[
        "lines",
        "closed",
        "commas",
        "decimal commas",
        "blank lines",
        "numbered",
        "WKT",
        "EWKT",
        "GeoJSON",
        "collection",
    ],
)
def test_a_boundary_is_read_however_it_is_written(text):
    shape = boundary_from_text(text)

    assert sorted(set(shape[0][0].coords)) == [
        (105.63, 10.45), (105.63, 10.451), (105.631, 10.45), (105.631, 10.451),
    ]  # fmt: skip


def test_corners_of_a_certificate_are_read_in_vn2000():
    shape = square(105.63, 10.45)
    lon, lat = zip(*shape[0][0].coords, strict=True)
    east, north = crs.points_from_wgs84(lon, lat, "EPSG:5897")
    text = "\n".join(f"{x:.3f};{y:.3f}".replace(".", ",") for x, y in zip(north, east, strict=True))

    found = boundary_from_text(text, system="EPSG:5897")

    assert found[0][0].coords == tuple(pytest.approx(corner, abs=1e-8) for corner in shape[0][0].coords)


@pytest.mark.parametrize(
    "text",
    ["một hai", "10.45", "10.45 105.63\n10.46 105.63", "{", '{"type":"Point","coordinates":[105.63,10.45]}',
     "POLYGON((1 2", "POLYGON((0 0, 1 0, 1 1, 0 0))", '{"type":"FeatureCollection","features":[]}', "1e5 1e5\n" * 4,
     "568000 1155000\n" * 4, bowtie(105.63, 10.45).wkt, "[" * 100_000],
    ids=["words", "one number", "two corners", "cut off", "point", "cut WKT", "elsewhere", "no features", "exponents",
         "metres as degrees", "bow tie", "nesting"],
)  # fmt: skip
def test_what_is_no_boundary_is_refused_with_a_reason(text):
    with pytest.raises(DomainError) as refused:
        boundary_from_text(text)

    assert refused.value.findings[0].message


def test_a_line_is_read_as_well():
    assert line_from_text("10.45 105.63\n10.46 105.64").coords == ((105.63, 10.45), (105.64, 10.46))
    assert line_from_text("LINESTRING(105.63 10.45, 105.64 10.46)").num_coords == 2
    with pytest.raises(DomainError):
        line_from_text("10.45 105.63")


def test_the_drawing_keeps_holes_and_names():
    drawing = drawing_of([(square_with_hole(105.63, 10.45), "own", "A1")], around=square(105.63, 10.45))

    [outline] = drawing.outlines
    assert (outline.path.count("M"), outline.path.count("Z"), outline.name) == (2, 2, "A1")
    assert 0 < outline.x < drawing.width <= 400
    assert 0 < outline.y < drawing.height <= 400


# --- a new plot --------------------------------------------------------------------------------------------------


def test_a_typed_plot_is_stored(as_clerk, mango):
    answer = draw(as_clerk, mango, tree_count=40, irrigation="kênh", expected_yield_t=3.5, note="gần đình")

    plot = Plot.objects.get()
    assert answer.url == plot.get_absolute_url()
    assert (plot.ref, plot.tree_count, plot.irrigation, plot.expected_yield_t, plot.note) == (
        "A1", 40, "kênh", 3.5, "gần đình",
    )  # fmt: skip
    assert (plot.determination, plot.created_by.username) == ("manual", "clerk")


def test_preview_draws_and_stores_nothing(as_clerk, mango, plot):
    text = square_east_of(plot.boundary, gap_m=-10).wkt

    answer = as_clerk.post(NEW, {"boundary": text, "preview": "1"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("<path class=") == 2
    assert "Chồng lên thửa T-1 của đơn vị mình" in page
    assert Plot.objects.count() == 1


def test_refused_for_an_own_neighbour_keeps_what_was_drawn(as_clerk, mango, plot):
    shape = square_east_of(plot.boundary, gap_m=-10)

    answer = draw(as_clerk, mango, shape.wkt, ref="A2")

    assert answer.status_code == 422
    assert "Thửa A2 chồng lên thửa T-1 của cùng hợp tác xã" in answer.content.decode()
    assert answer.context["editor"]["in_way"] == [plot.pk]
    assert answer.context["editor"]["shape"] == json.loads(shape.geojson)


def test_anothers_ground_is_told_but_not_shown(as_clerk, mango, neighbour):
    foreign = make_plot(neighbour, mango, ref="KÍN-77", boundary=square(105.63, 10.45))

    looked = as_clerk.post(NEW, {"boundary": square_east_of(foreign.boundary, gap_m=-10).wkt, "preview": "1"})
    stored = draw(as_clerk, mango, square_east_of(foreign.boundary, gap_m=-10).wkt)

    page = looked.content.decode()
    assert "Chồng lên đất của đơn vị khác" in page
    assert "KÍN-77" not in page
    assert page.count("<path class=") == 1
    assert stored.status_code == 302
    assert Plot.objects.get(ref="A1").status == PlotStatus.IN_CONFLICT


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"boundary": ""}, "boundary"), ({"boundary": "x y"}, "boundary"), ({"ref": ""}, "ref"), ({"ref": "T-1"}, "ref"),
     ({"crop": ""}, "crop"), ({"system": "EPSG:2045"}, "system"), ({"expected_yield_t": "-1"}, "expected_yield_t")],
    ids=["no shape", "no numbers", "no number", "number taken", "no crop", "unknown system", "negative yield"],
)  # fmt: skip
def test_bad_input_is_told_at_its_field(as_clerk, mango, plot, fields, field):
    answer = draw(as_clerk, mango, **({"text": fields.pop("boundary")} if "boundary" in fields else {}), **fields)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Plot.objects.count() == 1


@pytest.mark.parametrize(("person", "status"), [("viewer", 403), ("officer", 404), ("outsider", 404)])
def test_who_may_not_draw(request, client, cooperative, person, status):
    client.force_login(request.getfixturevalue(person))

    assert client.get(NEW).status_code == status


# --- another boundary, split, merge ------------------------------------------------------------------------------


def redraw(client, plot, shape, version=1):
    return client.post(
        reverse("farms:plot-boundary", args=[plot.pk]),
        {"boundary": shape.geojson, "version": version, "determination": "surveyed"},
    )


def test_boundary_is_drawn_anew(as_clerk, plot):
    answer = redraw(as_clerk, plot, square(105.63, 10.45, side_m=80))

    plot.refresh_from_db()
    assert answer.status_code == 302
    assert (plot.version, plot.determination) == (2, "surveyed")
    assert plot.area_m2 == pytest.approx(6_400, rel=1e-3)


def test_boundary_of_a_version_that_is_gone(as_clerk, clerk, plot):
    services.change_plot(plot, by=clerk, tree_count=5)

    answer = redraw(as_clerk, plot, square(105.63, 10.45, side_m=80))

    assert answer.status_code == 422
    assert "người khác sửa" in answer.content.decode()
    assert Plot.objects.get().area_m2 == pytest.approx(10_000, rel=1e-3)


@pytest.mark.parametrize("name", ["plot-boundary", "plot-split"])
@pytest.mark.parametrize(("person", "status"), [("viewer", 403), ("officer", 403), ("neighbour_clerk", 404)])
def test_who_may_not_change_a_shape(request, client, plot, name, person, status):
    client.force_login(request.getfixturevalue(person))

    assert client.get(reverse(f"farms:{name}", args=[plot.pk])).status_code == status


def test_split_by_typed_points(as_clerk, plot):
    address = reverse("farms:plot-split", args=[plot.pk])
    body = {"line": "10.4504 105.62\n10.4504 105.64", "version": 1}

    looked = as_clerk.post(address, body | {"preview": "1"})
    stored = as_clerk.post(address, body | {"refs": "P1, P2"})

    assert looked.status_code == 200
    assert [round(part["area_m2"], -2) for part in looked.context["preview"]["parts"]] == [5_600, 4_400]
    assert stored.status_code == 302
    assert set(Plot.objects.current().values_list("ref", flat=True)) == {"P1", "P2"}
    old = as_clerk.get(plot.get_absolute_url()).content.decode()
    assert ("Nay là thửa" in old, ">P1</a> (Tách thửa)" in old) == (True, True)
    assert ">T-1</a> (Tách thửa)" in as_clerk.get(Plot.objects.get(ref="P2").get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "body",
    [{"line": "", "version": 1}, {"line": "10.46 105.62\n10.46 105.64", "version": 1},
     {"line": "10.4504 105.62\n10.4504 105.64", "version": 7},
     {"line": "10.4504 105.62\n10.4504 105.64", "version": 1, "refs": "P1"}],
    ids=["no line", "beside", "another version", "one number for two"],
)  # fmt: skip
def test_split_that_cannot_be_done(as_clerk, plot, body):
    answer = as_clerk.post(reverse("farms:plot-split", args=[plot.pk]), body)

    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert Plot.objects.get().status == PlotStatus.ACTIVE


def test_merge_offers_what_touches_and_stores(as_clerk, plot, plot_factory, longan):
    beside = plot_factory(ref="B", boundary=square_east_of(plot.boundary, gap_m=0.4))
    plot_factory(ref="C", boundary=square_east_of(beside.boundary, gap_m=30))
    plot_factory(ref="D", boundary=square(105.63, 10.4509045), crop=longan)
    address = reverse("farms:plot-merge")

    offered = as_clerk.get(address, {"plot": plot.pk})
    chosen = as_clerk.get(address, {"plot": [plot.pk, beside.pk]})
    versions = [f"{plot.pk}:1", f"{beside.pk}:1"]
    stored = as_clerk.post(address, {"plot": [plot.pk, beside.pk], "version": versions, "ref": "T-1"})

    assert [other.ref for other in offered.context["others"]] == ["B"]
    assert chosen.context["total_ha"] == pytest.approx(2, rel=1e-3)
    assert stored.status_code == 302
    assert set(Plot.objects.current().values_list("ref", flat=True)) == {"T-1", "C", "D"}


def test_merge_without_a_neighbour_leads_back(as_clerk, plot):
    page = as_clerk.get(reverse("farms:plot-merge"), {"plot": plot.pk})

    assertContains(page, f'<a class="button" href="{plot.get_absolute_url()}">Quay lại</a>', html=True)


def test_merge_of_a_version_that_is_gone(as_clerk, clerk, plot, plot_factory):
    beside = plot_factory(boundary=square_east_of(plot.boundary))
    services.change_plot(plot, by=clerk, tree_count=5)

    answer = as_clerk.post(
        reverse("farms:plot-merge"),
        {"plot": [plot.pk, beside.pk], "version": [f"{plot.pk}:1", f"{beside.pk}:1"], "ref": "M"},
    )

    assert answer.status_code == 422
    assert Plot.objects.current().count() == 2


@pytest.mark.parametrize("query", ["", "plot=x", "plot=999999", "plot=1&plot=²"])
def test_merge_of_nothing(as_clerk, query):
    assert as_clerk.get(f"/coop/plots/merge/?{query}").status_code in (400, 404)
