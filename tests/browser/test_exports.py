"""A planner orders a file: filter, count, order, progress, download; the snapshots of a public layer."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from exchange.catalogue import entry
from exchange.models import Export, ExportFormat
from exchange.services.snapshots import make_snapshot
from office.services import run_job
from tests.browser.conftest import assert_no_axe_violations, screenshot

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


def test_file_is_ordered_made_and_fetched(page: Page, sign_in, planner, plot_factory, settings, tmp_path):
    settings.MEDIA_ROOT, settings.SNAPSHOT_DIR = tmp_path, tmp_path / "snapshots"
    for number in range(3):
        plot_factory(ref=f"T-{number}")
    make_snapshot(entry("units"), ExportFormat.GEOJSON, date(2026, 11, 1))
    sign_in(page, planner)

    page.goto("/data/plots/export/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Xuất dữ liệu: Thửa canh tác")
    page.get_by_label("Tìm", exact=False).first.fill("T-1")
    page.get_by_text("Chọn trường").click()
    page.get_by_role("checkbox", name="ref —").check()
    page.get_by_role("combobox", name="Hệ tọa độ").select_option("EPSG:5897")
    page.get_by_role("radio", name="GeoPackage").check()
    look(page, "export-1-panel")
    page.get_by_role("button", name="Xem số đối tượng").click()
    expect(page.get_by_text("1 đối tượng khớp")).to_be_visible()
    expect(page.get_by_role("combobox", name="Hệ tọa độ")).to_have_value("EPSG:5897")
    page.get_by_role("button", name="Đặt làm tệp").click()
    expect(page.get_by_text("Đang chờ đến lượt")).to_be_visible()
    look(page, "export-2-waiting")

    run_job(Export.objects.get().job_id)

    expect(page.get_by_role("link", name="Tải tệp")).to_be_visible(timeout=15_000)
    look(page, "export-3-done")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Tải tệp").click()
    assert begun.value.path().read_bytes().startswith(b"SQLite format 3")
    page.goto("/data/exports/")
    expect(page.get_by_role("link", name="Tải tệp")).to_be_visible()
    look(page, "export-4-list")
    page.goto("/data/units/snapshots/")
    expect(page.get_by_role("heading", name="01/11/2026")).to_be_visible()
    look(page, "export-5-snapshots")
