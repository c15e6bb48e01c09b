"""Drawing plots in a real browser: by clicks, by keys, by numbers, by finger; snapping, holes, undo, split, merge."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from farms.models import OverlapCase, Plot, PlotStatus, PlotSuccession
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.factories.farms import make_plot
from tests.shapes import degrees_for, square, square_east_of

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


def test_clerk_draws_beside_a_neighbour(page: Page, sign_in, clerk, cooperative, mango, cat_chu):
    first = make_plot(cooperative, mango, ref="A1", boundary=square(WEST, SOUTH))
    _west, south, east, north = first.boundary.extent
    sign_in(page, clerk)
    page.goto("/coop/plots/")
    expect(page.get_by_role("link", name="Vẽ thửa mới")).to_be_visible()
    opened(page, "/coop/plots/new/")
    side = degrees_for(SOUTH, east_m=80)[0]

    page.evaluate("() => window.seenMap.jumpTo({ zoom: window.seenMap.getZoom() - 1 })")
    near = 0.00001  # about a metre beside the neighbour's corner: near enough to be taken over
    click_corners(page, [(east + near, south), (east + side, south), (east + side, north), (east + near, north)])
    page.get_by_role("button", name="Xong").click()
    expect(page.get_by_role("button", name="Sửa đỉnh")).to_have_attribute("aria-pressed", "true")

    [ring] = drawn(page)
    assert [ring[0], ring[3]] == [[east, south], [east, north]]  # the very numbers of the neighbour
    findings = page.locator("[data-findings]")
    expect(findings).to_contain_text("Không chồng lên thửa nào")
    server_m2 = float(findings.get_attribute("data-m2"))
    assert measured_m2(page) == pytest.approx(server_m2, rel=0.005)
    assert server_m2 == pytest.approx(8_000, rel=0.05)
    assert_no_axe_violations(page)
    screenshot(page, "draw-new")
    page.get_by_label("số thửa của hợp tác xã").fill("A2")
    page.get_by_label("cây trồng").select_option(label=str(mango))
    page.get_by_label("nguồn nước tưới").fill("Kênh Xáng")
    page.get_by_role("button", name="Ghi thửa").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Thửa A2")
    plot = Plot.objects.get(ref="A2")
    assert (plot.status, plot.irrigation, plot.determination) == (PlotStatus.ACTIVE, "Kênh Xáng", "manual")
    assert plot.area_m2 == pytest.approx(server_m2, abs=0.1)
    assert (east, south) in plot.boundary[0][0].coords
