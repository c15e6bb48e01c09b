"""Two provinces with different regimes side by side; the second came by a fixture alone, without a line of Python."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.test import Client

from casework import services
from casework.eligibility import examine, question_of
from casework.permissions import can_decide_request, can_examine_request
from codes import numbering
from codes.models import CodeScheme, Reason
from core.errors import NotAllowed, RuleViolated
from places.models import AdministrativeUnit
from tests.factories.casework import make_request
from tests.factories.codes import make_area, make_rule, make_scheme
from tests.factories.cooperatives import make_cooperative, make_membership
from tests.people import make_officer, make_user

pytestmark = pytest.mark.django_db
FIXTURE = "tests/fixtures/second_province.json"
START = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)  # a Friday


@pytest.fixture(autouse=True)
def friday(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: START)


@pytest.fixture
def first_scheme(province):
    """Of the first province alone: the province decides, the minimum only warns."""
    scheme = make_scheme(slug="tinh-mot", name="Xuất khẩu của tỉnh Một", province=province, deciding_level="province")
    make_rule(scheme, kind="minimum_area", threshold=10, severity="warn")
    return scheme


@pytest.fixture
def second(mango):
    """The second province with a cooperative, its clerk and an officer of its commune."""
    call_command("loaddata", FIXTURE, verbosity=0)
    commune = AdministrativeUnit.objects.get(code="98001")
    cooperative = make_cooperative(commune)
    clerk = make_user()
    make_membership(cooperative, clerk)
    return cooperative, clerk, make_officer(commune)


def area_of(cooperative, mango, clerk, **fields):
    return make_area(cooperative, mango, by=clerk, lon=106.20, lat=10.80, **fields)


@pytest.fixture
def second_scheme(second):
    return CodeScheme.objects.get(slug="tinh-hai-xuat-khau")


@pytest.fixture
def first_request(request_factory, first_scheme):
    return request_factory(scheme=first_scheme, submitted=True)


@pytest.fixture
def second_request(second, second_scheme, mango, china):
    cooperative, clerk, _officer = second
    return make_request(area_of(cooperative, mango, clerk), second_scheme, [china], by=clerk, submitted=True)


def test_each_province_counts_and_prints_by_its_own_pattern(first_request, second_request, second, province):
    _cooperative, _clerk, second_officer = second
    first_officer = make_officer(province)
    services.take_up_request(first_request, by=first_officer)
    services.take_up_request(second_request, by=second_officer)
    colleague = make_officer(second_request.commune)

    one = services.approve_request(first_request, by=first_officer).codes.get()
    two = services.approve_request(second_request, by=colleague).codes.get()

    assert (one.code, one.valid_until) == ("VN-XXOR-0001", None)
    assert (two.code, two.valid_until) == ("TH-98001-CHN-2026-001", dt.date(2028, 11, 19))
    assert numbering.find_code("th 98001 chn 2026 001") == two
    assert (one.province_name, two.province_name) == ("Tỉnh Thử Nghiệm", "Tỉnh Thứ Hai")


def test_four_eyes_are_asked_for_in_one_province_only(first_request, second_request, second, province):
    first_officer, second_officer = make_officer(province), second[2]
    services.take_up_request(first_request, by=first_officer)
    services.take_up_request(second_request, by=second_officer)

    services.approve_request(first_request, by=first_officer)
    with pytest.raises(NotAllowed) as caught:
        services.approve_request(second_request, by=second_officer)

    assert caught.value.code == "four_eyes"


def test_each_has_its_own_terms_and_days_off(first_request, second_request):
    assert first_request.due_on == dt.date(2026, 12, 7)  # ten working days, without the culture day of 24 November
    assert second_request.due_on == dt.date(2026, 12, 1)  # five, and a day off of its own on the 23rd


def test_the_same_small_area_warns_here_and_fails_there(
    request_factory, first_scheme, second, second_scheme, mango, china
):
    cooperative, clerk, _officer = second
    small = area_of(cooperative, mango, clerk, growers=1)

    here = examine(question_of(request_factory(scheme=first_scheme), on=START.date()))
    there = examine(question_of(make_request(small, second_scheme, [china], by=clerk), on=START.date()))

    assert {finding.rule: finding.verdict for finding in here}["minimum_area"] == "warn"
    assert {finding.rule: finding.verdict for finding in there}["minimum_area"] == "fail"


def test_who_decides_differs(first_request, second_request, second, officer, province):
    _cooperative, _clerk, second_officer = second

    assert can_examine_request(officer, first_request)
    assert not can_decide_request(officer, first_request)  # posted at the commune, the province decides
    assert can_decide_request(make_officer(province), first_request)
    assert can_decide_request(second_officer, second_request)
    assert not can_decide_request(make_officer(province), second_request)
    assert not can_examine_request(officer, second_request)


def test_a_scheme_of_the_other_province_is_neither_offered_nor_taken(
    first_scheme, second_scheme, second, area, clerk, mango, china
):
    cooperative, second_clerk, _officer = second
    client = Client()
    client.force_login(second_clerk)

    page = client.get("/coop/requests/new/", {"cooperative": cooperative.slug})
    offered = set(page.context["form"].fields["scheme"].queryset.values_list("slug", flat=True))

    assert offered == {"tinh-hai-xuat-khau"}
    for foreign, own_area, by in ((second_scheme, area, clerk), (first_scheme, None, second_clerk)):
        with pytest.raises(RuleViolated) as caught:
            services.draft_request(
                own_area or area_of(cooperative, mango, second_clerk), scheme=foreign, markets=[china], by=by
            )
        assert caught.value.code == "scheme_not_usable"


def test_codes_are_not_issued_under_the_other_provinces_scheme(first_request, second_scheme, province, china):
    from codes.services import issue_codes

    with pytest.raises(RuleViolated) as caught:
        issue_codes(first_request.area, second_scheme, [china], by=make_officer(province))

    assert caught.value.code == "scheme_not_usable"


def test_reasons_and_checklists_are_its_own(first_scheme, second_scheme):
    assert [one.slug for one in second_scheme.checklist.on(START.date())] == ["nuoc-tuoi"]
    assert Reason.objects.get(slug="thieu-so-do").scheme == second_scheme
    assert not first_scheme.reasons.exists()


def test_a_scheme_without_province_serves_both(second, area, mango):
    scheme = make_scheme(name="Chung")

    for unit in (area.commune, second[0].commune):
        assert scheme in CodeScheme.objects.usable_on(START.date()).for_unit(unit)
