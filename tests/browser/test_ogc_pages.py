"""The pages of /ogc/ for people: from the landing page to a feature by clicks; axe finds nothing, on desk and phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import load_axe
from tests.browser.test_axe_everywhere import RUN, SIZES
from tests.exchange.test_views import stock  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def flaws(page: Page) -> list[str]:
    load_axe(page)
    found = []
    for size in SIZES:
        page.set_viewport_size(size)
        found += [f"{page.url} at {size['width']}: {rule} {node[:160]}" for rule, node in page.evaluate(RUN)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url} at {size['width']}: wider than the window")
    return found


def test_from_the_landing_page_to_a_feature(page: Page, live_server, stock):  # noqa: F811
    page.goto(f"{live_server.url}/ogc/")
    found = flaws(page)
    page.get_by_role("link", name="Vùng trồng", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vùng trồng")
    found += flaws(page)
    page.get_by_role("link", name="Xem các đối tượng").click()
    expect(page.get_by_role("row")).to_have_count(2)
    found += flaws(page)
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_text("Mã phường, xã")).to_be_visible()
    found += flaws(page)
    for address in ("api", "conformance", "collections", "collections/areas/queryables"):
        page.goto(f"{live_server.url}/ogc/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found += flaws(page)

    assert found == []
