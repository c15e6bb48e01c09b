"""Enquiries in a real browser: from the form by the code to an answer with an offer, on a desktop and a small phone."""

import datetime as dt

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from products import services
from products.models import CloseReason, Enquiry
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.codes_sent import code_sent
from tests.factories.products import make_enquiry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAIL = "vua.bay@example.test"
SMALL = {"width": 360, "height": 780}


@pytest.fixture
def stock(cooperative, product, offer_factory, clerk):
    """A cooperative with an offer, ready answers and enquiries in every tab."""
    cooperative.phone = "0000 123 456"
    cooperative.save()
    offer_factory(months=[3, 4, 5], volume_t=45, quality="Loại 1")
    services.save_template(
        cooperative, title="Còn hàng", text="Chào {buyer}, {cooperative} còn {product}, {quantity}.", by=clerk
    )
    for number, name in enumerate(("Vựa trái cây Bảy Hiền", "Công ty xuất khẩu Tám", "Chợ đầu mối Chín")):
        enquiry = make_enquiry(
            cooperative, contact=f"b{number}@example.test", buyer_name=name, product=product, quantity_t=5 + number
        )
        waited = timezone.now() - dt.timedelta(days=4 * number, hours=1)
        Enquiry.objects.filter(pk=enquiry.pk).update(waiting_since=waited, sent_at=waited)
    services.close_enquiry(make_enquiry(cooperative, contact="c@example.test"), by=clerk, reason=CloseReason.SOLD_OUT)
    return cooperative


def look(page: Page, name: str) -> None:
    """The page fits a phone of 360 points and a desktop, with no fault that axe finds; both are pictured."""
    for width, height in ((1280, 800), (360, 780)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (name, width)
        assert_no_axe_violations(page)
        page.evaluate("() => window.scrollTo(0, 0)")
        screenshot(page, f"{name}-{width}")


def test_from_the_question_to_an_answer_with_an_offer(
    page: Page, browser: Browser, live_server, sign_in, stock, clerk, work_off
):
    page.goto(f"/enquiries/new/{stock.slug}/?product=htx-cua-toi-xoai-cat-chu")
    look(page, "enquiry-form")
    page.get_by_label("Số lượng", exact=True).fill("2500")
    page.get_by_label("Đơn vị tính").select_option("kg")
    page.get_by_label("Nội dung").fill("Cần xoài loại 1 giao tháng 5.")
    page.get_by_label("Tên của bạn hoặc công ty").fill("Vựa Mười")
    page.get_by_label("Điện thoại hoặc thư điện tử").fill(MAIL)
    page.get_by_label("Cho hợp tác xã thấy liên hệ").check()
    page.get_by_label("Tôi đồng ý").check()
    page.get_by_role("button", name="Gửi yêu cầu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xác nhận liên hệ")
    look(page, "enquiry-confirm")
    work_off()
    page.get_by_label("Mã 6 số").fill(code_sent(MAIL))
    page.get_by_role("button", name="Xác nhận và gửi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Yêu cầu của bạn")
    expect(page.locator(".facts")).to_contain_text("2,5 tấn")

    context = browser.new_context(base_url=live_server.url, locale="vi-VN")
    office = context.new_page()
    sign_in(office, clerk)
    office.goto("/coop/enquiries/")
    expect(office.get_by_role("heading", level=1)).to_have_text("Yêu cầu mua hàng")
    look(office, "enquiry-inbox")
    office.get_by_label("Tìm theo tên").fill("vua muoi")
    office.get_by_role("button", name="Tìm", exact=True).click()
    office.get_by_role("link", name="Vựa Mười").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Vựa Mười")
    assert MAIL not in office.content()
    office.get_by_role("button", name="Dùng mẫu").click()
    expect(office.get_by_label("Nội dung")).to_have_value("Chào Vựa Mười, HTX Của Tôi còn Xoài Cát Chu, 2,5 tấn.")
    office.get_by_label("Kèm sản phẩm").select_option(index=2)
    office.get_by_label("Cho người mua này thấy điện thoại").check()
    look(office, "enquiry-answer")
    office.get_by_role("button", name="Gửi trả lời").click()
    expect(office.locator("#messages")).to_contain_text("Đã gửi trả lời")
    expect(office.locator("main")).to_contain_text(MAIL)

    page.reload()
    expect(page.locator(".timeline")).to_contain_text("tháng 3, 4, 5, 45 tấn")
    expect(page.locator("main")).to_contain_text("0000 123 456")
    page.get_by_label("Nội dung").fill("Tôi lấy hết.")
    page.get_by_role("button", name="Viết thêm").click()
    expect(page.locator(".timeline")).to_contain_text("Tôi lấy hết.")
    look(page, "enquiry-private")
    office.goto("/coop/enquiries/templates/")
    expect(office.get_by_role("heading", level=1)).to_have_text("Mẫu trả lời")
    look(office, "enquiry-templates")
    context.close()


def test_buyers_pages_in_english_without_script(browser: Browser, live_server, stock):
    context = browser.new_context(base_url=live_server.url, locale="en", viewport=SMALL, java_script_enabled=False)
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_server.url}])
    page = context.new_page()
    pages = {"form": f"new/{stock.slug}/", "links": "links/"}
    for name, path in pages.items():
        page.goto(f"/enquiries/{path}")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        screenshot(page, f"enquiry-{name}-en-360")
    context.close()
