"""The life of codes and of what markets say of them, by services and officers' pages."""

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from codes import services
from codes.models import ProductionAreaCode
from codes.services import Act
from codes.workflow import available_market_transitions, available_transitions
from core.errors import NotAllowed, RuleViolated, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def act():
    return Act("Lý do", "15/QĐ", timezone.localdate(), "Ghi chú")


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def test_suspended_restored_revoked(code, officer, act):
    assert services.suspend_code(code, act, by=officer).status == "suspended"
    assert services.restore_code(code, act, by=officer).status == "active"
    assert services.revoke_code(code, act, by=officer).status == "revoked"
    assert [event.transition for event in code.events.all()] == ["issue", "suspend", "restore", "revoke"]


@pytest.mark.parametrize("step", ["suspend", "restore", "revoke"])
def test_revoked_is_for_ever(code, officer, act, step):
    services.revoke_code(code, act, by=officer)

    with pytest.raises(WrongState) as caught:
        services.move_code(code, step, replace(act, document_number="16/QĐ"), by=officer)

    assert officer.full_name in str(caught.value)


@pytest.mark.parametrize("missing", ["reason", "document_number", "public_note"])
def test_an_act_says_why_and_by_which_document(code, officer, act, missing):
    with pytest.raises(RuleViolated) as caught:
        services.suspend_code(code, replace(act, **{missing: " "}), by=officer)

    assert caught.value.findings[0].pointer == f"/{missing}"


def test_an_act_does_not_lie_in_the_future(code, officer, act):
    with pytest.raises(RuleViolated):
        services.suspend_code(code, replace(act, effective_on=dt.date(2999, 1, 1)), by=officer)


@pytest.mark.parametrize(
    "person", ["clerk", "owner", "planner", "foreign_officer", "neighbour_clerk", "outsider", "anonymous"]
)
def test_only_the_officer_of_the_commune_acts(request, code, act, person):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.suspend_code(code, act, by=user)
    with pytest.raises(NotAllowed):
        services.move_market_approval(code.approvals.get(), "send_dossier", act, by=user)
    assert available_transitions(code, user) == []
    assert available_market_transitions(code.approvals.get(), user) == []


def test_markets_are_independent(code_factory, china, usa, officer, act):
    code = code_factory(markets=[china, usa])
    for step in ("send_dossier", "approve", "hold"):
        services.move_market_approval(code.approvals.get(market=china), step, act, by=officer)
    for step in ("send_dossier", "approve"):
        services.move_market_approval(code.approvals.get(market=usa), step, act, by=officer)

    assert dict(code.approvals.values_list("market", "status")) == {"CHN": "on_hold", "USA": "approved"}
    day = timezone.localdate()
    assert not ProductionAreaCode.objects.good_for("CHN", day).exists()
    assert ProductionAreaCode.objects.good_for("USA", day).get() == code


def test_markets_say_nothing_more_of_a_revoked_code(code, officer, act):
    services.revoke_code(code, act, by=officer)

    with pytest.raises(WrongState):
        services.move_market_approval(code.approvals.get(), "send_dossier", act, by=officer)


def test_market_step_out_of_order(code, officer, act):
    with pytest.raises(WrongState):
        services.move_market_approval(code.approvals.get(), "approve", act, by=officer)


def test_officer_pages(code, officer):
    client = as_user(officer)
    assert "VN-XXOR-0001" in client.get("/desk/codes/").content.decode()
    assert client.get("/desk/codes/?status=revoked").content.decode().count("VN-XXOR-0001") == 0
    detail = f"/desk/codes/{code.pk}/"
    assert client.get(detail).status_code == 200
    day = f"{timezone.localdate():%Y-%m-%d}"

    client.post(
        f"{detail}steps/suspend/",
        {
            "suspend-reason": "Lý do",
            "suspend-document_number": "1/QĐ",
            "suspend-effective_on": day,
            "suspend-public_note": "Tạm dừng",
        },
    )
    client.post(
        f"{detail}markets/CHN/",
        {"step": "send_dossier", "market-reason": "Gửi", "market-document_number": "2/CV", "market-effective_on": day},
    )

    code.refresh_from_db()
    assert (code.status, code.approvals.get().status) == ("suspended", "dossier_sent")
    page = client.get(detail).content.decode()
    assert "Phục hồi" in page
    assert "2/CV" in page


@pytest.mark.parametrize("person", ["clerk", "outsider"])
def test_officer_pages_are_not_there_for_others(request, code, person):
    client = as_user(request.getfixturevalue(person))

    assert client.get("/desk/codes/").status_code == 404
    assert client.get(f"/desk/codes/{code.pk}/").status_code == 404


def test_planner_reads_but_has_no_button(code, planner):
    page = as_user(planner).get(f"/desk/codes/{code.pk}/").content.decode()

    assert "VN-XXOR-0001" in page
    assert "/steps/" not in page


@pytest.mark.parametrize("path", ["steps/nothing/", "markets/XXX/"])
def test_unknown_steps_are_404(code, officer, path):
    assert as_user(officer).post(f"/desk/codes/{code.pk}/{path}", {"step": "approve"}).status_code == 404
