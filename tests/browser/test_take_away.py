"""The take-away file in a browser without a network: search, layers, and hostile names that stay text (F8)."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from geofiles import htmlmap
from tests.browser.conftest import DESKTOP, assert_no_axe_violations
from tests.geofiles.test_htmlmap import ATTACKS

pytestmark = [pytest.mark.browser]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path):
    """Return opened(document): the page of a file on disk, offline; nothing is asked for or runs."""
    context = browser.new_context(**DESKTOP)
    context.set_offline(True)
    page = context.new_page()
    beyond, problems = [], []
    page.on("request", lambda one: None if one.url.startswith(("file:", "data:", "blob:")) else beyond.append(one.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))

    def opened(document: str):
        file = tmp_path / "map.html"
        file.write_text(document, encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_selector("canvas")
        return page

    yield opened
    context.close()
    assert (beyond, problems) == ([], [])


def layer(names, title="Nông sản"):
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "kind": name},
            "geometry": {"type": "Point", "coordinates": [105.6 + number / 100, 10.45]},
        }
        for number, name in enumerate(names)
    ]
    return htmlmap.MapLayer(
        title,
        {"type": "FeatureCollection", "features": features},
        color_by="kind",
        colors={name: ("#e8a33d", name) for name in names},
        popup=[("name", "Tên"), ("kind", "Loại")],
        search_by="name",
    )


@pytest.mark.parametrize("typed", ["Xoài Cát", "xoai cat", "XOAI CÁT"], ids=["marks", "no marks", "mixed"])
def test_search_finds_with_and_without_diacritics(opened, typed):
    page = opened(htmlmap.build_map(title="Bản đồ", layers=[layer(["Xoài Cát Chu", "Nhãn Idor"])]))

    page.locator(".search-button").click()
    page.locator("input.search-input").press_sequentially(typed)

    expect(page.locator(".search-tooltip li")).to_have_text(["Xoài Cát Chu"])
    page.locator(".search-tooltip li").click()
    expect(page.locator(".feature-popup")).to_contain_text("Xoài Cát Chu")


def test_layers_switch_and_the_page_has_no_barrier(opened):
    page = opened(htmlmap.build_map(title="Bản đồ", layers=[layer(["Xoài"]), layer(["Nhãn"], title="Vườn")]))

    expect(page.locator(".leaflet-control-layers-overlays label")).to_have_count(2)
    page.get_by_label("Vườn").uncheck()
    assert_no_axe_violations(page)


def test_on_a_phone_nothing_lies_over_the_search_and_the_map_comes_before_its_legend(opened):
    page = opened(htmlmap.build_map(title="Bản đồ", layers=[layer(["Xoài"]), layer(["Nhãn"], title="Vườn " * 12)]))
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_selector("canvas")

    page.locator(".search-button").click(timeout=3000)
    page.locator(".leaflet-control-zoom-in").click(timeout=3000)

    toggle = page.get_by_role("button", name="Các lớp bản đồ")
    expect(toggle).to_be_visible()
    toggle.press("Enter")
    expect(page.get_by_label("Vườn")).to_be_visible()
    boxes = [page.locator(one).bounding_box()["y"] for one in (".folium-map", "aside")]
    assert boxes == sorted(boxes)
    assert_no_axe_violations(page)


def test_hostile_names_stay_text_in_legend_popup_and_search(opened):
    title = ATTACKS[0]
    page = opened(htmlmap.build_map(title=title, subtitle=title, source=title, layers=[layer(ATTACKS, title=title)]))

    assert page.title() == title
    page.locator(".search-button").click()
    page.locator("input.search-input").press_sequentially("alert(1)")
    page.locator(".search-tooltip li").first.click()

    expect(page.locator(".feature-popup td").first).to_contain_text("alert(1)")
    assert page.locator("img[src=x], svg[onload]").count() == 0
