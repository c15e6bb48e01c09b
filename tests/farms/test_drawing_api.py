"""API of drawing: exact neighbours, a look before storing, split, merge; what is never told of others' plots."""

import json

import pytest
from django.contrib.gis.geos import GEOSGeometry, Polygon

from farms import services
from farms.models import Plot, PlotStatus
from tests.factories.farms import make_plot
from tests.shapes import square, square_east_of

pytestmark = pytest.mark.django_db
NEIGHBOURS, CHECK, POINTS, MERGE = (f"/api/v1/plots/{name}/" for name in ("neighbours", "check", "points", "merge"))
BOX = "105.62,10.44,105.64,10.46"
WEST, SOUTH = 105.6300000000123, 10.4500000000456


@pytest.fixture
def as_clerk(client, clerk, mango):
    client.force_login(clerk)
    return client


@pytest.fixture
def foreign(neighbour, mango):
    """A plot of another holder beside and over the ground that the tests draw on."""
    return make_plot(neighbour, mango, ref="KÍN-77", boundary=square(105.6305, 10.45))


def sent(client, address, body, **headers):
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers)


def geometry(shape):
    return json.loads(shape.geojson)


def look(client, shape, **more):
    return sent(client, CHECK, {"geometry": geometry(shape), "cooperative": "htx-cua-toi", **more})


# --- neighbours --------------------------------------------------------------------------------------------------


def test_neighbours_come_to_the_last_digit(as_clerk, plot_factory):
    plot = plot_factory(ref="A1", boundary=square(WEST, SOUTH))

    answer = as_clerk.get(NEIGHBOURS, {"bbox": BOX}).json()

    [found] = answer["features"]
    assert (found["id"], found["properties"]) == (plot.pk, {"ref": "A1", "status": "active"})
    assert found["geometry"]["coordinates"][0][0][0] == list(plot.boundary[0][0].coords[0])
    assert answer["is_cut"] is False


@pytest.mark.parametrize("person", ["clerk", "viewer", "neighbour_clerk", "foreign_officer", "outsider"])
def test_neighbours_of_others_are_not_told(request, client, plot, foreign, person):
    user = request.getfixturevalue(person)
    client.force_login(user)

    answer = client.get(NEIGHBOURS, {"bbox": BOX})

    refs = [feature["properties"]["ref"] for feature in answer.json()["features"]]
    assert refs == {"clerk": ["T-1"], "viewer": ["T-1"], "neighbour_clerk": ["KÍN-77"]}.get(person, [])
    assert answer["Cache-Control"] == "private, no-store"


def test_neighbours_leave_out_the_plot_itself_and_archived_ones(as_clerk, clerk, plot, plot_factory):
    services.archive_plot(plot_factory(boundary=square_east_of(plot.boundary)), "error", by=clerk)

    assert as_clerk.get(NEIGHBOURS, {"bbox": BOX, "besides": plot.pk}).json()["features"] == []


@pytest.mark.parametrize(
    "query",
    ["", "bbox=1,2,3", "bbox=105,10,106,11", "bbox=a,b,c,d", f"bbox={BOX}&besides=x", f"bbox={BOX}&limit=9"],
    ids=["none", "three numbers", "too wide", "letters", "besides", "unknown"],
)
def test_neighbours_refuse_bad_parameters(as_clerk, query):
    assert as_clerk.get(f"{NEIGHBOURS}?{query}").status_code == 400


def test_strangers_are_told_nothing(client):
    assert client.get(NEIGHBOURS, {"bbox": BOX}).status_code in (401, 403)
    assert sent(client, CHECK, {}).status_code in (401, 403)


# --- check -------------------------------------------------------------------------------------------------------


def test_check_tells_area_and_commune_and_stores_nothing(as_clerk, commune):
    answer = look(as_clerk, square(105.60, 10.42)).json()

    assert answer["is_valid"] is True
    assert answer["area_m2"] == pytest.approx(10_000, rel=1e-3)
    assert answer["perimeter_m"] == pytest.approx(400, rel=1e-3)
    assert answer["commune"] == {"code": "99001", "name": commune.full_name}
    assert (answer["own"], answer["others_m2"]) == ([], 0)
    assert not Plot.objects.exists()


def test_check_names_own_neighbours(as_clerk, plot):
    answer = look(as_clerk, square_east_of(plot.boundary, gap_m=-10)).json()

    [met] = answer["own"]
    assert (met["id"], met["ref"]) == (plot.pk, "T-1")
    assert met["shared_m2"] == pytest.approx(1_000, rel=0.01)


def test_check_tells_of_others_only_how_much(as_clerk, foreign):
    answer = look(as_clerk, square_east_of(foreign.boundary, gap_m=-10))

    assert answer.json()["others_m2"] == pytest.approx(1_000, rel=0.01)
    told = answer.content.decode()
    assert "KÍN-77" not in json.dumps(answer.json(), ensure_ascii=False)
    assert answer.json()["own"] == []
    assert str(foreign.boundary[0][0][0][0]) not in told
    assert "coordinates" not in told


def test_check_of_a_redrawn_plot_does_not_meet_itself(as_clerk, plot):
    assert look(as_clerk, plot.boundary, plot=plot.pk).json()["own"] == []


def test_check_says_where_a_shape_is_broken(as_clerk):
    corners = [(105.60, 10.42), (105.602, 10.42), (105.6, 10.421), (105.601, 10.4215), (105.60, 10.42)]

    answer = look(as_clerk, Polygon(corners, srid=4326)).json()

    assert answer["is_valid"] is False
    [finding] = answer["findings"]
    assert finding["code"] == "geometry_invalid"
    assert finding["at"] == pytest.approx([105.6005, 10.42075], abs=1e-6)


def test_check_outside_every_commune(as_clerk):
    assert look(as_clerk, square(107.5, 12.5)).json()["commune"] is None


@pytest.mark.parametrize(("person", "status"), [("viewer", 403), ("neighbour_clerk", 422), ("outsider", 422)])
def test_who_may_not_check(request, client, cooperative, person, status):
    client.force_login(request.getfixturevalue(person))

    assert look(client, square(105.60, 10.42)).status_code == status


# --- points ------------------------------------------------------------------------------------------------------


def test_points_go_to_vn2000_and_back(as_clerk):
    start = [[105.63, 10.45], [105.631, 10.451]]

    there = sent(as_clerk, POINTS, {"source": "EPSG:4326", "target": "EPSG:5897", "points": start}).json()["points"]
    back = sent(as_clerk, POINTS, {"source": "EPSG:5897", "target": "EPSG:4326", "points": there}).json()["points"]

    assert there[0][0] == pytest.approx(568_800, abs=1_500)
    assert back == [pytest.approx(point, abs=1e-8) for point in start]


@pytest.mark.parametrize(
    "body",
    [
        {"source": "EPSG:4326", "target": "EPSG:2045", "points": [[105, 10]]},
        {"source": "EPSG:4326", "target": "EPSG:5897", "points": [[1e9, 10]]},
        {"source": "http://example.test/crs", "target": "EPSG:4326", "points": [[1, 1]]},
        {"source": "EPSG:4326", "target": "EPSG:5897", "points": []},
    ],
    ids=["Hanoi 1972", "no place on Earth", "link", "none"],
)
def test_points_that_cannot_be_converted(as_clerk, body):
    assert sent(as_clerk, POINTS, body).status_code == 422


# --- split and merge ---------------------------------------------------------------------------------------------


def etag(client, plot):
    return client.get(f"/api/v1/plots/{plot.pk}/")["ETag"]


def cut(shape):
    west, south, east, north = shape.extent
    middle = (south + north) / 2
    return {"type": "LineString", "coordinates": [[west - 0.0001, middle], [east + 0.0001, middle]]}


def test_split_by_a_line(as_clerk, plot):
    answer = sent(
        as_clerk, f"/api/v1/plots/{plot.pk}/split/", {"line": cut(plot.boundary)}, **{"If-Match": etag(as_clerk, plot)}
    )

    assert answer.status_code == 201
    assert [row["ref"] for row in answer.json()["plots"]] == ["T-1-a", "T-1-b"]
    plot.refresh_from_db()
    assert plot.status == PlotStatus.ARCHIVED


def test_split_into_parts_that_leave_a_gap(as_clerk, plot):
    west, south, east, north = plot.boundary.extent
    middle = (west + east) / 2
    parts = [
        geometry(GEOSGeometry(f"POLYGON(({a} {south}, {b} {south}, {b} {north}, {a} {north}, {a} {south}))", 4326))
        for a, b in ((west, middle), (middle + 0.0001, east))
    ]

    answer = sent(as_clerk, f"/api/v1/plots/{plot.pk}/split/", {"parts": parts}, **{"If-Match": etag(as_clerk, plot)})

    assert (answer.status_code, answer.json()["code"]) == (422, "parts_leave_gap")
    assert answer.json()["errors"][0]["m2"] == pytest.approx(1_093, rel=0.02)


def test_split_needs_the_version_that_was_read(as_clerk, clerk, plot):
    address, body, old = f"/api/v1/plots/{plot.pk}/split/", {"line": cut(plot.boundary)}, etag(as_clerk, plot)

    assert sent(as_clerk, address, body).status_code == 428
    services.change_plot(plot, by=clerk, ref="T-9")
    assert sent(as_clerk, address, body, **{"If-Match": old}).status_code == 412
    assert Plot.objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"line": {"type": "Point"}}, {"parts": [], "line": None}, {"x": 1}])
def test_split_refuses_what_is_no_cut(as_clerk, plot, body):
    answer = sent(as_clerk, f"/api/v1/plots/{plot.pk}/split/", body, **{"If-Match": etag(as_clerk, plot)})

    assert answer.status_code in (400, 422)
    assert Plot.objects.count() == 1


def test_merge_and_its_repeat(as_clerk, plot, plot_factory):
    other = plot_factory(boundary=square_east_of(plot.boundary))
    body = {"plots": [plot.pk, other.pk], "ref": "M1"}

    first = sent(as_clerk, MERGE, body, **{"Idempotency-Key": "m-1"})
    again = sent(as_clerk, MERGE, body, **{"Idempotency-Key": "m-1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Plot.objects.current().count() == 1


def test_plots_of_others_cannot_be_split_or_merged(as_clerk, plot, foreign):
    body = {"plots": [plot.pk, foreign.pk], "ref": "M1"}

    assert sent(as_clerk, MERGE, body).status_code == 404
    assert sent(as_clerk, f"/api/v1/plots/{foreign.pk}/split/", {"line": cut(foreign.boundary)}).status_code == 404
    assert Plot.objects.current().count() == 2


def test_an_officer_sees_but_does_not_split(client, officer, plot):
    client.force_login(officer)

    answer = sent(
        client, f"/api/v1/plots/{plot.pk}/split/", {"line": cut(plot.boundary)}, **{"If-Match": etag(client, plot)}
    )

    assert answer.status_code == 403
