"""What every user of the journey does: open a browser, sign in by the form, look at a page."""

import os
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from tests.browser.conftest import DESKTOP, PHONE, SCREENSHOTS, Problems, load_axe, wait_for_map
from tests.browser.journey.place import PASSWORD

# Keeps each map's handle (docs/frontend.md) so that a test can ask what is drawn and where a place lies on the screen.
_KEEP_MAPS = "addEventListener('map:ready', (event) => (window.drawnMaps ??= []).push(event.detail));"
_REST = """() => new Promise((done) => {
    const map = window.drawnMaps.at(-1).map;
    const wait = () => (map.loaded() && !map.isMoving() ? done() : map.once("idle", wait));
    wait();
})"""
_PLACE = """([lon, lat]) => {
    const map = window.drawnMaps.at(-1).map;
    map.getContainer().scrollIntoView({ block: "center" });
    const box = map.getCanvas().getBoundingClientRect();
    const { x, y } = map.project([lon, lat]);
    return [box.left + x, box.top + y];
}"""
_DRAWN = """(layer) => {
    const map = window.drawnMaps.at(-1).map;
    return map.queryRenderedFeatures({ layers: [layer] }).map((feature) => feature.properties);
}"""


class Visits:
    """Browsers of several people on one server; `close` ends them."""

    def __init__(self, browser: Browser, base_url: str, problems: Problems) -> None:
        self.browser, self.base_url, self.problems = browser, base_url, problems
        self.contexts: list[BrowserContext] = []

    def open(self, **options: Any) -> Page:
        """Return a page of a browser of its own that nobody has used before."""
        context = self.browser.new_context(**{**DESKTOP, "base_url": self.base_url, **options})
        context.set_default_timeout(10_000)
        context.add_init_script(_KEEP_MAPS)
        self.problems.watch(context)
        self.contexts.append(context)
        return context.new_page()

    def signed_in(self, user: User) -> Page:
        """Return a page on which `user` has signed in by the form, from the link in the header."""
        page = self.open()
        page.goto("/v/")
        page.goto("/accounts/login/")
        page.get_by_label("Tên đăng nhập").fill(user.username)
        page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page.locator(".account-menu__name")).to_have_text(user.full_name)
        return page

    def leave(self, *pages: Page) -> None:
        """Close the browsers of these pages: each keeps some of the server's connections to the database."""
        for page in pages:
            self.contexts.remove(page.context)
            page.context.close()

    def close(self) -> None:
        """Close all browsers."""
        while self.contexts:
            self.contexts.pop().close()


def look(page: Page, name: str) -> None:
    """The page has no accessibility finding at all and fits a telephone; with SCREENSHOTS=1 keep both pictures."""
    load_axe(page)
    result = page.evaluate("() => axe.run({ preload: false })")
    found = [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    assert not found, "\n".join([f"{name} {page.url}", *found])
    keep_picture(page, f"{name}-desktop")
    page.set_viewport_size(PHONE["viewport"])
    try:
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= PHONE["viewport"]["width"], f"{name} {page.url} is {wide} pixels wide on a telephone"
        keep_picture(page, f"{name}-phone")
    finally:
        page.set_viewport_size(DESKTOP["viewport"])


def keep_picture(page: Page, name: str) -> None:
    """Write `var/screenshots/journey-<name>.png` when SCREENSHOTS=1, once the map has drawn."""
    if os.environ.get("SCREENSHOTS") != "1":
        return
    if page.evaluate("() => Boolean(window.drawnMaps)"):
        page.wait_for_timeout(1200)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"journey-{name}.png")


def at_rest(page: Page) -> None:
    """Wait until the map has drawn everything it asked for."""
    wait_for_map(page)
    page.wait_for_function("() => window.drawnMaps?.at(-1)?.map.isStyleLoaded()")
    page.evaluate(_REST)


def click_place(page: Page, place: Any) -> None:
    """Click on the map at a point (EPSG:4326)."""
    page.mouse.click(*page.evaluate(_PLACE, [place.x, place.y]))


def drawn(page: Page, layer: str) -> list[dict[str, Any]]:
    """Return the properties of what the map's style layer has on the screen now."""
    at_rest(page)
    return page.evaluate(_DRAWN, layer)


def saved(page: Page, press: Callable[[], None], folder: Any) -> Any:
    """Press what starts a download; return where the file lies, under the name that the server gave it."""
    with page.expect_download() as waiting:
        press()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
