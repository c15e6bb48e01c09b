"""The clerk: from a shapefile to requests for codes, and to a product on the map."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from farms.models import Plot
from tests.browser.journey.shapefile import BAD, GOOD, plots
from tests.browser.journey.visit import at_rest, click_place, drawn, look, saved
from tests.shapes import middle_of

AREA = "Vùng xoài Rạch Chanh"


def bring_plots(page: Page, file: Path, work_off: Callable[[], object], *, crs_name: str) -> None:
    """Upload the file, look at the preview with its report, store the good rows."""
    page.get_by_role("link", name="Hợp tác xã của tôi").click()
    look(page, "coop-home")
    page.get_by_role("link", name="Tải tệp thửa lên").click()
    look(page, "import-new")
    page.get_by_label("Tệp bản đồ các thửa").set_input_files(file)
    page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()

    expect(page.get_by_role("heading", level=1)).to_have_text("Các cột của tệp", timeout=10_000)
    look(page, "import-columns")
    page.get_by_role("button", name="Tiếp tục: xem trước").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước các thửa", timeout=10_000)
    expect(page.get_by_text(crs_name).first).to_be_visible()
    expect(page.locator(".badge", has_text=re.compile(r"^4 đạt$"))).to_be_visible()
    expect(page.locator(".badge", has_text=re.compile(r"^1 không nhận$"))).to_be_visible()
    expect(page.locator("#results > li")).to_have_count(5)
    bad = page.locator("#results > li", has_text=BAD)
    expect(bad).to_contain_text("Đường ranh tự cắt")
    assert {feature["row"] for feature in drawn(page, "own-fill")} >= {1, 2, 3, 4}
    look(page, "import-preview")
    reasons = saved(page, page.get_by_role("link", name="CSV", exact=True).click, file.parent).read_text("utf-8-sig")
    assert BAD in reasons and "tự cắt" in reasons and GOOD[0] not in reasons
    assert not Plot.objects.filter(ref__in=GOOD).exists()

    page.get_by_role("button", name="Ghi các thửa đạt").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()
    expect(page.get_by_text("Đã ghi 4 thửa.")).to_be_visible(timeout=10_000)
    stored = Plot.objects.filter(ref__in=GOOD).order_by("ref").select_related("grower__person")
    assert [plot.grower.person.full_name for plot in stored][:2] == ["Trần Thị Ánh Tuyết", "Lê Văn Đậu"]
    for plot, ground in zip(stored, plots(), strict=True):
        assert plot.boundary.centroid.distance(ground.centroid) < 1e-6  # a tenth of a metre


def see_plots(page: Page) -> None:
    """The list of plots beside their map."""
    page.get_by_role("link", name="Xem các thửa").click()
    expect(page.locator("#results > .results > li")).to_have_count(4)
    assert {feature["ref"] for feature in drawn(page, "plots:0")} >= set(GOOD)
    look(page, "plot-list")
    page.go_back()


def form_area(page: Page) -> None:
    """Unite three plots, chosen on the list and on the map."""
    page.get_by_role("link", name="Tiếp theo: lập vùng trồng").click()
    at_rest(page)
    page.get_by_label("Tên vùng trồng").fill(AREA)
    for ref in GOOD[:2]:
        _choice(page, ref).check()
    click_place(page, middle_of(plots()[2]))
    expect(_choice(page, GOOD[2])).to_be_checked()
    expect(page.locator("[data-sum]")).to_contain_text("3 thửa, 3 ha")
    look(page, "area-new")
    page.get_by_role("button", name="Lập vùng trồng").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(AREA)
    expect(page.locator("main")).to_contain_text("3 thửa, 3 hộ")
    at_rest(page)
    look(page, "area")


def _choice(page: Page, ref: str) -> Locator:
    return page.locator("[data-plot]", has_text=ref).get_by_role("checkbox")


def request_codes(page: Page, scheme: str, sentence: str, name: str) -> str:
    """Ask for codes for China and the United States under `scheme`; return the request's address."""
    page.get_by_role("link", name="Đề nghị cấp mã").click()
    page.get_by_label("Chế độ mã số").select_option(label=scheme)
    expect(page.locator("#request-panel")).to_contain_text(sentence)
    page.get_by_label("Trung Quốc").check()
    page.get_by_label("Hoa Kỳ").check()
    expect(page.locator("#request-panel")).to_contain_text("Trung Quốc, Hoa Kỳ")  # the check of the markets
    page.get_by_label("Chúng tôi cam kết").check()
    look(page, name)
    page.get_by_role("button", name="Lưu và nộp").click()

    expect(page.locator("#messages")).to_contain_text("Đã nộp hồ sơ.")
    return page.url


def answer_return(page: Page, address: str, reason: str) -> None:
    """Learn by a notice that the request came back, read why, say what was done, hand it in again."""
    page.goto("/notices/")
    look(page, "notices")
    page.get_by_text("được trả lại để bổ sung").first.click()
    expect(page).to_have_url(address)
    expect(page.locator(".notice--warning").first).to_contain_text(reason)
    look(page, "request-returned")
    page.get_by_role("link", name="Sửa hồ sơ").click()
    page.get_by_label("Sản lượng dự kiến").fill("45")
    page.get_by_role("button", name="Lưu và nộp lại").click()
    expect(page.locator("#messages")).to_contain_text("Đã nộp hồ sơ.")


def sell(page: Page) -> None:
    """Put the area's mangoes on the map, to be had in April and May."""
    page.goto("/coop/products/")
    page.get_by_label("Tên sản phẩm").fill("Xoài Cát Chu")
    page.get_by_label("Cây trồng").select_option(label="Xoài")
    page.get_by_label("Vùng trồng").select_option(label=AREA)
    look(page, "product-list")
    page.get_by_role("button", name="Đưa lên bản đồ").click()
    for month in ("4", "5"):
        page.get_by_label(month, exact=True).check()
    page.get_by_label("Sản lượng mỗi vụ").fill("45")
    page.get_by_role("button", name="Thêm", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("Đã thêm chào bán.")
    look(page, "product")
