"""The product map in a browser: suggestions, "near me", counts that follow, list view, sharing, frames."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, assert_no_axe_violations, screenshot, wait_for_map
from tests.browser.test_maps import month
from tests.factories.places import make_succession, make_unit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def market(commune, product_factory, offer_factory, area_factory, certificate_factory, longan):
    """Two mangoes of one area (May, September) and a longan of May."""
    type(commune).objects.update(is_schematic=True)
    old = make_unit(code="99900", unit_type="Xã", name_vi="Mỹ Tân", valid_from="2019-01-01", valid_to="2025-07-01")
    make_succession(old, commune)
    area = area_factory(growers=3, side_m=300)
    for name, months, fields in (
        ("Xoài Cát Chu", [5], {"area": area}),
        ("Xoài Hòa Lộc", [9], {"area": area}),
        ("Nhãn xuồng", [5], {"crop": longan}),
    ):
        offer_factory(product=product_factory(name_vi=name, **fields), months=months, volume_t=20)
    certificate_factory()


def options(page: Page, name: str) -> list[str]:
    return page.locator(f"select[name={name}] option").all_inner_texts()


def test_counts_beside_the_choices_follow_the_list(page: Page, market):
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(".count-line")).to_contain_text("3 sản phẩm")
    assert options(page, "product") == ["Tất cả", "Xoài (2)", "Nhãn (1)"]

    month(page, 9).check()

    expect(page.locator(".count-line")).to_contain_text("1 sản phẩm")
    expect(page.locator("select[name=product] option")).to_have_text(["Tất cả", "Xoài (1)"])
    expect(page.locator('[data-count="5"]')).to_have_text("2")
    assert_no_axe_violations(page)


def test_suggestion_is_taken_by_keyboard_and_sets_the_filter(page: Page, market):
    page.goto("/")
    box = page.get_by_role("combobox", name="Tìm nông sản, hợp tác xã")

    box.press_sequentially("xoa")
    option = page.get_by_role("option", name=re.compile("Xoài"))
    expect(option.first).to_be_visible()
    assert_no_axe_violations(page)
    screenshot(page, "product-map-suggestions")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "id_q-options-0")
    box.press("Enter")

    expect(page).to_have_url(re.compile(r"\?product=xoai(#|$)"))
    expect(page.locator(".results__title")).to_have_text(["Xoài Cát Chu", "Xoài Hòa Lộc"])
    expect(box).to_have_value("")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_old_name_of_a_commune_is_suggested(page: Page, market, commune):
    page.goto("/")
    box = page.get_by_role("combobox", name="Phường, xã")

    box.press_sequentially("my tan")
    page.get_by_role("option", name=re.compile("trước đây: Xã Mỹ Tân")).click()

    expect(box).to_have_value(commune.full_name)
    expect(page.locator(".count-line")).to_contain_text("3 sản phẩm")
    expect(page.locator(".filter-words")).to_contain_text(commune.full_name)


def test_escape_closes_suggestions_and_typing_still_searches(page: Page, market):
    page.goto("/")
    box = page.get_by_role("combobox", name="Tìm nông sản, hợp tác xã")
    box.press_sequentially("nhan")
    expect(page.get_by_role("listbox")).to_be_visible()

    box.press("Escape")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator(".results__title")).to_have_text(["Nhãn xuồng"])


def test_near_me(browser: Browser, live_server, market):
    context = browser.new_context(
        **DESKTOP, base_url=live_server.url, permissions=["geolocation"],
        geolocation={"latitude": 10.451234, "longitude": 105.601234},
    )  # fmt: skip
    page = context.new_page()
    page.goto("/")
    page.get_by_text("Thêm bộ lọc").click()

    page.get_by_role("button", name="Dùng vị trí của tôi").click()

    expect(page).to_have_url(re.compile(r"km=20&near=105.601%2C10.451&sort=distance(#|$)"))  # within 100 m
    expect(page.locator(".results__meta").first).to_contain_text("cách")
    expect(page.locator("select[name=sort]")).to_have_value("distance")  # the nearest first
    page.get_by_label("Quanh vị trí").fill("")
    expect(page.locator(".count-line")).to_contain_text("3 sản phẩm")
    expect(page).not_to_have_url(re.compile("km=|sort="))
    context.close()


def test_list_view_sorts_filters_and_leads_back(page: Page, market):
    page.goto("/?month=5")

    page.get_by_role("link", name="Danh sách").click()

    expect(page.get_by_role("heading", name="Danh sách nông sản")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert_no_axe_violations(page)
    screenshot(page, "product-list")
    page.get_by_role("link", name="Tấn mỗi vụ").click()
    expect(page.locator("th[aria-sort]")).to_contain_text("Tấn mỗi vụ")
    month(page, 9).check()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"month=5&month=9&sort=volume&view=list"))
    page.get_by_role("link", name="Bản đồ", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?month=5&month=9&sort=volume(#|$)"))


def test_address_is_copied(browser: Browser, live_server, market):
    context = browser.new_context(
        **DESKTOP, base_url=live_server.url, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.goto("/?month=5")
    wait_for_map(page)

    page.get_by_role("link", name="Chia sẻ", exact=True).click()

    expect(page.locator(".result-actions__done")).to_have_text("Đã chép liên kết.")
    assert "/?month=5" in page.evaluate("navigator.clipboard.readText()")
    context.close()


def test_what_the_server_refused_stays_said_when_the_map_is_there(page: Page, market, problems):
    problems.expect("400")
    page.goto("/?market=CN")
    wait_for_map(page)

    page.wait_for_timeout(800)  # longer than the map waits before it asks for what the form says

    expect(page.locator("#results [role=alert]")).to_contain_text("CN")
    expect(page).to_have_url(re.compile(r"/\?market=CN"))


ZOOM = "() => Number(location.hash.match(/map=([0-9.]+)/)?.[1] ?? 0)"


def test_map_goes_to_the_commune_chosen(page: Page, market, commune):
    page.goto("/")
    wait_for_map(page)
    before = page.evaluate(ZOOM)

    page.get_by_label("Phường, xã").fill(commune.full_name)

    expect(page).to_have_url(re.compile("commune="))
    page.wait_for_function(f"(before) => ({ZOOM})() > before + 1", arg=before)


def test_who_takes_the_commune_back_is_where_they_were(page: Page, market, commune):
    page.goto("/#map=9.5/10.4/105.6")
    wait_for_map(page)
    page.get_by_label("Phường, xã").fill(commune.full_name)
    page.wait_for_function(f"() => ({ZOOM})() > 10.5")

    page.get_by_label("Phường, xã").fill("")

    page.wait_for_function("() => location.hash.startsWith('#map=9.5/10.4/105.6')")


def test_circle_of_a_commune_leads_to_its_products_under_the_same_filters(page: Page, market, commune):
    lon, lat = commune.boundary.point_on_surface.coords
    page.goto(f"/?month=5#map=9/{lat:.4f}/{lon:.4f}")
    wait_for_map(page)
    page.wait_for_timeout(1_500)  # the circles are drawn
    box = page.locator("[data-map]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    page.locator(".map-popup a").click()

    expect(page.get_by_label("Phường, xã")).to_have_value(commune.full_name)
    expect(page).to_have_url(re.compile(r"/\?commune=[^&]+&month=5"))
    expect(page.locator(".count-line")).to_contain_text("2 sản phẩm")


def test_frame_shows_map_and_list(page: Page, market):
    page.goto("/embed/?month=5")
    wait_for_map(page)

    expect(page.locator(".count-line")).to_contain_text("2 sản phẩm")
    assert page.context.cookies() == []
    assert_no_axe_violations(page)


@pytest.mark.parametrize("address", ["/", "/?view=list", "/?print=1", "/embed/"])
def test_pages_fit_a_telephone(phone: Page, market, address):
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.goto(address)
    expect(phone.locator("h1")).to_be_visible()

    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(phone)


def test_printed_page_passes_axe(page: Page, market):
    page.goto("/?print=1&month=5")

    expect(page.locator("svg .print-map__circle")).to_have_count(1)
    expect(page.get_by_role("button", name="In trang này")).to_be_visible()
    assert_no_axe_violations(page)
