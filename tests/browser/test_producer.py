"""The producer page and the buyer's enquiry in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from products.models import Enquiry
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.codes_sent import code_sent
from tests.factories.cooperatives import make_certificate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def producer(cooperative, product_factory, offer_factory, area_factory, code_factory, cat_chu):
    """A cooperative with two areas (one outline public, one not), a code, three products and two certificates."""
    cooperative.story = (
        "Ba mươi hai hộ trồng xoài ven sông Tiền, bao trái từng quả, ghi nhật ký từng thửa.\n"
        "Hái theo đơn, giao trong ngày."
    )
    cooperative.phone, cooperative.has_public_contact = "0000 123 456", True
    cooperative.save()
    north = area_factory(name="Vùng xoài Bắc", growers=4, variety=cat_chu)
    south = area_factory(name="Vùng xoài Nam", growers=1, lat=10.44, lon=105.61, variety=cat_chu)
    code_factory(area=north)
    mango = product_factory(name_vi="Xoài Cát Chu", variety=cat_chu, area=north, description="Ngọt, thơm, ít xơ.")
    offer_factory(product=mango, months=[3, 4, 5], volume_t=120, quality="Loại 1, 300-450 g")
    offer_factory(product=mango, months=[11, 12], volume_t=35, quality="Nghịch vụ")
    offer_factory(product=product_factory(name_vi="Xoài bao trái", area=south), months=[4], volume_t=8.5)
    product_factory(kind="processed", name_vi="Xoài sấy dẻo")
    make_certificate(cooperative, number="VG-0001")
    make_certificate(cooperative, kind="ocop", number="OCOP-7", stars=4)
    return cooperative


def test_producer_page_on_a_desktop(page: Page, producer):
    page.goto(producer.get_absolute_url())
    page.locator("[data-map]").scroll_into_view_if_needed()  # it loads when somebody comes near it
    wait_for_map(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Hợp tác xã Của Tôi")
    expect(page.locator(".producer-product")).to_have_count(3)
    expect(page.get_by_role("link", name="VN-XXOR-0001", exact=True)).to_be_visible()
    assert_no_axe_violations(page)
    page.wait_for_timeout(500)
    page.evaluate("() => window.scrollTo(0, 0)")
    screenshot(page, "producer-desktop")
    page.get_by_role("heading", name="Vùng trồng", exact=True).scroll_into_view_if_needed()
    screenshot(page, "producer-desktop-map")


def test_producer_page_on_a_phone(phone: Page, producer):
    phone.goto(producer.get_absolute_url())
    phone.locator("[data-map]").scroll_into_view_if_needed()
    wait_for_map(phone)

    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(phone)
    phone.evaluate("() => window.scrollTo(0, 0)")
    screenshot(phone, "producer-phone")


def test_buyer_asks_from_a_phone(phone: Page, producer, problems, work_off, sms_files):
    problems.expect("status of 422")  # the first try, with a contact that is none
    phone.goto(producer.get_absolute_url())
    phone.get_by_role("link", name="Hỏi mua Xoài Cát Chu").click()
    assert_no_axe_violations(phone)
    screenshot(phone, "enquiry-new-phone")
    expect(phone.get_by_label("Sản phẩm")).to_have_value(str(producer.products.get(name_vi="Xoài Cát Chu").pk))

    phone.get_by_label("Nội dung").fill("Cần 5 tấn giao tháng 4.")
    phone.get_by_label("Tên của bạn hoặc công ty").fill("Vựa Bảy")
    phone.get_by_label("Điện thoại hoặc thư điện tử").fill("không có")
    phone.get_by_label("Tôi đồng ý").check()
    phone.get_by_role("button", name="Gửi yêu cầu").click()
    expect(phone.get_by_role("alert")).to_contain_text("Hãy ghi một số điện thoại")

    phone.get_by_label("Điện thoại hoặc thư điện tử").fill("0000 765 432")
    phone.get_by_role("button", name="Gửi yêu cầu").click()
    expect(phone.get_by_role("heading", name="Xác nhận liên hệ")).to_be_visible()
    assert_no_axe_violations(phone)
    screenshot(phone, "enquiry-confirm-phone")
    work_off()
    phone.get_by_label("Mã 6 số").fill(code_sent("0000765432"))
    phone.get_by_role("button", name="Xác nhận và gửi").click()
    expect(phone.get_by_role("heading", name="Yêu cầu của bạn")).to_be_visible()

    assert phone.url.endswith(f"/enquiries/{Enquiry.objects.get().token}/")
    assert_no_axe_violations(phone)
    screenshot(phone, "enquiry-phone")
