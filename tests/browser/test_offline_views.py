"""The last public view without signal: kept for visitors, never for who is signed in; the switch of the language."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from maps.basemap_load import load_basemap
from tests.browser.conftest import DESKTOP, assert_no_axe_violations, screenshot, wait_for_map
from tests.pmtiles import PICTURE, archive_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys())
      found.push(`${name.replace(/-[0-9a-f]+$/, "")} ${new URL(url).pathname}`);
  return found;
}"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def products(product_factory, offer_factory, area_factory, province):
    """A product in May and one in September, in one public area."""
    area = area_factory(growers=3, side_m=300)
    made = [product_factory(name_vi=name, area=area) for name in ("Xoài Cát Chu", "Xoài Hòa Lộc")]
    for product, month in zip(made, (5, 9), strict=True):
        offer_factory(product=product, months=[month], volume_t=20)
    return made


def kept(page: Page, what: str) -> list[str]:
    """Wait until the worker has kept something of `what` ("views", "views-data"); return all that it keeps."""
    return waited(page, lambda found: any(one.startswith(f"{what} ") for one in found))


def waited(page: Page, is_so: Callable[[list[str]], bool]) -> list[str]:
    """Return what is kept once it is so, at the latest after 40 seconds."""
    for _look in range(200):
        found = page.evaluate(KEPT)
        if is_so(found):
            break
        page.wait_for_timeout(200)
    return found


def test_the_last_view_opens_without_signal_and_says_so(page: Page, products, problems):
    problems.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "503")
    page.goto("/?month=5")
    wait_for_map(page)
    kept(page, "views-data")
    stored = kept(page, "views")
    page.context.set_offline(True)

    page.goto("/?month=5")

    expect(page.locator(".offline-copy")).to_contain_text("bản lưu lúc")
    expect(page.locator(".results__title").first).to_contain_text("Xoài Cát Chu")
    wait_for_map(page)
    frame = page.locator(".map").bounding_box()
    assert frame["y"] + frame["height"] <= DESKTOP["viewport"]["height"]  # the line above takes from the map
    assert "views /" in stored
    assert_no_axe_violations(page)
    screenshot(page, "offline-copy")
    page.context.set_offline(False)
    page.goto("/?month=5")
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator(".offline-copy")).to_have_count(0)


def test_signing_in_forgets_the_views_and_nothing_of_it_is_kept(page: Page, products, clerk, sign_in):
    page.goto("/")
    wait_for_map(page)
    kept(page, "views")
    page.goto("/accounts/login/")
    page.get_by_role("textbox", name=re.compile("Tên đăng nhập|thư", re.I)).first.fill("nobody")
    page.locator("input[type=password]").fill("wrong-password-here")
    page.locator("main form button[type=submit]").first.click()
    left = waited(page, lambda found: not any(one.startswith(("views ", "views-data ")) for one in found))
    assert not any(one.startswith(("views ", "views-data ")) for one in left)
    sign_in(page, clerk)

    page.goto("/")
    wait_for_map(page)
    page.wait_for_timeout(6_000)  # longer than the page waits before it asks to be kept

    assert [one for one in page.evaluate(KEPT) if one.startswith("views ")] == []


def test_the_language_switch_keeps_filters_and_view(page: Page, products):
    page.goto("/?month=5#map=12/10.45/105.6")
    wait_for_map(page)

    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile(r"/\?month=5#map=12\.?\d*/10\.45\d*/105\.6"))


def test_an_archive_of_our_own_lies_under_the_map(page: Page, products, settings, tmp_path):
    settings.STATE_DIR = tmp_path
    (tmp_path / "basemaps").mkdir()
    (tmp_path / "basemaps" / "nen.pmtiles").write_bytes(archive_of(PIXEL, kind=PICTURE))
    settings.MAP_EXTERNAL_BASEMAPS = [{"id": "nen", "name": "Nền riêng", "kind": "pmtiles", "file": "nen.pmtiles"}]
    page.add_init_script(
        "localStorage.setItem('map.basemap', 'nen');"
        "document.addEventListener('map:ready', (event) => { window.shownMap = event.detail.map; });"
    )

    with page.expect_response(lambda response: "/tiles/archive/nen.pmtiles" in response.url) as answer:
        page.goto("/")
        wait_for_map(page)

    assert answer.value.status == 206
    page.wait_for_function("() => window.shownMap.getLayer('basemap/nen/tiles')")
    expect(page.locator(".map__problem")).to_have_count(0)


def test_loaded_water_and_roads_are_drawn_and_named(page: Page, products, tmp_path):
    path = tmp_path / "duong.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ten":"Quốc lộ 30"},'
        '"geometry":{"type":"LineString","coordinates":[[105.5,10.45],[105.7,10.45]]}}]}'
    )
    load_basemap(path, kind="road", source="Nguồn thử", name_column="ten", min_zoom=8)
    page.add_init_script("document.addEventListener('map:ready', (event) => { window.shownMap = event.detail.map; });")

    page.goto("/#map=13/10.45/105.6")
    wait_for_map(page)

    page.wait_for_function(
        "() => window.shownMap.queryRenderedFeatures({ layers: ['base-road'] })"
        ".some((one) => one.properties.name === 'Quốc lộ 30')"
    )
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("Nguồn thử")
