"""The desk: counts equal lists on every tab, who sees what, what the columns say, how many queries a page takes."""

import datetime as dt
import re

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localdate

from casework import desk, services
from casework.desk import Reader
from casework.models import CodeAlert, CodeRequest, Inspection, MisuseCase, PlannedVisit
from codes.models import Lot, ProductionAreaCode
from core.errors import BadInput
from crops.models import YieldNorm
from farms.models import OverlapCase
from tests.factories.farms import make_plot
from tests.factories.places import make_succession
from tests.shapes import square

pytestmark = pytest.mark.django_db
MAX_QUERIES = 60


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(answer):
    return answer.content.decode()


def counts_on(page):
    return {name: int(n) for name, n in re.findall(r'data-tab="(\w+)"[^>]*>[^<(]*\((\d+)\)', page)}


def rows_on(page):
    return len(re.findall(r"data-open", page))


@pytest.fixture
def full_desk(request_factory, area_factory, officer, officer_factory, commune, code_factory, neighbour, mango, clerk):
    """Something on every tab of `officer`."""
    requests = [request_factory(area=area_factory(lat=10.40 + number / 200), submitted=True) for number in range(6)]
    colleague = officer_factory(commune)
    services.take_up_request(requests[0], by=officer)
    services.take_up_request(requests[1], by=colleague)
    services.take_up_request(requests[2], by=officer)
    CodeRequest.objects.filter(pk=requests[2].pk).update(status="returned", return_reason="x")
    CodeRequest.objects.filter(pk=requests[3].pk).update(due_on=dt.date(2026, 1, 1))
    code = code_factory(issued_on=dt.date(2020, 1, 1))
    PlannedVisit.objects.create(code_request=requests[0], planned_on=localdate(), planned_by=officer)
    PlannedVisit.objects.create(
        code_request=requests[1], planned_on=localdate() + dt.timedelta(days=9), planned_by=officer
    )
    first, second = make_plot(neighbour, mango), make_plot(requests[0].cooperative, mango)
    OverlapCase.objects.create(first=first, second=second, shared=square(105.6, 10.5, side_m=30))
    MisuseCase.objects.create(code=code, code_text=code.code, commune=commune, source="public", description="x")
    MisuseCase.objects.create(code_text="VN-9", source="public", description="mã không có")
    MisuseCase.objects.create(
        code_text="VN-8", source="public", description="đã đóng", status="closed", closed_at=timezone.now()
    )
    YieldNorm.objects.create(crop=mango, tonnes_per_ha=1, legal_ref="Thử", valid_from=dt.date(2020, 1, 1))
    Lot.objects.create(
        code=code, weight_kg=99_000, declared_for=code.holder, declared_by=clerk, shipped_on=localdate(), lot_number="1"
    )
    CodeAlert.objects.create(code=code, rule="min", verdict="warn", finding={"title": "Diện tích", "measured": "1 ha"})
    return {"requests": requests, "code": code, "colleague": colleague}


EXPECTED = {
    "mine": 1, "unassigned": 3, "late": 1, "returned": 1, "inspections": 2, "overlaps": 1, "misuse": 2, "ledger": 1,
    "alerts": 1, "all": 6,
}  # fmt: skip


def test_every_tab_counts_what_its_page_lists(full_desk, officer):
    client = as_user(officer)

    assert counts_on(text_of(client.get("/desk/"))) == EXPECTED
    for tab, count in EXPECTED.items():
        page = text_of(client.get("/desk/", {"tab": tab}))
        assert (tab, rows_on(page)) == (tab, count)


@pytest.mark.parametrize(
    ("case", "params"),
    [
        ("commune", {"commune": "Phường Thử"}),
        ("crop", {"product": "xoai"}),
        ("other crop", {"product": "lua"}),
        ("market", {"market": "CHN"}),
        ("scheme", {"scheme": "kieu-cu"}),
        ("state", {"status": "submitted"}),
        ("nobody's", {"assignee": "none"}),
        ("old", {"age": "30"}),
        ("words", {"q": "khong co"}),
    ],
)
def test_counts_equal_lists_under_every_filter(case, params, full_desk, officer, commune, crop_factory):
    crop_factory(slug="lua", name_vi="Lúa", short_code="LUA")
    params = {"commune": commune.code} if case == "commune" else params
    client = as_user(officer)
    current = "all"

    counts = counts_on(text_of(client.get("/desk/", {"tab": current} | params)))

    assert set(counts) == set(EXPECTED)
    reader = Reader(officer, localdate())
    for tab, count in counts.items():
        listed = [len(rows) for _kind, rows in desk.rows_of(tab, reader, params)]
        assert (tab, sum(listed)) == (tab, count)
        known = {k: v for k, v in params.items() if k in desk.TABS[tab][1][0].filters.parameters()}
        assert rows_on(text_of(client.get("/desk/", {"tab": tab} | known))) == count
    assert counts["all"] == {"other crop": 0, "nobody's": 3, "old": 0, "words": 0, "state": 3}.get(case, 6)


def test_ages_are_offered_in_the_language_of_the_reader(officer, settings):
    client = as_user(officer)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    page = text_of(client.get("/desk/?tab=all"))

    assert "7 days or more" in page
    assert "Từ 7 ngày trở lên" not in page


def test_links_of_tabs_carry_only_what_the_tab_understands(full_desk, officer):
    page = text_of(as_user(officer).get("/desk/?tab=all&product=xoai&market=CHN"))

    assert '?tab=overlaps&amp;product=xoai"' in page
    assert '?tab=late&amp;product=xoai&amp;market=CHN"' in page


def test_desk_opens_on_ones_own_work_else_on_what_nobody_has(submitted_request, officer):
    client = as_user(officer)

    before = text_of(client.get("/desk/"))
    services.take_up_request(submitted_request, by=officer)
    after = text_of(client.get("/desk/"))

    assert re.search(r'data-tab="unassigned"\s+aria-current="page"', before)
    assert re.search(r'data-tab="mine"\s+aria-current="page"', after)


def test_an_unknown_tab_opens_as_none(submitted_request, officer):
    assert as_user(officer).get("/desk/?tab=zz").status_code == 200


@pytest.mark.parametrize(
    "query", ["tab=overlaps&market=CHN", "tab=all&age=8", "tab=all&assignee=999999", "tab=misuse&verdict=fail", "huh=1"]
)
def test_what_a_tab_does_not_understand_is_refused(query, officer):
    assert as_user(officer).get(f"/desk/?{query}").status_code == 400


def test_refusal_names_the_parameter():
    with pytest.raises(BadInput) as caught:
        desk.refuse_unknown("ledger", {"tab": "ledger", "market": "CHN"})

    assert [finding.extra.get("parameter") or finding.pointer for finding in caught.value.findings] == ["market"]


def test_nothing_of_another_commune_is_on_the_desk(full_desk, foreign_officer):
    counts = counts_on(text_of(as_user(foreign_officer).get("/desk/")))

    assert counts == dict.fromkeys(EXPECTED, 0) | {"misuse": 1}  # the unknown code is anybody's


def test_planner_reads_but_gets_no_form(full_desk, planner):
    page = text_of(as_user(planner).get("/desk/?tab=all"))

    assert rows_on(page) == 6
    assert "assign-officer" not in page


def test_columns_come_from_what_was_stored(full_desk, officer):
    page = text_of(as_user(officer).get("/desk/?tab=mine"))

    stored = full_desk["requests"][0].events.exclude(findings=[]).last().findings
    passed = sum(one["verdict"] == "pass" for one in stored)
    assert passed > 0
    assert re.search(rf"đạt</span> {passed}<", page)
    assert re.search(r"0/10 ngày", page)
    assert "Cán bộ đã nhận thẩm định" in page
    assert re.search(r'class="deadline"\s+data-tone="ok"', page)


def test_late_is_said_in_words_too(full_desk, officer):
    page = text_of(as_user(officer).get("/desk/?tab=late"))

    assert 'data-tone="late"' in page
    assert re.search(r"Trễ \d+ ngày làm việc", page)


def test_no_check_is_run_for_the_list(full_desk, officer, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the desk ran the engine")

    monkeypatch.setattr("casework.eligibility.examine", refuse)

    assert as_user(officer).get("/desk/?tab=all").status_code == 200


def test_queries_do_not_grow_with_rows(full_desk, request_factory, area_factory, officer):
    client = as_user(officer)
    client.get("/desk/?tab=all")

    with CaptureQueriesContext(connection) as few:
        client.get("/desk/?tab=all")
    for number in range(6, 14):
        request_factory(area=area_factory(lat=10.40 + number / 200), submitted=True)
    with CaptureQueriesContext(connection) as many:
        client.get("/desk/?tab=all")

    assert len(many) == len(few) <= MAX_QUERIES


@pytest.mark.parametrize("tab", ["inspections", "overlaps", "misuse", "ledger", "alerts"])
def test_other_tabs_are_bounded_too(tab, full_desk, officer):
    client = as_user(officer)
    client.get(f"/desk/?tab={tab}")

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/desk/?tab={tab}")

    assert len(queries) <= MAX_QUERIES


def test_a_page_that_crosses_from_visits_to_codes(full_desk, officer):
    reader = Reader(officer, localdate())
    chain = desk.Chain(desk.rows_of("inspections", reader, {}))

    assert len(chain) == 2
    assert [kind for kind, _row in chain[0:2]] == ["visit", "code_due"]
    assert [kind for kind, _row in chain[1:2]] == ["code_due"]
    assert chain[2:4] == []


def test_former_communes_are_found_by_name_with_their_codes(
    full_desk, officer_factory, province, unit_factory, commune
):
    former = unit_factory(
        parent=province, code="77001", name_vi="Tân Cũ", valid_from=dt.date(2010, 1, 1), valid_to=dt.date(2025, 7, 1)
    )
    make_succession(former, commune)
    alert = CodeAlert.objects.get()
    with pgtrigger.ignore():  # a code issued before the reform; frozen rows are changed only so
        ProductionAreaCode.objects.filter(pk=full_desk["code"].pk).update(commune=former)
    reader = Reader(officer_factory(province), localdate())

    by_new = desk.rows_of("alerts", reader, {"commune": commune.code})
    by_old_name = desk.rows_of("alerts", reader, {"commune": "tan cu"})

    assert [list(rows) for _kind, rows in by_new] == [[alert]]
    assert [list(rows) for _kind, rows in by_old_name] == [[alert]]
    assert desk.count_of("all", reader, {"commune": "tan cu"}) == 6


def test_the_commune_is_chosen_from_a_list(full_desk, officer, commune):
    page = text_of(as_user(officer).get("/desk/?tab=all"))

    assert 'list="desk-communes"' in page
    assert f'<option value="{commune.full_name}">' in page
    assert "Mã phường, xã" not in page


def test_share_monitored_is_on_the_first_screen(full_desk, officer, code_factory, area_factory):
    seen = code_factory(area=area_factory(lat=10.48))
    Inspection.objects.create(
        code=seen, purpose="monitoring", inspector=officer, visited_on=localdate(), result="pass", report="x"
    )

    page = text_of(as_user(officer).get("/desk/"))

    assert "50 % (1/2 mã số)" in page
    assert ProductionAreaCode.objects.count() == 2
