"""The page shell and the map library in a real browser: both engines, list and map together, keyboard, telephone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.shell_site")]

COUNT = ".map__count"


def test_map_page_is_clean_and_accessible(page: Page):
    page.goto("/")
    wait_for_map(page)

    expect(page.locator(COUNT)).to_contain_text("2")
    expect(page.locator("[data-map]")).to_have_attribute("data-engine", "maplibre")
    expect(page.locator(".east-sea")).to_contain_text("Quần đảo Hoàng Sa (Việt Nam)")
    expect(page.locator(".east-sea")).to_contain_text("Quần đảo Trường Sa (Việt Nam)")
    assert_no_axe_violations(page)
    screenshot(page, "shell-desktop")


def test_map_page_on_a_phone_shows_map_above_list(phone: Page):
    phone.goto("/")
    wait_for_map(phone)

    map_box = phone.locator("[data-map]").bounding_box()
    list_box = phone.locator("#results").bounding_box()
    assert map_box["y"] + map_box["height"] <= list_box["y"]
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(phone)
    screenshot(phone, "shell-phone")


def test_filter_moves_list_map_and_address_together(page: Page):
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(COUNT)).to_contain_text("2")

    with page.expect_request(lambda request: ".mvt?crop=XOAI" in request.url):
        page.get_by_label("Cây trồng").select_option("XOAI")

    expect(page.locator(".results > li")).to_have_count(1)
    expect(page.locator(COUNT)).to_contain_text("1")
    assert "crop=XOAI" in page.url

    page.go_back()

    expect(page.locator(".results > li")).to_have_count(2)
    expect(page.get_by_label("Cây trồng")).to_have_value("")


def test_click_on_the_map_marks_the_list_and_opens_a_popup(page: Page):
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(COUNT)).to_contain_text("2")
    page.get_by_role("button", name="Xem Vùng xoài Một trên bản đồ").click()
    expect(page.locator('[data-feature-id="1"]')).to_have_attribute("aria-current", "true")
    page.wait_for_timeout(1500)  # the flight to the plot

    page.locator(".maplibregl-canvas").click()

    expect(page.locator(".map-popup__title")).to_have_text("Vùng xoài Một")
    expect(page.locator(".map-popup__link")).to_have_attribute("href", "/areas/1")
    expect(page.locator('[data-feature-id="1"]')).to_have_attribute("aria-current", "true")


def open_second(page: Page) -> None:
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(COUNT)).to_contain_text("2")
    page.get_by_role("button", name="Xem Vùng nhãn Hai trên bản đồ").click()
    page.wait_for_timeout(1500)  # the flight to the plot
    page.locator(".maplibregl-canvas").click()


def test_what_the_tile_left_out_is_asked_when_a_feature_is_opened(page: Page):
    open_second(page)

    expect(page.locator(".map-popup__title")).to_have_text("Vùng nhãn Hai")
    expect(page.locator(".map-popup")).to_contain_text("Nhãn")
    expect(page.locator(".map-popup__link")).to_have_attribute("href", "/areas/2")
    expect(page.locator("#live-status")).to_have_text("Vùng nhãn Hai")
    expect(page.locator(".map-popup__back")).to_be_visible()
    assert_no_axe_violations(page)


def test_popup_that_grows_by_its_details_turns_to_where_there_is_room_and_lies_above_the_legend(page: Page):
    held = []
    page.route("**/geo/areas/2/", lambda route: held.append(route))
    page.goto("/")
    wait_for_map(page)
    page.get_by_role("button", name="Xem Vùng nhãn Hai trên bản đồ").click()
    page.wait_for_timeout(1500)  # the flight to the plot, which then fills most of the map
    frame = page.locator(".map").bounding_box()
    legend = page.locator(".map-legend").bounding_box()
    beside = legend["x"] + legend["width"] + 20

    page.mouse.click(beside, frame["y"] + 120)
    expect(page.locator(".map-popup__note")).to_be_visible()
    page.wait_for_timeout(1000)  # a map at rest places nothing anew
    held[0].continue_()
    expect(page.locator(".map-popup__title")).to_be_visible()

    expect(page.locator(".maplibregl-popup-anchor-top")).to_be_visible()
    assert page.locator(".maplibregl-popup").bounding_box()["y"] >= frame["y"]

    page.unroute("**/geo/areas/2/")
    page.mouse.click(beside, frame["y"] + 60)
    title = page.locator(".map-popup__title")
    expect(title).to_be_visible()
    box = title.bounding_box()
    seen = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).className", [box["x"] + 5, box["y"] + box["height"] / 2]
    )
    assert seen == "map-popup__title"


def test_details_that_do_not_come_are_not_waited_for_in_silence(page: Page, problems):
    problems.expect("503")
    page.route("**/geo/areas/2/", lambda route: route.fulfill(status=503, body=""))

    open_second(page)

    expect(page.locator(".map-popup__note")).to_contain_text("Chưa tải được chi tiết")
    expect(page.locator("#live-status")).to_contain_text("Chưa tải được chi tiết")


def test_what_is_gone_is_said_to_be_gone_and_not_blamed_on_the_connection(page: Page, problems):
    problems.expect("404")
    said = {"status": 404, "code": "not_found", "detail": "Không tìm thấy thửa này."}
    page.route("**/geo/areas/2/", lambda route: route.fulfill(status=404, json=said))

    open_second(page)

    expect(page.locator(".map-popup__note")).to_have_text("Không tìm thấy thửa này.")


def test_without_webgl_the_light_map_draws_the_same(page: Page):
    page.add_init_script(
        "HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext,"
        "{apply: (f, self, a) => String(a[0]).startsWith('webgl') ? null : Reflect.apply(f, self, a)})"
    )

    page.goto("/")
    wait_for_map(page)

    expect(page.locator("[data-map]")).to_have_attribute("data-engine", "leaflet")
    expect(page.locator(COUNT)).to_contain_text("2")
    expect(page.locator(".east-sea-label").first).to_contain_text("Quần đảo Hoàng Sa")
    assert_no_axe_violations(page)
    screenshot(page, "shell-light")


def test_page_works_without_script(browser, live_server, problems):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    page.goto("/")

    page.get_by_label("Cây trồng").select_option("NHAN")
    page.get_by_role("button", name="Lọc").click()

    expect(page.locator(".results > li")).to_have_count(1)
    expect(page.locator(".results__title")).to_have_text("Vùng nhãn Hai")
    context.close()


def test_skip_link_comes_first_and_leads_to_the_content(page: Page):
    page.goto("/")

    page.keyboard.press("Tab")

    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
