"""Issuing codes: one per market or one for all, frozen, numbered without gaps."""

import datetime as dt

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from codes import numbering, services
from codes.models import CodeCounter, ProductionAreaCode
from codes.services.issue import last_day_of_validity
from core.errors import NotAllowed, RuleViolated
from tests.factories.codes import make_scheme

pytestmark = pytest.mark.django_db


def test_market_bound_scheme_gives_one_code_per_market(area, new_scheme, china, usa, officer):
    codes = services.issue_codes(area, new_scheme, [usa, china], by=officer)

    assert [code.code for code in codes] == ["99-PUC-XOAI01-000001-CHN", "99-PUC-XOAI01-000001-USA"]
    assert [[approval.market_id for approval in code.approvals.all()] for code in codes] == [["CHN"], ["USA"]]
    assert {approval.status for code in codes for approval in code.approvals.all()} == {"not_submitted"}


def test_unbound_scheme_gives_one_code_with_an_approval_per_market(area, old_scheme, china, usa, officer):
    (code,) = services.issue_codes(area, old_scheme, [china, usa], by=officer)

    assert (code.code, code.market) == ("VN-XXOR-0001", None)
    assert sorted(code.approvals.values_list("market_id", flat=True)) == ["CHN", "USA"]


def test_domestic_scheme_needs_no_market(area, officer):
    scheme = make_scheme(pattern="{province}-{commune}-{crop}-{serial}", fixed_parts={}, is_domestic=True)

    (code,) = services.issue_codes(area, scheme, [], by=officer)

    assert code.code == "99-99001-XOAI-0001"
    assert not code.approvals.exists()


def test_serials_count_within_their_scope(area, area_factory, new_scheme, china, usa, officer):
    services.issue_codes(area, new_scheme, [china], by=officer)
    other = area_factory(lat=10.47)

    codes = services.issue_codes(other, new_scheme, [china, usa], by=officer)

    assert [code.serial for code in codes] == [2, 1]


def test_code_keeps_a_frozen_copy(code, area, clerk):
    services.change_area(area, name="Tên khác", plots=list(area.plots.all()[:1]), by=clerk)
    code.refresh_from_db()

    assert (code.area_name, code.crop_name, code.holder_name) == ("Vùng xoài Thử", "Xoài", "Hợp tác xã Của Tôi")
    assert (code.commune_name, code.province_name) == ("Phường Cao Lãnh Thử", "Tỉnh Thử Nghiệm")
    assert code.area_ha == pytest.approx(3, rel=1e-3)
    assert (code.area_version, code.grower_count) == (1, 3)


@pytest.mark.parametrize("field", ["code", "serial", "area_name", "holder_name", "boundary", "issued_on"])
def test_frozen_fields_are_refused_by_the_database(code, field):
    other = {"serial": 9, "boundary": code.commune.boundary, "issued_on": dt.date(2020, 1, 1)}.get(field, "KHAC-1")

    with pytest.raises(DatabaseError), transaction.atomic():
        ProductionAreaCode.objects.filter(pk=code.pk).update(**{field: other})


def test_code_is_never_deleted(code):
    with pytest.raises(DatabaseError), transaction.atomic():
        ProductionAreaCode.objects.filter(pk=code.pk)._raw_delete("default")


def test_issue_leaves_an_event(code, officer):
    event = code.events.get()

    assert (event.transition, event.new_status, event.by) == ("issue", "active", officer)


def test_failed_issue_gives_its_number_back(area, old_scheme, china, officer):
    with pytest.raises(RuntimeError), transaction.atomic():
        services.issue_codes(area, old_scheme, [china], by=officer)
        raise RuntimeError("the caller fails after the number was taken")

    (code,) = services.issue_codes(area, old_scheme, [china], by=officer)

    assert code.serial == 1


def test_counter_is_locked_last(area, old_scheme, china, officer, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as caught:
        services.issue_codes(area, old_scheme, [china], by=officer)

    statements = [query["sql"].lstrip() for query in caught]
    counter = next(number for number, text in enumerate(statements) if "codes_codecounter" in text)
    assert all(text.startswith(("INSERT", "SAVEPOINT", "RELEASE")) for text in statements[counter:])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"is_confirmed": False}, "scheme_not_usable"),
        ({"valid_to": dt.date(2021, 1, 1)}, "scheme_not_usable"),
        ({"fixed_parts": {}}, "scheme_part_missing"),
    ],
)
def test_schemes_that_give_no_code(area, china, officer, fields, code):
    with pytest.raises(RuleViolated) as caught:
        services.issue_codes(area, make_scheme(**fields), [china], by=officer)

    assert caught.value.code == code
    assert not CodeCounter.objects.exists()


def test_export_code_needs_a_market(area, old_scheme, officer):
    with pytest.raises(RuleViolated) as caught:
        services.issue_codes(area, old_scheme, [], by=officer)

    assert caught.value.code == "markets_missing"


def test_serials_end_with_the_width(area, china, officer):
    scheme = make_scheme(serial_width=1)
    CodeCounter.objects.create(scheme=scheme, scope="XX", last=9)

    with pytest.raises(RuleViolated) as caught, transaction.atomic():
        services.issue_codes(area, scheme, [china], by=officer)

    assert caught.value.code == "serials_used_up"
    assert CodeCounter.objects.get().last == 9


@pytest.mark.parametrize(
    ("person", "allowed"),
    [
        ("officer", True),
        ("foreign_officer", False), ("planner", False), ("clerk", False), ("owner", False), ("outsider", False),
        ("anonymous", False),
    ],
)  # fmt: skip
def test_who_may_issue(request, person, allowed, area, old_scheme, china):
    user = request.getfixturevalue(person)

    if allowed:
        assert services.issue_codes(area, old_scheme, [china], by=user)
    else:
        with pytest.raises(NotAllowed):
            services.issue_codes(area, old_scheme, [china], by=user)


@pytest.mark.parametrize(
    ("issued_on", "months", "last"),
    [
        (dt.date(2026, 3, 1), 12, dt.date(2027, 2, 28)),
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 27)),
        (dt.date(2026, 12, 15), 1, dt.date(2027, 1, 14)),
        (dt.date(2026, 12, 15), None, None),
    ],
)
def test_last_day_of_validity(issued_on, months, last):
    assert last_day_of_validity(issued_on, months) == last


def test_year_of_a_code_is_that_of_viet_nam(area, china, officer, monkeypatch):
    scheme = make_scheme(pattern="{letters}-{year}-{serial}", counter_scope=["letters", "year"])
    last_second = dt.datetime(2026, 12, 31, 16, 59, 59, tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: last_second)

    (old_year,) = services.issue_codes(area, scheme, [china], by=officer)
    monkeypatch.setattr("django.utils.timezone.now", lambda: last_second + dt.timedelta(seconds=1))
    (new_year,) = services.issue_codes(area, scheme, [china], by=officer)

    assert (old_year.code, new_year.code) == ("XX-2026-0001", "XX-2027-0001")


@pytest.mark.parametrize(
    "typed",
    [
        "VN-XXOR-0001",
        "vn-xxor-0001",
        "VN XXOR 0001",
        " vnxxor0001 ",
        "VN.XXOR.0001",
        "vn–xxor–0001",
        "VN-XX0R-OOO1",
        "VN-XXOR-000l",
    ],
)
def test_reading_is_tolerant(code, typed):
    assert numbering.find_code(typed) == code


@pytest.mark.parametrize("typed", ["", "---", "VN-XXOR-0002", "0001", "VN-XXOR-00011", "đ" * 500])
def test_what_is_no_code(code, typed):
    assert numbering.find_code(typed) is None


def test_nearest_spellings_come_first(area, old_scheme, new_scheme, china, officer):
    for _number in range(12):
        services.issue_codes(area, old_scheme, [china], by=officer)
    services.issue_codes(area, new_scheme, [china], by=officer)

    found = numbering.suggestions("VN-XXOR-0O12X")

    assert found
    assert all(code.startswith("VN-XXOR-") for code in found)
    assert len(found) <= 5
