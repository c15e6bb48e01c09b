"""Playwright on the system's Chromium against pytest-django's live server.

`page` (desktop) and `phone` fail the test at its end on a script error, a Content Security Policy violation, a console
error or a failed request; a test that means to meet one says so: `problems.expect("404")`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

pytest.register_assert_rewrite("tests.browser.journey")  # explain assertions of the journey's steps too

# Playwright's sync API keeps an event loop in this thread; without this the ORM refuses to work in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"}
PHONE = {
    **DESKTOP,
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
AXE = Path(settings.NODE_MODULES) / "axe-core" / "axe.min.js"
# Twice: the first frame may begin transitions of what has just changed.
_END_TRANSITIONS = """async () => {
    for (let frame = 0; frame < 2; frame += 1) {
        await new Promise((done) => requestAnimationFrame(done));
        for (const moving of document.getAnimations())
            if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish();
    }
}"""
SCREENSHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"


class Problems:
    """What went wrong in the browser during one test."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.expected: list[str] = []

    def expect(self, *parts: str) -> None:
        """Say which problems belong to the test, each by a part of its text."""
        self.expected += parts

    def watch(self, context: BrowserContext) -> None:
        context.on("weberror", lambda problem: self.seen.append(f"script error: {problem.error}"))
        context.on("console", self._console)
        context.on("requestfailed", self._failed)

    def unexpected(self) -> list[str]:
        return [line for line in self.seen if not any(part in line for part in self.expected)]

    def _console(self, message: Any) -> None:
        if message.type == "error":  # policy violations come as console errors too
            self.seen.append(f"console: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # a page that is left, or a filter changed, aborts its own
            self.seen.append(f"request failed: {request.url} {request.failure}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no Chromium on this machine; `make test` installs it")
    return {**browser_type_launch_args, "executable_path": executable, "args": CHROMIUM_ARGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, **DESKTOP}


@pytest.fixture(scope="session")
def live_server() -> Iterator[LiveServer]:
    """pytest-django's live server, with the static files that the finders find.

    Its own fixture looks for the app's plain name among INSTALLED_APPS, where ours stands by its configuration.
    """
    server = LiveServer("localhost", start=False)
    server.thread.static_handler = StaticFilesHandler
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Makes `page.goto("/")` go to the live server."""
    return live_server.url


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def context(context: BrowserContext, problems: Problems, live_server: LiveServer) -> Iterator[BrowserContext]:
    problems.watch(context)
    yield context
    assert problems.unexpected() == []


@pytest.fixture
def phone(browser: Browser, problems: Problems, live_server: LiveServer) -> Iterator[Page]:
    """A page on a telephone: 390 by 844 points, touch, mobile layout."""
    context = browser.new_context(**PHONE, base_url=live_server.url)
    problems.watch(context)
    yield context.new_page()
    context.close()
    assert problems.unexpected() == []


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, Any], None]:
    """Return sign_in(page, user): the page's browser carries a session of `user`."""

    def sign_in(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])

    return sign_in


def load_axe(page: Page) -> None:
    """Bring axe-core into the page, and every transition that is under way to its end.

    Half-way from disabled to enabled a button has a colour that no style sheet names, and too little contrast.
    """
    page.evaluate(AXE.read_text())
    page.evaluate(_END_TRANSITIONS)


def assert_no_axe_violations(page: Page) -> None:
    """Fail on serious and critical findings of axe-core on the page as it stands."""
    load_axe(page)
    # Without preload: axe would write imported style sheets into the page, against its Content Security Policy.
    result = page.evaluate("() => axe.run({ preload: false })")
    found = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert found == []


def wait_for_map(page: Page) -> None:
    """Wait until the first map of the page has drawn its style with either engine; it begins when it comes near."""
    page.locator("[data-map]").first.scroll_into_view_if_needed()
    page.wait_for_selector("[data-map][data-engine]", timeout=20_000)


def screenshot(page: Page, name: str, *, after_ms: int = 0) -> None:
    """Write `var/screenshots/<name>.png` when SCREENSHOTS=1; `after_ms`: for a map to be drawn to its end."""
    if os.environ.get("SCREENSHOTS") == "1":
        page.wait_for_timeout(after_ms)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
