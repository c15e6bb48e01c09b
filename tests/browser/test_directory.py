"""A consent from the clerk's page to the officers' directory and the producer page, and its end, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from cooperatives.models import DirectoryExport
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.factories.cooperatives import make_grower
from tests.factories.farms import make_plot
from tests.factories.people import make_person
from tests.factories.products import make_offer, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, PHONE, HAMLET = "Phạm Thị Hòa Đặng", "0912345678", "Ấp Đông Thạnh"


def look(page: Page, name: str) -> None:
    """No accessibility fault and no sideways scrolling, on a desk and on a small telephone."""
    assert_no_axe_violations(page)
    screenshot(page, name)
    page.set_viewport_size({"width": 360, "height": 740})
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert_no_axe_violations(page)
    screenshot(page, f"{name}-360")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert width <= 360, f"{name} is {width} wide"


def test_consent_is_given_read_taken_out_and_withdrawn(
    page: Page, sign_in, clerk, officer, cooperative, mango, grower_factory
):
    member = make_grower(cooperative, person=make_person(full_name=NAME, phone=PHONE), hamlet=HAMLET)
    make_plot(cooperative, mango, grower=member)
    for _turn in range(12):
        grower_factory()
    make_offer(make_product(cooperative, by=clerk, crop=mango), by=clerk)
    sign_in(page, clerk)

    page.goto(f"/coop/growers/{member.pk}/")
    page.get_by_text("Ghi sự đồng ý trên giấy hoặc có người làm chứng").click()
    form = page.locator("form", has=page.get_by_role("button", name="Ghi sự đồng ý"))
    for label in ("Danh bạ nông hộ trong ngành", "Công khai họ tên", "Người mua liên hệ trực tiếp"):
        form.get_by_label(label, exact=True).check()
    for box in form.get_by_role("group", name="Và mở thêm thông tin").get_by_role("checkbox").all():
        box.check()
    form.get_by_label("Nơi lưu phiếu, hoặc người làm chứng").fill("Tủ 3, phiếu 12")
    look(page, "directory-1-consent")
    form.get_by_role("button", name="Ghi sự đồng ý").click()
    expect(page.get_by_text("Đã ghi sự đồng ý.")).to_be_visible()
    look(page, "directory-2-opened")
    page.goto(f"/p/{cooperative.slug}/")
    for words in (NAME, HAMLET, PHONE):
        expect(page.get_by_text(words)).to_be_visible()
    look(page, "directory-3-producer")

    page.context.clear_cookies()
    sign_in(page, officer)
    page.goto("/directory/")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()
    expect(page.get_by_text("12 hộ chưa đồng ý")).to_be_visible()
    look(page, "directory-4-list")
    page.get_by_label("Họ và tên").fill("phamj thij hoaf")
    page.get_by_role("button", name="Tìm").click()
    expect(page.get_by_role("heading", name="Danh bạ nông hộ")).to_be_visible()
    assert "pham" not in page.url
    page.get_by_text("Xuất danh sách đang lọc").click()
    page.get_by_label("Danh sách này dùng để làm gì").fill("Mời tập huấn vụ mới")
    look(page, "directory-5-export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Xuất", exact=True).click()
    assert download.value.suggested_filename == f"danh-ba-{DirectoryExport.objects.get().pk}.xlsx"
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    page.get_by_text("Xem số điện thoại").click()
    page.get_by_label("Xem để làm gì").fill("Hẹn kiểm tra thửa")
    page.get_by_role("button", name="Xem số").click()
    expect(page.get_by_text(PHONE)).to_be_visible()
    look(page, "directory-6-person")
    page.goto("/directory/exports/")
    expect(page.get_by_text("Mời tập huấn vụ mới")).to_be_visible()
    look(page, "directory-7-exports")

    page.context.clear_cookies()
    sign_in(page, clerk)
    page.goto(f"/coop/growers/{member.pk}/")
    page.get_by_text("Thành viên hỏi dữ liệu của mình").click()
    page.get_by_label("Theo yêu cầu nào").fill("Người này hỏi trực tiếp")
    page.get_by_role("button", name="Mở tờ in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dữ liệu cá nhân đang lưu")
    expect(page.get_by_text("Mời tập huấn vụ mới")).to_be_visible()
    look(page, "directory-8-sheet")
    page.goto(f"/coop/growers/{member.pk}/")
    for label in ("Công khai họ tên", "Danh bạ nông hộ trong ngành"):
        page.get_by_text(f"Rút: {label}").click()
        page.get_by_role("button", name="Rút sự đồng ý").locator("visible=true").click()
        expect(page.get_by_text("Đã rút sự đồng ý")).to_be_visible()
    page.goto(f"/p/{cooperative.slug}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(cooperative.name)
    for words in (NAME, HAMLET, PHONE):
        expect(page.get_by_text(words)).to_have_count(0)
    page.context.clear_cookies()
    sign_in(page, officer)
    page.goto("/directory/")
    expect(page.get_by_text("13 hộ chưa đồng ý")).to_be_visible()
    expect(page.get_by_text(NAME)).to_have_count(0)
