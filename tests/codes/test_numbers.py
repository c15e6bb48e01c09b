"""Numbers over the years: counters after a restore (E16), the turn of the year (E14), mergers of communes."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from casework import services as casework
from codes import numbering, services
from codes.models import CodeCounter
from codes.services.counters import CounterBehind, catch_up_counters, counters_behind
from tests.factories.codes import make_scheme
from tests.factories.places import make_succession
from tests.people import make_officer

pytestmark = pytest.mark.django_db
BEFORE_MIDNIGHT = dt.datetime(2026, 12, 31, 16, 59, 59, 900_000, tzinfo=dt.UTC)  # 23:59:59.9 in Viet Nam


# --- E16 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_codes(area, old_scheme, china, officer):
    return [services.issue_codes(area, old_scheme, [china], by=officer)[0] for _number in range(3)]


def test_e16_counters_in_order_are_left_alone(three_codes):
    said = io.StringIO()

    call_command("check_counters", stdout=said)

    assert "none behind" in said.getvalue()
    assert catch_up_counters() == []


@pytest.mark.parametrize("state", ["older", "gone"])
def test_e16_a_counter_older_than_its_codes_is_refused_and_repaired(state, three_codes, old_scheme, china, officer):
    counters = CodeCounter.objects.filter(scheme=old_scheme)
    counters.update(last=1) if state == "older" else counters._raw_delete("default")
    found = CounterBehind(old_scheme.pk, "XX", 1 if state == "older" else 0, 3)

    with pytest.raises(CommandError, match=r"counter [01], codes 3"):
        call_command("check_counters")
    assert counters_behind() == [found]

    said = io.StringIO()
    call_command("check_counters", "--repair", stdout=said)
    assert "codes 3" in said.getvalue()
    assert counters_behind() == []
    (code,) = services.issue_codes(three_codes[0].area, old_scheme, [china], by=officer)
    assert code.serial == 4


def test_e16_a_counter_ahead_of_its_codes_never_goes_back(three_codes, old_scheme):
    CodeCounter.objects.filter(scheme=old_scheme).update(last=50)

    call_command("check_counters", "--repair", stdout=io.StringIO())

    assert CodeCounter.objects.get(scheme=old_scheme).last == 50


def test_e16_scopes_are_looked_at_one_by_one(three_codes, new_scheme, china, usa, area, officer):
    services.issue_codes(area, new_scheme, [china, usa], by=officer)
    CodeCounter.objects.filter(scope__endswith="USA").update(last=0)

    assert [(one.scope[-3:], one.last, one.highest) for one in counters_behind()] == [("USA", 0, 1)]


def test_e16_make_run_repairs_before_the_service_starts():
    from ops.running import PREPARE_DATABASE

    assert ["check_counters", "--repair"] in PREPARE_DATABASE


# --- E14 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def yearly():
    return make_scheme(pattern="{letters}-{year}-{serial}", counter_scope=["letters", "year"])


def approved(request_factory, yearly, officer, monkeypatch, moment, **fields):
    code_request = request_factory(scheme=yearly, submitted=True, **fields)
    casework.take_up_request(code_request, by=officer)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return casework.approve_request(code_request, by=officer).codes.get()


def test_e14_the_last_tenth_of_the_year_and_the_first_of_the_next(
    request_factory, area_factory, yearly, officer, monkeypatch
):
    later = BEFORE_MIDNIGHT + dt.timedelta(seconds=0.1)
    other = area_factory(lat=10.47)

    old = approved(request_factory, yearly, officer, monkeypatch, BEFORE_MIDNIGHT)
    new = approved(request_factory, yearly, officer, monkeypatch, later, area=other)

    assert (old.code, old.issued_on) == ("XX-2026-0001", dt.date(2026, 12, 31))
    assert (new.code, new.issued_on) == ("XX-2027-0001", dt.date(2027, 1, 1))
    assert sorted(CodeCounter.objects.values_list("scope", "last")) == [("XX/2026", 1), ("XX/2027", 1)]


# --- Printing and reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "99-PUC-XOAI01-000001-CHN", "99pucxoai01000001chn", "99 puc xoai01 000001 chn", "99.PUC.XOAI01.000001.CHN",
        " 99-PUC-XOAI01-000001-CHN\n", "99–PUC–XOAI01–000001–CHN", "99-PUC-X0AI01-OOOOO1-CHN",
    ],
)  # fmt: skip
def test_however_it_is_typed_it_is_printed_as_issued(typed, area, new_scheme, china, officer):
    services.issue_codes(area, new_scheme, [china], by=officer)

    assert numbering.find_code(typed).code == "99-PUC-XOAI01-000001-CHN"


# --- Mergers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def merged(code, commune, province, unit_factory):
    """The commune of the code goes into a new one; returns the new one."""
    day = dt.date(2026, 10, 1)
    successor = unit_factory(parent=province, code="99555", name_vi="Xã Mới", valid_from=day)
    type(commune).objects.filter(pk=commune.pk).update(valid_to=day)
    make_succession(commune, successor)
    return successor


def test_a_code_survives_the_merger_of_its_commune(code, merged, client):
    code.refresh_from_db()

    assert code.code == "VN-XXOR-0001"
    assert code.commune_name == "Phường Cao Lãnh Thử"
    assert numbering.find_code("vnxxor0001") == code
    assert client.get(f"/v/{code.code}/").status_code == 200


def test_the_office_of_the_new_commune_has_the_old_ones_codes(code, merged, province, unit_factory):
    from codes.permissions import can_change_code_status

    assert can_change_code_status(make_officer(merged), code)
    assert can_change_code_status(make_officer(province), code)
    assert not can_change_code_status(make_officer(unit_factory(parent=province)), code)


def test_numbers_go_on_after_a_merger(code, merged, area, old_scheme, china, province):
    (following,) = services.issue_codes(area, old_scheme, [china], by=make_officer(province))

    assert following.code == "VN-XXOR-0002"
