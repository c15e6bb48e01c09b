"""Pages of requests: the cooperative's, the desk, the file, the receipt."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from casework import services
from casework.models import CodeRequest, RequestEvent
from codes.models import ProductionAreaCode, RequiredDocument
from tests.casework.papers import a_pdf

pytestmark = pytest.mark.django_db


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


def press(user, code_request, step, data=None):
    path = reverse("casework:request-step", args=[code_request.pk, step])
    return as_user(user).post(path, data or {}, follow=True)


def test_clerk_asks_for_codes_and_hands_in_at_once(area, new_scheme, china, usa, clerk, officer):
    path = reverse("casework:request-new")
    assert as_user(clerk).get(path).status_code == 200
    data = {
        "area": area.pk, "scheme": new_scheme.pk, "markets": ["CHN", "USA"], "has_declared": "on", "do": "submit",
        "expected_output_t": "40",
    }  # fmt: skip

    answer = as_user(clerk).post(path, data, follow=True)

    code_request = CodeRequest.objects.get()
    assert code_request.status == "submitted"
    assert code_request.receipt in text_of(answer)


def test_what_fails_stays_a_draft_with_the_reasons(area, new_scheme, china, clerk):
    data = {"area": area.pk, "scheme": new_scheme.pk, "markets": ["CHN"], "do": "submit"}

    answer = as_user(clerk).post(reverse("casework:request-new"), data, follow=True)

    assert CodeRequest.objects.get().status == "draft"
    assert "cam kết" in text_of(answer)


def test_panel_hides_markets_where_the_scheme_has_none(area, old_scheme, scheme_factory, china, clerk):
    domestic = scheme_factory(is_domestic=True)
    path = reverse("casework:request-panel")

    export = text_of(as_user(clerk).post(path, {"area": area.pk, "scheme": old_scheme.pk}))
    home = text_of(as_user(clerk).post(path, {"area": area.pk, "scheme": domestic.pk}))

    assert "mỗi thị trường có trạng thái riêng" in export
    assert "chưa chọn" in export
    assert "data-no-markets" not in export
    assert "data-no-markets" in home


@pytest.fixture
def draft_with_map(draft_request, old_scheme, clerk, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    RequiredDocument.objects.create(
        scheme=old_scheme, kind="map", severity="fail", legal_ref="Điều thử", valid_from=dt.date(2020, 1, 1)
    )
    services.add_document(draft_request, kind="map", file=a_pdf("so-do.pdf"), by=clerk)
    return draft_request


def verdicts_of(answer, rule):
    return [one.verdict for one in answer.context["findings"] if one.rule == rule]


def test_documents_of_a_draft_count_where_it_is_changed(draft_with_map, area_factory, clerk):
    area_factory(name="AAA đứng đầu danh sách", lat=10.5)
    form = as_user(clerk).get(reverse("casework:request-change", args=[draft_with_map.pk]))
    data = {"request": draft_with_map.pk, "scheme": draft_with_map.scheme_id}

    panel = as_user(clerk).post(reverse("casework:request-panel"), data)

    assert f'name="request" value="{draft_with_map.pk}"' in text_of(form)
    assert verdicts_of(form, "documents") == verdicts_of(panel, "documents") == ["pass"]
    assert panel.context["checked_area"] == draft_with_map.area


@pytest.mark.parametrize("value", ["x", "9" * 30, "0"])
def test_panel_counts_no_documents_of_a_request_that_is_not_there(draft_with_map, clerk, value):
    data = {"request": value, "scheme": draft_with_map.scheme_id}

    panel = as_user(clerk).post(reverse("casework:request-panel"), data)

    assert verdicts_of(panel, "documents") == []


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "9" * 30, "١"])
def test_panel_survives_nonsense(area, old_scheme, clerk, value):
    answer = as_user(clerk).post(reverse("casework:request-panel"), {"area": value, "scheme": value})

    assert answer.status_code == 200


def test_whole_life_by_page(submitted_request, clerk, officer):
    file = reverse("casework:file", args=[submitted_request.pk])
    assert "Nhận thẩm định" in text_of(as_user(officer).get(file))

    press(officer, submitted_request, "take_up")
    press(officer, submitted_request, "return", {"return-reason": "Thiếu chữ ký"})
    page = text_of(as_user(clerk).get(submitted_request.get_absolute_url()))
    assert "Thiếu chữ ký" in page
    press(clerk, submitted_request, "resubmit", {"resubmit-note": "Đã bổ sung"})
    answer = press(officer, submitted_request, "approve", {"approve-document_number": "7/QĐ"})

    assert "VN-XXOR-0001" in text_of(answer)
    submitted_request.refresh_from_db()
    assert submitted_request.status == "approved"


def test_inspection_by_page(request_in_review, officer):
    press(officer, request_in_review, "schedule_inspection", {"schedule_inspection-note": "Thứ hai"})
    name = "record_inspection"
    data = {f"{name}-visited_on": "2026-01-05", f"{name}-result": "pass", f"{name}-report": "Cây khỏe"}

    answer = press(officer, request_in_review, name, data)

    assert "Cây khỏe" in text_of(answer)


def test_cooperative_page_names_no_officer(request_in_review, clerk, officer):
    page = text_of(as_user(clerk).get(request_in_review.get_absolute_url()))

    assert "Cơ quan nông nghiệp" in page
    assert officer.full_name not in page


def test_missing_reason_is_said_where_it_was_pressed(request_in_review, officer):
    answer = press(officer, request_in_review, "return")

    request_in_review.refresh_from_db()
    assert request_in_review.status == "in_review"
    assert "Lý do" in text_of(answer)


@pytest.mark.parametrize("name", ["clerk", "outsider"])
def test_the_desk_is_not_there_for_others(request, submitted_request, name):
    client = as_user(request.getfixturevalue(name))

    assert client.get("/desk/").status_code == 404
    assert client.get(f"/desk/{submitted_request.pk}/").status_code == 404


def test_foreign_officer_does_not_see_the_file(submitted_request, foreign_officer):
    client = as_user(foreign_officer)

    assert client.get("/desk/").status_code == 200
    assert client.get(f"/desk/{submitted_request.pk}/").status_code == 404


def test_filters_narrow_counts_and_list_alike(submitted_request, officer):
    page = text_of(as_user(officer).get("/desk/?tab=all&q=khong+co"))

    assert "(0)" in page
    assert submitted_request.area.name not in page


def test_unknown_filter_is_refused_by_name(submitted_request, officer):
    assert as_user(officer).get("/desk/?huh=1").status_code == 400


def test_late_is_said_in_words(submitted_request, officer):
    CodeRequest.objects.update(due_on=dt.date(2026, 1, 1))

    assert "Trễ" in text_of(as_user(officer).get("/desk/?tab=late"))


def test_file_shows_neighbours_and_overlaps(submitted_request, officer, neighbour, plot_factory, area):
    last = area.plots.order_by("pk").last()
    from tests.shapes import square_east_of

    plot_factory(cooperative=neighbour, ref="LG-9", boundary=square_east_of(last.boundary, gap_m=-30))

    page = text_of(as_user(officer).get(f"/desk/{submitted_request.pk}/"))

    assert "LG-9" in page
    assert "#a02c1b" in page


def test_receipt_shows_state_and_dates_only(submitted_request, area, clerk):
    answer = Client().get(f"/receipts/{submitted_request.receipt}/")

    page = text_of(answer)
    assert "Đã nộp" in page
    assert all(word not in page for word in (area.name, area.cooperative.name, clerk.full_name, str(submitted_request)))
    assert answer["Cache-Control"] == "private, no-store"


def test_receipt_of_a_draft_or_of_nothing_is_not_there(draft_request):
    assert Client().get(f"/receipts/{draft_request.receipt}/").status_code == 404
    assert Client().get("/receipts/0123/").status_code == 404


def test_events_are_append_only(submitted_request):
    from django.db import Error, transaction

    with pytest.raises(Error), transaction.atomic():
        RequestEvent.objects.update(note="x")
    assert not ProductionAreaCode.objects.exists()
