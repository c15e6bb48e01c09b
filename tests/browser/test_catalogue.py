"""From the cards to a layer: filter, map and count move together; on a telephone too; axe finds nothing serious."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stock(product_factory, offer_factory, area, code, parcel_factory):
    """Two products, an area with a code, a parcel."""
    offer_factory(product=product_factory(area=area, name_vi="Xoài Cát Chu"))
    product_factory(kind="processed", name_vi="Mứt xoài")
    parcel_factory()


def test_planner_finds_a_layer_and_filters_it(page: Page, phone: Page, live_server, stock):
    page.goto("/data/")
    expect(page.get_by_role("heading", name="Dữ liệu", exact=True)).to_be_visible()
    screenshot(page, "catalogue")
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Nông sản", exact=True).click()
    expect(page.get_by_role("heading", name="Nông sản", exact=True)).to_be_visible()
    wait_for_map(page)
    expect(page.locator(".count-line")).to_contain_text("2 đối tượng")

    page.locator("#filters").get_by_label("Nhóm").select_option("processed")

    expect(page.locator(".count-line")).to_contain_text("1 đối tượng")
    link = page.get_by_role("link", name="CSV (bảng)")
    assert link.get_attribute("href") == "/data/products.csv?kind=processed"
    screenshot(page, "catalogue-layer")
    assert_no_axe_violations(page)

    phone.goto("/data/products-by-commune/")
    expect(phone.get_by_role("heading", name="Nông sản theo xã")).to_be_visible()
    wait_for_map(phone)
    phone.set_viewport_size({"width": 360, "height": 740})
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 360
    expect(phone.locator(".count-line")).to_contain_text("1 đối tượng")
    screenshot(phone, "catalogue-layer-phone")
    assert_no_axe_violations(phone)
