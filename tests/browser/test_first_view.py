"""What a newcomer's first look at the product map takes, in bytes; no test on time."""

import gzip
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import wait_for_map

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DATA = re.compile(r"/tiles/|/api/|layers\.json|/geo/")
ENGINE = "/vendor/maplibre-gl/"
PACKED = re.compile(r"\.(woff2|png|jpg)$")
BEFORE_PAINT = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  return performance.getEntriesByType("resource").filter((one) => one.startTime <= painted).map((one) => one.name);
}"""


def test_first_view_keeps_to_its_budget(page: Page, product_factory, offer_factory, province):
    for number in range(45):  # more than a page of the list
        offer_factory(product=product_factory(name_vi=f"Xoài Cát Chu {number}"), months=[5], volume_t=20)
    sizes: dict[str, int] = {}

    def weigh(response):
        body = response.body() if response.status == 200 else b""
        # The test server packs nothing; on the wire everything but pictures and fonts is at most this.
        sizes[response.url] = len(body) if PACKED.search(response.url) else len(gzip.compress(body, 6))

    page.on("requestfinished", lambda request: weigh(request.response()))
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(".map__count")).not_to_be_empty(timeout=15_000)
    page.wait_for_load_state("networkidle")
    early = page.evaluate(BEFORE_PAINT)

    script = sum(sizes.get(url, 0) for url in early if re.search(r"\.m?js$", url))
    data = sum(size for url, size in sizes.items() if DATA.search(url))
    besides_engine = sum(size for url, size in sizes.items() if ENGINE not in url)
    assert not any(ENGINE in url and url.endswith(".mjs") for url in early)  # the list first, the map after
    assert 0 < script <= 60_000
    assert 0 < data <= 400_000
    assert besides_engine <= 190_000  # the engine alone is 442 kB as gzip (docs/benchmarks.md)
