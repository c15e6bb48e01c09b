"""Product map, land-use map and take-away maps in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DESKTOP, assert_no_axe_violations, screenshot, wait_for_map
from tests.shapes import square

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEAR = "#map=13/10.4505/105.6015"


@pytest.fixture
def market(commune, province, product_factory, offer_factory, area_factory):
    """Two products of one area: one to be had in May, one in September."""
    type(commune).objects.update(is_schematic=True)
    area = area_factory(growers=3, side_m=300)
    may = product_factory(name_vi="Xoài Cát Chu", area=area)
    september = product_factory(name_vi="Xoài Hòa Lộc", area=area)
    offer_factory(product=may, months=[5], volume_t=20)
    offer_factory(product=september, months=[9], volume_t=30)
    return may, september


def month(page: Page, number: int) -> Locator:
    """The tick of a month in the harvest strip."""
    return page.get_by_role("checkbox", name=f"Tháng {number}:")


def at_rest(page: Page) -> None:
    """Wait until the map has drawn its tiles and said how much is in view."""
    wait_for_map(page)
    expect(page.locator(".map__count")).not_to_be_empty(timeout=15_000)


def test_filter_moves_list_map_and_address_together(page: Page, market):
    page.goto("/")
    at_rest(page)
    expect(page.locator(".count-line")).to_contain_text("2 sản phẩm")
    expect(page.locator(".map__count")).to_have_text("Đang thấy 2 đối tượng")
    assert_no_axe_violations(page)
    screenshot(page, "product-map-desktop")

    with page.expect_response(re.compile(r"/tiles/products/.*month=5")):
        month(page, 5).check()

    expect(page.locator(".count-line")).to_contain_text("1 sản phẩm")
    expect(page.locator(".map__count")).to_have_text("Đang thấy 1 đối tượng")
    expect(page).to_have_url(re.compile(r"\?month=5(#|$)"))
    page.go_back()
    expect(page.locator(".count-line")).to_contain_text("2 sản phẩm")


def test_a_shared_address_opens_the_same_view(page: Page, market):
    page.goto(f"/?month=9{NEAR}")
    at_rest(page)

    expect(page.locator(".results__title")).to_have_text(["Xoài Hòa Lộc"])
    expect(month(page, 9)).to_be_checked()


def test_click_on_the_map_tells_product_and_leads_to_its_producer(page: Page, market):
    page.goto(f"/?month=5{NEAR}")
    at_rest(page)
    place = page.evaluate(
        """([lon, lat]) => new Promise((done) => {
             const map = document.querySelector("[data-map]");
             const box = map.getBoundingClientRect();
             const [zoom, y, x] = location.hash.slice(5).split("/").map(Number);
             const world = 512 * 2 ** zoom;
             const px = (l) => ((l + 180) / 360) * world;
             const py = (l) => ((1 - Math.asinh(Math.tan((l * Math.PI) / 180)) / Math.PI) / 2) * world;
             done([box.left + box.width / 2 + px(lon) - px(x), box.top + box.height / 2 + py(lat) - py(y)]);
           })""",
        list(market[0].location.coords),
    )

    page.mouse.click(*place)

    popup = page.locator(".map-popup")
    expect(popup).to_contain_text("Xoài Cát Chu")
    expect(popup.get_by_role("link")).to_have_attribute("href", "/p/htx-cua-toi/")
    screenshot(page, "product-map-popup")


def test_map_says_that_boundaries_are_schematic_and_names_the_archipelagos(page: Page, market):
    page.goto("/")
    at_rest(page)

    expect(page.get_by_text("chưa phải ranh giới chính thức")).to_be_visible()
    expect(page.locator(".east-sea")).to_contain_text("Quần đảo Hoàng Sa (Việt Nam)")
    expect(page.locator(".east-sea")).to_contain_text("Quần đảo Trường Sa (Việt Nam)")


def test_first_view_transfers_little_data(page: Page, market):
    sizes = []
    page.on(
        "requestfinished",
        lambda request: (
            sizes.append(request.sizes()["responseBodySize"])
            if re.search(r"/tiles/|/api/|layers\.json|/geo/", request.url)
            else None
        ),
    )

    page.goto("/")
    at_rest(page)
    page.wait_for_load_state("networkidle")

    assert 0 < sum(sizes) <= 400_000


def test_product_map_on_a_phone(phone: Page, market):
    phone.goto("/")
    at_rest(phone)

    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(phone)
    screenshot(phone, "product-map-phone")


def test_product_list_works_without_script(browser: Browser, live_server, market):
    context = browser.new_context(**DESKTOP, base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()

    page.goto("/")
    month(page, 9).check()
    page.get_by_role("button", name="Lọc").click()

    expect(page.locator(".results__title")).to_have_text(["Xoài Hòa Lộc"])
    context.close()


def test_land_use_click_tells_class_and_document(page: Page, parcel_factory):
    parcel_factory("LUC", boundary=square(105.60, 10.45, side_m=600))
    page.goto("/maps/land-use/#map=14/10.4527/105.6027")
    at_rest(page)
    expect(page.locator(".map-legend")).to_contain_text("Đất chuyên trồng lúa")
    box = page.locator("[data-map]").bounding_box()

    page.mouse.click(box["x"] + box["width"] / 2 + 20, box["y"] + box["height"] / 2 + 20)

    popup = page.locator(".map-popup")
    expect(popup).to_contain_text("Đất chuyên trồng lúa")
    expect(popup).to_contain_text("Quyết định 12/QĐ-THỬ")
    assert_no_axe_violations(page)
    screenshot(page, "land-use-map")


@pytest.mark.parametrize("address", ["/maps/take-away/products.html", "/maps/take-away/land-use.html"])
def test_take_away_map_opens_from_disk_without_a_network(
    browser: Browser, client, tmp_path: Path, market, parcel_factory, address
):
    parcel_factory("LUC")
    file = tmp_path / "map.html"
    file.write_bytes(client.get(address).content)
    context = browser.new_context(**DESKTOP)
    context.set_offline(True)
    page = context.new_page()
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)

    page.goto(file.as_uri())
    page.wait_for_selector("canvas")

    beyond = [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    assert (beyond, errors) == ([], [])
    expect(page.locator("body")).to_contain_text("Quần đảo Hoàng Sa (Việt Nam)")
    screenshot(page, address.rsplit("/", 1)[1].removesuffix(".html") + "-take-away")
    context.close()
