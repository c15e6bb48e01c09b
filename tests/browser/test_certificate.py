"""A clerk pastes a certificate's corner table, sees the plot drawn, saves it and looks at it."""

import pytest
from playwright.sync_api import Page, expect

from farms.models import Plot
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.factories.farms import make_plot
from tests.shapes import square

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = """Số hiệu\tX (m)\tY (m)\tCạnh (m)
1\t1151500,00\t577000,00\t100,50
2\t1151510,00\t577100,00\t130,10
3\t1151380,00\t577095,00\t105,12
4\t1151375,00\t576990,00\t125,40
1\t1151500,00\t577000,00"""


def test_clerk_pastes_a_table_and_saves_the_plot(page: Page, sign_in, clerk, cooperative, mango):
    make_plot(cooperative, mango, ref="BC-1", boundary=square(105.7066, 10.4105, side_m=60))
    sign_in(page, clerk)
    page.goto("/coop/plots/")
    page.get_by_role("link", name="Nhập từ giấy chứng nhận").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nhập thửa từ giấy chứng nhận")
    assert_no_axe_violations(page)
    page.get_by_label("Dán bảng tọa độ").fill(TABLE)
    page.get_by_label("Diện tích ghi trên giấy (m²)").fill("13.000")
    page.get_by_role("button", name="Xem thử").click()

    expect(page.get_by_label("Dòng 3: X, hướng bắc")).to_have_value("1151380")
    expect(page.locator("[data-plane-area]")).to_have_text("13.012,5 m²")
    expect(page.locator("#area-differs")).to_be_visible()
    wait_for_map(page)
    page.wait_for_timeout(1500)
    assert_no_axe_violations(page)
    screenshot(page, "certificate")
    page.get_by_label("Diện tích ghi trên giấy (m²)").fill("13012,5")
    page.get_by_label("Số thửa của hợp tác xã").fill("GCN-1")
    page.get_by_label("Số thửa địa chính").fill("345")
    page.get_by_label("Cây trồng").select_option("xoai")
    page.get_by_role("button", name="Lưu thửa").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa GCN-1")
    expect(page.get_by_text("w3g5jrk65gg1")).to_be_visible()
    expect(page.get_by_text("Đo đạc địa chính")).to_be_visible()
    wait_for_map(page)
    screenshot(page, "certificate-plot")
    assert Plot.objects.get(ref="GCN-1").source["vertices"][2]["x"] == 1_151_380


def test_typing_draws_at_once_by_keyboard(phone: Page, sign_in, clerk, cooperative):
    sign_in(phone, clerk)
    phone.set_viewport_size({"width": 360, "height": 780})
    phone.goto("/coop/plots/certificate/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.get_by_label("Dòng 1: X, hướng bắc").focus()
    for x in ("1151500", "1151510", "1151380", "1151375"):
        phone.keyboard.type(x)
        phone.keyboard.press("Enter")  # down the column
    phone.get_by_label("Dòng 1: Y, hướng đông").focus()
    for y in ("577000", "577100", "577095", "576990"):
        phone.keyboard.type(y)
        phone.keyboard.press("Enter")

    expect(phone.locator("[data-sketch-caption]")).to_contain_text("4 góc, 13.012,5 m²")
    expect(phone.locator("[data-sketch] polygon")).to_have_count(1)
    phone.get_by_role("button", name="Thêm dòng").click()
    expect(phone.get_by_label("Dòng 7: số hiệu góc")).to_be_focused()
    screenshot(phone, "certificate-phone")
    phone.get_by_role("button", name="Xem thử").click()
    expect(phone.locator("[data-geodesic-area]")).to_contain_text("13.013")
    assert_no_axe_violations(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.locator("#preview").scroll_into_view_if_needed()
    wait_for_map(phone)
    screenshot(phone, "certificate-phone-preview")


def test_table_pasted_into_the_grid_fills_its_rows(page: Page, sign_in, clerk, cooperative):
    sign_in(page, clerk)
    page.goto("/coop/plots/certificate/")

    page.get_by_label("Dòng 1: X, hướng bắc").evaluate(
        """(input, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        TABLE,
    )

    expect(page.get_by_label("Dòng 4: Y, hướng đông")).to_have_value("576990,00")
    expect(page.get_by_label("Dòng 2: chiều dài cạnh đến góc sau")).to_have_value("130,10")
    expect(page.locator("[data-sketch-caption]")).to_contain_text("4 góc, 13.012,5 m²")


def test_page_works_without_script(browser, live_server, sign_in, problems, clerk, cooperative, mango):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="vi-VN")
    page = context.new_page()
    sign_in(page, clerk)
    page.goto("/coop/plots/certificate/")
    page.get_by_role("button", name="Thêm dòng").click()
    expect(page.get_by_label("Dòng 10: số hiệu góc")).to_be_visible()
    page.get_by_text("Dán cả bảng hoặc chọn tệp").wait_for()
    page.get_by_label("Dán bảng tọa độ").fill(TABLE)
    page.get_by_label("Số thửa của hợp tác xã").fill("GCN-2")
    page.get_by_label("Cây trồng").select_option("xoai")

    page.get_by_role("button", name="Xem thử").click()

    expect(page.locator("[data-sketch] polygon")).to_have_count(1)
    page.get_by_role("button", name="Lưu thửa").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa GCN-2")
    context.close()
