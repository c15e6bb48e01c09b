"""Pages and API around certificates: scanned seals, checked files, downloads, plates, what stays hidden."""

import io
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from casework.models import MisuseCase
from codes import services
from codes.certificates import demo_signer, seal
from codes.certificates.plates import SIZES, plate_svg
from codes.models import CodeCertificate, PackingHouseCode, PackingLink, ProductionArea, ProductionAreaCode
from codes.services.certificates import make_certificate, seal_url
from cooperatives.models import Cooperative, PackingHouse
from crops.models import YieldNorm
from office.models import Document, Job
from tests.factories.certificates import bytes_of, new_seal_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installation")]


def page_of(path):
    answer = Client().get(path)
    return answer, answer.content.decode()


def sealed(version=1, code="VN-XXOR-0001"):
    return f"/v/{seal.make_seal(code, version)}"


# --- Scanned ----------------------------------------------------------------------------------------------------


def test_scanned_seal_of_the_latest_version(certificate):
    answer, page = page_of(sealed())

    assert answer.status_code == 200
    assert "phiên bản 1" in page
    assert "Đó là phiên bản mới nhất" in page
    assert "Đang hiệu lực" in page


def test_scanned_seal_of_an_old_version_is_superseded(certificate, code):
    ProductionArea.objects.update(version=2)
    make_certificate(code)

    old, new = page_of(sealed(1))[1], page_of(sealed(2))[1]

    assert "đã được thay bằng phiên bản 2" in old
    assert "vẽ lại sau khi cấp mã" in old
    assert "Đó là phiên bản mới nhất" in new


def test_seal_of_a_version_that_is_not_on_record(certificate):
    assert "không còn lưu phiên bản đó" in page_of(sealed(7))[1]


def test_forged_seal_is_refused_without_the_database(certificate, django_assert_num_queries):
    path = sealed()[:-1] + ("A" if sealed()[-1] != "A" else "B")

    with django_assert_num_queries(0):
        answer, page = page_of(path)

    assert answer.status_code == 404
    assert "Không phải mã QR thật" in page
    assert "Đang hiệu lực" not in page


def test_seal_of_another_installation_is_forged(certificate, settings):
    path = sealed()
    settings.SEAL_KEYS = [new_seal_key()]

    assert page_of(path)[0].status_code == 404


def test_revoked_code_scanned_is_never_valid(certificate, code):
    ProductionAreaCode.objects.update(status="revoked")

    answer, page = page_of(sealed())

    assert answer.status_code == 200
    assert 'class="status" data-status="revoked"' in page


def test_page_stays_small_with_everything_on_it(certificate, code, settings, commune):
    fill(code, commune)

    answer, page = page_of(sealed())
    sheet = Path("static/css/check.css").read_bytes()

    assert "VN-XXPH-0001" in page
    assert "77/QĐ" in page
    assert len(page.encode()) + len(sheet) <= 20_000
    assert "<script" not in page
    assert "style=" not in page
    assert "max-age=60" in answer["Cache-Control"]
    assert not answer.cookies


def fill(code, commune):
    firm = Cooperative.objects.get(pk=code.holder_id)
    for number in (1, 2):
        house = PackingHouse.objects.create(name=f"Nhà đóng gói {number}", operator=firm, commune=commune)
        packing = PackingHouseCode.objects.create(code=f"VN-XXPH-000{number}", house=house)
        PackingLink.objects.create(
            code=code, packing_code=packing, status="accepted" if number == 1 else "asked",
            decided_at=timezone.now() if number == 1 else None,
        )  # fmt: skip
    today = timezone.localdate()
    for number, text in enumerate(("77/QĐ", "78/QĐ")):
        MisuseCase.objects.create(
            code=code, code_text=code.code, source="office", status="verified", description="Kín nội bộ",
            decision_number=text, decided_on=today, reply_due_on=today, public_text="Đóng hàng ngoài vùng",
            published_at=timezone.now() if number == 0 else None,
        )  # fmt: skip


def test_only_accepted_houses_and_published_decisions_show(code, commune):
    fill(code, commune)

    page = page_of("/v/VN-XXOR-0001/")[1]

    assert "VN-XXPH-0001" in page
    assert "VN-XXPH-0002" not in page
    assert "77/QĐ" in page
    assert "78/QĐ" not in page
    assert "Kín nội bộ" not in page
    assert "Sở Nông nghiệp" in page or "Ủy ban" in page


def test_house_of_a_household_is_not_named(code, commune):
    fill(code, commune)
    Cooperative.objects.update(kind="household")

    page = page_of("/v/VN-XXOR-0001/")[1]

    assert "VN-XXPH-0001" in page
    assert "Nhà đóng gói 1" not in page


@pytest.fixture
def norm(mango):
    return YieldNorm.objects.create(crop=mango, tonnes_per_ha=27, valid_from="2020-01-01", legal_ref="Định mức thử")


def test_volume_is_coarse(code, norm):
    page = page_of("/v/VN-XXOR-0001/")[1]

    assert "khoảng 80 tấn" in page  # 3 ha x 27 t = 81 t, to the nearest ten


def test_volume_of_few_growers_stays_hidden(code, norm):
    ProductionArea.objects.update(grower_count=2)

    assert "Khối lượng" not in page_of("/v/VN-XXOR-0001/")[1]


def test_imported_code_without_anything(code):
    ProductionAreaCode.objects.create(
        code="VN-ABOR-0009", scheme=code.scheme, scope="AB", is_imported=True, issued_on="2020-01-01",
        area_name="Vùng cũ", crop=code.crop, crop_name="Xoài", holder_name="Nguyễn Văn Ai", commune=code.commune,
        commune_name=code.commune_name, province_name=code.province_name, grower_count=0,
    )  # fmt: skip

    answer, page = page_of("/v/VN-ABOR-0009/")
    data = Client().get("/api/v1/codes/VN-ABOR-0009/check/")

    assert answer.status_code == 200
    assert "Nguyễn Văn Ai" not in page + data.content.decode()
    assert data.json()["area_ha"] is None
    assert data.json()["certificate"]["latest"] is None


# --- The API ----------------------------------------------------------------------------------------------------


def test_api_says_the_same(certificate, code, commune):
    fill(code, commune)

    answer = Client().get(f"/api/v1/codes/{seal.make_seal(code.code, 1)}/check/")

    body = answer.json()
    assert body["code"] == "VN-XXOR-0001"
    assert body["status"] == "active"
    assert body["markets"][0]["market"] == "CHN"
    assert body["certificate"] == {"latest": 1, "is_signed": False, "scanned": 1, "scanned_state": "current"}
    assert [one["code"] for one in body["packing_houses"]] == ["VN-XXPH-0001"]
    assert [one["decision_number"] for one in body["violations"]] == ["77/QĐ"]
    assert "public" in answer["Cache-Control"]


def test_api_of_unknown_and_forged(certificate, django_assert_num_queries):
    unknown = Client().get("/api/v1/codes/VN-XXOR-0007/check/")
    with django_assert_num_queries(0):
        forged = Client().get("/api/v1/codes/VN-XXOR-0001.1.AAAAAAAAAAAAAAAAAA/check/")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_code")
    assert "VN-XXOR-0001" in unknown.content.decode()
    assert (forged.status_code, forged.json()["code"]) == (404, "not_genuine")


def test_api_budget(code, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": 2}

    answers = [Client().get("/api/v1/codes/VN-XXOR-0001/check/").status_code for _turn in range(4)]

    assert answers[0] == 200
    assert answers[-1] == 429


# --- Files ------------------------------------------------------------------------------------------------------


def given(data):
    return {"file": SimpleUploadedFile("a.pdf", data, content_type="application/pdf")}


def test_file_page_says_valid_altered_unknown_and_stores_nothing(certificate):
    data = bytes_of(certificate.document)
    altered = data[:900] + bytes([data[900] ^ 1]) + data[901:]
    before = (Document.objects.count(), Job.objects.count())
    client = Client()

    pages = [client.post("/verify/", given(body)).content.decode() for body in (data, altered, b"%PDF-1.4 x")]

    for page, verdict in zip(pages, ("valid", "altered", "unknown"), strict=True):
        assert f'data-verdict="{verdict}"' in page
        assert "<script" not in page
    assert "VN-XXOR-0001" in pages[0]
    assert "mới nhất" in pages[0]
    assert (Document.objects.count(), Job.objects.count()) == before


def test_form_needs_its_token_and_names_nobody(certificate, client, clerk):
    client.force_login(clerk)
    page = client.get("/verify/").content.decode()
    answer = Client(enforce_csrf_checks=True).post("/verify/", given(b"x"))

    assert "csrfmiddlewaretoken" in page
    assert clerk.full_name not in page
    assert answer.status_code == 403


def test_signers_organisation_is_shown_and_the_person_is_not(certificate, trusted, officer):
    signed = demo_signer.sign(bytes_of(certificate.document), trusted)
    services.certificates.store_signed(certificate, SimpleUploadedFile("a.pdf", signed), by=officer)

    page = Client().post("/verify/", given(signed)).content.decode()
    data = Client().post("/api/v1/verify/", given(signed)).json()

    assert 'data-verdict="valid"' in page
    assert "Sở Thử" in page
    assert "Nguyễn Thử Ký" not in page + str(data)
    assert data["verdict"] == "valid"
    assert data["reason"] == "signed_original"
    assert data["signatures"][0]["is_trusted"] is True
    assert data["certificate"] == {
        "code": "VN-XXOR-0001", "version": 1, "is_latest": True, "code_status": "active",
    }  # fmt: skip


def test_bad_uploads(certificate, settings):
    from codes.certificates import uploads

    assert Client().post("/verify/", {}).status_code == 422
    assert Client().post("/verify/", given(b"")).status_code == 422
    big = SimpleUploadedFile("a.pdf", b"x" * (uploads.MAX_BYTES + 1))
    assert Client().post("/verify/", {"file": big}).status_code == 413
    assert Client().post("/api/v1/verify/", {}).status_code == 422
    assert Client().post("/api/v1/verify/", b"{}", content_type="application/json").status_code == 415
    assert Client().get("/verify/").status_code == 200


def test_budget_of_files(certificate, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify_file": 1}

    answers = [Client().post("/verify/", given(b"x")).status_code for _turn in range(3)]

    assert answers == [200, 429, 429] or answers[-1] == 429


# --- For holder and officers ------------------------------------------------------------------------------------

CERTIFICATE = "/codes/VN-XXOR-0001/certificate/1.pdf"


@pytest.mark.parametrize("who", ["clerk", "officer"])
def test_holder_and_officer_download(certificate, request, client, who):
    client.force_login(request.getfixturevalue(who))

    page = client.get("/codes/VN-XXOR-0001/certificate/")
    file = client.get(CERTIFICATE)

    assert "Phiên bản 1" in page.content.decode()
    assert b"".join(file.streaming_content) == bytes_of(certificate.document)
    assert "attachment" in file["Content-Disposition"]
    assert file["Cache-Control"] == "private, no-store"


def test_strangers_get_nothing(certificate, client, neighbour_clerk):
    paths = (CERTIFICATE, "/codes/VN-XXOR-0001/certificate/", "/codes/VN-XXOR-0001/plate.svg")
    assert {client.get(path).status_code for path in paths} == {302}
    client.force_login(neighbour_clerk)

    assert {client.get(path).status_code for path in paths} == {404}
    assert client.post("/codes/VN-XXOR-0001/certificate/make/").status_code == 404
    assert client.post("/codes/VN-XXOR-0001/certificate/1/signed/").status_code == 404


def test_officer_hands_the_signed_file_in(certificate, client, officer, trusted):
    signed = demo_signer.sign(bytes_of(certificate.document), trusted)
    client.force_login(officer)

    answer = client.post("/codes/VN-XXOR-0001/certificate/1/signed/", given(signed), follow=True)

    page = answer.content.decode()
    assert "Đã nhận bản ký" in page
    assert "Nguyễn Thử Ký" in page
    assert b"".join(client.get(CERTIFICATE).streaming_content) == signed
    unsigned = client.get(CERTIFICATE + "?unsigned=1")
    assert b"".join(unsigned.streaming_content) == bytes_of(certificate.document)


def test_clerk_may_not_hand_in_and_wrong_files_are_explained(certificate, client, clerk, officer):
    client.force_login(clerk)
    assert 'type="file"' not in client.get("/codes/VN-XXOR-0001/certificate/").content.decode()
    client.force_login(officer)
    here = "/codes/VN-XXOR-0001/certificate/"

    answer = client.post(f"{here}1/signed/", given(b"%PDF other"), headers={"referer": here}, follow=True)
    nothing = client.post(f"{here}1/signed/", {}, headers={"referer": here}, follow=True)

    assert "Hãy ký chính tệp đã tải" in answer.content.decode()
    assert "Hãy chọn tệp PDF đã ký" in nothing.content.decode()
    assert CodeCertificate.objects.get().signed_document is None


def test_being_made_shows_and_can_be_asked_for(code, client, clerk):
    Job.objects.update(status="done", finished_at=timezone.now())
    client.force_login(clerk)
    assert "Chưa có giấy xác nhận" in client.get("/codes/VN-XXOR-0001/certificate/").content.decode()

    page = client.post("/codes/VN-XXOR-0001/certificate/make/", follow=True).content.decode()

    assert "Đang lập giấy xác nhận" in page


@pytest.mark.parametrize("size", SIZES)
def test_plates(certificate, client, clerk, size):
    client.force_login(clerk)

    svg = client.get(f"/codes/VN-XXOR-0001/plate.svg?size={size}")
    pdf = client.get(f"/codes/VN-XXOR-0001/plate.pdf?size={size}")

    drawing = svg.content.decode()
    for word in ("VN-XXOR-0001", "Xoài", "Hợp tác xã Của Tôi"):
        assert word in drawing
    assert "sandbox" in svg["Content-Security-Policy"]
    with pikepdf.open(io.BytesIO(pdf.content)) as document:
        (page,) = document.pages
        width, height = (float(one) / 72 * 25.4 for one in page.mediabox[2:])
        assert abs(width - SIZES[size].width) < 1
        assert abs(height - SIZES[size].height) < 1
        fonts = [
            one
            for one in document.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in one or "/FontFile3" in one for one in fonts)


def test_plates_escape_and_hide_households(certificate, code, client, clerk):
    code.area_name, code.holder.kind = "<b>&", "household"

    drawing = plate_svg(code, seal_url(code.code, 1), SIZES["a4"], is_demo=True)

    assert "<b>" not in drawing
    assert "&lt;b&gt;&amp;" in drawing
    assert "Hợp tác xã Của Tôi" not in drawing
    assert "DEMO" in drawing
    client.force_login(clerk)
    assert client.get("/codes/VN-XXOR-0001/plate.svg?size=a0").status_code == 404
