"""The season map's numbers: the rule of volumes, and that every view of them adds up to the offers."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from products import seasons
from products.models import Offer, Product
from tests.factories.cooperatives import make_cooperative
from tests.factories.crops import make_crop
from tests.factories.places import make_unit
from tests.maps.conftest import make_product

pytestmark = pytest.mark.django_db
TOLERANCE = 1e-4  # tonnes: sums of numbers cut to a gramme each


@pytest.fixture
def sellers(cooperative, mango):
    """Two cooperatives in two communes, two crops and a processed product."""
    longan = make_crop(short_code="NHANX", slug="nhan-thu", name_vi="Nhãn thử", name_en="Test longan")
    other = make_cooperative(make_unit(name_vi="Bên Kia Thử"), name="HTX Bên Kia")
    return {
        "mango": make_product(cooperative, mango, months=(), name_vi="Xoài A"),
        "mango there": make_product(other, mango, months=(), name_vi="Xoài B"),
        "longan": make_product(cooperative, longan, months=(), name_vi="Nhãn A"),
        "jam": make_product(other, None, months=(), name_vi="Mứt B"),
    }


def offer(product: Product, months: list[int], volume_t: float, **fields) -> Offer:
    fields.setdefault("valid_from", date(2020, 1, 1))
    return Offer.objects.create(product=product, months=months, volume_t=volume_t, **fields)


def test_tonnes_are_spread_evenly_over_the_months_of_the_offer(sellers):
    offer(sellers["mango"], [3, 4, 5], 30)
    offer(sellers["mango"], [5], 8)

    year = seasons.year_of(seasons.season_offers({}))

    assert year.tonnes == (0, 0, 10, 10, 18, 0, 0, 0, 0, 0, 0, 0)
    assert year.producers == (0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)


def test_a_producer_counts_once_a_month_whatever_it_sells(sellers):
    offer(sellers["mango"], [3], 5)
    offer(sellers["longan"], [3], 5)
    offer(sellers["mango there"], [3], 5)

    total = seasons.overview(seasons.season_offers({})).total_of(3)

    assert (total.tonnes, total.producers, total.communes) == (15, 2, 2)


def test_a_month_says_how_much_from_whom(sellers, cooperative):
    offer(sellers["mango"], [3], 5)
    offer(sellers["mango"], [3, 4], 6)
    offer(sellers["jam"], list(range(1, 13)), 24)
    offers = seasons.season_offers({})

    found = seasons.month_lines(offers, 3, seasons.month_rows(offers, 3))

    assert [(row.commune, row.goods.name, row.tonnes) for row in found] == [
        (cooperative.commune.full_name, "Xoài", 8),
        ("Xã Bên Kia Thử", "Chế biến", 2),
    ]
    assert [(one.slug, one.name, one.tonnes) for one in found[0].sellers] == [(cooperative.slug, cooperative.name, 8)]
    assert [row.goods.filters for row in found] == [{"product": "xoai"}, {"kind": "processed"}]


def test_sellers_of_a_row_are_the_largest_first_and_add_up_to_it(sellers, cooperative, mango):
    second = make_cooperative(cooperative.commune, name="HTX Thứ Hai")
    offer(sellers["mango"], [3], 5)
    offer(make_product(second, mango, months=(), name_vi="Xoài C"), [3, 4], 14)
    offers = seasons.season_offers({})

    (row,) = seasons.month_lines(offers, 3, seasons.month_rows(offers, 3))

    assert [(one.name, one.tonnes) for one in row.sellers] == [("HTX Thứ Hai", 7), (cooperative.name, 5)]
    assert row.tonnes == 12


@pytest.mark.parametrize(("sort", "first"), [("tonnes", "Xã Bên Kia Thử"), ("product", "Xã Bên Kia Thử")])
def test_rows_can_be_sorted(sort, first, sellers):
    offer(sellers["mango"], [3], 5)
    offer(sellers["jam"], [3], 9)
    offers = seasons.season_offers({})

    rows = seasons.month_lines(offers, 3, seasons.month_rows(offers, 3, sort=sort))

    found = rows[0] if sort == "tonnes" else rows[-1]
    assert found.commune == first


@pytest.mark.parametrize(
    ("case", "offer_fields", "product_fields"),
    [
        ("over", {"valid_to": -1}, {}),
        ("not yet", {"valid_from": 1}, {}),
        ("product hidden", {}, {"is_published": False}),
    ],
)
def test_what_is_not_offered_today_is_not_counted(case, offer_fields, product_fields, sellers):
    days = {name: localdate() + timedelta(days=days) for name, days in offer_fields.items()}
    offer(sellers["mango"], [3], 5, **days)
    Product.objects.filter(pk=sellers["mango"].pk).update(**product_fields)

    assert seasons.overview(seasons.season_offers({})).total_of(3).tonnes == 0
    assert seasons.overview(seasons.season_offers({})).communes == []


def test_a_household_is_never_counted(sellers, cooperative):
    offer(sellers["mango"], [3], 5)
    type(cooperative).objects.filter(pk=cooperative.pk).update(kind="household")

    assert seasons.lines(seasons.season_offers({})) == []


def test_filters_are_those_of_the_product_map(sellers):
    offer(sellers["mango"], [3], 5)
    offer(sellers["longan"], [3, 4], 8)
    offer(sellers["jam"], [3], 9)

    asked = {query: seasons.overview(seasons.season_offers(params)).total_of(3).tonnes for query, params in {
        "crop": {"product": "xoai"}, "kind": {"kind": "processed"}, "text": {"q": "nhan a"},
        "commune": {"commune": "Bên Kia Thử"}, "month is no filter here": {"month": "4"},
    }.items()}  # fmt: skip

    assert asked == {"crop": 5, "kind": 9, "text": 4, "commune": 9, "month is no filter here": 18}


def test_unknown_filter_is_named(sellers):
    with pytest.raises(BadInput) as caught:
        seasons.season_offers({"colour": "red"})

    assert [finding.code for finding in caught.value.findings] == ["unknown_parameter"]


def test_crop_is_named_in_the_readers_language(sellers):
    offer(sellers["longan"], [3], 5)

    with override("en"):
        (row,) = seasons.lines(seasons.season_offers({}))

    assert row.goods.name == "Test longan"


MONTHS = st.lists(st.integers(1, 12), min_size=1, max_size=12, unique=True)
VOLUMES = st.floats(0.001, 100_000, allow_nan=False)
OFFERS = st.lists(st.tuples(st.sampled_from(["mango", "mango there", "longan", "jam"]), MONTHS, VOLUMES), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offers=OFFERS, filters=st.sampled_from([{}, {"product": "xoai"}, {"kind": "processed"}, {"q": "htx"}]))
def test_every_view_adds_up_to_the_offers(offers, filters, sellers):
    Offer.objects.all().delete()
    for name, months, volume_t in offers:
        offer(sellers[name], sorted(months), volume_t)
    found = seasons.season_offers(filters)
    asked = sum(found.values_list("volume_t", flat=True))

    views = {
        "year": sum(seasons.year_of(found).tonnes),
        "communes": sum(sum(row.year.tonnes) for row in seasons.overview(found).communes),
        "products": sum(sum(row.year.tonnes) for row in seasons.overview(found).goods),
        "lines": sum(sum(row.year.tonnes) for row in seasons.lines(found)),
        "months": sum(seasons.overview(found).total_of(month).tonnes for month in seasons.MONTHS),
        "rows": sum(
            line.tonnes
            for month in seasons.MONTHS
            for line in seasons.month_lines(found, month, seasons.month_rows(found, month))
        ),
        "sellers": sum(
            seller.tonnes
            for month in seasons.MONTHS
            for line in seasons.month_lines(found, month, seasons.month_rows(found, month))
            for seller in line.sellers
        ),
    }

    assert views == {name: pytest.approx(asked, abs=TOLERANCE) for name in views}
