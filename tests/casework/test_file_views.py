"""The file of a request by pages and API: documents, marks, differences, receipt, who sees what (E1, E2, E6, E9)."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from casework import services
from codes.models import Reason
from tests.casework.papers import PDF, a_pdf
from tests.people import make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


def status_of(client, path):
    answer = client.get(path)
    close_files(answer)
    return answer.status_code


def close_files(answer):
    """Close what the answer holds open; its own `close` would also end the test's database connection."""
    for close in answer._resource_closers:
        close()


def press(user, code_request, step, data=None):
    path = reverse("casework:request-step", args=[code_request.pk, step])
    return as_user(user).post(path, data or {}, follow=True)


@pytest.fixture
def document(draft_request, clerk):
    return services.add_document(
        draft_request, kind="diary", file=a_pdf(), title="Nhật ký vụ thuận", season="Vụ thuận 2026", by=clerk
    )


@pytest.fixture
def handed_in(document, draft_request, clerk):
    return services.submit_request(draft_request, by=clerk)


# --- Documents


def test_clerk_attaches_opens_and_takes_out_a_document(draft_request, area, clerk):
    client, path = as_user(clerk), reverse("casework:document-add", args=[draft_request.pk])
    data = {"document-kind": "diary", "document-file": a_pdf(), "document-season": "Vụ thuận 2026",
            "document-plots": [area.plots.first().pk]}  # fmt: skip

    page = text_of(client.post(path, data, follow=True))
    document = draft_request.documents.get()
    file = client.get(reverse("casework:document", args=[draft_request.pk, document.pk]))
    content = b"".join(file.streaming_content)
    close_files(file)
    gone = text_of(client.post(reverse("casework:document-remove", args=[draft_request.pk, document.pk]), follow=True))

    assert "nhat-ky.pdf" in page
    assert document.plots.count() == 1
    assert content == PDF
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "Chưa có giấy tờ nào" in gone


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"document-kind": "map"}, "Tệp"),
        ({"document-kind": "map", "document-file": a_pdf("x.exe", b"MZ1")}, "Chỉ nhận PDF"),
        ({"document-kind": "diary", "document-file": a_pdf()}, "mùa vụ"),
    ],
    ids=["no file", "a program", "no season"],
)
def test_a_bad_document_is_said_on_the_page(draft_request, clerk, data, text):
    answer = as_user(clerk).post(
        reverse("casework:document-add", args=[draft_request.pk]), data, follow=True,
        headers={"Referer": f"http://testserver{draft_request.get_absolute_url()}"},
    )  # fmt: skip

    assert text in text_of(answer)
    assert not draft_request.documents.exists()


@pytest.mark.parametrize(
    ("person", "status"),
    [("clerk", 200), ("viewer", 200), ("officer", 200), ("planner", 404), ("foreign_officer", 404),
     ("neighbour_clerk", 404), ("outsider", 404)],
    ids=lambda value: f"E6 {value}",
)  # fmt: skip
def test_documents_are_for_both_sides_only(request, handed_in, document, person, status):
    client = as_user(request.getfixturevalue(person))
    paths = [
        reverse("casework:document", args=[handed_in.pk, document.pk]),
        f"/api/v1/requests/{handed_in.pk}/documents/{document.pk}/file/",
        f"/api/v1/requests/{handed_in.pk}/documents/",
        f"/api/v1/requests/{handed_in.pk}/versions/",
        f"/api/v1/requests/{handed_in.pk}/differences/",
    ]

    assert [status_of(client, path) for path in paths] == [status] * len(paths)


@pytest.mark.parametrize("person", ["foreign_officer", "neighbour_clerk", "outsider"], ids=lambda name: f"E6 {name}")
def test_strangers_neither_read_nor_write_anything_of_a_request(request, handed_in, document, person):
    client, pk, one = as_user(request.getfixturevalue(person)), handed_in.pk, document.pk
    json = {"content_type": "application/json"}
    answers = [
        client.get(handed_in.get_absolute_url()),
        client.get(reverse("casework:request-change", args=[pk])),
        client.get(reverse("casework:file", args=[pk])),
        client.post(reverse("casework:document-add", args=[pk]), {}),
        client.post(reverse("casework:document-remove", args=[pk, one])),
        client.post(reverse("casework:opinion-ask", args=[pk]), {}),
        client.post(reverse("casework:opinion-act", args=[pk, 1, "revoke"])),
        client.post(reverse("casework:request-step", args=[pk, "take_up"])),
        client.post(f"/api/v1/requests/{pk}/documents/", {"kind": "map", "file": a_pdf()}),
        client.delete(f"/api/v1/requests/{pk}/documents/{one}/"),
        client.post(f"/api/v1/requests/{pk}/take-up/", {}, **json),
        client.patch(f"/api/v1/requests/{pk}/", {"note": "x"}, **json),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


def test_a_document_of_another_request_is_not_there(handed_in, document, request_factory, area_factory, clerk):
    other = request_factory(area=area_factory(lat=10.47))

    assert as_user(clerk).get(reverse("casework:document", args=[other.pk, document.pk])).status_code == 404


def test_documents_by_api(draft_request, area, clerk):
    client, path = as_user(clerk), f"/api/v1/requests/{draft_request.pk}/documents/"
    body = {"kind": "diary", "season": "2026", "plots": [area.plots.first().pk]}

    made = client.post(path, body | {"file": a_pdf()}, headers={"Idempotency-Key": "d1"})
    again = client.post(path, body | {"file": a_pdf()}, headers={"Idempotency-Key": "d1"})
    bad = client.post(path, {"kind": "map", "file": a_pdf("x.exe", b"MZ1")})
    strange = client.post(path, {"kind": "map", "file": a_pdf(), "removed_at": "2026-01-01"})
    read = client.get(path).json()
    gone = client.delete(f"{path}{made.json()['id']}/")

    assert (made.status_code, again.json(), gone.status_code) == (201, made.json(), 200)
    assert (bad.status_code, bad.json()["code"], strange.status_code) == (422, "unknown_file_type", 422)
    assert [one["plots"] for one in read] == [body["plots"]]
    assert client.get(path).json() == []


def test_documents_by_api_are_frozen_at_the_office(handed_in, document, clerk):
    client, path = as_user(clerk), f"/api/v1/requests/{handed_in.pk}/documents/"

    answers = [client.post(path, {"kind": "map", "file": a_pdf()}), client.delete(f"{path}{document.pk}/")]

    assert [answer.status_code for answer in answers] == [409, 409]


# --- Return with marks


def test_marks_are_seen_in_form_list_and_map(request_in_review, officer, clerk, area):
    plot = area.plots.order_by("ref").first()
    data = {"return-reason": "Sửa ranh thửa", "return-marked": ["markets"], "return-plots": [plot.pk]}

    press(officer, request_in_review, "return", data)
    page = text_of(as_user(clerk).get(request_in_review.get_absolute_url()))
    form = text_of(as_user(clerk).get(reverse("casework:request-change", args=[request_in_review.pk])))

    request_in_review.refresh_from_db()
    due = f"{request_in_review.due_on:%d/%m/%Y}"
    shown = ("Sửa ranh thửa", "Thị trường", plot.ref, due, "cần sửa", '"pattern": "marked"')
    assert [word for word in shown if word not in page] == []
    assert form.count("is-marked__why") == 1
    assert due in form
    assert officer.full_name not in page


def test_what_was_marked_is_gone_once_handed_in_again(request_in_review, officer, clerk):
    services.return_request(request_in_review, reason="Thiếu", fields=["markets"], by=officer)
    services.resubmit_request(request_in_review, by=clerk)

    assert 'id="marks"' not in text_of(as_user(clerk).get(request_in_review.get_absolute_url()))
    assert "Lần trả lại ngày" in text_of(as_user(officer).get(reverse("casework:file", args=[request_in_review.pk])))


def test_canned_texts_stand_in_the_choice_and_work_without_script(request_in_review, officer):
    Reason.objects.create(
        use="return", slug="thieu", text_vi="Thiếu giấy tờ", canned_text="Đề nghị bổ sung.",
        valid_from=dt.date(2020, 1, 1),
    )  # fmt: skip

    file = text_of(as_user(officer).get(reverse("casework:file", args=[request_in_review.pk])))
    press(officer, request_in_review, "return", {"return-reason_code": "thieu"})

    request_in_review.refresh_from_db()
    assert 'data-text="Đề nghị bổ sung."' in file
    assert request_in_review.return_reason == "Đề nghị bổ sung."


def test_return_with_marks_by_api(request_in_review, officer, clerk, area):
    path, plot = f"/api/v1/requests/{request_in_review.pk}/", area.plots.first()
    body = {"reason": "Sửa", "fields": ["note"], "plots": [plot.pk]}

    bad = as_user(officer).post(f"{path}return/", body | {"fields": ["status"]}, content_type="application/json")
    done = as_user(officer).post(f"{path}return/", body, content_type="application/json")

    assert bad.status_code == 422
    assert done.json()["properties"]["marks"] == {"fields": ["note"], "plots": [plot.pk]}
    assert as_user(clerk).get(path).json()["properties"]["marks"]["plots"] == [plot.pk]


# --- Differences


@pytest.fixture
def twice(request_in_review, clerk, officer):
    services.return_request(request_in_review, reason="Thiếu", by=officer)
    services.update_request(request_in_review, expected_output_t=41.5, by=clerk)
    return services.resubmit_request(request_in_review, by=clerk)


@pytest.mark.parametrize("side", ["officer", "clerk"])
def test_differences_on_both_pages(request, twice, side):
    user = request.getfixturevalue(side)
    path = reverse("casework:file", args=[twice.pk]) if side == "officer" else twice.get_absolute_url()

    page = text_of(as_user(user).get(path))

    assert "Thay đổi từ lần nộp 1 đến lần nộp 2" in page
    assert "41,5" in page
    assert "giống nhau" in text_of(as_user(user).get(f"{path}?old=2&new=2"))


def test_differences_by_api(twice, clerk):
    client, path = as_user(clerk), f"/api/v1/requests/{twice.pk}/"

    found = client.get(f"{path}differences/?old=1&new=2").json()

    assert (found["old"], found["new"]) == (1, 2)
    assert found["fields"] == [{"name": "expected_output_t", "old": "–", "new": "41,5"}]
    assert [one["number"] for one in client.get(f"{path}versions/").json()] == [1, 2]
    assert client.get(f"{path}differences/?old=7").status_code == 400
    assert client.get(f"{path}differences/?huh=7").status_code == 400


def test_one_version_has_nothing_to_compare(handed_in, clerk):
    assert as_user(clerk).get(f"/api/v1/requests/{handed_in.pk}/differences/").json() == {"old": None, "new": None}
    assert "chưa có gì để so sánh" in text_of(as_user(clerk).get(handed_in.get_absolute_url()))


# --- Form, receipt


def test_markets_of_an_export_scheme_are_not_called_optional(draft_request, clerk):
    page = text_of(as_user(clerk).get(reverse("casework:request-change", args=[draft_request.pk])))

    legend = page[page.index("<legend>") : page.index("</legend>")]
    assert "Thị trường" in legend
    assert "không bắt buộc" not in legend


def test_a_draft_without_markets_can_be_saved(area, old_scheme, clerk):
    data = {"area": area.pk, "scheme": old_scheme.pk, "do": "save"}

    answer = as_user(clerk).post(reverse("casework:request-new"), data)

    assert answer.status_code == 302


def test_the_submitted_page_has_the_receipt_as_qr(handed_in, draft_request, clerk):
    assert 'class="qr"' in text_of(as_user(clerk).get(handed_in.get_absolute_url()))


def test_a_receipt_number_is_found_however_it_is_typed(handed_in):
    number = handed_in.receipt
    typed = f" {number[:8].upper()}-{number[8:16]} {number[16:]} "

    found = Client().get("/receipts/", {"receipt": typed}, follow=True)

    assert "Đã nộp" in text_of(found)
    assert found["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("abc", 422), ("g" * 32, 422), ("0" * 32, 404)])
def test_a_wrong_receipt_number_is_told(db, typed, status):
    answer = Client().get("/receipts/", {"receipt": typed}, follow=True)

    assert answer.status_code == status
    assert "errorlist" in text_of(answer)


def test_the_receipt_form_is_open_to_all(db):
    assert Client().get("/receipts/").status_code == 200


# --- E1, E2, E9 by page and API


def test_e1_a_double_click_by_page_is_one_step(submitted_request, officer):
    for _click in range(2):
        answer = press(officer, submitted_request, "take_up")

    assert answer.status_code == 200
    assert submitted_request.events.filter(transition="take_up").count() == 1


def test_e2_the_slower_officer_reads_the_name_on_the_page_and_gets_409(request_in_review, officer, commune):
    slow = make_officer(commune, full_name="Cán Bộ Chậm")
    services.reject_request(request_in_review, reason="Sai", by=officer)
    file = f"http://testserver{reverse('casework:file', args=[request_in_review.pk])}"

    page = as_user(slow).post(
        reverse("casework:request-step", args=[request_in_review.pk, "reject"]), {"reject-reason": "x"}, follow=True,
        headers={"Referer": file},
    )  # fmt: skip
    api = as_user(slow).post(
        f"/api/v1/requests/{request_in_review.pk}/reject/", {"reason": "x"}, content_type="application/json"
    )

    at = f"{request_in_review.events.last().at.astimezone():%d/%m/%Y}"
    assert officer.full_name in text_of(page)
    assert at[3:] in text_of(page)
    assert (api.status_code, officer.full_name in api.json()["detail"]) == (409, True)


def test_e9_the_wrong_step_tells_the_open_ones(submitted_request, officer):
    path = reverse("casework:request-step", args=[submitted_request.pk, "return"])
    file = f"http://testserver{reverse('casework:file', args=[submitted_request.pk])}"

    page = as_user(officer).post(path, {"return-reason": "x"}, follow=True, headers={"Referer": file})
    api = as_user(officer).post(
        f"/api/v1/requests/{submitted_request.pk}/return/", {"reason": "x"}, content_type="application/json"
    )

    assert "Việc bạn có thể làm lúc này: Nhận thẩm định." in text_of(page)
    assert (api.status_code, api.json()["errors"][0]["actions"]) == (409, ["take-up"])


def test_the_page_of_a_step_that_is_none_is_not_there(submitted_request, officer):
    path = reverse("casework:request-step", args=[submitted_request.pk, "burn"])

    assert as_user(officer).post(path).status_code == 404
