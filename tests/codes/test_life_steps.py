"""Renewed, replaced, done once, with reason codes: the steps of a code's life that came with issue 3."""

import datetime as dt
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.test import Client

from codes import services
from codes.models import ApprovalStatus, CodeStatus, ProductionAreaCode, Reason
from codes.services import Act
from codes.workflow import APPROVAL_PATHS, APPROVAL_TRANSITIONS, available_transitions
from core.errors import NotAllowed, RuleViolated, WrongState
from core.workflow import next_status
from tests.people import make_officer

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def fixed_day():
    with patch("django.utils.timezone.localdate", return_value=TODAY):
        yield


@pytest.fixture
def act():
    return Act("Lý do", "15/QĐ", TODAY, "Ghi chú")


@pytest.fixture
def yearly(new_scheme, code_factory, china):
    """A code of a scheme with terms of twelve months, issued on a day."""

    def make(issued_on):
        return code_factory(scheme=new_scheme, markets=[china], issued_on=issued_on)

    return make


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


# --- Once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["suspend", "revoke"])
def test_a_double_click_is_one_act(code, officer, act, step):
    services.move_code(code, step, act, by=officer)

    again = services.move_code(code, step, act, by=officer)

    assert again.status == services.life.CODE_TRANSITIONS[step].target
    assert code.events.filter(transition=step).count() == 1


def test_a_double_click_at_a_market_is_one_act(code, officer, act):
    approval = code.approvals.get()
    services.move_market_approval(approval, "send_dossier", act, by=officer)

    again = services.move_market_approval(approval, "send_dossier", act, by=officer)

    assert again.status == "dossier_sent"
    assert code.events.filter(transition="send_dossier").count() == 1


def test_who_is_late_reads_who_was_faster(code, officer, act, commune):
    second = make_officer(commune, username="second", full_name="Người Đến Sau")
    services.suspend_code(code, act, by=officer)

    with pytest.raises(WrongState) as caught:
        services.suspend_code(code, act, by=second)

    assert officer.full_name in str(caught.value)


def test_who_is_late_at_one_market_is_not_told_of_another(code_factory, china, usa, officer, act):
    code = code_factory(markets=[china, usa])
    services.move_market_approval(code.approvals.get(market=china), "send_dossier", act, by=officer)

    with pytest.raises(WrongState) as caught:
        services.move_market_approval(code.approvals.get(market=usa), "approve", act, by=officer)

    assert officer.full_name not in str(caught.value)


@pytest.mark.parametrize("step", ["nothing", "supersede"])
def test_steps_that_are_none(code, officer, act, step):
    with pytest.raises(RuleViolated):
        services.move_code(code, step, act, by=officer)


# --- Reason codes ----------------------------------------------------------------------------------------------


@pytest.fixture
def reason(db):
    return Reason.objects.create(
        use="suspend",
        slug="du-luong",
        text_vi="Dư lượng",
        canned_text="Vượt mức dư lượng.",
        valid_from=dt.date(2020, 1, 1),
    )


def test_a_reason_code_is_asked_for_where_there_are_some(code, officer, act, reason):
    with pytest.raises(RuleViolated) as caught:
        services.suspend_code(code, act, by=officer)
    assert caught.value.findings[0].pointer == "/reason_code"

    services.suspend_code(code, replace(act, reason_code=reason), by=officer)

    assert code.events.last().reason_code == reason


def test_reason_codes_of_other_steps_schemes_and_years_do_not_count(code, officer, act, reason, new_scheme):
    ended = Reason.objects.create(
        use="suspend", slug="cu", text_vi="Cũ", valid_from=dt.date(2020, 1, 1), valid_to=dt.date(2021, 1, 1)
    )
    foreign = Reason.objects.create(
        use="suspend", slug="khac", text_vi="Khác", scheme=new_scheme, valid_from=dt.date(2020, 1, 1)
    )
    other_use = Reason.objects.create(use="revoke", slug="th", text_vi="Thu hồi", valid_from=dt.date(2020, 1, 1))

    for wrong in (ended, foreign, other_use):
        with pytest.raises(RuleViolated):
            services.suspend_code(code, replace(act, reason_code=wrong), by=officer)


def test_canned_words_of_the_form(code, officer, reason):
    client = as_user(officer)
    assert "Dư lượng" in client.get(f"/desk/codes/{code.pk}/").content.decode()
    form = {"suspend-document_number": "1/QĐ", "suspend-effective_on": f"{TODAY}", "suspend-public_note": "Tạm dừng"}

    missing = client.post(f"/desk/codes/{code.pk}/steps/suspend/", form)
    client.post(f"/desk/codes/{code.pk}/steps/suspend/", form | {"suspend-reason_code": reason.pk})

    assert missing.status_code in (302, 422)
    assert code.events.last().reason == "Vượt mức dư lượng."


# --- Renewal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "issued_on", "until"),
    [
        ("before its end it runs on", dt.date(2026, 3, 1), dt.date(2028, 2, 29)),
        ("on its last day it runs on", dt.date(2025, 11, 23), dt.date(2027, 11, 22)),
        ("within thirty days it runs on", dt.date(2025, 10, 24), dt.date(2027, 10, 23)),
        ("later it starts anew", dt.date(2025, 10, 23), dt.date(2027, 11, 21)),
        ("long ago it starts anew", dt.date(2022, 1, 1), dt.date(2027, 11, 21)),
    ],
)
def test_renewal(yearly, officer, act, case, issued_on, until):
    code = yearly(issued_on)

    services.renew_code(code, act, by=officer)

    code.refresh_from_db()
    event = code.events.last()
    assert (code.status, code.valid_until) == ("active", until), case
    assert event.details["new_valid_until"] == f"{until}"
    assert event.details["old_valid_until"] == f"{services.issue.last_day_of_validity(issued_on, 12)}"


def test_renewed_twice_by_one_click_is_one_term(yearly, officer, act):
    code = yearly(dt.date(2026, 3, 1))
    services.renew_code(code, act, by=officer)

    services.renew_code(code, act, by=officer)

    code.refresh_from_db()
    assert code.valid_until == dt.date(2028, 2, 29)


def test_a_code_without_an_end_is_not_renewed(code, officer, act):
    assert "renew" not in [step.name for step in available_transitions(code, officer)]

    with pytest.raises(RuleViolated) as caught:
        services.renew_code(code, act, by=officer)

    assert caught.value.code == "no_term"


def test_a_suspended_code_is_restored_before_it_is_renewed(yearly, officer, act):
    code = yearly(dt.date(2026, 3, 1))
    assert "renew" in [step.name for step in available_transitions(code, officer)]
    services.suspend_code(code, act, by=officer)

    with pytest.raises(WrongState):
        services.renew_code(code, act, by=officer)


# --- Replacement -----------------------------------------------------------------------------------------------


@pytest.fixture
def three(code_factory, area_factory):
    return [code_factory(area=area_factory(lat=10.47 + n / 100)) for n in range(3)]


def test_merge(three, officer, act):
    first, second, new = three

    services.supersede_codes([first, second], [new], act, by=officer)

    assert {code.status for code in ProductionAreaCode.objects.filter(pk__in=[first.pk, second.pk])} == {"superseded"}
    assert set(new.supersedes.all()) == {first, second}
    assert first.superseded_by.get() == new
    assert first.events.last().details == {"successors": [new.code]}
    assert new.events.last().details == {"predecessors": [first.code, second.code]}
    assert new.code in Client().get(f"/v/{first.code}/").content.decode()


def test_split(three, officer, act):
    old, *new = three

    services.supersede_codes([old], new, act, by=officer)

    assert set(old.superseded_by.all()) == set(new)


def test_replaced_twice_by_one_click(three, officer, act):
    old, *new = three
    services.supersede_codes([old], new, act, by=officer)

    services.supersede_codes([old], new, act, by=officer)

    assert old.events.filter(transition="supersede").count() == 1
    assert new[0].events.filter(transition="succeed").count() == 1


def test_replaced_by_other_codes_later_is_too_late(three, officer, act):
    old, first, second = three
    services.supersede_codes([old], [first], act, by=officer)

    with pytest.raises(WrongState):
        services.supersede_codes([old], [second], act, by=officer)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("none", "successors_missing"),
        ("itself", "successor_of_itself"),
        ("suspended", "successor_not_active"),
        ("other crop", "successor_other_crop"),
        ("other holder", "successor_other_holder"),
    ],
)
def test_successors_that_are_refused(three, officer, act, wrong, error, request):
    old, new, _other = three
    quiet = replace(act, public_note="")
    if wrong == "none":
        successors = []
    elif wrong == "itself":
        successors = [old]
    elif wrong == "suspended":
        successors = [services.suspend_code(new, act, by=officer)]
    else:
        successors = [request.getfixturevalue("longan_code" if wrong == "other crop" else "neighbour_code")]

    with pytest.raises(RuleViolated) as caught:
        services.supersede_codes([old], successors, quiet, by=officer)

    assert caught.value.code == error
    old.refresh_from_db()
    assert old.status == CodeStatus.ACTIVE


@pytest.fixture
def longan_code(area_factory, code_factory, longan):
    return code_factory(area=area_factory(crop=longan, lat=10.52))


@pytest.fixture
def neighbour_code(area_factory, code_factory, neighbour, neighbour_clerk):
    return code_factory(area=area_factory(cooperative=neighbour, by=neighbour_clerk, lat=10.54))


def test_another_holder_takes_over_with_a_public_reason(three, neighbour_code, officer, act):
    services.supersede_codes([three[0]], [neighbour_code], act, by=officer)

    assert three[0].superseded_by.get() == neighbour_code


def test_only_officers_of_the_old_code_replace_it(three, foreign_officer, clerk, act):
    for person in (foreign_officer, clerk):
        with pytest.raises(NotAllowed):
            services.supersede_codes([three[0]], [three[1]], act, by=person)


def test_replacement_by_page(three, officer, neighbour_code):
    old, merged, new = three
    client = as_user(officer)
    path = f"/desk/codes/{old.pk}/supersede/"
    page = client.get(path).content.decode()
    assert new.code in page
    assert neighbour_code.code not in page
    form = {"reason": "Gộp vùng", "document_number": "3/QĐ", "effective_on": f"{TODAY}"}

    wrong = client.post(path, form | {"typed": "VN-ZZOR-9999"})
    refused = client.post(path, form | {"typed": neighbour_code.code})
    done = client.post(path, form | {"successors": [new.pk], "also_replaced": [merged.pk]}, follow=True)

    assert (wrong.status_code, refused.status_code, done.status_code) == (422, 422, 200)
    assert set(new.supersedes.all()) == {old, merged}
    assert new.code in done.content.decode()


def test_replacement_page_is_not_for_others(three, planner, clerk):
    path = f"/desk/codes/{three[0].pk}/supersede/"

    assert as_user(planner).get(path).status_code == 403
    assert as_user(clerk).get(path).status_code == 404


# --- Seen at once, and by API ----------------------------------------------------------------------------------


def test_the_public_page_tells_at_once(code, officer, act):
    client = Client()
    before = client.get(f"/v/{code.code}/")
    services.suspend_code(code, replace(act, public_note="Tạm dừng từ hôm nay"), by=officer)

    after = client.get(f"/v/{code.code}/")

    assert 'data-status="active"' in before.content.decode()
    assert 'data-status="suspended"' in after.content.decode()
    assert "Tạm dừng từ hôm nay" in after.content.decode()


BODY = {"reason": "Lý do", "document_number": "7/QĐ", "public_note": "Ghi chú"}


@pytest.mark.parametrize(("step", "status"), [("suspend", "suspended"), ("revoke", "revoked")])
def test_steps_by_api(code, officer, step, status):
    answer = as_user(officer).post(f"/api/v1/codes/{code.code}/{step}/", BODY, content_type="application/json")

    assert answer.status_code == 200, answer.content
    assert answer.json()["properties"]["status"] == status


def test_renewal_and_replacement_by_api(yearly, three, officer):
    code, client = yearly(dt.date(2026, 3, 1)), as_user(officer)

    renewed = client.post(f"/api/v1/codes/{code.code}/renew/", BODY, content_type="application/json")
    body = BODY | {"successors": [three[1].code], "also_replaced": [three[2].code]}
    replaced = client.post(f"/api/v1/codes/{three[0].code}/supersede/", body, content_type="application/json")

    assert renewed.json()["properties"]["valid_until"] == "2028-02-29"
    assert replaced.json()["properties"]["status"] == "superseded"


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"reason_code": "khong-co"}, 422, "/reason_code"),
        ({"effective_on": "2999-01-01"}, 422, "/effective_on"),
        ({"effective_on": "hôm nay"}, 422, "/effective_on"),
        ({"public_note": ""}, 422, "/public_note"),
        ({"status": "active"}, 422, "/status"),
    ],
)
def test_bad_acts_by_api(code, officer, change, status, pointer):
    answer = as_user(officer).post(
        f"/api/v1/codes/{code.code}/suspend/", BODY | change, content_type="application/json"
    )

    assert answer.status_code == status, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_unknown_successors_by_api(code, officer):
    body = BODY | {"successors": ["VN-ZZOR-0001"]}

    answer = as_user(officer).post(f"/api/v1/codes/{code.code}/supersede/", body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/successors/0"


@pytest.mark.parametrize(("person", "status"), [("clerk", 403), ("outsider", 404), ("foreign_officer", 404)])
def test_who_may_not_act_by_api(request, code, person, status):
    client = as_user(request.getfixturevalue(person))

    assert (
        client.post(f"/api/v1/codes/{code.code}/suspend/", BODY, content_type="application/json").status_code == status
    )


def test_the_same_key_is_one_act(code, officer):
    client = as_user(officer)
    path = f"/api/v1/codes/{code.code}/suspend/"

    answers = [
        client.post(path, BODY, content_type="application/json", headers={"Idempotency-Key": "k1"}) for _n in "12"
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_market_steps_by_api(code, officer):
    client, path = as_user(officer), f"/api/v1/codes/{code.code}/markets/CHN/"

    done = client.post(path, BODY | {"step": "send_dossier"}, content_type="application/json")
    wrong = client.post(path, BODY | {"step": "hold"}, content_type="application/json")
    none = client.post(
        f"/api/v1/codes/{code.code}/markets/USA/", BODY | {"step": "hold"}, content_type="application/json"
    )

    assert (done.status_code, wrong.status_code, none.status_code) == (200, 409, 404)
    assert code.approvals.get().status == "dossier_sent"


# --- Paths of lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", APPROVAL_PATHS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_paths_of_lists_follow_the_table(pair):
    status, wanted = pair

    for step in APPROVAL_PATHS[pair]:
        status = next_status(APPROVAL_TRANSITIONS, step, status)

    assert status == wanted


def test_no_path_leads_where_nothing_was_decided():
    assert not [
        pair for pair in APPROVAL_PATHS if pair[1] in (ApprovalStatus.NOT_SUBMITTED, ApprovalStatus.DOSSIER_SENT)
    ]
    assert (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED) not in APPROVAL_PATHS


# --- Imported codes find their area ----------------------------------------------------------------------------


@pytest.fixture
def old_code(old_scheme, mango, commune):
    def make(**fields):
        return ProductionAreaCode.objects.create(
            code="VN-CUOR-0007", scheme=old_scheme, scope="CU", is_imported=True, issued_on=dt.date(2019, 1, 1),
            area_name="Vùng cũ", crop=fields.pop("crop", mango), crop_name=mango.name_vi, holder_name="HTX cũ",
            commune=commune, commune_name=commune.full_name, province_name="Tỉnh cũ", grower_count=0, **fields,
        )  # fmt: skip

    return make


def test_an_imported_code_is_linked_once(old_code, area, area_factory, officer):
    code = old_code()
    services.link_code(code, area, by=officer)
    services.link_code(code, area, by=officer)

    code.refresh_from_db()
    assert (code.area, code.area_version, code.holder) == (area, area.version, area.cooperative)
    assert code.area_ha == pytest.approx(area.area_ha)
    assert code.events.filter(transition="link_area").count() == 1
    with pytest.raises(WrongState):
        services.link_code(code, area_factory(lat=10.47), by=officer)


def test_linked_only_to_the_same_crop_and_holder(old_code, area, area_factory, longan, neighbour, officer, code):
    mine = old_code(holder=neighbour)
    with pytest.raises(RuleViolated) as caught:
        services.link_code(mine, area, by=officer)
    assert caught.value.code == "other_holder"
    with pytest.raises(RuleViolated) as caught:
        services.link_code(mine, area_factory(crop=longan, cooperative=area.cooperative, lat=10.49), by=officer)
    assert caught.value.code == "other_crop"
    with pytest.raises(WrongState):
        services.link_code(code, area_factory(lat=10.47), by=officer)


def test_linked_by_page(old_code, area, officer, clerk):
    code = old_code(holder=area.cooperative)
    client = as_user(officer)
    path = f"/desk/codes/{code.pk}/area/"
    assert area.name in client.get(path).content.decode()

    wrong = client.post(path, {"area": 0})
    client.post(path, {"area": area.pk})

    code.refresh_from_db()
    assert (wrong.status_code, code.area) == (422, area)
    assert client.get(path).status_code == 403
    assert as_user(clerk).get(path).status_code == 404


def test_clerks_may_not_link(old_code, area, clerk):
    with pytest.raises(NotAllowed):
        services.link_code(old_code(), area, by=clerk)
