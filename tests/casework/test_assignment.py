"""Whose desk a request lies on: bulk assignment, take-over, routing rules; as services and as pages."""

import datetime as dt

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import OfficerPost
from casework import services
from casework.models import CodeRequest, RoutingRule
from casework.permissions import can_watch_codes
from casework.services.assignment import (
    MAX_AT_ONCE,
    add_routing_rule,
    assign_requests,
    end_routing_rule,
    route_request,
)
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Notice

pytestmark = pytest.mark.django_db


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def colleague(officer_factory, commune):
    return officer_factory(commune, username="colleague", full_name="Đồng Nghiệp Kế Bên")


@pytest.fixture
def chief(officer_factory, province):
    return officer_factory(province, username="chief", full_name="Trưởng Phòng Tỉnh")


@pytest.fixture
def two_requests(request_factory, area_factory):
    return [request_factory(area=area_factory(lat=10.40 + number / 200), submitted=True) for number in range(2)]


def rule(unit, officer, crop=None, **fields):
    fields = {"valid_from": dt.date(2026, 1, 1)} | fields
    return RoutingRule.objects.create(unit=unit, crop=crop, officer=officer, **fields)


# --- Bulk assignment ---------------------------------------------------------------------------------------------


def test_many_are_given_at_once_with_event_and_notice(two_requests, officer, colleague):
    results = assign_requests(two_requests, to=colleague, by=officer)

    assert [one.reason for one in results] == ["", ""]
    assert set(CodeRequest.objects.values_list("assigned_to", flat=True)) == {colleague.pk}
    event = two_requests[0].events.last()
    assert (event.transition, event.by, event.note) == ("assign", officer, "")
    assert event.details["to"] == colleague.pk
    assert Notice.objects.filter(user=colleague, kind="request_assigned").count() == 2


def test_each_row_that_stays_says_why(two_requests, request_factory, area_factory, officer, colleague, foreign_officer):
    open_one, decided = two_requests
    draft = request_factory(area=area_factory(lat=10.45))
    services.take_up_request(decided, by=officer)
    services.reject_request(decided, reason="Không đạt", by=officer)

    results = assign_requests([open_one, decided, draft], to=colleague, by=officer)
    again = assign_requests([open_one], to=colleague, by=officer)
    abroad = assign_requests([open_one], to=foreign_officer, by=officer)
    stranger = assign_requests([open_one], to=officer, by=foreign_officer)

    assert [bool(one.reason) for one in results] == [False, True, True]
    assert "ở cơ quan" in str(results[1].reason)
    assert "đã ở bàn" in str(again[0].reason)
    assert "không có quyền thẩm định" in str(abroad[0].reason)
    assert "không được giao" in str(stranger[0].reason)
    open_one.refresh_from_db()
    assert open_one.assigned_to == colleague


def test_too_many_rows_are_refused_whole(two_requests, officer, colleague):
    many = [CodeRequest(pk=number) for number in range(1, MAX_AT_ONCE + 2)]

    with pytest.raises(RuleViolated) as caught:
        assign_requests(many, to=colleague, by=officer)

    assert caught.value.code == "too_many_rows"


def test_taking_over_a_colleagues_file_leaves_an_event_and_tells_both(request_in_review, officer, colleague):
    [result] = assign_requests([request_in_review], to=colleague, by=colleague)

    assert not result.reason
    event = request_in_review.events.last()
    assert (event.transition, event.by) == ("take_over", colleague)
    assert event.details == {
        "to": colleague.pk, "to_name": str(colleague), "from": officer.pk, "from_name": str(officer),
    }  # fmt: skip
    assert Notice.objects.filter(user=officer, kind="request_assigned").exists()
    assert not Notice.objects.filter(user=colleague, kind="request_assigned").exists()


def test_a_clerk_of_the_applicant_gets_and_takes_nothing(submitted_request, clerk, officer, commune):
    OfficerPost.objects.create(user=clerk, role="officer", unit=commune, valid_from=dt.date(2025, 7, 1))

    [own] = assign_requests([submitted_request], to=clerk, by=clerk)
    [given] = assign_requests([submitted_request], to=clerk, by=officer)

    assert own.reason and given.reason
    submitted_request.refresh_from_db()
    assert submitted_request.assigned_to is None


def test_cooperative_does_not_read_to_whom_it_went(submitted_request, officer, colleague, clerk):
    assign_requests([submitted_request], to=colleague, by=officer)

    theirs = text_of(as_user(clerk).get(submitted_request.get_absolute_url()))
    ours = text_of(as_user(officer).get(f"/desk/{submitted_request.pk}/"))

    assert "Đã giao cho cán bộ" in theirs
    assert colleague.full_name not in theirs
    assert colleague.full_name in ours


# --- Routing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "rules", "expected"),
    [
        ("none", [], None),
        ("commune before province", [("province", "chief", None), ("commune", "officer", None)], "officer"),
        ("crop before none", [("commune", "officer", None), ("commune", "colleague", "mango")], "colleague"),
        ("commune before the crop above", [("province", "chief", "mango"), ("commune", "officer", None)], "officer"),
        ("another crop", [("commune", "officer", "longan"), ("province", "chief", None)], "chief"),
        ("right lost", [("commune", "foreign_officer", None), ("province", "chief", None)], "chief"),
        ("nobody left", [("commune", "foreign_officer", None)], None),
    ],
)  # fmt: skip
def test_narrowest_rule_wins(case, rules, expected, request, request_factory, chief, officer, colleague):
    get = request.getfixturevalue
    for unit, name, crop in rules:
        rule(get(unit), get(name), get(crop) if crop else None)

    made = request_factory(submitted=True)

    made.refresh_from_db()
    assert made.assigned_to == (get(expected) if expected else None)
    assert made.status == "submitted"
    assert made.events.filter(transition="route").count() == (1 if expected else 0)
    assert made.events.last().transition == "submit"  # so that a second press is seen as a repeat


def test_officer_who_gets_it_by_rule_is_told_alone(commune, officer, colleague, request_factory):
    rule(commune, colleague)

    request_factory(submitted=True)

    assert Notice.objects.filter(user=colleague, kind="request_arrived").count() == 1
    assert not Notice.objects.filter(user=officer, kind="request_arrived").exists()


@pytest.mark.parametrize(
    ("case", "dates"),
    [
        ("over", {"valid_from": dt.date(2026, 1, 1), "valid_to": dt.date(2026, 2, 1)}),
        ("not yet", {"valid_from": dt.date(2090, 1, 1)}),
    ],
)
def test_rules_hold_on_their_days(case, dates, commune, officer, request_factory):
    rule(commune, officer, **dates)

    made = request_factory(submitted=True)

    assert CodeRequest.objects.get(pk=made.pk).assigned_to is None


def test_resubmitted_file_goes_back_to_its_officer_unless_he_lost_the_right(
    request_in_review, officer, colleague, commune, clerk
):
    rule(commune, colleague)
    services.return_request(request_in_review, reason="x", by=officer)
    services.resubmit_request(request_in_review, by=clerk)
    request_in_review.refresh_from_db()
    assert request_in_review.assigned_to == officer

    services.return_request(request_in_review, reason="y", by=officer)
    OfficerPost.objects.filter(user=officer).update(valid_to=localdate())
    services.resubmit_request(request_in_review, by=clerk)

    request_in_review.refresh_from_db()
    assert request_in_review.assigned_to == colleague


def test_without_a_rule_the_file_of_one_who_left_waits_for_anybody(request_in_review, officer):
    OfficerPost.objects.filter(user=officer).update(valid_to=localdate())

    assert route_request(request_in_review) is None

    request_in_review.refresh_from_db()
    assert request_in_review.assigned_to is None


def test_a_fault_of_the_database_is_not_taken_for_a_rule_that_exists(commune, officer, chief, monkeypatch):
    def fail(**_fields):
        raise IntegrityError("another constraint")

    monkeypatch.setattr(RoutingRule.objects, "create", fail)

    with pytest.raises(IntegrityError, match="another"):
        add_routing_rule(commune, officer=officer, by=chief)


def test_who_approves_what_lay_on_nobodys_desk_has_it(request_in_review, officer):
    CodeRequest.objects.update(assigned_to=None)

    assert services.approve_request(request_in_review, by=officer).assigned_to == officer


def test_who_watches_codes(officer, clerk):
    assert can_watch_codes(officer)
    assert not can_watch_codes(clerk)


def test_adding_a_rule(commune, mango, chief, officer, colleague, foreign_officer):
    made = add_routing_rule(commune, officer=colleague, crop=mango, by=chief)

    assert made.valid_from == localdate()
    with pytest.raises(WrongState) as twice:
        add_routing_rule(commune, officer=officer, crop=mango, by=chief)
    assert twice.value.code == "routing_exists"
    with pytest.raises(RuleViolated) as cannot:
        add_routing_rule(commune, officer=foreign_officer, by=chief)
    assert cannot.value.code == "officer_cannot_examine"


@pytest.mark.parametrize("name", ["planner", "foreign_officer", "clerk", "outsider"])
def test_who_may_not_route(name, request, commune, officer):
    person = request.getfixturevalue(name)
    standing = rule(commune, officer)

    with pytest.raises(NotAllowed):
        add_routing_rule(commune, officer=officer, by=person)
    with pytest.raises(NotAllowed):
        end_routing_rule(standing, by=person)


def test_commune_officer_does_not_route_the_province(province, officer):
    with pytest.raises(NotAllowed):
        add_routing_rule(province, officer=officer, by=officer)


def test_a_rule_ends_today_and_one_of_today_goes(commune, officer, mango):
    old, new = rule(commune, officer), rule(commune, officer, mango, valid_from=localdate())

    end_routing_rule(old, by=officer)
    end_routing_rule(new, by=officer)

    assert list(RoutingRule.objects.values_list("pk", "valid_to")) == [(old.pk, localdate())]
    with pytest.raises(WrongState):
        end_routing_rule(old, by=officer)


# --- Pages -------------------------------------------------------------------------------------------------------


def test_assigning_by_page_shows_what_became_of_each_row(two_requests, officer, colleague):
    services.take_up_request(two_requests[1], by=officer)
    services.reject_request(two_requests[1], reason="x", by=officer)
    data = {"rows": [one.pk for one in two_requests], "officer": colleague.pk, "next": "/desk/?tab=all"}

    answer = as_user(officer).post("/desk/assign/", data, follow=True)

    assert answer.redirect_chain[-1][0] == "/desk/?tab=all"
    page = text_of(answer)
    assert f"Đã giao 1 hồ sơ cho {colleague}: {two_requests[0]}." in page
    assert f"{two_requests[1]} chưa giao" in page


def test_whole_page_needs_no_script(two_requests, officer, colleague):
    data = {"whole_page": "on", "shown": [one.pk for one in two_requests], "officer": colleague.pk}

    as_user(officer).post("/desk/assign/", data)

    assert CodeRequest.objects.filter(assigned_to=colleague).count() == 2


@pytest.mark.parametrize(
    ("case", "data", "said"),
    [
        ("no rows", {}, "ít nhất một hồ sơ"),
        ("nonsense rows", {"rows": ["x"]}, "x"),
        ("unknown officer", {"officer": "999999"}, ""),
    ],
)
def test_bad_input_of_the_bulk_form(case, data, said, submitted_request, officer):
    data = {"officer": officer.pk} | ({"rows": [submitted_request.pk]} if "officer" in data else {}) | data

    answer = as_user(officer).post("/desk/assign/", data, follow=True)

    assert answer.status_code == 200
    assert said in text_of(answer)
    submitted_request.refresh_from_db()
    assert submitted_request.assigned_to is None


def test_next_leads_nowhere_else(submitted_request, officer):
    data = {"rows": [submitted_request.pk], "officer": officer.pk, "next": "https://boese.test/desk/"}

    answer = as_user(officer).post("/desk/assign/", data)

    assert answer["Location"] == "/desk/"


def test_rows_of_another_commune_cannot_be_named(submitted_request, foreign_officer):
    data = {"rows": [submitted_request.pk], "officer": foreign_officer.pk}

    as_user(foreign_officer).post("/desk/assign/", data)

    submitted_request.refresh_from_db()
    assert submitted_request.assigned_to is None


@pytest.mark.parametrize("name", ["clerk", "outsider", "planner"])
@pytest.mark.parametrize("path", ["/desk/assign/", "/desk/routing/", "/desk/routing/1/end/"])
def test_pages_are_not_there_for_others(name, path, request):
    assert as_user(request.getfixturevalue(name)).post(path).status_code == 404


def test_routing_by_page(commune, officer, colleague, mango):
    client = as_user(officer)
    assert "Chưa có phân công nào" in text_of(client.get("/desk/routing/"))
    data = {
        "rule-unit": commune.pk,
        "rule-crop": mango.pk,
        "rule-officer": colleague.pk,
        "rule-valid_from": "2026-01-01",
    }

    added = client.post("/desk/routing/", data, follow=True)
    again = client.post("/desk/routing/", data)
    made = RoutingRule.objects.get()
    ended = client.post(f"/desk/routing/{made.pk}/end/", follow=True)

    assert colleague.full_name in text_of(added)
    assert again.status_code == 422
    assert "đã có phân công" in text_of(again)
    assert "Chưa có phân công nào" in text_of(ended)


def test_routing_form_offers_only_own_units(province, officer, colleague):
    data = {"rule-unit": province.pk, "rule-officer": colleague.pk, "rule-valid_from": "2026-01-01"}

    answer = as_user(officer).post("/desk/routing/", data)

    assert answer.status_code == 422
    assert not RoutingRule.objects.exists()
