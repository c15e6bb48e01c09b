"""When codes were visited, when they are due, and which come first."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework import monitoring
from casework.models import CodeAlert, Inspection, PlannedVisit
from casework.monitoring import day_route, explain, route_km, share_by_commune, with_monitoring, with_risk
from codes.models import ProductionAreaCode
from farms.models import OverlapCase
from tests.shapes import square

pytestmark = pytest.mark.django_db
ISSUED = dt.date(2026, 1, 31)


def visit(code, officer, day, **fields):
    return Inspection.objects.create(
        code=code, purpose="monitoring", inspector=officer, visited_on=day, result="pass", report="Đã xem", **fields
    )


def monitored(code, day):
    return with_monitoring(ProductionAreaCode.objects.all(), day).get(pk=code.pk)


@pytest.mark.parametrize(
    ("day", "is_due"), [(dt.date(2027, 1, 30), False), (dt.date(2027, 1, 31), True), (dt.date(2027, 3, 1), True)]
)
def test_the_first_visit_is_due_a_year_after_issue(code_factory, day, is_due):
    code = code_factory(issued_on=ISSUED)

    found = monitored(code, day)

    assert (found.last_visit_on, found.next_visit_on) == (None, dt.date(2027, 1, 31))
    assert found.is_monitoring_due is is_due


def test_months_end_with_the_month(code_factory, old_scheme):
    old_scheme.monitoring_months = 1
    old_scheme.save()

    assert monitored(code_factory(issued_on=ISSUED), ISSUED).next_visit_on == dt.date(2026, 2, 28)


def test_the_last_visit_until_that_day_counts(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, dt.date(2026, 5, 1))
    visit(code, officer, dt.date(2026, 9, 1))

    assert monitored(code, dt.date(2026, 8, 1)).last_visit_on == dt.date(2026, 5, 1)
    assert monitored(code, dt.date(2026, 9, 1)).next_visit_on == dt.date(2027, 9, 1)


def test_a_scheme_without_a_cycle_asks_for_no_visit(code_factory, old_scheme):
    old_scheme.monitoring_months = None
    old_scheme.save()

    found = monitored(code_factory(issued_on=ISSUED), dt.date(2040, 1, 1))

    assert (found.next_visit_on, found.is_monitoring_due) == (None, False)


def test_a_visit_to_one_code_of_the_area_counts_for_all_of_them(code_factory, new_scheme, china, usa, officer):
    first, second = code_factory(scheme=new_scheme, markets=[china]), code_factory(scheme=new_scheme, markets=[usa])
    visit(first, officer, dt.date(2026, 5, 1))

    assert monitored(second, dt.date(2026, 6, 1)).last_visit_on == dt.date(2026, 5, 1)


# --- Risk -----------------------------------------------------------------------------------------------------

DAY = dt.date(2027, 7, 31)  # half a year after the first visit was due


def scored(code, day=DAY):
    return with_risk(ProductionAreaCode.objects.filter(pk=code.pk), day).get()


def test_a_code_in_order_has_no_risk(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, DAY - dt.timedelta(30))

    found = scored(code)

    assert (found.risk, explain(found)) == (0.0, [])


def test_what_is_overdue_counts_by_the_month_up_to_a_limit(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, ISSUED)

    half_year, ages = scored(code), scored(code, dt.date(2040, 1, 1))

    assert half_year.risk == pytest.approx(181 / 30.4 * monitoring.OVERDUE_POINTS_PER_MONTH)
    assert ages.risk == monitoring.OVERDUE_MAX_MONTHS * monitoring.OVERDUE_POINTS_PER_MONTH
    assert "Quá hạn giám sát 6.0 tháng (+29)" in explain(half_year)[0]


def add_alert(code, officer):
    CodeAlert.objects.create(code=code, rule="minimum_area", verdict="warn")
    CodeAlert.objects.create(code=code, rule="consent", verdict="fail")


def add_overlap(code, officer):
    first, second = code.area.plots.order_by("pk")[:2]
    OverlapCase.objects.create(first=first, second=second, shared=square(105.6001, 10.4501, side_m=20))


def add_major(code, officer):
    visit(code, officer, DAY - dt.timedelta(1))
    Inspection.objects.create(
        code=code, purpose="monitoring", inspector=officer, visited_on=DAY, result="major", report="Lỗi"
    )


def add_minor(code, officer):
    Inspection.objects.create(
        code=code, purpose="monitoring", inspector=officer, visited_on=DAY, result="minor", report="Lỗi"
    )


@pytest.mark.parametrize(
    ("trouble", "points", "words"),
    [
        (add_alert, monitoring.ALERT_FAIL_POINTS, "không còn đạt điều kiện"),
        (add_overlap, monitoring.NEW_OVERLAP_POINTS, "chồng lấn mới"),
        (add_major, monitoring.LAST_MAJOR_POINTS, "lỗi lớn"),
        (add_minor, monitoring.LAST_MINOR_POINTS, "lỗi nhỏ"),
    ],
    ids=["alert", "overlap", "major", "minor"],
)
def test_each_trouble_has_its_weight_and_its_words(code_factory, officer, trouble, points, words, monkeypatch):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, DAY - dt.timedelta(30))
    trouble(code, officer)
    OverlapCase.objects.update(opened_at=timezone.make_aware(dt.datetime(2027, 7, 1)))

    found = scored(code)

    assert found.risk == points
    assert len(explain(found)) == 1
    assert words in explain(found)[0]


def test_an_old_overlap_is_no_news(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, DAY)
    add_overlap(code, officer)
    OverlapCase.objects.update(opened_at=timezone.make_aware(dt.datetime(2027, 4, 1)))

    assert scored(code).risk == 0


def test_closed_and_dismissed_alerts_weigh_nothing(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    visit(code, officer, DAY)
    add_alert(code, officer)
    CodeAlert.objects.filter(rule="consent").update(closed_at=timezone.now())

    assert scored(code).risk == monitoring.ALERT_WARN_POINTS
    assert "cần lưu ý" in explain(scored(code))[0]
    CodeAlert.objects.update(dismissed_by=officer)
    assert scored(code).risk == 0


def test_never_visited_weighs_by_itself(code_factory):
    found = scored(code_factory(issued_on=DAY), DAY)

    assert found.risk == monitoring.NEVER_VISITED_POINTS
    assert "Chưa từng" in explain(found)[0]


def test_an_overdrawn_ledger_weighs_most(code_factory, officer):
    found = scored(code_factory(issued_on=DAY))
    visit(found, officer, DAY)
    found = scored(found)
    found.is_overdrawn = True

    assert "vượt sản lượng" in explain(found)[0]
    assert max(value for name, value in vars(monitoring).items() if name.endswith("_POINTS")) == (
        monitoring.OVERDRAWN_POINTS
    )


# --- Share ----------------------------------------------------------------------------------------------------


def test_share_counts_this_calendar_year_only(code_factory, area_factory, officer, foreign_officer):
    visited, _other = code_factory(issued_on=ISSUED), code_factory(area=area_factory(lon=105.7), issued_on=ISSUED)
    visit(visited, officer, dt.date(2026, 12, 31))

    before, after = share_by_commune(officer, dt.date(2026, 12, 31)), share_by_commune(officer, dt.date(2027, 2, 1))

    assert [(row.codes, row.monitored, row.share, row.due) for row in before] == [(2, 1, 50.0, 0)]
    assert [(row.codes, row.monitored, row.share, row.due) for row in after] == [(2, 0, 0.0, 1)]
    assert share_by_commune(foreign_officer, dt.date(2027, 2, 1)) == []


def test_what_is_over_is_not_counted(code_factory, officer):
    code = code_factory(issued_on=ISSUED)
    ProductionAreaCode.objects.filter(pk=code.pk).update(status="revoked")

    assert share_by_commune(officer, DAY) == []


# --- Route ----------------------------------------------------------------------------------------------------


def test_a_route_follows_the_road():
    along = [(105.60, 10.4), (105.64, 10.4), (105.61, 10.4), (105.63, 10.4), (105.62, 10.4)]

    assert day_route(along) == [0, 2, 4, 3, 1]
    assert day_route(along, start=(105.65, 10.4)) == [1, 3, 4, 2, 0]


def test_two_opt_undoes_a_crossing():
    # From the start the nearest place leads into a corner: the crossing is turned around.
    places = [(105.60, 10.40), (105.601, 10.43), (105.63, 10.401), (105.632, 10.431)]

    order = day_route(places, start=(105.60, 10.39))

    straight = route_km([places[index] for index in order], (105.60, 10.39))
    assert (
        straight
        <= min(
            route_km([places[index] for index in other], (105.60, 10.39))
            for other in ([0, 1, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 2, 3, 1])
        )
        + 1e-9
    )


@pytest.mark.parametrize("places", [[], [(105.6, 10.4)], [(105.6, 10.4)] * 3])
def test_small_and_equal_routes(places):
    assert day_route(places) == list(range(len(places)))


def test_thirty_places_are_quick_and_all_there():
    places = [(105.5 + (n * 37 % 30) / 100, 10.3 + (n * 61 % 30) / 100) for n in range(30)]

    assert sorted(day_route(places)) == list(range(30))


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


PATH = "casework:route"


def test_the_page_puts_the_risky_first_and_says_why(code_factory, area_factory, officer):
    calm, risky = code_factory(), code_factory(area=area_factory(lon=105.65))
    visit(calm, officer, timezone.localdate())
    CodeAlert.objects.create(code=risky, rule="consent", verdict="fail")

    text = as_user(officer).get(reverse(PATH), {"stops": 1}).content.decode()

    assert risky.code in text and calm.code not in text
    assert "không còn đạt điều kiện" in text
    assert f"?code={risky.code}" in text


def test_the_route_stays_near_its_start_and_within_its_commune(code_factory, area_factory, officer, commune):
    near, far = code_factory(), code_factory(area=area_factory(lon=105.68))
    start = {"lat": "10.45", "lon": "105.6", "radius_km": "5"}

    by_start = as_user(officer).get(reverse(PATH), start).content.decode()
    by_commune = as_user(officer).get(reverse(PATH), {"commune": commune.pk}).content.decode()

    assert near.code in by_start and far.code not in by_start
    assert near.code in by_commune and far.code in by_commune


@pytest.mark.parametrize("params", [{"stops": "0"}, {"stops": "31"}, {"lat": "10.45"}, {"commune": "x"}])
def test_a_bad_choice_is_told(officer, code_factory, params):
    code_factory()

    assert as_user(officer).get(reverse(PATH), params).status_code == 422


def test_saving_plans_a_visit_to_each_chosen_code(code_factory, area_factory, officer):
    first, second = code_factory(), code_factory(area=area_factory(lon=105.65))
    today = timezone.localdate()
    data = {"chosen": [first.pk], "planned_on": str(today), "inspector": officer.pk}

    answer = as_user(officer).post(reverse(PATH), data)
    as_user(officer).post(reverse(PATH), data)

    assert answer.url == reverse("casework:visit-list")
    assert [(one.code, one.planned_on, one.inspector) for one in PlannedVisit.objects.all()] == [
        (first, today, officer)
    ]
    assert second.planned_visits.count() == 0


def test_choosing_again_orders_only_the_chosen(code_factory, area_factory, officer):
    first, second = code_factory(), code_factory(area=area_factory(lon=105.65))

    text = as_user(officer).post(reverse(PATH), {"chosen": [second.pk], "do": "again"}, follow=True).content.decode()

    assert second.code in text and first.code not in text


@pytest.mark.parametrize(
    ("data", "words"),
    [({"planned_on": "2020-01-01"}, "trước hôm nay"), ({"chosen": []}, "ít nhất một điểm"), ({"chosen": ["x"]}, "ít")],
)
def test_what_cannot_be_saved_is_told_and_saves_nothing(code_factory, officer, data, words):
    base = {"chosen": [code_factory().pk], "planned_on": str(timezone.localdate())}

    answer = as_user(officer).post(reverse(PATH), base | data)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert PlannedVisit.objects.count() == 0


def test_who_sees_the_route(code_factory, officer, planner, clerk, foreign_officer):
    code = code_factory()

    assert "Ghi lịch các điểm" not in as_user(planner).get(reverse(PATH)).content.decode()
    assert as_user(clerk).get(reverse(PATH)).status_code == 404
    assert code.code not in as_user(foreign_officer).get(reverse(PATH)).content.decode()
    data = {"chosen": [code.pk], "planned_on": str(timezone.localdate())}
    assert as_user(foreign_officer).post(reverse(PATH), data).status_code == 422
    assert as_user(planner).post(reverse(PATH), data).status_code == 422
    assert PlannedVisit.objects.count() == 0
