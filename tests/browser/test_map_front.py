"""The map alone: basemaps of others, the light map by choice, keys, and what is said when something is left out."""

import json
import re

import mapbox_vector_tile
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_no_axe_violations, wait_for_map

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.shell_site")]

COUNT = ".map__count"
KEEP_MAP = "document.addEventListener('map:ready', (event) => { window.shownMap = event.detail.map; });"
STYLE = {
    "version": 8,
    "sources": {"places": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}}},
    "glyphs": "https://b.example.org/{fontstack}/{range}.pbf",
    "layers": [
        {"id": "ground", "type": "background", "paint": {"background-color": "#ddd"}},
        {"id": "names", "type": "symbol", "source": "places", "layout": {"text-field": ["get", "name"]}},
    ],
}


@pytest.fixture
def basemaps(settings):
    settings.MAP_EXTERNAL_BASEMAPS = [
        {"id": "duong", "name": "Đường phố", "kind": "style", "url": "https://b.example.org/style.json"},
        {"id": "anh", "name": "Ảnh", "url": "https://a.example.org/{z}/{x}/{y}.png", "attribution": "Nguồn ảnh"},
    ]


def open_map(page: Page) -> None:
    page.add_init_script(KEEP_MAP)
    page.goto("/")
    wait_for_map(page)
    expect(page.locator(COUNT)).to_contain_text("2", timeout=15_000)


def order_of(page: Page) -> list[str]:
    return page.evaluate("() => window.shownMap.getStyle().layers.map(({ id }) => id)")


def test_a_style_lies_under_our_layers_and_the_archipelagos_above(page: Page, basemaps):
    page.route("https://b.example.org/style.json", lambda route: route.fulfill(json=STYLE))
    open_map(page)

    page.get_by_label("Nền bản đồ").select_option("duong")

    page.wait_for_function("() => window.shownMap.getLayer('basemap/duong/names')")
    order = order_of(page)
    theirs = [order.index(name) for name in order if name.startswith("basemap/")]
    ours = [order.index(name) for name in order if name.startswith("areas:")]
    seas = [order.index(name) for name in ("east-sea-islands", "east-sea-names", "east-sea-sea")]
    assert len(theirs) == 2
    assert max(theirs) < min(ours) < max(ours) < min(seas)
    fonts = page.evaluate("() => window.shownMap.getLayoutProperty('basemap/duong/names', 'text-font')")
    assert fonts == ["Be Vietnam Pro"]  # drawn from the page's font: no glyphs of others are asked for
    expect(page.locator("#live-status")).to_have_text("Nền bản đồ: Đường phố")
    assert_no_axe_violations(page)


@pytest.mark.parametrize("choice", ["duong", "anh"])
def test_an_unreachable_basemap_gives_one_notice_and_the_map_goes_on(page: Page, problems, basemaps, choice):
    problems.expect("example.org", "ERR_FAILED")
    page.route(re.compile("example.org"), lambda route: route.abort())
    open_map(page)

    page.get_by_label("Nền bản đồ").select_option(choice)

    expect(page.locator(".map__problem")).to_have_count(1)
    expect(page.locator(".map__problem")).to_contain_text("Không tải được nền bản đồ")
    expect(page.get_by_label("Nền bản đồ")).to_have_value("")
    page.get_by_label("Cây trồng").select_option("XOAI")
    expect(page.locator(COUNT)).to_contain_text("1")


def test_the_light_map_can_be_chosen_and_left_again(page: Page):
    open_map(page)

    page.get_by_label("Bản đồ nhẹ").check()
    expect(page.locator("[data-map]")).to_have_attribute("data-engine", "leaflet", timeout=20_000)
    expect(page.locator(".map__light")).to_have_text("Đang dùng bản đồ nhẹ.")
    expect(page.locator(COUNT)).to_contain_text("2")
    assert_no_axe_violations(page)
    page.get_by_label("Bản đồ nhẹ").uncheck()

    expect(page.locator("[data-map]")).to_have_attribute("data-engine", "maplibre", timeout=20_000)


def test_data_saving_brings_the_light_map(page: Page):
    page.add_init_script(
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true }, configurable: true });"
    )

    page.goto("/")

    wait_for_map(page)
    expect(page.locator("[data-map]")).to_have_attribute("data-engine", "leaflet")
    expect(page.locator(".map__light")).to_contain_text("tiết kiệm dữ liệu")
    assert not page.evaluate(
        "() => performance.getEntriesByType('resource').some((one) => /maplibre-gl.*mjs/.test(one.name))"
    )


@pytest.mark.parametrize("engine", ["maplibre", "leaflet"])
def test_keys_pick_what_lies_in_the_middle_and_lead_to_the_list(page: Page, engine):
    if engine == "leaflet":
        page.add_init_script("localStorage.setItem('map.light', '1')")
    open_map(page)
    page.get_by_role("button", name="Xem Vùng xoài Một trên bản đồ").click()
    page.wait_for_timeout(1800)  # the flight to the plot
    surface = page.locator(".maplibregl-canvas, .map__canvas.leaflet-container").first

    surface.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".map__cross")).to_be_visible()
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")

    expect(page.locator(".map-popup__title")).to_have_text("Vùng xoài Một")
    page.keyboard.press("Escape")
    expect(page.locator(".map-popup")).to_have_count(0)
    expect(surface).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Xem trong danh sách").press("Enter")
    expect(page.locator('[data-feature-id="1"] button')).to_be_focused()


def test_a_truncated_tile_is_told_on_the_map(page: Page):
    square = "POLYGON((0 0, 4096 0, 4096 4096, 0 4096, 0 0))"
    body = mapbox_vector_tile.encode(
        [
            {"name": "areas", "features": [{"geometry": square, "properties": {"id": 1, "name": "Vùng"}}]},
            {
                "name": "meta",
                "features": [{"geometry": "POINT(2048 2048)", "properties": {"truncated": True, "shown": 3000}}],
            },
        ]
    )
    page.route(
        re.compile(r"/tiles/areas/"), lambda route: route.fulfill(body=body, content_type="application/x-protobuf")
    )

    page.goto("/")
    wait_for_map(page)

    expect(page.locator(".map__more")).to_have_text(re.compile(r"Chỉ vẽ 3\.000 đối tượng"))


def test_the_light_map_says_when_it_is_cut(page: Page):
    page.add_init_script("localStorage.setItem('map.light', '1')")
    features = [
        {
            "type": "Feature",
            "properties": {"id": n, "name": f"Vùng {n}"},
            "geometry": {"type": "Point", "coordinates": [105.6, 10.4]},
        }
        for n in range(2)
    ]
    answer = {"type": "FeatureCollection", "features": features, "next": "/geo/areas/?cursor=x"}
    page.route(
        re.compile(r"/geo/areas/"),
        lambda route: route.fulfill(body=json.dumps(answer), content_type="application/geo+json"),
    )

    page.goto("/")
    wait_for_map(page)

    expect(page.locator(".map__more")).to_have_text(re.compile("Chỉ vẽ 2 đối tượng"))


def test_a_person_who_wants_calm_is_not_flown(browser, live_server, problems):
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", locale="vi-VN")
    page = context.new_page()
    open_map(page)

    moves = page.evaluate(
        """() => new Promise((done) => {
             let steps = 0;
             window.shownMap.on("move", () => { steps += 1; });
             document.querySelector('[data-feature-id="1"] [data-show-on-map]').click();
             setTimeout(() => done(steps), 1000);
           })"""
    )

    assert 1 <= moves <= 2
    context.close()
