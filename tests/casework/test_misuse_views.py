"""Pages and API of misuse cases, as a browser asks for them; nothing of reporters or persons reaches the public."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from casework.models import MisuseCase
from casework.services import misuse
from codes.models import Lot
from crops.models import YieldNorm
from tests.casework.test_misuse import photo

pytestmark = pytest.mark.django_db
REPORTER = "Trần Kwố Báo Tin"
DESCRIPTION = f"Tôi là {REPORTER}, thấy xe chở hàng zjữa đêm"
CONTACT = "kwo.bao@canary.test"
REPORT = {
    "code_text": "VN-XXOR-0001", "description": DESCRIPTION, "shipment": "Xe 66C", "contact": CONTACT, "consent": "on",
}  # fmt: skip
CLAIM = "Thùng hàng mang mã số nhưng không từ vùng này."


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"enquiry": 5}


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def case(code):
    return misuse.report_misuse(
        code_text="VN-XXOR-0001", description=DESCRIPTION, shipment="Xe 66C", contact=CONTACT, has_consented=True
    )


@pytest.fixture
def asked(case, officer):
    return misuse.ask_for_reply(case, claim=CLAIM, by=officer)


@pytest.fixture
def published(asked, officer, clerk):
    misuse.reply_to_misuse(asked, text=f"Giải trình của {REPORTER}", by=clerk)
    misuse.verify_misuse(asked, note="Đã đối chiếu", by=officer)
    return misuse.publish_misuse(
        asked, decision_number="12/QĐ-SNN", decided_on=localdate(), public_text="Mã số bị đơn vị khác dùng.", by=officer
    )


# --- The public form ---------------------------------------------------------------------------------------------


def test_anybody_reports_and_follows_by_number(client, code):
    form = client.get("/reports/new/?code=VN-XXOR-0001")
    assert 'value="VN-XXOR-0001"' in text_of(form)

    answer = client.post("/reports/new/", REPORT, follow=True)

    case = MisuseCase.objects.get()
    assert answer.redirect_chain == [(f"/reports/{case.receipt}/", 302)]
    page = text_of(answer)
    assert case.receipt in page and "Đang xác minh" in page
    for hidden in (REPORTER, CONTACT, "VN-XXOR-0001", "66C"):
        assert hidden not in page
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex"


def test_report_with_photos(client, code):
    pictures = [SimpleUploadedFile(f"{n}.jpg", photo(), "image/jpeg") for n in range(3)]

    client.post("/reports/new/", REPORT | {"photos": pictures})

    assert MisuseCase.objects.get().evidence.count() == 3


@pytest.mark.parametrize(
    ("case", "change", "said"),
    [
        ("no code", {"code_text": ""}, "errorlist"),
        ("nothing seen", {"description": " "}, "errorlist"),
        ("no consent", {"consent": ""}, "Cần đồng ý"),
        ("hidden sign", {"code_text": "VN\u202e1"}, "ký tự ẩn"),
        ("two lines", {"shipment": "a\nb"}, "một dòng"),
        ("too long", {"description": "x" * 4001}, "errorlist"),
        ("trap", {"website": "https://spam.test"}, "Hãy để trống ô này"),
        ("not a photo", {"photos": SimpleUploadedFile("x.jpg", b"GIF89a" + b"0" * 50)}, "Không đọc được ảnh"),
        ("empty photo", {"photos": SimpleUploadedFile("x.jpg", b"")}, "errorlist"),
        (
            "too many photos",
            {"photos": [SimpleUploadedFile(f"{n}.jpg", b"x") for n in range(4)]},
            "nhiều nhất 3 ảnh",
        ),
    ],
)
def test_bad_reports_are_answered_beside_the_field(case, change, said, client, code):
    answer = client.post("/reports/new/", REPORT | change)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not MisuseCase.objects.exists()


def test_a_photo_too_large_is_refused_before_it_is_read(client, code, monkeypatch):
    monkeypatch.setattr("casework.forms_misuse.MAX_PHOTO_BYTES", 1_000)

    answer = client.post("/reports/new/", REPORT | {"photos": SimpleUploadedFile("x.jpg", b"0" * 1_001)})

    assert answer.status_code == 422
    assert not MisuseCase.objects.exists()


def test_reports_have_a_budget(client, code):
    statuses = [client.post("/reports/new/", REPORT).status_code for _number in range(6)]

    assert statuses == [302] * 5 + [429]
    assert MisuseCase.objects.count() == 5


@pytest.mark.parametrize("receipt", ["0" * 32, "x", "1"])
def test_wrong_numbers_open_nothing(receipt, client, case):
    assert client.get(f"/reports/{receipt}/").status_code == 404


def test_a_code_that_is_not_text_of_a_code_fills_nothing_harmful(client):
    page = text_of(client.get("/reports/new/", {"code": '"><script>x</script>'}))

    assert "<script>x" not in page


# --- The officer's page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["clerk", "planner", "outsider", "foreign_officer"])
def test_a_case_is_not_there_for_others(name, request, case):
    client = as_user(request.getfixturevalue(name))

    assert client.get(f"/desk/misuse/{case.pk}/").status_code == 404
    assert client.post(f"/desk/misuse/{case.pk}/steps/verify/", {"verify-note": "x"}).status_code == 404
    assert client.post(f"/desk/misuse/{case.pk}/contact/").status_code == 404


def test_officer_reads_all_but_the_contact(case, officer):
    page = as_user(officer).get(f"/desk/misuse/{case.pk}/")

    assert REPORTER in text_of(page)
    assert "66C" in text_of(page)
    assert CONTACT not in text_of(page)
    assert page["Cache-Control"] == "private, no-store"


def test_contact_is_shown_by_a_press_and_recorded(case, officer):
    client = as_user(officer)

    assert client.get(f"/desk/misuse/{case.pk}/contact/").status_code == 405
    assert CONTACT in text_of(client.post(f"/desk/misuse/{case.pk}/contact/"))
    assert "Đã xem liên hệ của người báo tin" in text_of(client.get(f"/desk/misuse/{case.pk}/"))


def test_evidence_is_a_download_of_the_case_only(code, officer, foreign_officer, client):
    case = misuse.report_misuse(code_text=code.code, description="x", has_consented=True, photos=[photo()])
    other = misuse.report_misuse(code_text=code.code, description="y", has_consented=True)
    document = case.evidence.get()
    path = f"/desk/misuse/{case.pk}/evidence/{document.pk}/"

    answer = as_user(officer).get(path)
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
    assert as_user(officer).get(f"/desk/misuse/{other.pk}/evidence/{document.pk}/").status_code == 404
    assert as_user(foreign_officer).get(path).status_code == 404
    assert client.get(path).status_code == 302


def test_whole_case_by_page(case, officer, clerk, client):
    office, holder = as_user(officer), as_user(clerk)
    base = f"/desk/misuse/{case.pk}/steps"
    assert DESCRIPTION in text_of(office.get(f"/desk/misuse/{case.pk}/"))

    office.post(f"{base}/take/")
    office.post(f"{base}/ask_reply/", {"ask_reply-claim": CLAIM})
    assert CLAIM in text_of(holder.get(f"/coop/misuse/{case.pk}/"))
    holder.post(f"/coop/misuse/{case.pk}/", {"text": "Không phải hàng của chúng tôi"})
    office.post(f"{base}/verify/", {"verify-note": "Đã đối chiếu"})
    data = {
        "publish-decision_number": "12/QĐ-SNN", "publish-decided_on": str(localdate()),
        "publish-public_text": "Mã số bị đơn vị khác dùng.",
    }  # fmt: skip
    office.post(f"{base}/publish/", data)
    answer = office.post(f"{base}/close/", {"close-note": ""}, follow=True)

    assert "Đã đóng" in text_of(answer)
    assert "12/QĐ-SNN" in text_of(client.get("/violations/"))


@pytest.mark.parametrize(
    ("step", "data", "said"),
    [
        ("verify", {}, "Kết luận và căn cứ"),
        ("close", {}, "không thể"),
        ("publish", {"publish-decision_number": "1"}, "Nội dung công bố"),
    ],
)
def test_a_step_that_fails_says_why_on_the_case(step, data, said, case, officer):
    path = f"/desk/misuse/{case.pk}/"

    answer = as_user(officer).post(f"{path}steps/{step}/", data, follow=True, HTTP_REFERER=f"http://testserver{path}")

    assert said.casefold() in text_of(answer).casefold()
    case.refresh_from_db()
    assert case.status == "open"


def test_unknown_steps_are_not_found(case, officer):
    assert as_user(officer).post(f"/desk/misuse/{case.pk}/steps/delete/").status_code == 404


def test_a_case_from_the_ledger_by_button(code, officer, clerk):
    YieldNorm.objects.create(crop=code.crop, tonnes_per_ha=1, legal_ref="Thử", valid_from=dt.date(2020, 1, 1))
    Lot.objects.create(
        code=code, weight_kg=99_000, declared_for=code.holder, declared_by=clerk, shipped_on=localdate(), lot_number="1"
    )
    client = as_user(officer)
    desk = text_of(client.get("/desk/?tab=ledger"))
    path = re.search(r'href="(/desk/misuse/new/\d+/)"', desk)[1]
    assert "vượt mức" in text_of(client.get(path))

    answer = client.post(path, {}, follow=True)

    case = MisuseCase.objects.get()
    assert answer.redirect_chain == [(f"/desk/misuse/{case.pk}/", 302)]
    assert case.source == "ledger"
    assert f"/desk/misuse/{case.pk}/" in text_of(client.get("/desk/?tab=ledger"))


def test_opening_without_grounds_is_refused_on_the_form(code, officer):
    answer = as_user(officer).post(f"/desk/misuse/new/{code.pk}/", {})

    assert answer.status_code == 422
    assert "Hãy ghi đã thấy gì" in text_of(answer)


@pytest.mark.parametrize(("name", "status"), [("outsider", 404), ("foreign_officer", 404), ("planner", 403)])
def test_who_may_not_open_a_case_by_page(name, status, request, code):
    assert as_user(request.getfixturevalue(name)).get(f"/desk/misuse/new/{code.pk}/").status_code == status


# --- The holder's page -------------------------------------------------------------------------------------------


def test_holder_reads_the_claim_without_the_reporter(asked, clerk):
    page = text_of(as_user(clerk).get(f"/coop/misuse/{asked.pk}/"))

    assert CLAIM in page
    for hidden in (REPORTER, CONTACT, "zjữa đêm", "66C"):
        assert hidden not in page


def test_holder_reads_nothing_before_it_is_asked(case, clerk):
    assert as_user(clerk).get(f"/coop/misuse/{case.pk}/").status_code == 404


@pytest.mark.parametrize("name", ["neighbour_clerk", "outsider", "officer", "planner"])
def test_reply_page_is_the_holders(name, request, asked):
    assert as_user(request.getfixturevalue(name)).get(f"/coop/misuse/{asked.pk}/").status_code == 404


def test_viewer_reads_and_does_not_reply(asked, viewer):
    client = as_user(viewer)

    assert "<textarea" not in text_of(client.get(f"/coop/misuse/{asked.pk}/"))
    client.post(f"/coop/misuse/{asked.pk}/", {"text": "x"})
    asked.refresh_from_db()
    assert asked.replied_at is None


def test_empty_reply_is_said_on_the_page(asked, clerk):
    assert as_user(clerk).post(f"/coop/misuse/{asked.pk}/", {"text": " "}).status_code == 422


# --- What is published -------------------------------------------------------------------------------------------


def test_only_published_cases_are_public_and_name_nobody(published, client, officer):
    misuse.report_misuse(code_text="VN-XXOR-0001", description="Chưa xác minh", has_consented=True)

    page = text_of(client.get("/violations/"))
    api = client.get("/api/v1/violations/?count=true").json()

    assert "12/QĐ-SNN" in page and "VN-XXOR-0001" in page
    assert api["numberMatched"] == 1
    [found] = api["features"]
    assert found["properties"] == {
        "code": "VN-XXOR-0001", "crop": published.code.crop_name, "commune": published.code.commune_name,
        "decision_number": "12/QĐ-SNN", "decided_on": str(localdate()), "public_text": "Mã số bị đơn vị khác dùng.",
    }  # fmt: skip
    for text in (page, str(api)):
        for hidden in (REPORTER, CONTACT, "Chưa xác minh", officer.full_name, published.code.holder_name, "66C"):
            assert hidden not in text


@pytest.mark.parametrize(
    ("query", "count"), [("q=0001", 1), ("q=9999", 0), ("product=xoai", 1), ("commune=Phường Cao Lãnh Thử", 1)]
)
def test_page_and_api_filter_alike(query, count, published, client):
    page = text_of(client.get(f"/violations/?{query}"))

    assert page.count("12/QĐ-SNN") == count
    assert client.get(f"/api/v1/violations/?{query}").json()["numberReturned"] == count


@pytest.mark.parametrize("query", ["status=open", "product=nichts", "commune=99999", "limit=x"])
def test_bad_filters_are_refused(query, client):
    assert client.get(f"/api/v1/violations/?{query}").status_code == 400
    assert client.get(f"/violations/?{query}").status_code == 400


def test_a_publication_taken_back_is_gone_at_once(published, officer, client):
    misuse.withdraw_publication(published, note="Hủy quyết định", by=officer)

    assert "12/QĐ-SNN" not in text_of(client.get("/violations/"))
    assert client.get("/api/v1/violations/").json()["features"] == []


def test_the_code_knows_its_published_cases(published, code):
    assert list(code.misuse_cases.filter(published_at__isnull=False)) == [published]
