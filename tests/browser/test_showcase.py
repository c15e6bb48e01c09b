"""What a producer shows of itself, in a browser: photos, shop links, certificates from clerk to buyer (F8)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.factories.cooperatives import make_certificate
from tests.factories.shops import make_listing, make_photo, make_shop, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = '</script><img src=x onerror="document.title=1">'
SMALL = {"width": 360, "height": 740}


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def showcase(cooperative, product_factory, offer_factory, area_factory, code_factory, clerk):
    """A cooperative with a story, photos, a shop link, a code and certificates of every state."""
    cooperative.story = "Ba mươi hai hộ trồng xoài ven sông Tiền, bao trái từng quả.\nHái theo đơn, giao trong ngày."
    cooperative.save()
    area = area_factory(name="Vùng xoài Bắc", growers=4)
    code_factory(area=area)
    mango = product_factory(name_vi="Xoài Cát Chu", area=area, description="Ngọt, thơm, ít xơ.")
    offer_factory(product=mango, months=[3, 4, 5], volume_t=120, quality="Loại 1")
    make_shop("buudien.vn", name="Buudien.vn")
    make_listing(mango, "https://buudien.vn/xoai-cat-chu")
    make_photo(cooperative, caption="Vườn xoài tháng ba")
    make_photo(cooperative, caption="Bao trái từng quả")
    make_photo(cooperative, caption="Xoài loại 1", product=mango)
    make_certificate(cooperative, number="VG-0001")
    make_certificate(cooperative, kind="ocop", number="OCOP-7", stars=4)
    return cooperative


@pytest.mark.parametrize("width", [1280, 360])
def test_page_of_a_producer_with_photos_shops_and_certificates(page: Page, showcase, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(showcase.get_absolute_url())
    page.locator("[data-map]").scroll_into_view_if_needed()  # it loads when somebody comes near it
    wait_for_map(page)

    expect(page.get_by_role("img", name="Vườn xoài tháng ba")).to_be_visible()
    expect(page.get_by_role("link", name="Xoài Cát Chu trên Buudien.vn (trang ngoài)")).to_be_visible()
    expect(page.locator(".producer-stars")).to_contain_text("4 sao")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    # What was drawn has the room that its size asked for: nothing jumps when a photo arrives.
    assert page.evaluate("() => [...document.querySelectorAll('.producer-photo img')].every((img) => img.width > 0)")
    assert_no_axe_violations(page)
    screenshot(page, f"showcase-{width}")


def test_hostile_texts_run_nowhere(page: Page, showcase, product_factory):
    showcase.name = showcase.story = HOSTILE
    showcase.save()
    product_factory(name_vi=HOSTILE, description=HOSTILE)
    make_photo(showcase, caption=HOSTILE)

    page.goto(showcase.get_absolute_url())
    page.locator("[data-map]").scroll_into_view_if_needed()  # it loads when somebody comes near it
    wait_for_map(page)

    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.title() != "1"


def test_clerk_dresses_the_page_and_sees_it_as_a_buyer(page: Page, showcase, owner, sign_in, tmp_path):
    photo = tmp_path / "vuon.jpg"
    photo.write_bytes(picture(900, 600))
    showcase.phone = "0277 385 1234"
    showcase.save()
    sign_in(page, owner)
    page.goto("/coop/profile/")
    assert_no_axe_violations(page)
    page.locator("#id_story").fill("Chuyện mới của hợp tác xã.")
    page.get_by_label("Cho mọi người thấy điện thoại").check()
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu trang giới thiệu.")).to_be_visible()

    page.get_by_label("Ảnh", exact=True).set_input_files(photo)
    page.locator("form[enctype] [name=caption]").fill("Đóng thùng")
    page.get_by_label("Người có mặt trong ảnh đã đồng ý").check()
    page.get_by_role("button", name="Đăng ảnh").click()
    expect(page.get_by_text("Đã đăng ảnh.")).to_be_visible()
    screenshot(page, "profile-1280")
    page.get_by_role("link", name="Xem như người mua").click()

    expect(page.get_by_text("Đây là trang như người mua thấy.")).to_be_visible()
    expect(page.get_by_text("Chuyện mới của hợp tác xã.")).to_be_visible()
    expect(page.get_by_role("img", name="Đóng thùng")).to_be_visible()
    expect(page.get_by_role("link", name="0277 385 1234")).to_be_visible()


def test_certificate_from_the_clerk_to_the_officer_to_the_buyer(
    page: Page, showcase, clerk, officer, sign_in, tmp_path
):
    paper = tmp_path / "giay.pdf"
    paper.write_bytes(b"%PDF-1.7\n%%EOF\n")
    sign_in(page, clerk)
    page.goto("/coop/certificates/")
    assert_no_axe_violations(page)
    page.get_by_label("Loại", exact=True).select_option("organic")
    page.get_by_label("Số chứng nhận").fill("HC-2026")
    page.get_by_label("Nơi cấp").fill("Tổ chức thử")
    page.get_by_label("Ngày cấp").fill("2026-01-05")
    page.get_by_label("Có giá trị đến hết ngày").fill("2028-01-05")
    page.get_by_label("Giấy chứng nhận").set_input_files(paper)
    screenshot(page, "certificates-clerk-1280")
    page.get_by_role("button", name="Khai chứng nhận").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("HC-2026")
    assert_no_axe_violations(page)

    sign_in(page, officer)
    page.goto("/desk/certificates/")
    assert_no_axe_violations(page)
    screenshot(page, "certificates-desk-1280")
    page.get_by_role("link", name="HC-2026").click()
    expect(page.get_by_role("heading", name="Đối chiếu với giấy")).to_be_visible()
    assert_no_axe_violations(page)
    screenshot(page, "certificate-check-1280")
    page.get_by_role("button", name="Khớp giấy tờ").click()
    expect(page.get_by_text("Đã xác nhận chứng nhận")).to_be_visible()

    page.context.clear_cookies()
    page.goto(showcase.get_absolute_url())
    expect(page.locator(".producer-lines li", has_text="HC-2026")).to_contain_text("Cán bộ đã kiểm tra")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("profile", "/coop/profile/"),
        ("certificates", "/coop/certificates/"),
        ("listings", "/coop/products/{product}/listings/"),
    ],
)
def test_own_pages_fit_a_small_phone(page: Page, showcase, clerk, sign_in, name, path):
    page.set_viewport_size(SMALL)
    sign_in(page, clerk)

    page.goto(path.format(product=showcase.products.get(name_vi="Xoài Cát Chu").pk))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(page)
    screenshot(page, f"{name}-360")


@pytest.mark.parametrize("path", ["/desk/shops/", "/desk/certificates/?state=all"])
def test_desk_pages_fit_a_small_phone(page: Page, showcase, officer, sign_in, path):
    page.set_viewport_size(SMALL)
    sign_in(page, officer)

    page.goto(path)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(page)
    screenshot(page, f"{path.strip('/').partition('/')[2].partition('/')[0]}-desk-360")
