"""Packing houses, their codes and links; lots declared, questioned, denied, cancelled."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from codes import services
from codes.models import Lot, PackingHouseCode, PackingLink
from codes.services import Act, LotFacts, PackingCodeFacts
from cooperatives.models import PackingHouse
from core.errors import NotAllowed, RuleViolated, WrongState
from crops.models import YieldNorm
from office.models import Notice
from tests.factories.cooperatives import make_cooperative, make_membership
from tests.people import make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def firm(commune):
    """The firm that runs the packing house."""
    return make_cooperative(commune, slug="cong-ty-dong-goi", name="Công ty Đóng Gói Thử", kind="enterprise")


@pytest.fixture
def packer(firm):
    user = make_user(username="packer", full_name="Người Đóng Gói")
    make_membership(firm, user, "owner")
    return user


@pytest.fixture
def house(firm, officer, commune):
    return services.register_packing_house(name="Nhà đóng gói Thử", commune=commune, operator=firm, by=officer)


@pytest.fixture
def packing_code(house, officer):
    return services.record_packing_code(house, PackingCodeFacts("vn-xxph-0001"), by=officer)


@pytest.fixture
def link(code, packing_code, packer, clerk):
    link = services.ask_link(code, packing_code, by=packer)
    return services.decide_link(link, accept=True, by=clerk)


@pytest.fixture
def facts(today):
    return LotFacts("L1", today, Decimal("1500.5"))


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


# --- Houses and their codes ------------------------------------------------------------------------------------


def test_an_officer_records_a_house_and_its_code(house, packing_code, firm):
    assert (house.operator, house.operator_name, house.search_key) == (firm, firm.name, "nha dong goi thu")
    assert (packing_code.code, packing_code.status) == ("VN-XXPH-0001", "active")


def test_the_owner_of_a_firm_records_its_house_but_not_its_code(firm, packer, commune):
    house = services.register_packing_house(name="Của mình", commune=commune, operator=firm, address="Ấp 1", by=packer)

    with pytest.raises(NotAllowed):
        services.record_packing_code(house, PackingCodeFacts("VN-XXPH-0009"), by=packer)


@pytest.mark.parametrize("person", ["clerk", "planner", "foreign_officer", "outsider"])
def test_who_may_not_record(request, house, packing_code, commune, firm, person):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.register_packing_house(name="X", commune=commune, operator=firm, by=user)
    with pytest.raises(NotAllowed):
        services.record_packing_code(house, PackingCodeFacts("VN-XXPH-0002"), by=user)
    with pytest.raises(NotAllowed):
        services.move_packing_code(packing_code, "suspend", document_number="1", by=user)


def test_an_officer_does_not_judge_the_house_of_the_own_firm(house, officer, firm):
    make_membership(firm, officer, "clerk")

    with pytest.raises(NotAllowed):
        services.record_packing_code(house, PackingCodeFacts("VN-XXPH-0002"), by=officer)


def test_a_house_stands_once(house, commune, officer):
    with pytest.raises(RuleViolated):
        services.register_packing_house(name=house.name, commune=commune, operator=None, by=officer)
    with pytest.raises(TypeError):
        services.register_packing_house(name="Y", commune=commune, operator=None, by=officer, is_active=False)


@pytest.mark.parametrize(
    ("code", "text"), [("VNXXPH0001", "Mã này đã có"), ("mã số 7", "chữ cái không dấu"), ("-", "chữ cái không dấu")]
)
def test_packing_codes_that_are_refused(house, packing_code, officer, code, text):
    with pytest.raises(RuleViolated) as caught:
        services.record_packing_code(house, PackingCodeFacts(code), by=officer)

    assert text in str(caught.value)


def test_a_packing_code_does_not_end_before_it_begins(house, officer, today):
    facts = PackingCodeFacts("VN-XXPH-0003", issued_on=today, valid_until=today - dt.timedelta(days=1))

    with pytest.raises(RuleViolated):
        services.record_packing_code(house, facts, by=officer)


def test_a_packing_code_is_suspended_and_restored(packing_code, officer):
    act = {"document_number": "5/QĐ", "public_note": "Chưa đạt vệ sinh", "by": officer}
    services.move_packing_code(packing_code, "suspend", **act)
    again = services.move_packing_code(packing_code, "suspend", **act)
    assert again.status == "suspended"
    with pytest.raises(WrongState):
        services.move_packing_code(packing_code, "suspend", **act | {"document_number": "6/QĐ"})
    services.move_packing_code(packing_code, "restore", document_number="7/QĐ", by=officer)

    with pytest.raises(RuleViolated) as caught:
        services.move_packing_code(packing_code, "revoke", document_number="", by=officer)

    assert [finding.pointer for finding in caught.value.findings] == ["/document_number", "/public_note"]
    with pytest.raises(RuleViolated):
        services.move_packing_code(packing_code, "renew", document_number="1", by=officer)


# --- Links -----------------------------------------------------------------------------------------------------


def test_the_house_asks_and_the_holder_accepts(code, packing_code, packer, clerk):
    link = services.ask_link(code, packing_code, by=packer, note="Vụ này")
    assert link.status == "asked"
    assert services.ask_link(code, packing_code, by=packer) == link
    assert Notice.objects.filter(user=clerk, kind="codes.link_asked").count() == 1

    services.decide_link(link, accept=True, by=clerk)
    again = services.decide_link(link, accept=True, by=clerk)

    assert again.status == "accepted"
    assert Notice.objects.filter(user=packer, kind="codes.link_decided").exists()


def test_the_holder_itself_asks_nobody(code, packing_code, clerk):
    assert services.ask_link(code, packing_code, by=clerk).status == "accepted"


def test_the_holder_agrees_by_asking_too(code, packing_code, packer, clerk):
    services.ask_link(code, packing_code, by=packer)

    assert services.ask_link(code, packing_code, by=clerk).status == "accepted"
    assert PackingLink.objects.count() == 1


def test_refused_and_asked_again(code, packing_code, packer, clerk):
    first = services.decide_link(services.ask_link(code, packing_code, by=packer), accept=False, by=clerk)
    with pytest.raises(WrongState):
        services.decide_link(first, accept=True, by=clerk)

    second = services.ask_link(code, packing_code, by=packer)

    assert (first.status, second.status) == ("refused", "asked")


@pytest.mark.parametrize("person", ["clerk", "packer"])
def test_either_side_ends_a_link(request, link, person, today):
    ended = services.end_link(link, by=request.getfixturevalue(person))

    assert (ended.status, ended.ended_on) == ("ended", today)


@pytest.mark.parametrize("person", ["neighbour_clerk", "outsider", "officer"])
def test_who_may_not_touch_links(request, code, packing_code, link, person):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.ask_link(code, packing_code, by=user)
    with pytest.raises(NotAllowed):
        services.decide_link(link, accept=False, by=user)
    with pytest.raises(NotAllowed):
        services.end_link(link, by=user)


def test_the_house_does_not_decide(code, packing_code, packer):
    link = services.ask_link(code, packing_code, by=packer)

    with pytest.raises(NotAllowed):
        services.decide_link(link, accept=True, by=packer)


def test_no_link_with_what_is_over(code, packing_code, packer, officer, today):
    services.revoke_code(code, Act("Lý do", "1", today, "Ghi chú"), by=officer)

    with pytest.raises(RuleViolated):
        services.ask_link(code, packing_code, by=packer)


def test_no_link_with_a_code_of_nobody(old_scheme, mango, commune, packing_code, packer):
    from tests.codes.test_ledger_numbers import imported

    with pytest.raises(RuleViolated) as caught:
        services.ask_link(imported(old_scheme, mango, commune), packing_code, by=packer)

    assert caught.value.code == "code_without_holder"


# --- Lots ------------------------------------------------------------------------------------------------------


def test_the_holder_declares_and_nobody_is_asked(code, clerk, cooperative, facts):
    lot = services.declare_lot(code, facts, declarer=cooperative, by=clerk)

    assert (lot.answer, lot.answered_by, lot.weight_kg) == ("yes", clerk, Decimal("1500.5"))
    assert not Notice.objects.filter(kind="codes.lot_declared").exists()


def test_the_packing_house_declares_and_the_holder_is_asked(code, link, packing_code, packer, firm, clerk, facts):
    lot = services.declare_lot(code, replace(facts, packing_code=packing_code), declarer=firm, by=packer)

    assert lot.answer == "waiting"
    notice = Notice.objects.get(user=clerk, kind="codes.lot_declared")
    assert "L1" in notice.text
    assert notice.url == "/coop/lots/"


def test_nobody_else_declares(code, packing_code, packer, firm, neighbour, neighbour_clerk, clerk, cooperative, facts):
    cases = [
        (facts, firm, packer),
        (replace(facts, packing_code=packing_code), firm, packer),
        (replace(facts, packing_code=packing_code), neighbour, neighbour_clerk),
        (facts, cooperative, neighbour_clerk),
        (replace(facts, packing_code=packing_code), cooperative, clerk),
    ]

    for said, declarer, person in cases:
        with pytest.raises(NotAllowed):
            services.declare_lot(code, said, declarer=declarer, by=person)


def test_a_lot_without_its_packing_house_keeps_what_was_typed(code, link, packer, firm, today):
    data = {"cooperative": firm.slug, "code": code.pk, "lot_number": "L-77", "shipped_on": today, "weight_kg": 900}

    answer = as_user(packer).post("/coop/lots/new/", data)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "cơ sở đóng gói được phép mới khai được lô" in page
    assert 'value="L-77"' in page
    assert not Lot.objects.exists()


def test_a_suspended_packing_house_declares_nothing(code, link, packing_code, packer, firm, officer, facts):
    services.move_packing_code(packing_code, "suspend", document_number="1", public_note="Dừng", by=officer)

    with pytest.raises(RuleViolated) as caught:
        services.declare_lot(code, replace(facts, packing_code=packing_code), declarer=firm, by=packer)

    assert caught.value.code == "packing_code_not_active"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"shipped_on": dt.date(2999, 1, 1)}, "date_in_future"),
        ({"shipped_on": dt.date(2001, 1, 1)}, "date_before_issue"),
        ({"weight_kg": Decimal(0)}, "weight"),
        ({"weight_kg": Decimal(-5)}, "weight"),
        ({"weight_kg": Decimal(1_000_001)}, "weight"),
        ({"weight_kg": Decimal("1.55")}, "weight"),
        ({"lot_number": "  "}, "required"),
    ],
)
def test_lots_that_cannot_be(code, clerk, cooperative, facts, change, finding):
    with pytest.raises(RuleViolated) as caught:
        services.declare_lot(code, replace(facts, **change), declarer=cooperative, by=clerk)

    assert [one.code for one in caught.value.findings] == [finding]


def test_a_lot_of_long_ago(code_factory, clerk, cooperative, facts, today):
    code = code_factory(issued_on=dt.date(2021, 1, 1))
    old = replace(facts, shipped_on=today - dt.timedelta(days=services.ledger.MAX_AGE_DAYS + 1))

    with pytest.raises(RuleViolated) as caught:
        services.declare_lot(code, old, declarer=cooperative, by=clerk)

    assert caught.value.findings[0].code == "date_too_old"


def test_a_lot_number_stands_once_until_it_is_cancelled(code, clerk, cooperative, facts):
    lot = services.declare_lot(code, facts, declarer=cooperative, by=clerk)
    with pytest.raises(RuleViolated) as caught:
        services.declare_lot(code, facts, declarer=cooperative, by=clerk)
    assert caught.value.findings[0].code == "lot_number_taken"
    services.cancel_lot(lot, "Nhầm", by=clerk)

    assert services.declare_lot(code, facts, declarer=cooperative, by=clerk).pk != lot.pk


@pytest.mark.parametrize("state", ["suspended", "revoked", "superseded", "expired"])
def test_no_lot_on_a_code_that_is_not_in_force(
    state, code_factory, area_factory, new_scheme, china, clerk, officer, cooperative, facts, today
):
    if state == "expired":
        code = code_factory(scheme=new_scheme, issued_on=today - dt.timedelta(days=390))
    else:
        code = code_factory()
    act = Act("Lý do", "1", today, "Ghi chú")
    if state == "superseded":
        services.supersede_codes([code], [code_factory(area=area_factory(lat=10.5))], act, by=officer)
    elif state != "expired":
        services.move_code(code, {"suspended": "suspend", "revoked": "revoke"}[state], act, by=officer)

    with pytest.raises(RuleViolated) as caught:
        services.declare_lot(code, facts, declarer=cooperative, by=clerk)

    assert caught.value.findings[0].code == f"code_{state}"


def test_a_market_must_take_the_fruit(code, clerk, cooperative, facts, china, usa, officer, today):
    for market in (china, usa):
        with pytest.raises(RuleViolated) as caught:
            services.declare_lot(code, replace(facts, market=market), declarer=cooperative, by=clerk)
        assert caught.value.findings[0].code == "market_not_approved"
    for step in ("send_dossier", "approve"):
        services.move_market_approval(code.approvals.get(), step, Act("Lý do", "1", today), by=officer)

    assert services.declare_lot(code, replace(facts, market=china), declarer=cooperative, by=clerk).market == china


@pytest.fixture
def asked(code, link, packing_code, packer, firm, facts):
    """A lot that the holder is asked about."""
    return services.declare_lot(code, replace(facts, packing_code=packing_code), declarer=firm, by=packer)


def test_yes(asked, clerk):
    assert services.answer_lot(asked, is_ours=True, by=clerk).answer == "yes"
    assert services.answer_lot(asked, is_ours=True, by=clerk).answer == "yes"
    with pytest.raises(WrongState):
        services.answer_lot(asked, is_ours=False, by=clerk)


def test_no_is_told_on(asked, clerk, monkeypatch):
    told = []
    monkeypatch.setattr("codes.services.ledger.announce", told.append)

    lot = services.answer_lot(asked, is_ours=False, by=clerk)

    assert lot.answer == "no"
    (news,) = told
    assert list(news.lots) == [lot]


@pytest.mark.parametrize("person", ["packer", "neighbour_clerk", "officer", "viewer"])
def test_only_the_holder_answers(request, asked, person):
    with pytest.raises(NotAllowed):
        services.answer_lot(asked, is_ours=True, by=request.getfixturevalue(person))


def test_cancelled_with_a_reason(asked, packer, officer, clerk):
    with pytest.raises(RuleViolated):
        services.cancel_lot(asked, " ", by=packer)
    with pytest.raises(NotAllowed):
        services.cancel_lot(asked, "Không phải của tôi", by=clerk)
    services.cancel_lot(asked, "Ghi nhầm", by=packer)
    assert services.cancel_lot(asked, "Ghi nhầm", by=packer).cancel_reason == "Ghi nhầm"
    with pytest.raises(WrongState):
        services.cancel_lot(asked, "Khác", by=officer)
    with pytest.raises(WrongState):
        services.answer_lot(asked, is_ours=True, by=clerk)


# --- Pages -----------------------------------------------------------------------------------------------------


def test_the_office_keeps_the_register(officer, firm, commune):
    client = as_user(officer)
    form = {"name": "Nhà đóng gói Một", "operator": firm.slug, "commune": commune.pk}
    assert client.get("/desk/packing/new/").status_code == 200

    wrong = client.post("/desk/packing/new/", {"name": ""})
    made = client.post("/desk/packing/new/", form)
    again = client.post("/desk/packing/new/", form)
    house = PackingHouse.objects.get()
    page = f"/desk/packing/{house.pk}/"
    client.post(page, {"code": "vn-xxph-0007"})
    taken = client.post(page, {"code": "vnxxph0007"})
    code = PackingHouseCode.objects.get()
    client.post(
        f"/desk/packing/codes/{code.pk}/suspend/",
        {f"suspend{code.pk}-document_number": "1/QĐ", f"suspend{code.pk}-public_note": "Dừng"},
    )

    assert (wrong.status_code, made["Location"], again.status_code, taken.status_code) == (422, page, 422, 422)
    assert "Tạm đình chỉ" in client.get(page).content.decode()
    assert house.name in client.get("/desk/packing/?q=dong goi mot").content.decode()
    assert house.name in client.get("/desk/packing/?q=XXPH").content.decode()
    assert house.name not in client.get("/desk/packing/?q=khác").content.decode()
    assert client.post(f"/desk/packing/codes/{code.pk}/renew/").status_code == 404


def test_a_number_too_long_is_told_and_kept_out(officer, packing_code):
    path, name = f"/desk/packing/codes/{packing_code.pk}/suspend/", f"suspend{packing_code.pk}"

    answer = as_user(officer).post(path, {f"{name}-document_number": "9" * 81, f"{name}-public_note": "Dừng"})

    packing_code.refresh_from_db()
    assert answer.status_code in (302, 422)
    assert (packing_code.status, packing_code.document_number) == ("active", "")


def test_planners_read_the_register(planner, house, packing_code):
    client = as_user(planner)

    assert packing_code.code in client.get(f"/desk/packing/{house.pk}/").content.decode()
    client.post(f"/desk/packing/{house.pk}/", {"code": "X1"})
    assert PackingHouseCode.objects.count() == 1
    assert client.get("/desk/packing/new/").status_code == 404


@pytest.mark.parametrize("path", ["/desk/packing/", "/desk/ledger/"])
def test_office_pages_are_not_there_for_clerks(clerk, path):
    assert as_user(clerk).get(path).status_code == 404


def test_links_by_pages(code, packing_code, packer, clerk, firm):
    asker, holder = as_user(packer), as_user(clerk)
    page = "/coop/packing/"

    wrong = asker.post(page, {"code": "VN-ZZOR-1", "packing_code": "VN-ZZPH-1"})
    asker.post(page, {"code": code.code, "packing_code": "vn xxph 0001"})
    link = PackingLink.objects.get()
    seen = holder.get(page).content.decode()
    holder.post(f"{page}links/{link.pk}/accept/")
    holder.post(f"{page}links/{link.pk}/end/")
    again = holder.post(page, {"code": code.code, "packing_code": packing_code.code})

    link.refresh_from_db()
    assert (wrong.status_code, link.status, again.status_code) == (422, "ended", 302)
    assert f"{page}links/{link.pk}/accept/" in seen
    assert holder.post(f"{page}links/{link.pk}/nothing/").status_code == 404
    assert PackingLink.objects.live().count() == 1


def test_a_stranger_does_not_link(code, packing_code, neighbour_clerk):
    answer = as_user(neighbour_clerk).post("/coop/packing/", {"code": code.code, "packing_code": packing_code.code})

    assert answer.status_code == 422
    assert not PackingLink.objects.exists()


def test_the_owner_records_a_house_by_page(packer, firm, commune, clerk):
    client = as_user(packer)
    assert "operator" not in client.get("/coop/packing/new/").content.decode().split("csrf")[1][:200]

    client.post("/coop/packing/new/", {"name": "Nhà mình", "commune": commune.pk})

    assert PackingHouse.objects.get().operator == firm
    assert as_user(clerk).get("/coop/packing/new/").status_code == 403


def test_lots_by_pages(code, link, packing_code, packer, clerk, today, mango):
    YieldNorm.objects.create(crop=mango, tonnes_per_ha=10, legal_ref="Thử", valid_from=dt.date(2020, 1, 1))
    client, holder = as_user(packer), as_user(clerk)
    assert code.code in client.get("/coop/lots/new/").content.decode()
    form = {"code": code.pk, "lot_number": "A-1", "shipped_on": f"{today}", "weight_kg": "2000"}

    refused = client.post("/coop/lots/new/", form | {"packing_code": packing_code.pk, "weight_kg": "0"})
    made = client.post("/coop/lots/new/", form | {"packing_code": packing_code.pk})
    lot = Lot.objects.get()
    question = holder.get("/coop/lots/").content.decode()
    bad = holder.post(f"/coop/lots/{lot.pk}/answer/", {"answer": "maybe"})
    holder.post(f"/coop/lots/{lot.pk}/answer/", {"answer": "no"})
    ledger = holder.get(f"/desk/codes/{code.pk}/ledger/").content.decode()
    after = client.post(f"/coop/lots/{lot.pk}/cancel/", {"reason": "Ghi nhầm"}, follow=True)

    lot.refresh_from_db()
    assert (after.status_code, after.redirect_chain[0][0].split("?")[0]) == (200, "/coop/lots/")
    assert (refused.status_code, made.status_code, lot.answer) == (422, 302, "no")
    assert bad.status_code in (302, 400)
    assert "Có phải hàng của đơn vị không?" in question
    assert "28,0" in ledger
    assert lot.cancel_reason == "Ghi nhầm"


@pytest.mark.parametrize("page", ["/coop/lots/", "/desk/codes/{code}/ledger/"])
def test_more_lots_ask_the_database_no_more_often(code, clerk, cooperative, facts, page):
    client, path = as_user(clerk), page.format(code=code.pk)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    services.declare_lot(code, facts, declarer=cooperative, by=clerk)
    few = queries()
    for number in range(8):
        services.declare_lot(code, replace(facts, lot_number=f"X-{number}"), declarer=cooperative, by=clerk)

    assert queries() <= few


def test_the_office_sees_red_first(code, code_factory, area_factory, officer, clerk, cooperative, facts, mango):
    YieldNorm.objects.create(crop=mango, tonnes_per_ha=0.1, legal_ref="Thử", valid_from=dt.date(2020, 1, 1))
    other = code_factory(area=area_factory(lat=10.5))
    services.declare_lot(other, replace(facts, weight_kg=Decimal(10)), declarer=cooperative, by=clerk)
    services.declare_lot(code, facts, declarer=cooperative, by=clerk)

    page = as_user(officer).get("/desk/ledger/").content.decode()

    assert page.index(code.code) < page.index(other.code)
    assert page.count("vượt") == 1


@pytest.mark.parametrize("year", ["1999", "2999", "x", "²"])
def test_years_that_are_none(officer, year):
    assert as_user(officer).get("/desk/ledger/", {"year": year}).status_code in (302, 400)


def test_the_ledger_of_others_is_not_there(code, neighbour_clerk, outsider):
    for person in (neighbour_clerk, outsider):
        assert as_user(person).get(f"/desk/codes/{code.pk}/ledger/").status_code == 404


# --- API -------------------------------------------------------------------------------------------------------


@pytest.fixture
def body(code, cooperative, today):
    return {
        "code": code.code.lower(), "declared_for": cooperative.slug, "lot_number": "A-1", "shipped_on": f"{today}",
        "weight_kg": "1500.5",
    }  # fmt: skip


def test_a_lot_by_api_once(body, clerk):
    client = as_user(clerk)

    answers = [
        client.post("/api/v1/lots/", body, content_type=JSON, headers={"Idempotency-Key": "k-1"}) for _turn in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201], answers[0].content
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert Lot.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": "VN-ZZOR-1"}, "/code"), ({"declared_for": "khong-co"}, "/declared_for"),
        ({"weight_kg": "0"}, "/weight_kg"),
        ({"weight_kg": "nhiều"}, "/weight_kg"), ({"shipped_on": "2999-01-01"}, "/shipped_on"),
        ({"market": "CHN"}, "/market"),
        ({"packing_code": "VN-ZZPH-1"}, "/packing_code"), ({"answer": "yes"}, "/answer"),
    ],
)  # fmt: skip
def test_bad_lots_by_api(body, clerk, change, pointer):
    answer = as_user(clerk).post("/api/v1/lots/", body | change, content_type=JSON)

    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_answers_and_cancelling_by_api(asked, clerk, packer, outsider):
    holder, house = as_user(clerk), as_user(packer)

    answered = holder.post(f"/api/v1/lots/{asked.pk}/answer/", {"is_ours": True}, content_type=JSON)
    forbidden = holder.post(f"/api/v1/lots/{asked.pk}/cancel/", {"reason": "x"}, content_type=JSON)
    cancelled = house.post(f"/api/v1/lots/{asked.pk}/cancel/", {"reason": "Ghi nhầm"}, content_type=JSON)
    hidden = as_user(outsider).post(f"/api/v1/lots/{asked.pk}/answer/", {"is_ours": True}, content_type=JSON)

    assert (answered.status_code, answered.json()["answer"]) == (200, "yes")
    assert (forbidden.status_code, cancelled.json()["cancel_reason"], hidden.status_code) == (403, "Ghi nhầm", 404)
    assert Client().post("/api/v1/lots/", {}, content_type=JSON).status_code == 401


def test_the_ledger_by_api(code, clerk, outsider, facts, cooperative, today):
    services.declare_lot(code, facts, declarer=cooperative, by=clerk)
    client, path = as_user(clerk), f"/api/v1/codes/{code.code}/ledger/"

    found = client.get(path).json()

    assert (found["declared_t"], found["expected_t"], found["year"]) == (1.5005, None, today.year)
    assert client.get(f"{path}?year=1999").status_code == 400
    assert as_user(outsider).get(path).status_code == 404
    assert client.get("/api/v1/codes/VN-ZZOR-1/ledger/").status_code == 404
