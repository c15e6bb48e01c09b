"""A file becomes a version: previewed, stored whole by a job or not at all."""

import json

import geopandas
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from shapely import wkt

from landuse import uploads
from landuse.models import LandUseLayer, LandUseParcel, LayerUpload, UploadStatus
from office.services import run_job
from tests.factories.landuse import make_class_scheme
from tests.shapes import bowtie, square

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"


def geojson(*rows) -> bytes:
    features = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.json)} for properties, shape in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


FILE = [
    ({"MaLoaiDat": "LUC", "SoHieu": "K1", "Ten": "Đồng A"}, square(105.60, 10.45)),
    ({"MaLoaiDat": "CLN", "SoHieu": "K2", "Ten": ""}, square(105.61, 10.45)),
    ({"MaLoaiDat": "ZZZ", "SoHieu": "K3", "Ten": ""}, square(105.62, 10.45)),
    ({"MaLoaiDat": "LUC", "SoHieu": "K4", "Ten": ""}, square(105.6005, 10.45)),
]


@pytest.fixture
def facts(commune):
    return {
        "kind": "land_use", "name": "Hiện trạng 2026", "unit": commune.code, "scheme": make_class_scheme().pk,
        "source": "Sở", "as_of": "2026-01-01", "valid_to": "", "decision_number": "", "legal_document": "", "note": "",
    }  # fmt: skip


@pytest.fixture
def send(client, planner, facts):
    """Send the form as the planner, run the job, return the upload."""
    client.force_login(planner)

    def send(content, name="lop.geojson", **more):
        data = facts | {"file": SimpleUploadedFile(name, content)} | more
        response = client.post(reverse("landuse:upload-new"), data)
        assert response.status_code == 302, response.content.decode()
        upload = LayerUpload.objects.get(pk=response.url.rstrip("/").rsplit("/", 1)[-1])
        run_job(upload.job_id)
        upload.refresh_from_db()
        return upload

    return send


def store(client, upload, **changes):
    page = client.get(upload.get_absolute_url())
    form = page.context["form"]
    data = {"column": form.column, "ref": form["ref"].initial, "name": form["name"].initial}
    data |= {f"class_{number}": row["field"].initial or "" for number, row in enumerate(form.rows())}
    response = client.post(reverse("landuse:upload-store", args=[upload.pk]), data | changes)
    upload.refresh_from_db()
    if response.status_code == 302:
        run_job(upload.job_id)
        upload.refresh_from_db()
    return response


def test_preview_names_column_unknown_codes_and_overlaps(send, client):
    upload = send(geojson(*FILE))

    assert upload.status == UploadStatus.PREVIEWED
    assert (upload.summary["column"], upload.summary["ref"], upload.summary["name"]) == ("MaLoaiDat", "SoHieu", "Ten")
    assert upload.summary["overlaps"]["count"] == 1
    assert upload.summary["overlaps"]["worst"][0][:2] == [1, 4]
    page = client.get(upload.get_absolute_url()).content.decode()
    assert "mã lạ" in page
    assert "đối tượng 1 và 4" in page
    assert not LandUseLayer.objects.exists()


def test_stored_as_a_hidden_version_with_its_parcels(send, client):
    upload = send(geojson(*FILE), legal_file=SimpleUploadedFile("qd.pdf", PDF))

    store(client, upload)

    layer = LandUseLayer.objects.get()
    assert (upload.status, upload.layer, upload.summary["left_out"]) == (UploadStatus.STORED, layer, 1)
    assert not layer.is_public
    assert layer.document.name == "qd.pdf"
    assert set(layer.parcels.values_list("ref", "name", "land_use_class__code")) == {
        ("K1", "Đồng A", "LUC"), ("K2", "", "CLN"), ("K4", "", "LUC"),
    }  # fmt: skip
    assert "Xem lớp và công khai" in client.get(upload.get_absolute_url()).content.decode()


def test_publishing_shows_it_and_its_document(send, client, django_user_model):
    upload = send(geojson(*FILE[:2]), legal_file=SimpleUploadedFile("qd.pdf", PDF))
    store(client, upload)
    slug = upload.layer.slug
    document = reverse("maps:land-use-document", args=[slug])
    other = type(client)()
    assert other.get(document).status_code == 404

    client.post(reverse("landuse:layer-publish", args=[slug]), {"public": "1"})

    assert b"".join(other.get(document).streaming_content) == PDF
    assert "Công khai" in client.get(reverse("landuse:layer-detail", args=[slug])).content.decode()
    client.post(reverse("landuse:layer-publish", args=[slug]), {"public": "0"})
    assert other.get(document).status_code == 404


def test_a_failed_store_leaves_nothing_and_can_be_tried_again(send, client, monkeypatch):
    upload = send(geojson(*FILE))
    monkeypatch.setattr(uploads.sql, "STORE_STAGED", "SELECT 1 / 0 WHERE %(layer)s > 0")

    store(client, upload)

    assert upload.status == UploadStatus.PREVIEWED
    assert not LandUseLayer.objects.exists()
    assert not LandUseParcel.objects.exists()
    monkeypatch.undo()
    store(client, upload)
    assert upload.status == UploadStatus.STORED


def test_no_class_chosen_is_refused(send, client):
    upload = send(geojson(*FILE))

    response = store(client, upload, class_0="", class_1="", class_2="")

    assert response.status_code == 422
    assert "Chưa giá trị nào" in response.content.decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"not a map", "x.geojson"), (b"PK\x03\x04broken", "x.zip")],
    ids=["text", "broken zip"],
)
def test_a_file_that_cannot_be_read_says_so(send, client, content, name):
    upload = send(content, name)

    assert upload.status == UploadStatus.FAILED
    assert upload.error in client.get(upload.get_absolute_url()).content.decode()


def test_crossing_outlines_are_counted_not_stored(send, client):
    upload = send(geojson(FILE[0], ({"MaLoaiDat": "LUC", "SoHieu": "B"}, bowtie(105.63, 10.45))))

    store(client, upload)

    assert upload.summary["stored"] + upload.summary["left_out"] == 2


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("unit", "Không Có", "Không có đơn vị hành chính"),
        ("valid_to", "2025-01-01", "phải sau ngày bắt đầu"),
        ("kind", "planning", "Quy hoạch cần số quyết định"),
    ],
    ids=["unit", "dates", "decision"],
)
def test_bad_facts_are_refused_where_they_stand(client, planner, facts, field, value, says):
    client.force_login(planner)
    data = facts | {field: value, "file": SimpleUploadedFile("a.geojson", geojson(FILE[0]))}

    response = client.post(reverse("landuse:upload-new"), data)

    assert response.status_code == 422
    assert says in response.content.decode()


def test_a_legal_document_that_is_no_pdf_is_refused(client, planner, facts):
    client.force_login(planner)
    data = facts | {
        "file": SimpleUploadedFile("a.geojson", geojson(FILE[0])),
        "legal_file": SimpleUploadedFile("qd.pdf", b"<html>"),
    }

    response = client.post(reverse("landuse:upload-new"), data)

    assert response.status_code == 422
    assert "phải là tệp PDF" in response.content.decode()
    assert not LayerUpload.objects.exists()


@pytest.mark.parametrize("person", ["officer", "clerk", "outsider"])
def test_others_have_no_steward_pages(request, client, land_use_layer, person):
    client.force_login(request.getfixturevalue(person))

    for name, args in (("layer-list", []), ("upload-new", []), ("layer-detail", [land_use_layer.slug])):
        assert client.get(reverse(f"landuse:{name}", args=args)).status_code == 403


def test_empty_layer_is_not_published(client, planner, land_use_layer):
    type(land_use_layer).objects.update(is_public=False)
    client.force_login(planner)

    client.post(reverse("landuse:layer-publish", args=[land_use_layer.slug]), {"public": "1"})

    land_use_layer.refresh_from_db()
    assert not land_use_layer.is_public


def test_what_the_file_leaves_open_is_asked_and_the_answer_read(send, client, tmp_path):

    path = tmp_path / "hai-lop.gpkg"
    for name, code in (("thua", "LUC"), ("nha", "ODT")):
        shape = wkt.loads(square(105.6, 10.45).wkt)
        frame = geopandas.GeoDataFrame({"ma": [code]}, geometry=[shape], crs="EPSG:4326")
        frame.to_file(path, layer=name, driver="GPKG")
    upload = send(path.read_bytes(), "hai-lop.gpkg")
    assert upload.status == UploadStatus.FAILED
    assert 'value="nha"' in client.get(upload.get_absolute_url()).content.decode()
    answer = reverse("landuse:upload-answer", args=[upload.pk])

    client.post(answer, {"answer": "khong-co"})
    upload.refresh_from_db()
    assert upload.status == UploadStatus.FAILED
    client.post(answer, {"answer": "nha"})
    upload.refresh_from_db()
    run_job(upload.job_id)
    upload.refresh_from_db()

    assert upload.status == UploadStatus.PREVIEWED
    assert [row[0] for row in upload.summary["values"]["ma"]] == ["ODT"]
