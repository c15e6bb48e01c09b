"""One query object: for every combination of filters list, API, facets, tiles and export find the same products."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codes.models import MarketApproval
from cooperatives.models import Certificate
from crops.models import Variety
from products.models import Listing, Offer, Product, ShopHost
from tests.factories.codes import make_market, make_scheme
from tests.factories.places import make_succession, make_unit
from tests.maps.conftest import decode
from tests.maps.test_pages import shown_count

CASES = 200
LATER = date(2099, 1, 1)
PLACES = [(105.60, 10.45), (105.62, 10.46), (105.75, 10.40), (106.30, 10.20)]


@pytest.fixture
def market_town(province, commune, cooperative, neighbour, mango, longan, area_factory, code_factory, product_factory):
    """Eighteen products that differ in everything one can filter by."""
    east = make_unit(
        parent=province, code="99008", unit_type="Xã", name_vi="Phía Đông", centre=Point(*PLACES[3], srid=4326)
    )
    old = make_unit(code="99900", unit_type="Xã", name_vi="Mỹ Tân", valid_from="2019-01-01", valid_to="2025-07-01")
    make_succession(old, commune)
    for code in ("USA", "VNM"):
        make_market(code)
    varieties = {
        mango: [None, Variety.objects.create(crop=mango, slug="chu", name_vi="Chu")],
        longan: [None, Variety.objects.create(crop=longan, slug="xuong", name_vi="Xuồng")],
        None: [None, None],
    }
    area = area_factory(growers=3)
    approvals = code_factory(area=area).approvals
    approvals.update(status="approved", decided_on="2026-01-05")
    approvals.get_or_create(market_id="USA", defaults={"status": "approved", "decided_on": date(2026, 1, 5)})
    home = make_scheme(is_domestic=True, pattern="{province}-{commune}-{crop}-{serial}", fixed_parts={})
    code_factory(area=area, scheme=home, markets=[])
    # One approved twice over: counted once all the same.
    MarketApproval.objects.filter(code__area=area).update(status="approved")
    Certificate.objects.bulk_create(
        Certificate(cooperative=holder, kind=kind, number=f"{kind}{n}", issuer="Thử", crop=crop, stars=stars,
                    issued_on=date(2020, 1, 1), valid_until=until)
        for n, (holder, kind, crop, stars, until) in enumerate([
            (cooperative, "vietgap", None, None, LATER), (cooperative, "vietgap", mango, None, LATER),
            (cooperative, "ocop", mango, 4, LATER), (neighbour, "ocop", None, 3, LATER),
            (neighbour, "organic", longan, None, LATER), (neighbour, "globalgap", None, None, date(2021, 1, 1)),
        ])
    )  # fmt: skip
    shops = [
        ShopHost.objects.create(host=f"{kind}.example.test", name=kind, kind=kind, is_active=kind != "voso")
        for kind in ("buudien", "voso", "other")
    ]
    for number in range(18):
        crop = [mango, longan, None][number % 3]
        lon, lat = PLACES[number % 4]
        product = product_factory(
            cooperative=[cooperative, neighbour][number % 2], crop=crop, variety=varieties[crop][number % 2],
            kind="crop" if crop else ["processed", "aquaculture"][number % 2],
            name_vi=f"Hàng {number} cat chu"[: 8 + number],
            area=area if crop == mango and number % 2 == 0 else None, commune=[commune, east][number % 4 == 3],
            location=Point(lon, lat, srid=4326), months=[1 + number % 12, 1 + (number * 5) % 12][: 1 + number % 2],
            volume_t=3.5 * number + 1, is_published=number != 17,
        )  # fmt: skip
        if number % 5 == 0:
            Offer.objects.create(product=product, months=[3, 4], volume_t=40, valid_from=date(2026, 1, 1))
        if number % 3 == 0:
            Listing.objects.create(product=product, shop=shops[number % 9 // 3], url=f"https://x.example.test/{number}")


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "product": st.sampled_from(["xoai", "nhan"]),
    "variety": st.sampled_from(["chu", "xuong"]),
    "kind": st.sampled_from(["crop", "processed", "aquaculture", "forestry"]),
    "month": st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True),
    "market": st.sampled_from(["CHN", "USA", "VNM"]),
    "certificate": st.sampled_from(["vietgap", "ocop", "ocop3", "ocop4", "ocop5", "organic", "globalgap"]),
    "min_volume": st.sampled_from(["0", "1", "15.5", "40", "1000"]),
    "sells_on": st.sampled_from(["buudien", "voso", "other"]),
    "commune": st.sampled_from(["99001", "99", "phia dong", "Xã Mỹ Tân", "Phường Cao Lãnh Thử"]),
    "producer": st.sampled_from(["htx-cua-toi", "htx-lang-gieng", "khong-co"]),
    "q": st.sampled_from(["cat", "Hàng 1", "của tôi", "%"]),
    "bbox": st.sampled_from(["105.5,10.4,105.65,10.5", "-180,-90,180,90", "0,0,1,1"]),
}
NEAR = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"near": st.sampled_from(["105.6,10.45", "10.2,106.3"]), "km": st.sampled_from(["1", "5", "60"])}
    ),
)
ASKED = st.tuples(st.fixed_dictionaries({}, optional=FILTERS), NEAR).map(lambda pair: pair[0] | pair[1])


@pytest.mark.django_db(transaction=True)  # the export reads by a connection of its own
@settings(
    max_examples=CASES, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@example({})
@example({"month": [3], "min_volume": "15.5"})
@given(params=ASKED)
def test_every_combination_counts_the_same_everywhere(market_town, settings, client, params):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    query = urlencode(params, doseq=True)

    listed = shown_count(client.get(f"/?{query}", HTTP_HX_REQUEST="true"))
    api = client.get(f"/api/v1/products/?{query}&count=true&limit=1000").json()
    facets = client.get(f"/api/v1/facets/?{query}").json()
    tile = decode(client.get(f"/tiles/products/0/0/0.mvt?{query}").content)
    export = exported(client, query)

    seen = {
        "API": api["numberMatched"],
        "features": len(api["features"]),
        "facets": facets["numberMatched"],
        "tile": sum(feature["properties"]["count"] for features in tile.values() for feature in features),
        "export": len(export),
    }
    assert seen == dict.fromkeys(seen, listed)
    for name, values in params.items():
        assert_facet_agrees(facets["facets"], name, values, listed)


def exported(client: Client, query: str) -> list[Any]:
    response = client.get(f"/data/products.geojson?{query}")
    assert response.status_code == 200, response
    return json.loads(b"".join(response.streaming_content))["features"]


def assert_facet_agrees(facets: dict[str, Any], name: str, values: Any, listed: int) -> None:
    """The facet's count of the one value in use is what the list holds; a value that finds nothing may be left out."""
    chosen = [str(value) for value in values] if isinstance(values, list) else [values]
    if name in facets and name != "commune" and len(chosen) == 1:
        counts = {value["value"]: value["count"] for value in facets[name]}
        assert counts.get(chosen[0], 0) == listed


@pytest.mark.parametrize(
    "name", ["product", "variety", "kind", "month", "market", "certificate", "sells_on", "commune"]
)
@pytest.mark.parametrize("others", ["", "month=3&min_volume=15.5", "certificate=ocop&near=105.6,10.45&km=60"])
def test_each_facet_value_leaves_what_it_says(market_town, settings, client, name, others):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    kept = "&".join(part for part in others.split("&") if part and not part.startswith(f"{name}="))
    values = client.get(f"/api/v1/facets/?{others}").json()["facets"][name]

    left = {value["value"]: count(client, f"{kept}&{name}={value['value']}") for value in values}

    assert values or others
    assert {value["value"]: value["count"] for value in values} == left


def count(client: Client, query: str) -> int:
    return client.get(f"/api/v1/products/?{query.lstrip('&')}&count=true&limit=1").json()["numberMatched"]


@pytest.mark.django_db
def test_the_town_has_something_for_every_filter(market_town, client):
    """Else the test above would compare nothing with nothing."""
    facets = client.get("/api/v1/facets/").json()["facets"]

    assert Product.objects.public().count() == 17
    assert all(values for name, values in facets.items())
