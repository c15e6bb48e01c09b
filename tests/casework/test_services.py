"""The life of a request by its services."""

import datetime as dt

import pytest

from casework import services
from casework.models import RequestStatus
from casework.workflow import ALLOWED, REQUEST_TRANSITIONS, available_transitions
from codes.models import ProductionAreaCode
from cooperatives.models import MemberRole
from core.errors import NotAllowed, RuleViolated, WrongState
from farms.models import PlotStatus
from office.models import Notice
from tests.factories.codes import make_scheme
from tests.factories.cooperatives import make_membership

pytestmark = pytest.mark.django_db
PEOPLE = (
    "clerk",
    "owner",
    "helper",
    "viewer",
    "neighbour_clerk",
    "officer",
    "foreign_officer",
    "planner",
    "outsider",
    "anonymous",
)


def test_whole_life_of_a_request(request_factory, new_scheme, china, usa, clerk, officer):
    code_request = request_factory(scheme=new_scheme, markets=[china, usa])
    services.submit_request(code_request, by=clerk)
    services.take_up_request(code_request, by=officer)
    services.return_request(code_request, reason="Thiếu sản lượng", by=officer)
    services.update_request(code_request, expected_output_t=40, by=clerk)
    services.resubmit_request(code_request, by=clerk)

    approved = services.approve_request(code_request, by=officer, document_number="12/QĐ")

    assert [code.code for code in approved.codes.order_by("code")] == [
        "99-PUC-XOAI01-000001-CHN",
        "99-PUC-XOAI01-000001-USA",
    ]
    assert (approved.status, approved.expected_output_t, approved.return_reason) == ("approved", 40, "")
    assert approved.decided_at is not None
    assert [event.transition for event in approved.events.all()] == [
        "draft", "submit", "take_up", "return", "update", "resubmit", "approve",
    ]  # fmt: skip


def test_old_scheme_gives_one_code_for_two_markets(request_factory, china, usa, officer):
    code_request = request_factory(markets=[china, usa], submitted=True)
    services.take_up_request(code_request, by=officer)

    services.approve_request(code_request, by=officer)

    code = ProductionAreaCode.objects.get()
    assert (code.code, code.approvals.count()) == ("VN-XXOR-0001", 2)


def test_submission_sets_receipt_dates_and_tells_the_officer(draft_request, clerk, officer):
    submitted = services.submit_request(draft_request, by=clerk)

    assert len(submitted.receipt) == 32
    assert submitted.submitted_on is not None
    assert submitted.due_on > submitted.submitted_on
    assert Notice.objects.get(user=officer).kind == "request_arrived"


def test_the_office_tells_the_cooperative_but_not_the_officers_name(request_in_review, clerk, officer):
    notice = Notice.objects.filter(user=clerk).latest("pk")

    assert "nhận thẩm định" in notice.text
    assert officer.full_name not in notice.text


@pytest.mark.parametrize("step", ["submit", "take_up", "approve"])
def test_a_double_click_does_a_step_once(request_factory, clerk, officer, step):
    code_request, person = request_factory(), officer if step != "submit" else clerk
    for name in ("submit", "take_up", "approve"):
        by = clerk if name == "submit" else officer
        first = getattr(services, f"{name}_request")(code_request, by=by)
        if name == step:
            break
    count = code_request.events.count()

    second = getattr(services, f"{step}_request")(code_request, by=person)

    assert second.status == first.status
    assert code_request.events.count() == count
    assert ProductionAreaCode.objects.count() == (1 if step == "approve" else 0)


def test_the_slower_officer_reads_who_was_faster(request_in_review, officer, officer_factory, commune):
    colleague = officer_factory(commune, full_name="Cán Bộ Chậm")
    services.approve_request(request_in_review, by=officer)

    with pytest.raises(WrongState) as caught:
        services.approve_request(request_in_review, by=colleague)

    assert officer.full_name in str(caught.value)
    assert ProductionAreaCode.objects.count() == 1


def test_the_cooperative_never_reads_the_officers_name(request_in_review, officer, clerk):
    services.reject_request(request_in_review, reason="Sai hồ sơ", by=officer)

    with pytest.raises(WrongState) as caught:
        services.withdraw_request(request_in_review, by=clerk)

    assert officer.full_name not in str(caught.value)


def test_nobody_decides_on_a_request_of_his_own_cooperative(request_in_review, officer, cooperative):
    make_membership(cooperative, officer, MemberRole.CLERK)

    with pytest.raises(NotAllowed):
        services.approve_request(request_in_review, by=officer)


def test_four_eyes_where_the_scheme_asks(request_factory, officer, officer_factory, commune, clerk):
    code_request = request_factory(scheme=make_scheme(needs_four_eyes=True), submitted=True)
    services.take_up_request(code_request, by=officer)

    with pytest.raises(NotAllowed) as caught:
        services.approve_request(code_request, by=officer)
    services.approve_request(code_request, by=officer_factory(commune))

    assert caught.value.code == "four_eyes"
    code_request.refresh_from_db()
    assert code_request.status == RequestStatus.APPROVED


@pytest.mark.parametrize(
    ("result", "code"), [(None, "inspection_missing"), ("major", "inspection_failed"), ("pass", "")]
)
def test_inspection_decides_where_it_is_due(request_factory, officer, result, code):
    code_request = request_factory(scheme=make_scheme(requires_inspection=True), submitted=True)
    services.take_up_request(code_request, by=officer)
    services.schedule_inspection(code_request, note="Thứ hai", by=officer)
    if result:
        services.record_inspection(
            code_request, visited_on=dt.date(2026, 1, 5), result=result, report="Đã xem", by=officer
        )

    if code:
        with pytest.raises(RuleViolated) as caught:
            services.approve_request(code_request, by=officer)
        assert caught.value.code == code
    else:
        assert services.approve_request(code_request, by=officer).status == "approved"


def test_the_same_visit_sent_twice_is_one(request_in_review, officer):
    services.schedule_inspection(request_in_review, by=officer)
    visit = {"visited_on": dt.date(2026, 1, 5), "result": "minor", "report": "Cỏ nhiều", "by": officer}

    first = services.record_inspection(request_in_review, **visit)
    second = services.record_inspection(request_in_review, **visit)

    assert first == second
    assert request_in_review.inspections.count() == 1


def test_a_visit_lies_not_in_the_future(request_in_review, officer):
    services.schedule_inspection(request_in_review, by=officer)

    with pytest.raises(RuleViolated):
        services.record_inspection(
            request_in_review, visited_on=dt.date(2999, 1, 1), result="pass", report="x", by=officer
        )


def test_failed_checks_block_submission_and_leave_the_draft(draft_request, clerk, area):
    area.plots.filter(pk=area.plots.first().pk).update(status=PlotStatus.IN_CONFLICT)

    with pytest.raises(RuleViolated) as caught:
        services.submit_request(draft_request, by=clerk)

    assert caught.value.code == "not_eligible"
    assert "plots_in_good_standing" in {finding.code for finding in caught.value.findings}
    draft_request.refresh_from_db()
    assert draft_request.status == RequestStatus.DRAFT


def test_failed_checks_block_approval_and_give_no_number(request_in_review, officer, area):
    area.plots.filter(pk=area.plots.first().pk).update(status=PlotStatus.IN_CONFLICT)

    with pytest.raises(RuleViolated):
        services.approve_request(request_in_review, by=officer)

    assert not ProductionAreaCode.objects.exists()
    request_in_review.refresh_from_db()
    assert request_in_review.status == RequestStatus.IN_REVIEW


def test_declaration_is_needed(request_factory, clerk):
    code_request = request_factory(has_declared=False)

    with pytest.raises(RuleViolated) as caught:
        services.submit_request(code_request, by=clerk)

    assert caught.value.code == "declaration_missing"


def test_one_open_request_per_area_and_scheme(request_factory, draft_request):
    with pytest.raises(WrongState) as caught:
        request_factory()

    assert caught.value.code == "request_already_open"


def test_unconfirmed_scheme_takes_no_requests(request_factory):
    with pytest.raises(RuleViolated):
        request_factory(scheme=make_scheme(is_confirmed=False))


@pytest.mark.parametrize("step", ["return", "reject"])
def test_a_reason_is_needed(request_in_review, officer, step):
    with pytest.raises(RuleViolated) as caught:
        getattr(services, f"{step}_request")(request_in_review, reason="  ", by=officer)

    assert caught.value.code == "reason_missing"


def test_a_request_at_the_office_is_not_edited(submitted_request, clerk):
    with pytest.raises(WrongState):
        services.update_request(submitted_request, note="khác", by=clerk)


APPLICANTS = {"clerk", "owner", "helper"}
MAY = {
    "submit": APPLICANTS, "resubmit": APPLICANTS, "withdraw": APPLICANTS,
    "take_up": {"officer"}, "schedule_inspection": {"officer"}, "record_inspection": {"officer"}, "return": {"officer"},
    "approve": {"officer"}, "reject": {"officer"},
}  # fmt: skip


def test_every_step_has_a_permission_a_label_and_a_row_here():
    assert set(MAY) == set(REQUEST_TRANSITIONS) - {"lapse"} == set(ALLOWED)  # only the clock lapses a request


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("step", sorted(MAY))
def test_role_by_action(request, submitted_request, person, step):
    user = request.getfixturevalue(person)

    assert ALLOWED[step](user, submitted_request) is (person in MAY[step])


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("step", sorted(MAY))
def test_services_refuse_whom_the_table_refuses(request, submitted_request, person, step):
    from casework.steps import TAKE

    user = request.getfixturevalue(person)
    data = {
        "return": {"reason": "x"},
        "reject": {"reason": "x"},
        "record_inspection": {"visited_on": dt.date(2026, 1, 5), "result": "pass", "report": "x"},
    }.get(step, {})
    before = submitted_request.events.count()

    if person in MAY[step]:
        try:
            TAKE[step](submitted_request, by=user, **data)
        except WrongState:
            assert submitted_request.status not in REQUEST_TRANSITIONS[step].sources
    else:
        with pytest.raises(NotAllowed):
            TAKE[step](submitted_request, by=user, **data)
        assert submitted_request.events.count() == before


def test_offered_steps_are_those_that_lead_on(submitted_request, request_in_review, clerk, officer):
    request_in_review.refresh_from_db()

    assert [step.name for step in available_transitions(request_in_review, officer)] == [
        "schedule_inspection", "return", "approve", "reject",
    ]  # fmt: skip
    assert [step.name for step in available_transitions(request_in_review, clerk)] == ["withdraw"]


def test_returned_request_lapses_after_the_term_and_not_on_its_last_day(request_in_review, officer):
    returned = services.return_request(request_in_review, reason="Thiếu danh sách hộ", by=officer)
    last_day = returned.due_on

    assert services.lapse_requests(today=last_day) == 0
    assert services.lapse_requests(today=last_day + dt.timedelta(days=1)) == 1

    returned.refresh_from_db()
    assert returned.status == RequestStatus.LAPSED
    assert returned.decided_at is not None
    assert returned.events.last().by is None
