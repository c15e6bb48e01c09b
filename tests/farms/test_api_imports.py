"""Imports by API: doubts answered at once, the report row by row, repeats, undo, many plots changed at once."""

import json

import pytest

from farms.models import ImportKind, ImportStatus, Plot, PlotImport
from office.models import Document, Job
from tests.factories.office import make_upload
from tests.farms.test_import_pages import geojson, in_metres, shapefile
from tests.shapes import bowtie, square, square_east_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/imports/"
PLOTS = "/api/v1/plots/"
GROUND = square(105.63, 10.45)


@pytest.fixture
def api(client, media, clerk, cooperative, mango):
    """Return the client of the clerk; `api.send(name, content, **form)` uploads."""
    client.force_login(clerk)

    def send(name, content, headers=None, **form):
        body = {"file": make_upload(name, content), "cooperative": cooperative.slug} | form
        return client.post(ADDRESS, body, headers=headers or {})

    client.send = send
    return client


# --- What is in doubt (D4), what can't be read (D15) -------------------------------------------------------------


def metres(*shapes):
    """GeoJSON with VN-2000 metres and no CRS."""
    import shapely

    features = [
        {
            "type": "Feature",
            "properties": {"ma": "A1", "cay": "xoai"},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for shape in in_metres(*shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_crs_in_doubt_is_asked_and_nothing_stored(api, tmp_path):
    content = shapefile(tmp_path, in_metres(GROUND), {"so_thua": ["A1"], "cay": ["xoai"]})

    answer = api.send("thua.zip", content)

    problem = answer.json()
    [error] = problem["errors"]
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert (problem["code"], error["parameter"]) == ("crs_in_doubt", "crs")
    assert error["candidates"][0]["id"] == "EPSG:5897"
    assert {"name", "centre", "distance_km"} <= set(error["candidates"][0])
    assert (PlotImport.objects.count(), Document.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_crs_given_is_taken(api, tmp_path, work_off):
    content = shapefile(tmp_path, in_metres(GROUND), {"so_thua": ["A1"], "cay": ["xoai"]})

    sent = api.send("thua.zip", content, crs="EPSG:5897")
    work_off()

    seen = api.get(sent["Location"]).json()
    assert (sent.status_code, seen["status"], seen["crs"]) == (202, "previewed", "EPSG:5897")


def test_metres_in_geojson_are_asked_too(api):
    answer = api.send("thua.geojson", metres(GROUND))

    assert answer.json()["code"] == "crs_in_doubt"
    assert not PlotImport.objects.exists()


def test_layer_in_doubt_names_the_layers(api, tmp_path):
    import io
    import zipfile

    import shapely

    from geofiles import features, writers

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name in ("nha", "thua"):
            batch = features.make_batch([shapely.from_wkt(GROUND.wkt)], {"so_thua": [name], "cay": ["xoai"]})
            with zipfile.ZipFile(writers.write(batch, tmp_path / f"{name}.zip", "shapefile")) as source:
                for part in source.namelist():
                    target.writestr(part, source.read(part))

    asked = api.send("hai.zip", made.getvalue())
    [error] = asked.json()["errors"]
    named = next(item["name"] for item in error["candidates"] if "thua" in item["name"])
    taken = api.send("hai.zip", made.getvalue(), layer=named)

    assert (asked.status_code, asked.json()["code"], error["parameter"]) == (422, "layer_in_doubt", "layer")
    assert {(item["features"], tuple(item["geometry_types"])) for item in error["candidates"]} == {(1, ("Polygon",))}
    assert taken.status_code == 202


def test_columns_of_a_table_are_asked(api):
    answer = api.send("bang.csv", "Tên,Ghi chú\nA1,vườn nhà\nA2,vườn xa\n".encode())

    [error] = answer.json()["errors"]
    assert (answer.status_code, answer.json()["code"], error["parameter"]) == (422, "geometry_in_doubt", "geometry")
    assert error["headings"] == ["Tên", "Ghi chú"]
    assert not PlotImport.objects.exists()


@pytest.mark.parametrize(
    ("case", "name", "content", "code"),
    [
        ("empty", "a.geojson", b"", "empty_file"),
        ("no features", "a.geojson", b'{"type": "FeatureCollection", "features": []}', "unreadable_file"),
        ("wrong extension", "a.geojson", b"\x89PNG\r\n\x1a\n", "unsupported_format"),
        ("polyglot", "a.zip", b"<html></html>PK\x03\x04", ""),
        ("cut", "a.zip", b"PK\x03\x04rac", "unreadable_file"),
    ],
    ids=["empty", "no-features", "wrong-extension", "polyglot", "cut"],
)
def test_useless_file_is_422_with_the_reason(api, case, name, content, code):
    answer = api.send(name, content)

    problem = answer.json()
    assert (answer.status_code, code in problem["code"]) == (422, True), problem
    assert problem["detail"]
    assert (PlotImport.objects.count(), Document.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("crs", "EPSG:4147"),
        ("crs", "EPSG:x"),
        ("encoding", "KOI8-R"),
        ("existing", "both"),
        ("columns", "[]"),
        ("columns", '{"owner_phone": "x"}'),
        ("geometry", "1"),
        ("colour", "red"),
    ],
)
def test_bad_answers_are_named(api, field, value):
    answer = api.send("a.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})), **{field: value})

    problem = answer.json()
    assert answer.status_code in (400, 422)
    assert field in json.dumps(problem["errors"])
    assert not PlotImport.objects.exists()


# --- The report --------------------------------------------------------------------------------------------------


@pytest.fixture
def read(api, work_off):
    """Return read(*rows, **form): upload rows and let the job read them; the address of the import."""

    def run(*rows, **form):
        sent = api.send("thua.geojson", geojson(*rows), **form)
        assert sent.status_code == 202, sent.json()
        work_off()
        return sent["Location"]

    return run


def test_report_says_row_number_code_message_and_place(api, read):
    address = read(
        (GROUND, {"ma": "A1", "cay": "xoai", "giong": "Lạ"}),
        (bowtie(105.6, 10.42), {"ma": "A2", "cay": "xoai"}),
        (square(107.5, 12.5), {"ma": "A3", "cay": "xoai"}),
    )

    seen = api.get(address).json()

    errors = {(item["row"], item["ref"], item["code"]): item for item in seen["errors"]}
    assert set(errors) == {(2, "A2", "invalid_geometry"), (3, "A3", "outside_communes")}
    assert errors[2, "A2", "invalid_geometry"]["geometry"]["type"] == "Point"
    assert errors[3, "A3", "outside_communes"]["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert all(item["message"] for item in seen["errors"])
    [warning] = seen["warnings"]
    assert (warning["row"], warning["code"], warning["geometry"]) == (1, "variety_unknown", None)
    assert seen["counts"] == {"green": 0, "amber": 1, "red": 2}
    assert set(seen["rows"][0]) == {"row", "ref", "verdict", "action", "plot"}


def test_report_comes_by_pages_and_by_verdict(api, read):
    rows = [(square(105.6 + n / 100, 10.42), {"ma": f"A{n}", "cay": "xoai" if n else "cỏ lạ"}) for n in range(3)]
    address = read(*rows)

    first = api.get(address, {"limit": 2}).json()
    second = api.get(first["next"]).json()
    red = api.get(address, {"verdict": "red"}).json()

    assert [[row["row"] for row in page["rows"]] for page in (first, second, red)] == [[1, 2], [3], [1]]
    assert (second["next"], red["next"]) == (None, None)


@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "verdict=blue", "colour=red"])
def test_bad_parameter_of_the_report_is_named(api, read, query):
    address = read((GROUND, {"ma": "A1", "cay": "xoai"}))

    answer = api.get(f"{address}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_job_carries_counts_errors_and_warnings(api, read):
    address = read((GROUND, {"ma": "A1", "cay": "cỏ lạ"}))

    job = api.get(api.get(address).json()["job"]).json()

    assert (job["status"], job["counts"]) == ("done", {"green": 0, "amber": 0, "red": 1})
    assert [(item["row"], item["code"]) for item in job["errors"]] == [(1, "crop_unknown")]
    assert (job["warnings"], job["import"]) == ([], address)


def test_same_file_is_409_and_names_the_first(api, read):
    address = read((GROUND, {"ma": "A1", "cay": "xoai"}))

    answer = api.send("tên khác.geojson", geojson((GROUND, {"ma": "A1", "cay": "xoai"})))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "same_file")
    assert problem["errors"][0]["import"] in address
    assert PlotImport.objects.count() == 1


def test_repeat_with_the_same_key_is_one_import(api, cooperative):
    content = geojson((GROUND, {"ma": "A1", "cay": "xoai"}))

    sent = [api.send("thua.geojson", content, headers={"Idempotency-Key": "k1"}) for _turn in range(2)]
    other = api.send("khac.geojson", metres(GROUND), headers={"Idempotency-Key": "k1"}, crs="EPSG:5897")

    assert [answer.status_code for answer in sent] == [202, 202]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    assert (sent[1]["Idempotency-Replayed"], other.status_code) == ("true", 422)


@pytest.mark.parametrize("who", ["viewer", "outsider", "neighbour_clerk", "officer"])
def test_import_of_others_is_not_found(api, read, request, who):
    address = read((GROUND, {"ma": "A1", "cay": "xoai"}))
    api.force_login(request.getfixturevalue(who))

    answers = [
        api.get(address),
        api.patch(address, {"crop": "xoai"}, content_type="application/json"),
        api.delete(address),
        api.post(f"{address}commit/", {}, content_type="application/json"),
        api.post(f"{address}undo/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert api.send("a.geojson", metres(GROUND)).status_code in (403, 422)


def test_stored_and_undone(api, read, work_off):
    address = read((GROUND, {"ma": "A1", "cay": "xoai"}))

    stored = api.post(f"{address}commit/", {"with_amber": False}, content_type="application/json")
    work_off()
    report = api.get(address).json()
    undone = api.post(f"{address}undo/")
    work_off()

    assert (stored.status_code, report["stored"]["stored"], undone.status_code) == (202, 1, 200)
    assert api.get(address).json()["status"] == ImportStatus.UNDONE
    assert not Plot.objects.current().exists()


def test_number_that_is_there_is_updated_or_refused(api, read, plot):
    rows = [(plot.boundary, {"ma": plot.ref, "cay": "xoai", "so_cay": "120"})]

    updating = api.get(read(*rows)).json()
    refusing = api.get(read(*rows, (GROUND, {"ma": "A9", "cay": "xoai"}), existing="refuse")).json()

    assert [row["action"] for row in updating["rows"]] == ["update"]
    assert updating["counts"]["red"] == 0
    assert "ref_taken" in [error["code"] for error in refusing["errors"]]


# --- Many plots at once ------------------------------------------------------------------------------------------


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def change(plot, shape=None, if_match=None, **properties):
    geometry = json.loads(shape.geojson) if shape else None
    found = {"type": "Feature", "id": plot.pk, "geometry": geometry, "properties": properties}
    return found | {"if_match": plot.version if if_match is None else if_match}


def patch(api, body, **headers):
    return api.patch(PLOTS, body, content_type="application/geo+json", headers=headers)


def test_plots_are_changed_by_one_job(api, plot, plot_factory, work_off):
    other = plot_factory(ref="T-2", boundary=square_east_of(plot.boundary))
    shown = api.get(PLOTS).json()["features"]

    answer = patch(api, collection(change(plot, tree_count=120), change(other, square(105.6, 10.42), tree_count=7)))
    work_off()

    report = api.get(answer["Location"]).json()
    if report["status"] == "previewed":
        api.post(f"{answer['Location']}commit/", {"with_amber": True}, content_type="application/json")
        work_off()
    plot.refresh_from_db()
    other.refresh_from_db()
    assert {item["properties"]["version"] for item in shown} == {1}
    assert (answer.status_code, report["kind"], report["errors"]) == (202, ImportKind.UPDATE, [])
    assert (plot.tree_count, plot.version, other.tree_count, other.version) == (120, 2, 7, 2)
    assert other.boundary.centroid.distance(square(105.6, 10.42).centroid) < 1e-9


def test_stale_version_is_an_error_of_its_row(api, plot, work_off):
    answer = patch(api, collection(change(plot, if_match=7, tree_count=120)))
    work_off()

    report = api.get(answer["Location"]).json()
    plot.refresh_from_db()
    assert answer.status_code == 202
    assert [error["row"] for error in report["errors"]] == [1]
    assert plot.tree_count is None


def test_version_must_be_said(api, plot):
    without = change(plot, tree_count=1)
    del without["if_match"]

    answer = patch(api, collection(without))

    assert answer.status_code == 428
    assert answer.json()["errors"][0]["pointer"] == "/features/0/if_match"


@pytest.mark.parametrize(
    ("case", "body", "status"),
    [
        ("list", [], 400),
        ("feature", {"type": "Feature"}, 400),
        ("no features", collection(), 422),
        ("no feature", collection(1), 422),
        ("text id", collection({"type": "Feature", "id": "x", "if_match": 1}), 422),
        ("no id", collection({"type": "Feature", "if_match": 1}), 422),
        ("unknown", collection({"type": "Feature", "id": 999_999, "if_match": 1, "properties": {}}), 422),
        ("text version", collection({"type": "Feature", "id": 1, "if_match": "x", "properties": {}}), 422),
        ("twice", collection(*[{"type": "Feature", "id": 1, "if_match": 1, "properties": {}}] * 2), 422),
        ("properties", collection({"type": "Feature", "id": 1, "if_match": 1, "properties": [1]}), 422),
        ("crs", collection({"type": "Feature", "id": 1, "if_match": 1, "crs": {}}), 422),
    ],
)
def test_bad_collection_is_refused(api, plot, case, body, status):
    answer = patch(api, body)

    assert answer.status_code == status, answer.json()
    assert not PlotImport.objects.exists()


def test_too_many_plots_at_once_are_refused(api, plot, monkeypatch):
    monkeypatch.setattr("farms.api_updates.MAX_FEATURES", 1)

    answer = patch(api, collection(change(plot), change(plot)))

    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_features")


def test_plots_of_two_cooperatives_are_refused(api, clerk, plot, plot_factory, neighbour):
    from tests.factories.cooperatives import make_membership

    make_membership(neighbour, clerk, "clerk")
    theirs = plot_factory(cooperative=neighbour, boundary=square(105.6, 10.42))

    answer = patch(api, collection(change(plot), change(theirs)))

    assert (answer.status_code, answer.json()["code"]) == (422, "several_cooperatives")


def test_officer_may_not_change_plots(api, officer, plot):
    api.force_login(officer)

    assert patch(api, collection(change(plot, tree_count=1))).status_code == 403


def test_plots_of_others_are_unknown(api, neighbour_clerk, plot):
    api.force_login(neighbour_clerk)

    answer = patch(api, collection(change(plot, tree_count=1)))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_plot")
