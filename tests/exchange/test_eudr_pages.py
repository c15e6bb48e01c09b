"""The EUDR page and API: a file or a layer of ours, what is wrong, where, and the file put right."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exchange import eudr_checks
from tests.geofiles.test_eudr import BOWTIE, collection, feature, hole, polygon, raw, ring
from tests.shapes import square_with_hole

pytestmark = pytest.mark.django_db
PAGE, API = "/data/eudr/", "/api/v1/eudr-checks/"


def upload(document, name="thua.geojson"):
    return SimpleUploadedFile(name, document if isinstance(document, bytes) else raw(document))


def groups(page):
    """Code -> group of the page's result."""
    return {group.code: group for group in page.context["check"].groups}


def test_file_is_checked_and_each_fault_has_a_place_on_the_map(client):
    faulty = collection(feature(polygon(ring())), {**feature(polygon(BOWTIE)), "id": "T-7"})

    page = client.post(PAGE, {"file": upload(faulty), "then": "check"})

    text = page.content.decode()
    assert page.status_code == 200
    assert page.context["check"].verdict == "refused"
    assert groups(page)["self_crossing"].count == 1
    assert "/features/1/geometry" in text and "T-7" in text
    assert "#map=17/10.412845/105.612845" in text
    assert page["Cache-Control"] == "private, no-store"


def test_good_file_is_said_to_be_taken(client):
    page = client.post(PAGE, {"file": upload(collection(feature(polygon(ring())))), "then": "check"})

    assert page.context["check"].verdict == "taken"
    assert "Không thấy gì mà TRACES từ chối" in page.content.decode()


def test_file_put_right_is_handed_back(client):
    answer = client.post(PAGE, {"file": upload(collection(feature(polygon(ring(), hole())))), "then": "correct"})

    assert answer["Content-Type"] == "application/geo+json"
    assert 'filename="thua-eudr.geojson"' in answer["Content-Disposition"]
    assert len(json.loads(answer.content)["features"]) == 2
    assert eudr_checks.check_file(answer.content).verdict == "taken"


def test_features_left_out_of_the_corrected_file_are_named_beside_it(client):
    mixed = collection(feature(polygon(ring())), feature(polygon(BOWTIE)))

    answer = client.post(PAGE, {"file": upload(mixed, "Thửa của tôi.json"), "then": "correct"})

    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        about = json.loads(archive.read("about.json"))
        assert archive.namelist() == ["Thửa của tôi-eudr-1.geojson", "about.json"]
    assert about == {"features_left_out": [2]}


@pytest.mark.parametrize(
    ("file", "then", "status", "words"),
    [
        (None, "check", 422, "Hãy chọn một tệp"),
        (b"", "check", 422, "Hãy chọn một tệp"),
        (b"khong phai json", "correct", 422, "lỗi ở dòng 1"),
        (raw(collection(feature(polygon(BOWTIE)))), "correct", 422, "Không đối tượng nào"),
        (b"khong phai json", "check", 200, "lỗi ở dòng 1"),
    ],
    ids=["no file", "empty", "no json to correct", "nothing left", "no json to check"],
)
def test_what_cannot_be_done_is_said_on_the_page(client, file, then, status, words):
    sent = {"then": then} | ({} if file is None else {"file": upload(file)})

    page = client.post(PAGE, sent)

    assert page.status_code == status
    assert words in page.content.decode()


def test_too_large_a_file_is_refused_before_it_is_read(client, monkeypatch):
    monkeypatch.setattr(eudr_checks, "MAX_UPLOAD_BYTES", 100)

    page = client.post(PAGE, {"file": upload(collection(feature(polygon(ring())))), "then": "check"})

    assert page.status_code == 413


def test_names_in_a_file_are_shown_as_text(client):
    evil = {**feature(None, ProducerName="<b>x"), "id": "<script>alert(1)</script>"}

    text = client.post(PAGE, {"file": upload(collection(evil), "<i>.json")}).content.decode()

    assert "<script>alert(1)" not in text and "<i>.json" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_layer_of_ours_is_checked_with_its_filters_and_leads_to_the_export(client, planner, plot_factory):
    client.force_login(planner)
    plot_factory(ref="L-1", boundary=square_with_hole(105.61, 10.45))
    plot_factory(ref="T-1")

    everything = client.get(PAGE, {"layer": "plots"})
    filtered = client.get(PAGE, {"layer": "plots", "q": "T-1", "crop": ""})

    assert everything.context["check"].rows == 2
    assert groups(everything)["hole"].places[0].name.startswith("L-1,")
    assert (filtered.context["check"].rows, filtered.context["check"].verdict) == (1, "taken")
    link = filtered.context["export_address"]
    assert link == "/data/plots/export/?q=T-1&profile=eudr&format=geojson"
    assert client.get(link).status_code == 200


def test_too_many_rows_are_left_to_the_export(client, planner, plot_factory, monkeypatch):
    monkeypatch.setattr(eudr_checks, "MAX_ROWS", 1)
    client.force_login(planner)
    plot_factory(), plot_factory()

    page = client.get(PAGE, {"layer": "plots"})

    assert page.status_code == 422
    assert "Có 2 đối tượng" in page.content.decode()


@pytest.mark.parametrize(("layer", "status"), [("plots", 404), ("units", 404), ("xyz", 404), ("areas", 200), ("", 200)])
def test_visitor_checks_only_what_he_may_take_out(client, plot_factory, layer, status):
    plot_factory()

    assert client.get(PAGE, {"layer": layer}).status_code == status


def test_unknown_parameter_is_told(client):
    page = client.get(PAGE, {"layer": "areas", "nonsense": "1"})

    assert page.status_code == 400
    assert "Không có tham số này" in page.content.decode()


def test_checks_over_the_budget_wait(client, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "verify_file": 1}
    statuses = [
        client.post(PAGE, {"file": upload(b"x"), "then": "correct"}).status_code,
        client.post(PAGE, {"file": upload(b"x"), "then": "correct"}).status_code,
    ]

    assert statuses == [422, 429]


# --- API -------------------------------------------------------------------------------------------------------


def post(client, body, content_type="application/geo+json", **more):
    return client.post(API, body, content_type=content_type, **more)


def test_api_takes_the_document_itself_or_a_form(client):
    faulty = collection(feature(polygon(ring(), hole())))

    plain = post(client, raw(faulty)).json()
    form = client.post(API, {"file": upload(faulty)}).json()

    assert plain == form
    assert (plain["verdict"], plain["rows"], plain["size"]) == ("mendable", 1, len(raw(faulty)))
    (finding,) = plain["findings"]
    assert (finding["code"], finding["severity"], finding["count"]) == ("hole", "mendable", 1)
    assert finding["places"][0]["pointer"] == "/features/0/geometry/coordinates/1"
    assert finding["places"][0]["point"] == hole()[0]


def test_api_checks_rows_of_ours(client, planner, plot_factory):
    client.force_login(planner)
    key = plot_factory(ref="L-1", boundary=square_with_hole(105.61, 10.45)).pk
    plot_factory(ref="T-1")

    answer = post(client, json.dumps({"layer": "plots", "query": {"q": "L-1"}}), "application/json").json()

    assert (answer["verdict"], answer["rows"], answer["files"]) == ("mendable", 1, 1)
    assert answer["findings"][0]["places"][0]["feature"] == str(key)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ('{"layer": "plots"}', "application/json", 404, "not_found"),
        ('{"layer": "units"}', "application/json", 422, "invalid"),
        ('{"layer": "areas", "query": {"nonsense": "1"}}', "application/json", 400, "bad_input"),
        ('{"layer": "areas", "query": {"crs": "EPSG:5897"}}', "application/json", 422, "profile_needs_wgs84"),
        ("", "application/geo+json", 422, "invalid"),
        ("x", "text/plain", 415, "unsupported_media_type"),
    ],
    ids=["not his", "not its layer", "unknown parameter", "metres", "nothing sent", "text"],
)
def test_api_refusals_are_problem_documents(client, body, content_type, status, code):
    answer = post(client, body, content_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"].startswith("application/problem+json")


def test_api_says_that_a_form_has_no_file(client):
    answer = client.post(API, {"other": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "no_file")


def test_api_refuses_what_is_too_large_while_it_reads(client, monkeypatch):
    monkeypatch.setattr("exchange.api_eudr.MAX_UPLOAD_BYTES", 100)

    assert post(client, raw(collection(feature(polygon(ring()))))).status_code == 413
