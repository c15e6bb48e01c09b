"""A clerk and her files in a real browser: coordinates chosen on a map, old letters, storing, report, undo."""

import io
import json
import zipfile

import pytest
from playwright.sync_api import Page, expect

from farms.models import ImportStatus, Plot, PlotImport
from geofiles import features, writers
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.shapes import bowtie, square, square_east_of, square_north_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST = square(105.63, 10.45)
GROWERS = ("Nguyễn Thị Đượm", "Trần Văn Hưởng", "Lê Quốc Việt")


def without_prj(made):
    """The zipped shapefile as a surveyor often hands it over: the .prj left out."""
    left = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(left, "w") as target:
        for name in source.namelist():
            if not name.endswith(".prj"):
                target.writestr(name, source.read(name))
    made.write_bytes(left.getvalue())
    return made


@pytest.fixture
def old_file(tmp_path):
    """A shapefile in VN-2000 metres without .prj, its text in TCVN3; the last row crosses itself."""
    import shapely

    shapes = [FIRST, square_east_of(FIRST), square_north_of(FIRST), bowtie(105.634, 10.452)]
    columns = {
        "SO_THUA": ["A1", "A2", "A3", "A4"],
        "CHU_HO": [*GROWERS, GROWERS[0]],
        "CAY_TRONG": ["Xoài"] * 4,
        "GHI_CHU": ["Vườn cũ", "Đất bãi", "Bờ kênh", "Chưa rõ"],
    }
    batch = features.make_batch([shapely.from_wkt(shape.wkt) for shape in shapes], columns)
    made = writers.write(batch, tmp_path / "do-dac.zip", "shapefile", crs="EPSG:5897", encoding="TCVN3")
    return without_prj(made)


def narrow(page: Page) -> int:
    """How wide the page is on a small telephone of 360 points."""
    page.set_viewport_size({"width": 360, "height": 740})
    return page.evaluate("() => document.documentElement.scrollWidth")


def look(page: Page, name: str, *, with_map: bool = False) -> None:
    """No accessibility fault, no sideways scrolling on a telephone; a picture of both when asked for."""
    if with_map:
        wait_for_map(page)
    assert_no_axe_violations(page)
    screenshot(page, name, after_ms=1200 if with_map else 0)
    width = narrow(page)
    screenshot(page, f"{name}-360", after_ms=400 if with_map else 0)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert width <= 360, f"{name} is {width} wide"


def test_file_without_crs_in_old_letters(page: Page, sign_in, media, clerk, cooperative, mango, work_off, old_file):
    sign_in(page, clerk)
    page.goto("/coop/imports/new/")
    look(page, "wizard-1-file")
    page.get_by_label("Tệp bản đồ các thửa").set_input_files(old_file)
    page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    look(page, "wizard-2-progress")
    work_off()

    expect(page.get_by_role("heading", level=1)).to_have_text("Chọn hệ tọa độ", timeout=10_000)
    expect(page.get_by_text("HN-72 (Hà Nội 1972): không nhận")).to_be_visible()
    assert page.locator(".crs-choice input:not([disabled])").count() > 1
    look(page, "wizard-2-crs", with_map=True)
    page.get_by_role("radio").nth(1).check()
    screenshot(page, "wizard-2-crs-second", after_ms=800)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Dùng hệ tọa độ này").click()
    work_off()

    expect(page.get_by_role("heading", level=1)).to_have_text("Các cột của tệp", timeout=10_000)
    expect(page.get_by_text(GROWERS[0]).first).to_be_visible()
    expect(page.locator("#id_ref")).to_have_value("SO_THUA")
    page.get_by_text("Chữ tiếng Việt hiện sai?").click()
    assert page.locator("input[name=encoding]").count() > 1
    look(page, "wizard-3-columns")
    page.get_by_role("button", name="Tiếp tục: xem trước").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước các thửa", timeout=10_000)
    look(page, "wizard-4-preview", with_map=True)
    page.get_by_role("link", name="Không nhận (1)").click()
    expect(page.locator("#results > li")).to_have_count(1)
    screenshot(page, "wizard-4-preview-red")
    page.get_by_label("Ghi cả các dòng vàng").check()
    page.locator("form.card--accent button").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()

    expect(page.get_by_text("Đã ghi 3 thửa.")).to_be_visible(timeout=10_000)
    look(page, "wizard-5-report", with_map=True)
    plot = Plot.objects.get(ref="A1")
    assert plot.boundary.centroid.distance(FIRST.centroid) < 1e-6
    texts = PlotImport.objects.get().rows.order_by("row").values_list("attributes__GHI_CHU", flat=True)
    assert list(texts) == ["Vườn cũ", "Đất bãi", "Bờ kênh", "Chưa rõ"]

    page.get_by_text("Hoàn tác cả lần nhập", exact=True).click()
    page.get_by_role("button", name="Đồng ý: Hoàn tác cả lần nhập").click()
    work_off()
    page.reload()
    expect(page.get_by_text("đã được hoàn tác lúc")).to_be_visible()
    assert PlotImport.objects.get().status == ImportStatus.UNDONE
    assert not Plot.objects.current().exists()


def test_refused_rows_go_out_and_come_back(page: Page, sign_in, media, clerk, cooperative, mango, work_off, tmp_path):
    rows = [(FIRST, {"Số thửa": "A1", "Cây": "Xoài"}), (square_east_of(FIRST), {"Số thửa": "A2", "Cây": "cỏ voi"})]
    shapes = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson)}
        for shape, properties in rows
    ]
    path = tmp_path / "thửa.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
    sign_in(page, clerk)
    upload(page, path, work_off)
    page.get_by_role("button", name="Tiếp tục: xem trước").click()
    page.locator("form.card--accent button").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()
    expect(page.get_by_text("Đã ghi 1 thửa.")).to_be_visible(timeout=10_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    refused = tmp_path / download.value.suggested_filename
    download.value.save_as(refused)

    page.goto("/coop/imports/new/")
    page.get_by_label("Cây trồng của cả tệp").select_option("xoai")
    upload(page, refused, work_off, is_open=True)

    expect(page.get_by_role("heading", level=1)).to_have_text("Xem trước các thửa", timeout=10_000)
    expect(page.get_by_text("cách đọc cột của lần trước")).to_be_visible()
    look(page, "wizard-again-preview", with_map=True)
    page.locator("form.card--accent button").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()
    expect(page.get_by_text("Đã ghi 1 thửa.")).to_be_visible(timeout=10_000)
    assert set(Plot.objects.values_list("ref", flat=True)) == {"A1", "A2"}


def upload(page: Page, path, work_off, *, is_open: bool = False) -> None:
    if not is_open:
        page.goto("/coop/imports/new/")
    page.get_by_label("Tệp bản đồ các thửa").set_input_files(path)
    page.get_by_role("button", name="Tải lên và kiểm tra").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work_off()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=10_000)


def test_list_of_earlier_imports_on_a_telephone(
    phone: Page, sign_in, media, clerk, cooperative, mango, work_off, old_file
):
    sign_in(phone, clerk)
    phone.goto("/coop/imports/new/")
    phone.get_by_label("Tệp bản đồ các thửa").set_input_files(old_file)
    phone.get_by_role("button", name="Tải lên và kiểm tra").click()
    work_off()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Chọn hệ tọa độ", timeout=10_000)

    phone.goto("/coop/imports/new/")

    expect(phone.get_by_role("link", name="do-dac.zip")).to_be_visible()
    expect(phone.get_by_text("Cần trả lời")).to_be_visible()
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert_no_axe_violations(phone)
    screenshot(phone, "wizard-1-earlier-phone")
