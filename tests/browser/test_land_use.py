"""Two versions of land use under a divider, by mouse, keyboard, finger and without script; the steward's upload."""

import datetime as dt
import json
import re

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from landuse.models import LandUseClass, LandUseLayer, LayerUpload, UseRule
from office.services import run_job
from tests.browser.conftest import DESKTOP, assert_no_axe_violations, screenshot
from tests.shapes import square

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COMPARE = "/maps/land-use/compare/?left=hien-trang-2020&right=hien-trang-2026"


@pytest.fixture
def versions(land_use_layer, land_use_layer_factory, parcel_factory):
    before = land_use_layer_factory(
        slug="hien-trang-2020", name="Hiện trạng 2020", as_of=dt.date(2020, 1, 1), scheme=land_use_layer.scheme
    )
    for number, (old, new) in enumerate((("LUC", "LUC"), ("LUC", "ODT"), ("CLN", "CLN"))):
        shape = square(105.60 + number / 100, 10.45, side_m=900)
        parcel_factory(old, layer=before, boundary=shape)
        parcel_factory(new, boundary=shape)
    return before, land_use_layer


@pytest.fixture
def plot_on_rice(versions, plot_factory, mango):
    """A mango plot on ground that is rice land, with the rule that asks for a second look."""
    rice = LandUseClass.objects.get(scheme=versions[1].scheme, code="LUC")
    UseRule.objects.create(land_use_class=rice, use="perennial", verdict="needs_procedure", legal_ref="Luật thử")
    return plot_factory(boundary=square(105.602, 10.452, side_m=200), crop=mango)


def ready(page: Page):
    expect(page.locator("[data-swipe][data-ready]")).to_be_visible(timeout=30_000)
    return page.get_by_role("slider")


def test_divider_is_dragged_and_moved_by_keys(page: Page, versions):
    page.goto(COMPARE)
    slider = ready(page)
    expect(slider).to_have_attribute("aria-valuenow", "50")
    box = page.locator("[data-swipe]").bounding_box()
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, middle, steps=4)
    page.mouse.up()

    expect(slider).to_have_attribute("aria-valuenow", "20")
    for key, expected in (("ArrowRight", 22), ("ArrowLeft", 20), ("PageUp", 30), ("Home", 0), ("End", 100)):
        slider.press(key)
        expect(slider).to_have_attribute("aria-valuenow", str(expected))
    slider.press("PageDown")
    expect(slider).to_have_attribute("aria-valuetext", "90 % bản đồ là bên trái")
    clip = page.locator(".swipe__side--right").evaluate("(node) => getComputedStyle(node).clipPath")
    assert "90%" in clip
    assert_no_axe_violations(page)
    screenshot(page, "land-use-compare")


def test_both_maps_move_together_and_show_their_own_version(page: Page, versions):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/tiles/land-use/" in request.url else None)
    page.goto(COMPARE)
    ready(page)
    page.wait_for_load_state("networkidle")

    assert {url.partition("layer=")[2].partition("&")[0] for url in asked} == {"hien-trang-2020", "hien-trang-2026"}
    before = len(asked)
    canvas = page.locator(".swipe__side--left canvas").first
    canvas.focus()
    canvas.press("+")
    page.wait_for_timeout(1_500)
    later = {url.partition("layer=")[2].partition("&")[0] for url in asked[before:]}
    assert later == {"hien-trang-2020", "hien-trang-2026"}


def test_divider_on_a_phone(phone: Page, versions):
    phone.goto(COMPARE)
    slider = ready(phone)
    slider.scroll_into_view_if_needed()
    box = phone.locator("[data-swipe]").bounding_box()
    session = phone.context.new_cdp_session(phone)
    y = box["y"] + box["height"] / 2
    points = [box["x"] + box["width"] * share for share in (0.5, 0.6, 0.75)]

    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": points[0], "y": y}]})
    for x in points[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(slider).to_have_attribute("aria-valuenow", "75")
    assert phone.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert_no_axe_violations(phone)
    screenshot(phone, "land-use-compare-phone")


def test_without_script_two_lists_and_the_tables(browser: Browser, live_server, versions):
    context = browser.new_context(**DESKTOP, base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()

    page.goto("/maps/land-use/")
    page.get_by_role("link", name="So với thời điểm khác").click()

    expect(page.get_by_role("heading", name="Loại đất nào đổi thành loại nào")).to_be_visible()
    expect(page.locator(".class-list")).to_have_count(2)
    expect(page.get_by_role("cell", name="ODT Đất ở tại đô thị").first).to_be_visible()
    expect(page.locator("[data-swipe]")).to_be_hidden()
    context.close()


def test_steward_uploads_looks_and_publishes(page: Page, sign_in, planner, commune, versions, tmp_path):
    file = tmp_path / "lop.geojson"
    rows = [("LUC", 105.60), ("ODT", 105.61), ("XX", 105.62)]
    features = [
        {"type": "Feature", "properties": {"ma": code}, "geometry": json.loads(square(lon, 10.45, side_m=900).json)}
        for code, lon in rows
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    sign_in(page, planner)

    page.goto("/maps/land-use/layers/hien-trang-2026/")
    expect(page.get_by_role("heading", name="Lịch sử")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Tải lên thời điểm khác").click()
    page.get_by_label("Tên lớp").fill("Hiện trạng 2027")
    page.get_by_label("Thời điểm (hiện trạng)").fill("2027-01-01")
    page.get_by_label("Tệp bản đồ").set_input_files(file)
    assert_no_axe_violations(page)
    screenshot(page, "land-use-upload")
    page.get_by_role("button", name="Tải lên và đọc thử").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_job(LayerUpload.objects.get().job_id)
    expect(page.get_by_role("heading", name="Cột loại đất")).to_be_visible(timeout=15_000)
    expect(page.locator(".badge")).to_contain_text("mã lạ")
    assert_no_axe_violations(page)
    screenshot(page, "land-use-upload-preview")
    page.get_by_role("button", name="Ghi thành phiên bản mới").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_job(LayerUpload.objects.get().job_id)
    page.get_by_role("link", name="Xem lớp và công khai").click(timeout=15_000)
    page.get_by_role("button", name="Công khai", exact=True).click()
    expect(page.get_by_role("button", name="Thôi công khai")).to_be_visible()

    assert LandUseLayer.objects.get(as_of=dt.date(2027, 1, 1)).parcels.count() == 2


@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_fit_and_hold_no_barrier(page: Page, live_server, sign_in, planner, versions, plot_on_rice, language):
    sign_in(page, planner)
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
    parcel = versions[1].parcels.first()
    pages = {
        "map": "/maps/land-use/",
        "conflicts": "/maps/land-use/conflicts/",
        "layers": "/maps/land-use/layers/",
        "compare": COMPARE,
        "plot": plot_on_rice.get_absolute_url(),
        "parcel": parcel.get_absolute_url(),
        "take-away": "/maps/take-away/?commune=99001",
    }
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for name, address in pages.items():
            page.goto(address)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (name, width)
            assert_no_axe_violations(page)
            screenshot(page, f"land-use-{name}-{width}-{language}", after_ms=700)


def test_light_map_says_that_nothing_can_be_swiped_and_covers_none_of_its_notes(page: Page, versions, commune):
    type(commune).objects.update(is_schematic=True)
    page.add_init_script("localStorage.setItem('map.light', '1')")
    page.goto(COMPARE)

    expect(page.locator("[data-swipe-missing]")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-swipe]")).to_be_hidden()

    page.goto("/maps/land-use/")
    expect(page.locator(".map__count")).not_to_have_text("", timeout=30_000)
    boxes = [page.locator(name).bounding_box() for name in (".map__light", ".map__note")]
    above, below = sorted(boxes, key=lambda box: box["y"])
    assert above["y"] + above["height"] <= below["y"]


def test_opened_legend_is_not_under_a_popup(phone: Page, versions):
    phone.goto("/maps/land-use/")
    expect(phone.locator(".map__count")).not_to_have_text("", timeout=30_000)
    box = phone.locator(".maplibregl-canvas").bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(phone.locator(".map-popup__title")).to_have_text("ODT · Đất ở tại đô thị")

    phone.locator(".map-legend summary").press("Enter")

    expect(phone.locator(".map-legend")).to_have_attribute("open", "")
    expect(phone.locator(".map-popup")).to_have_count(0)


def test_the_light_map_leads_from_a_click_to_the_parcel(page: Page, versions):
    page.add_init_script("localStorage.setItem('map.light', '1')")
    page.goto("/maps/land-use/?layer=hien-trang-2026")
    drawn = page.locator(".leaflet-container")
    expect(drawn).to_be_visible(timeout=30_000)
    expect(page.locator(".map__count")).not_to_have_text("", timeout=30_000)

    box = drawn.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    link = page.locator(".map-popup__link")
    expect(link).to_be_visible()
    link.click()
    expect(page).to_have_url(re.compile(r"/maps/land-use/parcels/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("ODT")
