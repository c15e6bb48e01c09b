"""54 abstract tests over every collection, as a visitor and as a planner who also sees the plots."""

import pytest
from django.core.cache import cache

from maps.services import note_changes
from tests.exchange.ogc_checker import TESTS, Service, run
from tests.exchange.ogc_checker.base import Failed
from tests.exchange.ogc_checker.core import fc_bbox_response, fc_limit_response, fc_number_matched
from tests.exchange.test_views import stock  # noqa: F401  (a fixture)
from tests.shapes import rectangle

pytestmark = pytest.mark.django_db

PUBLIC = ["products", "products-by-commune", "offers", "areas", "codes", "cooperatives", "land-use", "planning-zones"]


ONLY = ("products", "cooperatives")


def service_of(client, only=()):
    def fetch(target, headers):
        method = headers.pop("X-Method", "GET")
        answer = client.generic(method, target, headers=headers)
        return answer.status_code, answer.headers, answer.content

    return Service("/ogc", fetch, only)


@pytest.fixture
def unlimited(settings):
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)
    cache.clear()  # factories note no changes: extents of other tests would stay


@pytest.mark.parametrize(
    ("who", "only", "walked"),
    [("visitor", (), {*PUBLIC, "units"}), ("planner", ("plots",), {"plots"})],
    ids=["visitor", "planner"],
)
def test_all_abstract_tests_hold_over_every_collection(client, planner, stock, unlimited, who, only, walked):  # noqa: F811
    if who == "planner":
        client.force_login(planner)
    service = service_of(client, only)

    results = run(service)

    failed = {name: said for name, said in results.items() if said}
    named = {collection["id"] for collection in service.collections()}
    print(f"OGC API Features, {who}, {len(named)} collections: {len(results) - len(failed)}/{len(results)}")
    assert failed == {}
    assert len(results) == len(TESTS) == 54
    assert named == walked


def test_an_extent_follows_the_data(client, unit_factory, unlimited):
    def box():
        return client.get("/ogc/collections/units").json()["extent"]["spatial"]["bbox"][0]

    unit_factory(boundary=rectangle(105.6, 10.4, width_m=1_000, height_m=1_000))
    first = box()
    unit_factory(boundary=rectangle(106.0, 11.0, width_m=1_000, height_m=1_000))

    assert box() == first  # not yet noted
    note_changes({"units"})
    assert box()[2:] != first[2:]


@pytest.mark.parametrize(
    ("name", "test", "spoil"),
    [
        ("a limit that is not kept", fc_limit_response, lambda page: page["features"].extend(page["features"][:1])),
        ("a wrong total", fc_number_matched, lambda page: page.update(numberMatched=page["numberMatched"] + 1)),
        ("a feature outside the box", fc_bbox_response, lambda page: _move_away(page)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_checker_finds_what_is_wrong(client, stock, unlimited, name, test, spoil):  # noqa: F811
    sound = service_of(client, ONLY)
    test(sound)
    service = service_of(client, ONLY)
    whole = service.document

    def spoilt(path, params=None):
        page = whole(path, params)
        if "/items" in path:
            spoil(page)
        return page

    service.document = spoilt
    walk = service.walk

    def spoilt_walk(path, params):
        page = {"features": walk(path, params), "numberMatched": 0}
        spoil(page)
        return page["features"]

    service.walk = spoilt_walk

    with pytest.raises(Failed):
        test(service)


def _move_away(page):
    for feature in page["features"][1:]:
        if feature["geometry"]:
            feature["geometry"] = {"type": "Point", "coordinates": [0, 0]}
