"""A clerk brings plots onto the map in a real browser: start page, upload, preview, storing, list."""

import json

import pytest
from playwright.sync_api import Page, expect

from farms import services
from farms.models import Plot
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.factories.farms import make_plot
from tests.shapes import square, square_east_of, square_north_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plots_file(tmp_path):
    """Six plots: three good, one that overlaps another in the file, one with a strange variety, one without a crop."""
    first = square(105.63, 10.45)
    second = square_east_of(first)
    rows = [
        (first, {"So_thua": "A1", "Cay_trong": "Xoài", "Chu_ho": "", "Dien_tich_ha": "1,00"}),
        (second, {"So_thua": "A2", "Cay_trong": "Xoài Cát Chu", "Dien_tich_ha": "1,00"}),
        (square_north_of(first), {"So_thua": "A3", "Cay_trong": "xoai"}),
        (square_east_of(second, gap_m=-20), {"So_thua": "A4", "Cay_trong": "xoai"}),
        (square_north_of(second), {"So_thua": "A5", "Cay_trong": "xoai", "Giong": "Giống lạ"}),
        (square(105.634, 10.452), {"So_thua": "A6", "Cay_trong": "cỏ voi"}),
    ]
    features = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson)}
        for shape, properties in rows
    ]
    path = tmp_path / "thửa xoài.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_clerk_uploads_looks_and_stores(page: Page, sign_in, media, clerk, cat_chu, work_off, plots_file):
    sign_in(page, clerk)
    page.goto("/coop/")
    assert_no_axe_violations(page)
    screenshot(page, "coop-home")
    page.get_by_role("link", name="Tải tệp thửa lên").click()
    page.get_by_label("Tệp bản đồ các thửa").set_input_files(plots_file)
    assert_no_axe_violations(page)
    screenshot(page, "import-new")
    page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    screenshot(page, "import-progress")
    work_off()  # the page asks again by itself

    expect(page.get_by_role("heading", level=1)).to_have_text("Các cột của tệp", timeout=10_000)
    page.get_by_role("button", name="Tiếp tục: xem trước").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước các thửa", timeout=10_000)
    wait_for_map(page)
    page.wait_for_timeout(1500)
    assert_no_axe_violations(page)
    screenshot(page, "import-preview")
    expect(page.get_by_text("Chồng lên dòng 2 của tệp")).to_be_visible()
    page.get_by_label("Ghi cả các dòng vàng").check()
    page.get_by_role("button", name="Ghi các thửa đạt").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()

    expect(page.get_by_text("Đã ghi 4 thửa.")).to_be_visible(timeout=10_000)
    wait_for_map(page)
    screenshot(page, "import-report", after_ms=1000)
    page.get_by_role("link", name="Xem các thửa").click()
    expect(page.locator("#results li")).to_have_count(4)
    wait_for_map(page)
    page.wait_for_timeout(1500)
    assert_no_axe_violations(page)
    screenshot(page, "plot-list")
    page.get_by_role("link", name="A1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa A1")
    wait_for_map(page)
    page.wait_for_timeout(1000)
    assert_no_axe_violations(page)
    screenshot(page, "plot-detail")
    page.get_by_role("link", name="Sửa thông tin").click()
    screenshot(page, "plot-edit")
    assert Plot.objects.count() == 4


def test_the_same_on_a_phone(phone: Page, sign_in, media, clerk, cat_chu, work_off, plots_file):
    sign_in(phone, clerk)
    phone.goto("/coop/")
    screenshot(phone, "coop-home-phone")
    phone.goto("/coop/imports/new/")
    phone.get_by_label("Tệp bản đồ các thửa").set_input_files(plots_file)
    phone.get_by_role("button", name="Tải lên và kiểm tra").click()
    work_off()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Các cột của tệp", timeout=10_000)
    phone.get_by_role("button", name="Tiếp tục: xem trước").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Xem trước các thửa", timeout=10_000)
    wait_for_map(phone)
    phone.wait_for_timeout(1500)
    width = phone.evaluate("document.documentElement.scrollWidth")
    screenshot(phone, "import-preview-phone")
    assert width <= 390


def test_overlap_is_seen_on_the_map(page: Page, sign_in, clerk, cooperative, neighbour, neighbour_clerk, mango):
    first = make_plot(cooperative, mango, ref="T-1", boundary=square(105.63, 10.45))
    services.add_plot(neighbour, square_east_of(first.boundary, gap_m=-30), by=neighbour_clerk, ref="L-1", crop=mango)
    sign_in(page, clerk)

    page.goto("/coop/overlaps/")

    wait_for_map(page)
    page.wait_for_timeout(1000)
    expect(page.get_by_text("Thửa L-1")).to_be_visible()
    assert_no_axe_violations(page)
    screenshot(page, "overlaps")
    page.goto("/notices/")
    screenshot(page, "notices")
    expect(page.get_by_text("chồng lên thửa của bạn").first).to_be_visible()
