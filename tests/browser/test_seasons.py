"""The season map in a browser: months follow each other on map and tables, by mouse and keyboard, calmly if asked."""

import json
import re

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect

from products.models import Offer
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.factories.cooperatives import make_cooperative
from tests.factories.crops import make_crop
from tests.factories.places import make_unit
from tests.maps.conftest import make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SEASONS = "/maps/seasons/?month=3"


@pytest.fixture
def year(cooperative, mango):
    there = make_unit(name_vi="Bên Kia Thử", centre=Point(105.7, 10.5, srid=4326))
    make_product(cooperative, mango, name_vi="Xoài A", months=[3, 4], volume_t=10)
    make_product(make_cooperative(there, name="HTX Bên Kia"), make_crop(name_vi="Nhãn thử"), months=[4], volume_t=7)


def heading(month: int) -> re.Pattern[str]:
    return re.compile(rf"Tháng {month}: ")


def wait_for_circles(page) -> None:
    page.wait_for_selector("[data-map][data-bubbles=ready]", timeout=30_000)


def circles(page) -> dict[str, float]:
    """The circles as they were handed to the map: commune and radius."""
    text = page.evaluate("""() => {
        const data = JSON.parse(document.getElementById("season-data").textContent);
        const month = Number(document.getElementById("season-month").value);
        return JSON.stringify(data.communes.map((one) => [one.name, one.tonnes[month - 1]]));
    }""")
    return dict(json.loads(text))


def test_stepping_moves_tables_address_and_map(page, year):
    page.goto(SEASONS)
    wait_for_circles(page)
    expect(page.locator(".count-line")).to_contain_text("Tháng 3: 5 tấn, 1 đơn vị bán ở 1 xã")
    entries = page.evaluate("history.length")

    page.get_by_role("button", name="Tháng sau").click()

    expect(page.locator(".count-line")).to_contain_text("Tháng 4: 12 tấn, 2 đơn vị bán ở 2 xã")
    expect(page).to_have_url(re.compile(r"month=4"))
    expect(page.locator(".season-table")).to_contain_text("HTX Bên Kia")
    assert page.evaluate("history.length") == entries
    assert circles(page)["Xã Bên Kia Thử"] == 7
    assert_no_axe_violations(page)
    screenshot(page, "seasons")


def test_month_of_the_strip_by_keyboard_keeps_the_focus(page, year):
    page.goto(SEASONS)
    wait_for_circles(page)

    page.locator("a[data-month='4']").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".count-line")).to_contain_text("Tháng 4")
    expect(page.locator("a[data-month='4']")).to_be_focused()
    page.get_by_role("button", name="Tháng trước").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".count-line")).to_contain_text("Tháng 3")


def test_play_goes_on_by_itself_until_it_is_stopped(page, year):
    page.goto(SEASONS)
    wait_for_circles(page)

    page.get_by_role("button", name="Chạy qua 12 tháng").click()

    expect(page.locator(".count-line")).to_contain_text("Tháng 5", timeout=15_000)
    page.get_by_role("button", name="Dừng").click()
    stopped = page.locator("#season-month").input_value()
    page.wait_for_timeout(3_000)
    assert page.locator("#season-month").input_value() == stopped
    expect(page.get_by_role("button", name="Chạy qua 12 tháng")).to_have_attribute("aria-pressed", "false")


def test_who_asks_for_less_motion_steps_by_hand(page, year):
    page.emulate_media(reduced_motion="reduce")
    page.goto(SEASONS)
    wait_for_circles(page)

    expect(page.locator("[data-play]")).to_be_hidden()
    expect(page.get_by_role("button", name="Tháng sau")).to_be_visible()


def test_filter_moves_tables_and_circles_and_keeps_the_month(page, year):
    page.goto("/maps/seasons/?month=4")
    wait_for_circles(page)
    page.get_by_text("Lọc nông sản, nơi sản xuất, thị trường").click()

    page.get_by_label("Cây trồng").select_option("xoai")

    expect(page.locator(".count-line")).to_contain_text("Tháng 4: 5 tấn")
    expect(page).to_have_url(re.compile(r"month=4.*product=xoai|product=xoai.*month=4"))
    assert list(circles(page)) == [page.locator(".season-table tbody td").first.inner_text()]


def test_circle_says_how_much_and_leads_to_the_products(page, year, problems):
    page.goto("/maps/seasons/?month=4#map=10/10.5/105.7")
    wait_for_circles(page)
    page.wait_for_timeout(1_500)
    box = page.locator("[data-map] canvas").first.bounding_box()

    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    popup = page.locator(".map-popup")
    expect(popup).to_contain_text("Xã Bên Kia Thử")
    expect(popup).to_contain_text("7")
    assert "month=4" in popup.get_by_role("link").get_attribute("href")


def test_phone_shows_the_month_first_and_nothing_overflows(phone, year):
    phone.set_viewport_size({"width": 360, "height": 780})
    phone.goto("/maps/seasons/?month=4")
    wait_for_circles(phone)

    width = phone.evaluate("document.documentElement.scrollWidth")

    assert width <= 360
    expect(phone.locator(".count-line")).to_contain_text("Tháng 4: 12 tấn")
    assert_no_axe_violations(phone)
    screenshot(phone, "seasons-phone")


def test_without_script_the_links_do_it(browser, live_server, year):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="vi-VN")
    page = context.new_page()
    page.goto(SEASONS)

    page.locator("a[data-month='4']").click()

    expect(page.locator(".count-line")).to_contain_text("Tháng 4: 12 tấn")
    expect(page.locator("#season-player")).to_be_hidden()
    context.close()


def test_light_map_draws_the_circles_too(browser, live_server, year, problems):
    from tests.browser.conftest import DESKTOP

    context = browser.new_context(**DESKTOP, base_url=live_server.url)
    context.add_init_script("HTMLCanvasElement.prototype.getContext = ((old) => function (kind, ...rest) {"
                            " return kind === 'webgl2' ? null : old.call(this, kind, ...rest); })"
                            "(HTMLCanvasElement.prototype.getContext);")  # fmt: skip
    problems.watch(context)
    page = context.new_page()
    page.goto(SEASONS)
    wait_for_circles(page)

    assert page.locator("[data-map]").get_attribute("data-engine") == "leaflet"
    page.get_by_role("button", name="Tháng sau").click()
    expect(page.locator(".count-line")).to_contain_text("Tháng 4: 12 tấn")
    context.close()
    assert problems.unexpected() == []


def test_offers_that_ended_leave_an_empty_map(page, year):
    Offer.objects.all().delete()
    page.goto(SEASONS)
    wait_for_circles(page)

    expect(page.get_by_text("Chưa có nông sản nào được chào bán")).to_be_visible()
    assert circles(page) == {}
