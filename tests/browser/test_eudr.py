"""A file is checked, its faults are told with their places, and the file put right comes back; without script too."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.geofiles.test_eudr import BOWTIE, SPIKE, collection, feature, hole, polygon, raw, ring

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FAULTY = collection(
    {**feature(polygon(ring(), hole())), "id": "T-1"},
    {**feature(polygon(BOWTIE)), "id": "T-2"},
    {**feature(polygon(SPIKE), producer_name="HTX"), "id": "T-3"},
)


def test_exporter_checks_a_file_and_gets_it_back_put_right(page: Page, phone: Page, live_server, tmp_path):
    faulty, mendable = tmp_path / "thua.geojson", tmp_path / "lo.geojson"
    faulty.write_bytes(raw(FAULTY))
    mendable.write_bytes(raw(collection(FAULTY["features"][0])))

    page.goto("/data/eudr/")
    page.get_by_label("Tệp GeoJSON").set_input_files(faulty)
    page.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(page.get_by_role("heading", name="Kết quả: thua.geojson")).to_be_visible()
    crossing = page.locator('[data-code="self_crossing"]')
    crossing.get_by_text("Ở đâu").click()
    expect(crossing.get_by_role("link", name="105.612845, 10.412845")).to_be_visible()
    screenshot(page, "eudr")
    assert_no_axe_violations(page)

    page.get_by_label("Tệp GeoJSON").set_input_files(mendable)
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải tệp đã sửa").click()
    document = json.loads(download.value.path().read_text("utf-8"))
    assert [one["id"] for one in document["features"]] == ["T-1-1", "T-1-2"]

    phone.set_viewport_size({"width": 360, "height": 740})
    phone.goto("/data/eudr/?layer=areas")
    expect(phone.get_by_role("heading", name="Kết quả: Vùng trồng")).to_be_visible()
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 360
    phone.goto("/data/eudr/")
    phone.get_by_label("Tệp GeoJSON").set_input_files(faulty)
    phone.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(phone.get_by_role("heading", name="Kết quả: thua.geojson")).to_be_visible()
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 360
    screenshot(phone, "eudr-phone")
    assert_no_axe_violations(phone)
