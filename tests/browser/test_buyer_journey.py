"""The journey of issue 5: mango in May with a valid code for China, from the search to an answer; desk and phone."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.codes_sent import code_sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAIL = "thu.mua@example.test"
SEAT_PHONE = "0000 123 456"


@pytest.fixture
def market(cooperative, product_factory, offer_factory, area_factory, code_factory, longan):
    """Of five products one is a mango to be had in May with a code that China has approved; the others fail by one."""
    cache.clear()  # budgets of requests that earlier tests have spent
    cooperative.phone = SEAT_PHONE
    cooperative.save()
    area = area_factory(growers=3, side_m=300)
    code_factory(area=area).approvals.update(status="approved", decided_on="2026-01-05")
    for name, month, fields in (
        ("Xoài Cát Chu", 5, {"area": area}),
        ("Xoài Hòa Lộc", 9, {"area": area}),  # another month
        ("Xoài Tượng", 5, {}),  # no code
        ("Nhãn xuồng", 5, {"crop": longan}),  # another crop
        ("Xoài ghép", 9, {}),
    ):
        offer_factory(product=product_factory(name_vi=name, **fields), months=[month], volume_t=20)
    return cooperative


def look(page: Page, name: str) -> None:
    """No accessibility fault and nothing wider than the screen."""
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
    assert_no_axe_violations(page)
    screenshot(page, name)


def find(page: Page) -> None:
    """From the start page by suggestion, month and market to the one product; the address says it all."""
    page.goto("/")
    expect(page.locator(".count-line")).to_contain_text("5 sản phẩm")
    box = page.get_by_role("combobox", name="Tìm nông sản, hợp tác xã")
    box.press_sequentially("xoai")
    page.get_by_role("option", name=re.compile("^Xoài.*Cây trồng")).click()
    expect(page.locator(".count-line")).to_contain_text("4 sản phẩm")
    page.locator(".months__choice", has=page.locator('input[value="5"]')).click()
    expect(page.locator(".count-line")).to_contain_text("2 sản phẩm")
    page.get_by_label("Có mã còn hiệu lực cho").select_option("CHN")
    expect(page.locator(".count-line")).to_contain_text("1 sản phẩm")
    expect(page.locator(".results__title")).to_have_text(["Xoài Cát Chu"])
    expect(page).to_have_url(re.compile(r"/\?market=CHN&month=5&product=xoai(#|$)"))
    answer = page.request.get("/api/v1/products/?market=CHN&month=5&product=xoai&count=true").json()
    assert answer["numberMatched"] == 1


def ask(page: Page, work_off, name: str) -> None:
    """From the result to the producer, the enquiry and, by the code that was sent, to the private page."""
    page.locator(".results__title").get_by_role("link", name="Xoài Cát Chu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hợp tác xã Của Tôi")
    expect(page.locator(".producer-product", has_text="Xoài Cát Chu")).to_contain_text("20 tấn")
    expect(page.get_by_role("link", name="VN-XXOR-0001", exact=True)).to_be_visible()
    look(page, f"{name}-producer")
    page.get_by_role("link", name="Hỏi mua Xoài Cát Chu").click()
    page.get_by_label("Nội dung").fill("Cần 10 tấn xoài đi Trung Quốc, giao tháng 5.")
    page.get_by_label("Tên của bạn hoặc công ty").fill("Công ty Thu Mua")
    page.get_by_label("Điện thoại hoặc thư điện tử").fill(MAIL)
    page.get_by_label("Tôi đồng ý").check()
    look(page, f"{name}-form")
    page.get_by_role("button", name="Gửi yêu cầu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xác nhận liên hệ")
    look(page, f"{name}-confirm")
    work_off()
    page.get_by_label("Mã 6 số").fill(code_sent(MAIL))
    page.get_by_role("button", name="Xác nhận và gửi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Yêu cầu của bạn")


def answer(office: Page) -> None:
    """The cooperative answers in its inbox and does not learn the buyer's contact by it."""
    office.goto("/coop/enquiries/")
    office.get_by_role("link", name="Công ty Thu Mua").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Công ty Thu Mua")
    assert MAIL not in office.content()
    office.get_by_label("Nội dung").fill("Có 10 tấn loại 1, giao ngày 12 tháng 5.")
    office.get_by_role("button", name="Gửi trả lời").click()
    expect(office.locator("#messages")).to_contain_text("Đã gửi trả lời")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_mango_in_may_for_china_from_search_to_answer(
    page: Page, phone: Page, browser: Browser, live_server, sign_in, market, clerk, work_off, size
):
    buyer = phone if size == "phone" else page
    if size == "phone":
        buyer.set_viewport_size({"width": 360, "height": 740})

    find(buyer)
    look(buyer, f"buyer-{size}-found")
    ask(buyer, work_off, f"buyer-{size}")
    assert SEAT_PHONE not in buyer.content()
    context = browser.new_context(base_url=live_server.url, locale="vi-VN")
    office = context.new_page()
    sign_in(office, clerk)
    answer(office)
    context.close()

    buyer.reload()
    expect(buyer.locator(".timeline")).to_contain_text("Có 10 tấn loại 1, giao ngày 12 tháng 5.")
    look(buyer, f"buyer-{size}-answered")
