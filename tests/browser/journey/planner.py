"""The planner: filtered downloads that agree with the API, and maps that open from disk without a network."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.journey.buyer import ARCHIPELAGOS
from tests.browser.journey.visit import Visits, keep_picture, look, saved

# layer -> the filters that the planner fills in, and how many features that leaves
DOWNLOADS: dict[str, tuple[dict[str, str], int]] = {
    "plots": ({"q": "RC-"}, 4),
    "areas": ({"q": "Rạch Chanh"}, 1),
    "codes": ({"q": "PUC"}, 2),
    "cooperatives": ({"commune": "99002"}, 1),
    "land-use": ({"class": "CLN"}, 1),
}


def take_layers(page: Page, folder: Path) -> None:
    """Download five layers with a filter each: the file holds what the API answers under the same filter."""
    page.get_by_role("link", name="Dữ liệu").first.click()
    look(page, "catalogue")
    for name, (filters, expected) in DOWNLOADS.items():
        page.goto(f"/data/{name}/")
        form = page.locator("#filters")
        for field, value in filters.items():
            control = form.locator(f"[name={field}]")
            if control.evaluate("(element) => element.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        form.get_by_role("button", name="Lọc").click()
        file = page.locator("#results").get_by_role("link", name="GeoJSON", exact=True)
        for field in filters:
            expect(file).to_have_attribute("href", re.compile(rf"[?&]{field}=."))
        whole = json.loads(saved(page, file.click, folder).read_text())
        answer = page.request.get(f"/api/v1/{name}/?{urlencode({**filters, 'count': 'true'})}").json()
        assert whole["features"] == answer["features"], name
        assert len(whole["features"]) == answer["numberMatched"] == expected, name
        assert whole["filter"] == filters, name


def take_maps(page: Page, folder: Path) -> list[Path]:
    """Download the product map and the land-use map as files."""
    files = []
    for address in ("/?product=xoai", "/maps/land-use/"):
        page.goto(address)
        files.append(saved(page, page.get_by_role("link", name="Tải bản đồ mang đi").click, folder))
    return files


def open_without_network(visits: Visits, file: Path, words: list[str]) -> None:
    """Open a taken-away map from disk with the network off: one request, no error, the archipelagos' names."""
    page = visits.open(offline=True, base_url=None)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("canvas")
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    for word in (*ARCHIPELAGOS, *words):
        expect(page.locator("body")).to_contain_text(word)
    keep_picture(page, file.stem.rpartition("-")[0])
    visits.leave(page)
