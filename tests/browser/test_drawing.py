"""Drawing plots in a real browser: by clicks, by keys, by numbers, by finger; snapping, holes, undo, split, merge."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from farms.models import OverlapCase, Plot, PlotStatus, PlotSuccession
from geofiles import crs
from office.models import Notice
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.factories.farms import make_plot
from tests.shapes import degrees_for, middle_of, square, square_east_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WEST, SOUTH = 105.63, 10.45


def opened(page: Page, address: str) -> Page:
    """Open a drawing page and wait until it can be drawn on."""
    page.add_init_script("addEventListener('map:ready', (event) => { window.seenMap = event.detail.map; })")
    page.goto(address)
    page.wait_for_selector("[data-ready=map]", timeout=30_000)
    page.wait_for_timeout(300)
    return page


def on_screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a position is, in pixels of the page."""
    x, y = page.evaluate(
        "([lon, lat]) => { const at = window.seenMap.project([lon, lat]);"
        " const box = window.seenMap.getCanvas().getBoundingClientRect(); return [at.x + box.left, at.y + box.top]; }",
        [lon, lat],
    )
    return x, y


def drawn(page: Page) -> list:
    """The rings of the first part of what is drawn, without the closing corner."""
    text = page.locator("[name=boundary]").input_value()
    return [ring[:-1] for ring in json.loads(text)["coordinates"][0]] if text else []


def measured_m2(page: Page) -> float:
    return float(page.locator("[data-measure]").get_attribute("data-m2"))


def click_corners(page: Page, shape: list[tuple[float, float]]) -> None:
    for lon, lat in shape:
        page.mouse.move(*on_screen(page, lon, lat))
        page.mouse.click(*on_screen(page, lon, lat))
        page.wait_for_timeout(60)


def box_of(west: float, south: float, east_m: float, north_m: float) -> list[tuple[float, float]]:
    width, height = degrees_for(south, east_m=east_m, north_m=north_m)
    return [(west, south), (west + width, south), (west + width, south + height), (west, south + height)]


def fill_in(page: Page, ref: str, crop) -> None:
    page.get_by_label("số thửa của hợp tác xã").fill(ref)
    page.get_by_label("cây trồng").select_option(label=str(crop))


def look_at(page: Page, shape, *, zoom: float = 17) -> None:
    """Move the map so that a shape stands in its middle."""
    page.evaluate(
        "([lon, lat, zoom]) => window.seenMap.jumpTo({ center: [lon, lat], zoom })", [*middle_of(shape).coords, zoom]
    )
    page.wait_for_timeout(500)


def test_clerk_draws_beside_a_neighbour(page: Page, sign_in, clerk, cooperative, mango):
    first = make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    _west, south, east, north = first.boundary.extent
    side = degrees_for(SOUTH, east_m=80)[0]
    sign_in(page, clerk)
    page.goto("/coop/plots/")
    expect(page.get_by_role("link", name="Vẽ thửa mới")).to_be_visible()
    opened(page, "/coop/plots/new/")
    look_at(page, square_east_of(first.boundary))

    near = 0.00001  # about a metre beside the neighbour's corner: near enough to be taken over
    click_corners(page, [(east + near, south), (east + side, south), (east + side, north), (east + near, north)])
    page.get_by_role("button", name="Xong").click()

    expect(page.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")
    [ring] = drawn(page)
    assert [ring[0], ring[3]] == [[east, south], [east, north]]  # the very numbers of the neighbour
    findings = page.locator("[data-findings]")
    expect(findings).to_contain_text("Không chồng lên thửa nào")
    expect(findings).to_have_attribute("data-m2", re.compile(r"\d"))
    server_m2 = float(findings.get_attribute("data-m2"))
    assert measured_m2(page) == pytest.approx(server_m2, rel=0.0005)
    assert server_m2 == pytest.approx(8_000, rel=0.05)
    assert_no_axe_violations(page)
    screenshot(page, "draw-new")
    fill_in(page, "A2", mango)
    page.get_by_label("nguồn nước tưới").fill("Kênh Xáng")
    page.get_by_role("button", name="Ghi thửa").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa A2")
    plot = Plot.objects.get(ref="A2")
    assert (plot.status, plot.irrigation, plot.determination) == (PlotStatus.ACTIVE, "Kênh Xáng", "manual")
    assert plot.area_m2 == pytest.approx(server_m2, abs=0.1)
    assert (east, south) in plot.boundary[0][0].coords


def test_holes_undo_and_redo(page: Page, sign_in, clerk, cooperative, mango, plot_factory):
    plot_factory(boundary=square(WEST - 0.002, SOUTH))
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    look_at(page, square(WEST, SOUTH))
    undo, redo = page.get_by_role("button", name="Hoàn tác"), page.get_by_role("button", name="Làm lại")

    corners = box_of(WEST, SOUTH, 100, 100)
    click_corners(page, [*corners[:3], (WEST + 0.0002, SOUTH + 0.0002)])
    undo.click()  # takes the last corner back while drawing
    click_corners(page, corners[3:])
    page.get_by_role("button", name="Xong").click()
    expect(page.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")
    whole = measured_m2(page)
    page.get_by_role("button", name="Khoét lỗ").click()
    click_corners(page, box_of(WEST + 0.0003, SOUTH + 0.0003, 30, 30))
    page.get_by_role("button", name="Xong").click()

    expect(page.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")
    assert whole == pytest.approx(10_000, rel=0.02)
    assert (len(drawn(page)), measured_m2(page)) == (2, pytest.approx(9_100, rel=0.02))
    expect(page.locator("[data-findings]")).to_have_attribute("data-m2", re.compile(r"\d"))
    assert float(page.locator("[data-findings]").get_attribute("data-m2")) == pytest.approx(
        measured_m2(page), rel=0.0005
    )
    screenshot(page, "draw-hole")
    undo.click()
    assert (len(drawn(page)), measured_m2(page)) == (1, pytest.approx(whole))
    redo.click()
    assert len(drawn(page)) == 2
    page.get_by_role("button", name="Xóa hình").click()
    assert drawn(page) == []
    undo.click()
    assert len(drawn(page)) == 2


def test_a_corner_is_dragged_to_the_neighbours(page: Page, sign_in, clerk, cooperative, mango):
    plot = make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    neighbour = make_plot(cooperative, mango, ref="A2", boundary=square_east_of(plot.boundary, gap_m=12))
    sign_in(page, clerk)
    page.goto(plot.get_absolute_url())
    expect(page.get_by_role("link", name="Vẽ lại ranh")).to_be_visible()
    opened(page, f"/coop/plots/{plot.pk}/boundary/")
    page.wait_for_timeout(500)
    before = drawn(page)[0]
    _west, south, east, _north = plot.boundary.extent
    target = neighbour.boundary.extent[0]

    page.mouse.move(*on_screen(page, east, south))
    page.mouse.down()
    for step in (0.3, 0.6, 0.9, 0.99):
        page.mouse.move(*on_screen(page, east + (target - east) * step, south))
    page.mouse.up()

    page.wait_for_timeout(300)
    [ring] = drawn(page)
    assert [target, south] in ring
    assert [corner for corner in ring if corner != [target, south]] == [
        corner for corner in before if corner != [east, south]
    ]  # the others are the same numbers to the last digit
    expect(page.locator("[data-findings]")).to_contain_text("Không chồng lên thửa nào")
    screenshot(page, "draw-boundary")
    page.get_by_role("button", name="Lưu ranh mới").click()
    expect(page.get_by_text("Đã lưu ranh mới của thửa A1.")).to_be_visible()
    changed = Plot.objects.get(pk=plot.pk)
    assert (changed.version, (target, south) in changed.boundary[0][0].coords) == (2, True)


def test_own_neighbour_in_the_way_is_named(page: Page, sign_in, clerk, cooperative, mango, problems):
    make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    problems.expect("422")
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    look_at(page, square(WEST, SOUTH))

    click_corners(page, box_of(WEST + 0.0003, SOUTH + 0.0003, 90, 90))
    page.get_by_role("button", name="Xong").click()
    expect(page.locator("[data-findings]")).to_contain_text("Chồng lên thửa A1 của đơn vị mình")
    fill_in(page, "A2", mango)
    page.get_by_role("button", name="Ghi thửa").click()

    expect(page.get_by_role("alert").filter(has_text="Thửa A2 chồng lên thửa A1 của cùng hợp tác xã")).to_be_visible()
    page.wait_for_selector("[data-ready=map]", timeout=30_000)
    assert len(drawn(page)[0]) == 4  # what was drawn is still there
    page.wait_for_timeout(1200)
    assert_no_axe_violations(page)
    screenshot(page, "draw-refused")
    assert Plot.objects.count() == 1


def test_another_holders_ground_is_stored_with_one_case(
    page: Page, sign_in, clerk, cooperative, neighbour, neighbour_clerk, mango, plot_factory
):
    plot_factory(boundary=square(WEST - 0.002, SOUTH))
    foreign = make_plot(neighbour, mango, ref="KÍN-77", boundary=square(WEST, SOUTH))
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    look_at(page, foreign.boundary)

    click_corners(page, box_of(WEST + 0.0005, SOUTH, 100, 100))
    page.get_by_role("button", name="Xong").click()
    expect(page.locator("[data-findings]")).to_contain_text("Chồng lên đất của đơn vị khác")
    assert "KÍN-77" not in page.content()
    screenshot(page, "draw-conflict")
    fill_in(page, "A2", mango)
    page.get_by_role("button", name="Ghi thửa").click()

    expect(page.get_by_text("Một vụ chồng lấn đã được mở; hai bên đều được báo.")).to_be_visible()
    case = OverlapCase.objects.get()
    assert (case.first, case.second.ref, case.second.status) == (foreign, "A2", PlotStatus.IN_CONFLICT)
    assert {notice.user for notice in Notice.objects.filter(kind="farms.overlap_opened")} == {clerk, neighbour_clerk}


def test_drawing_without_a_pointer(page: Page, sign_in, clerk, cooperative, mango, plot_factory):
    plot_factory(boundary=square(WEST, SOUTH))
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    page.evaluate("() => window.seenMap.jumpTo({ center: [105.64, 10.46], zoom: 17 })")
    page.locator(".maplibregl-canvas").focus()

    for keys in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(keys)
        page.wait_for_timeout(700)  # the map glides
        if keys in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            page.keyboard.press("Enter")
            page.wait_for_timeout(100)
    expect(page.locator("[data-act=place]")).to_be_visible()
    screenshot(page, "draw-keyboard")
    page.keyboard.press("f")

    expect(page.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")
    assert len(drawn(page)[0]) >= 3
    assert measured_m2(page) > 100
    page.locator("summary", has_text="Bảng các góc").focus()
    page.keyboard.press("Enter")
    first = page.get_by_label("Góc 1, Vĩ độ")
    first.fill("10,4612345")
    first.press("Tab")
    page.wait_for_timeout(200)
    assert drawn(page)[0][0][1] == 10.4612345
    rows = page.locator("[data-vertices] tr").count()
    page.get_by_role("button", name="Bỏ góc 1", exact=True).press("Enter")
    expect(page.locator("[data-vertices] tr")).to_have_count(rows - 1)
    assert_no_axe_violations(page)


def test_corners_are_typed_in_vn2000(page: Page, sign_in, clerk, cooperative, mango):
    shape = square(WEST, SOUTH)
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    lon, lat = zip(*shape[0][0].coords[:4], strict=True)
    east, north = crs.points_from_wgs84(lon, lat, "EPSG:5897")

    page.get_by_label("Hệ tọa độ của bảng và ô dán").select_option("EPSG:5897")
    page.locator("summary", has_text="Bảng các góc").click()
    for n, (x, y) in enumerate(zip(north, east, strict=True), start=1):
        page.get_by_role("button", name="Thêm góc", exact=True).click()
        page.get_by_label(f"Góc {n}, X (bắc, m)").fill(f"{x:.3f}".replace(".", ","))
        page.get_by_label(f"Góc {n}, Y (đông, m)").fill(f"{y:.3f}".replace(".", ","))
        page.get_by_label(f"Góc {n}, Y (đông, m)").press("Tab")
        page.wait_for_timeout(400)

    expect(page.locator("[data-measure]")).to_contain_text("1 ha")
    assert drawn(page)[0] == [pytest.approx([x, y], abs=1e-8) for x, y in zip(lon, lat, strict=True)]
    screenshot(page, "draw-table", after_ms=1200)


def test_a_ring_that_crosses_itself_is_shown_at_the_place(page: Page, sign_in, clerk, cooperative, plot_factory):
    plot_factory(boundary=square(WEST, SOUTH))
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    west, south, east, north = square(WEST + 0.002, SOUTH).extent
    corners = [[west, south], [east, south], [west, north], [(west + east) / 2, north + 0.0004]]

    page.locator("summary", has_text="Dán GeoJSON").click()
    page.get_by_label("Tọa độ của ranh").fill("\n".join(f"{lat}; {lon}" for lon, lat in corners))
    page.get_by_role("button", name="Đưa lên bản đồ").click()

    expect(page.locator("[data-findings]")).to_contain_text("Ranh tự cắt ở 1 chỗ")
    expect(page.locator("[data-findings]")).to_contain_text("đường ranh tự cắt")  # the server says so too
    screenshot(page, "draw-crossing", after_ms=800)


def test_the_draft_outlives_a_reload(page: Page, sign_in, clerk, cooperative, mango, plot_factory):
    plot_factory(boundary=square(WEST, SOUTH))
    sign_in(page, clerk)
    opened(page, "/coop/plots/new/")
    wkt = square(WEST + 0.002, SOUTH).wkt
    page.locator("summary", has_text="Dán GeoJSON").click()
    page.get_by_label("Tọa độ của ranh").fill(wkt)
    page.get_by_role("button", name="Đưa lên bản đồ").click()
    fill_in(page, "A9", mango)
    before = drawn(page)
    page.once("dialog", lambda dialog: dialog.accept())

    page.reload()

    page.wait_for_selector("[data-ready=map]", timeout=30_000)
    expect(page.get_by_text("Đã lấy lại bản vẽ dở")).to_be_visible()
    assert drawn(page) == before
    expect(page.get_by_label("số thửa của hợp tác xã")).to_have_value("A9")


def test_clerk_splits_a_plot(page: Page, sign_in, clerk, cooperative, mango):
    plot = make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    west, south, east, north = plot.boundary.extent
    middle = (south + north) / 2
    sign_in(page, clerk)
    page.goto(plot.get_absolute_url())
    expect(page.get_by_role("link", name="Tách thửa")).to_be_visible()
    opened(page, f"/coop/plots/{plot.pk}/split/")

    click_corners(page, [(west - 0.0001, middle), (east + 0.0001, middle)])
    page.get_by_role("button", name="Xong").click()

    preview = page.locator("#split-preview")
    expect(preview.locator("li")).to_have_count(2)
    expect(preview.locator("path")).to_have_count(2)
    page.wait_for_timeout(500)
    assert_no_axe_violations(page)
    screenshot(page, "draw-split")
    page.get_by_role("button", name="Tách thửa").click()
    expect(page.get_by_text("Đã tách thửa A1 thành A1-a, A1-b.")).to_be_visible()
    halves = Plot.objects.current()
    assert [part.area_m2 for part in halves] == [pytest.approx(5_000, rel=0.02)] * 2
    assert PlotSuccession.objects.filter(old=plot).count() == 2


def test_clerk_merges_two_plots(page: Page, sign_in, clerk, cooperative, mango):
    first = make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    make_plot(cooperative, mango, ref="A2", boundary=square_east_of(first.boundary, gap_m=0.3))
    sign_in(page, clerk)
    page.goto(first.get_absolute_url())

    page.get_by_role("link", name="Gộp với thửa bên").click()
    page.get_by_label("A2, ").check()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Thêm vào các thửa được gộp").click()
    page.get_by_label("Số của thửa gộp").fill("A12")
    page.wait_for_selector("[data-map][data-engine]")
    page.wait_for_timeout(800)
    assert_no_axe_violations(page)
    screenshot(page, "draw-merge")
    page.get_by_role("button", name="Gộp thửa").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa A12")
    assert Plot.objects.current().get().area_m2 == pytest.approx(20_030, rel=0.001)


def test_a_finger_draws_on_a_narrow_telephone(phone: Page, sign_in, clerk, cooperative, mango, plot_factory):
    plot_factory(boundary=square(WEST, SOUTH))
    phone.set_viewport_size({"width": 360, "height": 740})
    sign_in(phone, clerk)
    opened(phone, "/coop/plots/new/")
    phone.evaluate("() => window.seenMap.jumpTo({ center: [105.6345, 10.4505], zoom: 16 })")
    phone.wait_for_timeout(400)
    for lon, lat in box_of(105.634, 10.45, 100, 100)[:3]:
        phone.touchscreen.tap(*on_screen(phone, lon, lat))
        phone.wait_for_timeout(350)
    phone.get_by_role("button", name="Điểm giữa màn hình").tap()
    phone.evaluate("() => window.seenMap.jumpTo({ center: [105.634, 10.451] })")
    phone.get_by_role("button", name="Đặt điểm").tap()
    screenshot(phone, "draw-phone")
    phone.get_by_role("button", name="Xong").tap()

    expect(phone.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")
    [ring] = drawn(phone)
    assert len(ring) == 4
    assert ring[3] == pytest.approx([105.634, 10.451], abs=2e-6)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    small = [
        button.inner_text()
        for button in phone.locator(".draw-bar button:visible, .draw-bar a:visible").all()
        if min(button.bounding_box()["height"], button.bounding_box()["width"]) < 44
    ]
    assert small == []
    assert_no_axe_violations(phone)
    screenshot(phone, "draw-phone-done")


def test_without_webgl_a_plot_is_typed_looked_at_and_stored(page: Page, sign_in, clerk, cooperative, mango):
    page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : real.call(this, kind, ...more); };"
    )
    sign_in(page, clerk)
    page.goto("/coop/plots/new/")
    page.wait_for_selector("[data-ready=table]", timeout=30_000)

    page.get_by_label("Tọa độ của ranh").fill(square(WEST, SOUTH).wkt)
    page.get_by_role("button", name="Xem trước hình").click()
    expect(page.locator(".draw-svg path")).to_have_count(1)
    expect(page.locator(".draw__preview")).to_contain_text("1,0")
    page.wait_for_selector("[data-ready=table]", timeout=30_000)
    page.wait_for_timeout(500)
    assert_no_axe_violations(page)
    screenshot(page, "draw-without-webgl")
    fill_in(page, "A1", mango)
    page.get_by_role("button", name="Ghi thửa").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa A1")
    assert Plot.objects.get().area_m2 == pytest.approx(10_000, rel=1e-3)
