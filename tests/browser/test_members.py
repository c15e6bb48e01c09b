"""A clerk and the members in a real browser: a list brought in, one member's page, a whole number, consents."""

import pytest
from playwright.sync_api import Page, expect

from cooperatives.models import Grower, GrowerImport
from office.services import run_job
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.cooperatives.lists import row, xlsx_list

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def test_list_of_members_is_brought_in(page: Page, sign_in, clerk, cooperative, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    path = tmp_path / "ds.xlsx"
    rows = [
        row(number="1", name="Nguyễn Văn An", year="1970", phone="0912345678", id="012345678901", hamlet="Ấp 3",
            area="0,85", directory="x", evidence="Tủ 3"),
        row(name="Trần Thị Bé", phone="0912345678", area="90"), row(name="", phone="12"),
    ]  # fmt: skip
    path.write_bytes(xlsx_list(rows).read())
    sign_in(page, clerk)
    page.goto("/coop/growers/")
    page.get_by_role("link", name="Nhập danh sách từ bảng tính").click()
    look(page, "members-1-upload")
    page.get_by_label("Danh sách thành viên").set_input_files(path)
    page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_job(GrowerImport.objects.get().job_id)

    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước danh sách thành viên", timeout=10_000)
    look(page, "members-2-preview")
    page.get_by_label("Làm gì với dòng 3").select_option("skip")
    page.get_by_role("button", name="Lưu lựa chọn của trang này").click()
    expect(page.get_by_text("Sẽ thêm 1, sửa 0, bỏ qua 2 dòng.")).to_be_visible()
    page.get_by_role("button", name="Ghi vào danh sách thành viên").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_job(GrowerImport.objects.get().job_id)

    expect(page.get_by_text("Đã thêm 1 thành viên")).to_be_visible(timeout=10_000)
    look(page, "members-3-report")
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải về (XLSX)").click()
    assert download.value.suggested_filename == "thanh-vien-chua-ghi.xlsx"
    page.get_by_role("link", name="Xem thành viên").click()
    look(page, "members-4-list")
    assert Grower.objects.get().person.full_name == "Nguyễn Văn An"


def test_page_of_one_member(page: Page, sign_in, clerk, grower, plot_factory):
    plot_factory(grower=grower)
    sign_in(page, clerk)
    page.goto(f"/coop/growers/{grower.pk}/")
    wait_for_map(page)
    page.get_by_text("Ghi sự đồng ý trên giấy hoặc có người làm chứng").click()
    look(page, "members-5-member")
    page.locator("#id_purposes_0").check()
    page.get_by_label("Nơi lưu phiếu, hoặc người làm chứng").fill("Tủ 3")
    page.get_by_role("button", name="Ghi sự đồng ý").click()

    expect(page.get_by_text("Rút: Danh bạ nông hộ trong ngành")).to_be_visible()
    page.get_by_text("Xem số đầy đủ").click()
    page.get_by_label("Số cần xem").select_option("phone")
    page.get_by_label("Xem để làm gì").fill("Mời họp xã viên")
    page.get_by_role("button", name="Xem số").click()
    expect(page.get_by_text(grower.person.phone)).to_be_visible()
    look(page, "members-6-number")
    page.goto(f"/coop/growers/{grower.pk}/edit/")
    look(page, "members-7-edit")
    assert grower.person.number_reads.get().purpose == "Mời họp xã viên"
