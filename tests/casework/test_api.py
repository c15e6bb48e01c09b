"""Requests by API: the same steps and rights as the pages."""

import pytest
from django.test import Client

from casework.models import CodeRequest
from codes.models import ProductionAreaCode

pytestmark = pytest.mark.django_db
JSON = "application/json"


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def post(user, path, body=None, **headers):
    return as_user(user).post(path, body or {}, content_type=JSON, headers=headers)


@pytest.fixture
def body(area, old_scheme, china):
    return {"area": area.pk, "scheme": old_scheme.slug, "markets": ["CHN"], "has_declared": True}


def test_whole_life_by_api(body, clerk, officer, usa):
    made = post(clerk, "/api/v1/requests/", body | {"markets": ["CHN", "USA"]})
    assert made.status_code == 201, made.content
    path = made["Location"]
    assert made.json()["properties"]["actions"] == ["submit", "withdraw"]

    assert post(clerk, f"{path}submit/").json()["properties"]["status"] == "submitted"
    assert post(officer, f"{path}take-up/").json()["properties"]["actions"] == [
        "schedule-inspection", "return", "approve", "reject",
    ]  # fmt: skip
    returned = post(officer, f"{path}return/", {"reason": "Thiếu sản lượng"}).json()["properties"]
    assert (returned["status"], returned["return_reason"]) == ("returned", "Thiếu sản lượng")
    read = as_user(clerk).get(path)
    changed = as_user(clerk).patch(
        path, {"expected_output_t": 30}, content_type=JSON, headers={"If-Match": read["ETag"]}
    )
    assert changed.json()["properties"]["expected_output_t"] == 30
    assert post(clerk, f"{path}resubmit/").json()["properties"]["status"] == "in_review"
    approved = post(officer, f"{path}approve/", {"document_number": "5/QĐ"}).json()["properties"]

    assert (approved["status"], approved["codes"], approved["actions"]) == ("approved", ["VN-XXOR-0001"], [])


def test_inspection_by_api(request_in_review, officer):
    path = f"/api/v1/requests/{request_in_review.pk}/"
    post(officer, f"{path}schedule-inspection/", {"note": "Sáng thứ hai"})
    visit = {
        "visited_on": "2026-01-05", "result": "pass", "report": "Đã xem",
        "position": {"type": "Point", "coordinates": [105.6, 10.45]}, "accuracy_m": 5,
    }  # fmt: skip

    answer = post(officer, f"{path}inspections/", visit)

    assert answer.status_code == 201
    assert request_in_review.inspections.get().accuracy_m == 5


@pytest.mark.parametrize("key", ["status", "codes", "approved_by", "receipt", "id", "due_on"])
def test_what_the_system_sets_is_refused(body, clerk, key):
    answer = post(clerk, "/api/v1/requests/", body | {key: "approved"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{key}"
    assert not CodeRequest.objects.exists()


def test_unknown_body_of_a_step_is_refused(submitted_request, officer):
    answer = post(officer, f"/api/v1/requests/{submitted_request.pk}/take-up/", {"status": "approved"})

    assert answer.status_code == 422


def test_same_key_makes_one_request(body, clerk):
    first = post(clerk, "/api/v1/requests/", body, **{"Idempotency-Key": "k1"})
    second = post(clerk, "/api/v1/requests/", body, **{"Idempotency-Key": "k1"})
    other = post(clerk, "/api/v1/requests/", body | {"note": "x"}, **{"Idempotency-Key": "k1"})

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["id"] == second.json()["id"]
    assert CodeRequest.objects.count() == 1


def test_skipping_a_step_is_409(submitted_request, officer):
    answer = post(officer, f"/api/v1/requests/{submitted_request.pk}/approve/")

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert (error["code"], error["actions"]) == ("allowed_actions", ["take-up"])
    assert "Nhận thẩm định" in error["detail"]


def test_failed_checks_are_told(submitted_request, officer, area):
    post(officer, f"/api/v1/requests/{submitted_request.pk}/take-up/")
    area.plots.update(status="in_conflict")

    answer = post(officer, f"/api/v1/requests/{submitted_request.pk}/approve/")

    assert answer.status_code == 422
    assert "plots_in_good_standing" in {error["code"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("clerk", 403), ("owner", 403), ("viewer", 403), ("planner", 403),
        ("foreign_officer", 404), ("neighbour_clerk", 404), ("outsider", 404),
    ],
)  # fmt: skip
def test_who_may_not_approve(request, request_in_review, person, status):
    answer = post(request.getfixturevalue(person), f"/api/v1/requests/{request_in_review.pk}/approve/")

    assert answer.status_code == status
    assert not ProductionAreaCode.objects.exists()


def test_anonymous_must_sign_in(request_in_review):
    path = f"/api/v1/requests/{request_in_review.pk}/"

    assert Client().get(path).status_code == 401
    assert Client().post(f"{path}approve/", {}, content_type=JSON).status_code == 401


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("clerk", 1),
        ("viewer", 1),
        ("officer", 1),
        ("planner", 1),
        ("foreign_officer", 0),
        ("neighbour_clerk", 0),
        ("outsider", 0),
    ],
)
def test_who_sees_a_submitted_request(request, submitted_request, person, sees):
    answer = as_user(request.getfixturevalue(person)).get("/api/v1/requests/?count=true")

    assert answer.json()["numberMatched"] == sees


def test_drafts_are_the_cooperatives_own(draft_request, officer):
    assert as_user(officer).get(f"/api/v1/requests/{draft_request.pk}/").status_code == 404


def test_change_needs_the_version(draft_request, clerk):
    path = f"/api/v1/requests/{draft_request.pk}/"

    missing = as_user(clerk).patch(path, {"note": "x"}, content_type=JSON)
    stale = as_user(clerk).patch(path, {"note": "x"}, content_type=JSON, headers={"If-Match": '"old"'})

    assert (missing.status_code, stale.status_code) == (428, 412)


def test_foreign_area_is_no_area(body, neighbour_clerk):
    assert post(neighbour_clerk, "/api/v1/requests/", body).status_code == 422
