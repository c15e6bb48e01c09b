"""What the volume ledger says: expected, declared, remaining, red; in one query for any number of codes."""

import datetime as dt

import pytest
from django.utils import timezone

from codes.ledger import day_of, ledger_of
from codes.models import Lot, ProductionAreaCode
from crops.models import YieldNorm
from tests.factories.codes import make_market

pytestmark = pytest.mark.django_db
YEAR = 2026


@pytest.fixture
def norm_factory(mango):
    def make(tonnes_per_ha, **fields):
        fields = {"crop": mango, "legal_ref": "Định mức thử", "valid_from": dt.date(2020, 1, 1)} | fields
        return YieldNorm.objects.create(tonnes_per_ha=tonnes_per_ha, **fields)

    return make


@pytest.fixture
def lot_factory(clerk, cooperative):
    def make(code, weight_kg, **fields):
        fields = {"shipped_on": dt.date(YEAR, 5, 1), "lot_number": f"L{Lot.objects.count()}"} | fields
        return Lot.objects.create(code=code, weight_kg=weight_kg, declared_for=cooperative, declared_by=clerk, **fields)

    return make


def imported(scheme, crop, commune, **fields):
    fields = {"code": "VN-CUOR-0007", "declared_area_m2": 20_000.0, "variety_name": ""} | fields
    return ProductionAreaCode.objects.create(
        scheme=scheme, scope="CU", is_imported=True, issued_on=dt.date(2019, 1, 1), area_name="Vùng cũ", crop=crop,
        crop_name=crop.name_vi, holder_name="Hợp tác xã cũ", commune=commune, commune_name=commune.full_name,
        province_name="Tỉnh cũ", grower_count=0, **fields,
    )  # fmt: skip


def ledger(code, year=YEAR):
    return ledger_of(ProductionAreaCode.objects.get(pk=code.pk), year)


def test_without_a_norm_nothing_is_expected_and_nothing_is_red(code, lot_factory):
    lot_factory(code, 900_000)

    found = ledger(code)

    assert (found.expected_t, found.declared_t, found.remaining_t, found.is_overdrawn) == (None, 900.0, None, False)


def test_expected_is_hectares_times_norm(code, norm_factory, lot_factory):
    norm_factory(25)
    lot_factory(code, 30_000)

    found = ledger(code)

    assert found.expected_t == pytest.approx(75, rel=1e-3)
    assert found.remaining_t == pytest.approx(45, rel=1e-2)
    assert (found.is_overdrawn, round(found.share)) == (False, 40)


def test_red_when_over(code, norm_factory, lot_factory):
    norm_factory(1)
    lot_factory(code, 3_500)

    found = ledger(code)

    assert found.is_overdrawn
    assert found.remaining_t == pytest.approx(-0.5, abs=0.01)
    assert found.share == 100
    assert ProductionAreaCode.objects.overdrawn(YEAR).get() == code


def test_fruit_of_one_area_counts_once(code_factory, usa, norm_factory, lot_factory):
    norm_factory(10)
    first, second = code_factory(), code_factory(markets=[usa])
    lot_factory(first, 10_000)
    lot_factory(second, 15_000)

    assert ledger(first).declared_t == ledger(second).declared_t == 25.0
    assert ProductionAreaCode.objects.overdrawn(YEAR).count() == 0


def test_other_areas_and_years_and_cancelled_lots_do_not_count(code, code_factory, area_factory, lot_factory, clerk):
    other = code_factory(area=area_factory(lat=10.47))
    lot_factory(other, 1_000)
    lot_factory(code, 2_000, shipped_on=dt.date(YEAR - 1, 12, 31))
    lot_factory(code, 4_000, cancelled_at=timezone.now(), cancelled_by=clerk, cancel_reason="Nhầm")
    lot_factory(code, 8_000, shipped_on=dt.date(YEAR, 12, 31))

    assert ledger(code).declared_t == 8.0
    assert ledger(code, YEAR - 1).declared_t == 2.0


def test_lots_that_the_holder_denies_still_count(code, lot_factory):
    lot_factory(code, 5_000, answer="no", answered_at=timezone.now())

    assert ledger(code).declared_t == 5.0


def test_variety_before_crop_and_province_before_country(area_factory, code_factory, cat_chu, norm_factory, province):
    code = code_factory(area=area_factory(variety=cat_chu, lat=10.47))
    norm_factory(10)
    norm_factory(12, province=province)
    assert ledger(code).expected_t == pytest.approx(36, rel=1e-3)
    norm_factory(14, variety=cat_chu)
    assert ledger(code).expected_t == pytest.approx(42, rel=1e-3)
    norm_factory(16, variety=cat_chu, province=province)
    assert ledger(code).expected_t == pytest.approx(48, rel=1e-3)


def test_norms_of_other_crops_provinces_and_days_do_not_count(code, norm_factory, longan, unit_factory, cat_chu):
    norm_factory(99, crop=longan)
    norm_factory(98, province=unit_factory(code="88", level="province"))
    norm_factory(97, valid_from=dt.date(2999, 1, 1))
    norm_factory(96, valid_to=dt.date(2021, 1, 1))
    norm_factory(95, variety=cat_chu)

    assert ledger(code).expected_t is None
    assert ledger(code, 2020).expected_t == pytest.approx(96 * 3, rel=1e-3)


def test_an_imported_code_counts_by_itself(code, old_scheme, mango, cat_chu, commune, norm_factory, lot_factory):
    norm_factory(10)
    norm_factory(20, variety=cat_chu)
    old = imported(old_scheme, mango, commune, variety_name="Cát Chu")
    bare = imported(old_scheme, mango, commune, code="VN-CUOR-0008", declared_area_m2=None)
    lot_factory(old, 50_000)
    lot_factory(bare, 1_000)

    assert (ledger(old).expected_t, ledger(old).declared_t, ledger(old).is_overdrawn) == (40.0, 50.0, True)
    assert (ledger(bare).expected_t, ledger(bare).declared_t) == (None, 1.0)
    assert ProductionAreaCode.objects.overdrawn(YEAR).get() == old


def test_the_ledger_of_a_list_is_one_query(code_factory, django_assert_num_queries, norm_factory):
    norm_factory(10)
    for market in ("JPN", "KOR", "AUS"):
        code_factory(markets=[make_market(market)])

    with django_assert_num_queries(1):
        rows = list(ProductionAreaCode.objects.with_ledger(YEAR))

    assert len(rows) == 3


def test_the_day_that_stands_for_a_year():
    today = timezone.localdate()

    assert day_of(today.year) == today
    assert day_of(today.year - 3) == dt.date(today.year - 3, 12, 31)
    assert day_of(today.year + 3) == dt.date(today.year + 3, 1, 1)
