"""The first view of the product map in a real browser: bytes of data, of script before the list stands, in all.

Also how long a changed filter takes: to the last byte of its tiles at the browser, and to the map redrawn.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.province import ROOT, Province
from ops.packages import find_chromium

GOAL_BYTES = 400_000  # data
GOAL_SCRIPT = 60_000  # asked for before the list has painted
GOAL_ALL = 500_000
GOAL_FILTER_MS = 300  # median
VIEWS = 3
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--enable-unsafe-swiftshader"]
QUIET_MS = 2_000  # nothing new asked for in this time: the map stands


def measure(province: Province) -> dict[str, Any]:
    """Return the result `first_map_view`: what `/` takes for a newcomer, by server's log and browser's clock."""
    if importlib.util.find_spec("playwright") is None or find_chromium() is None:
        raise SystemExit("The first view needs a browser: run make setup, then make bench ARGS='--only view'")
    _collect_static(province)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        views = []
        with servers.ours_with_log(province, log) as server:
            server.reset_peak()
            address = f"http://127.0.0.1:{server.port}/"
            for _ in range(VIEWS):
                before = len(_lines(log))
                seen = _look(address, log, before)
                views.append((seen, _by_kind(_lines(log)[before:])))
            changes = _change_filters(address)
            peak = server.peak_mb()
    seen, kinds = views[-1]
    data = kinds["tiles"] + kinds["json"]
    if not kinds["tiles"]:
        raise SystemExit("first_map_view: the map asked for no tiles; is WebGL there?")
    bytes_ms = statistics.median(change.bytes_ms for change in changes)
    drawn_ms = statistics.median(change.drawn_ms for change in changes)
    return {
        "work": "first_map_view",
        "plots": province.plots,
        "ours_ms": round(statistics.median(seen.stands_ms for seen, _kinds in views), 2),
        "ours_bytes": data,
        "limit_ms": None,
        "script_before_list_bytes": seen.script_bytes,
        "all_bytes": sum(kinds.values()),
        "filter_bytes_ms": round(bytes_ms),
        "filter_redraw_ms": round(drawn_ms),
        "peers": {},
        "peak_mb": round(peak, 1),
        "note": (
            f"demo province, 1280 x 800, empty cache; data = tiles {kinds['tiles']:,} + JSON {kinds['json']:,} bytes "
            f"as transferred, goal {GOAL_BYTES:,}; script asked for before the list has painted {seen.script_bytes:,}, "
            f"goal {GOAL_SCRIPT:,}; in all {sum(kinds.values()):,}, goal {GOAL_ALL:,} (page {kinds['page']:,}, fonts "
            f"{kinds['fonts']:,}, map engine {kinds['engine']:,}, other scripts and styles {kinds['static']:,}); first "
            f"paint {seen.painted_ms:.0f} ms; filter changed: tiles' bytes at the browser {bytes_ms:.0f} ms (goal "
            f"{GOAL_FILTER_MS}, median of {len(changes)}), redrawn {drawn_ms:.0f} ms; ms until the map stands and "
            "redrawing are with software WebGL"
        ),
    }


@dataclass(frozen=True, slots=True)
class Seen:
    """One first view: ms until the map stood, first paint, bytes of script asked for before it."""

    stands_ms: float
    painted_ms: float
    script_bytes: int


@dataclass(frozen=True, slots=True)
class Change:
    """One changed filter: ms to the last byte of its tiles, ms until the map was drawn."""

    bytes_ms: float
    drawn_ms: float


def _collect_static(province: Province) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=ROOT, env={**os.environ, **province.environment}, check=True, timeout=300, stdout=sys.stderr,
    )  # fmt: skip


def _look(address: str, log: Path, before: int) -> Seen:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="vi-VN")
            started = time.monotonic()
            page.goto(address, wait_until="load")
            known = -1
            for _ in range(20):
                lines = _lines(log)[before:]
                if known == len(lines) and _by_kind(lines)["tiles"]:
                    break
                known = len(lines)
                page.wait_for_timeout(QUIET_MS)
            stands_ms = (time.monotonic() - started) * 1000 - QUIET_MS
            painted_ms, script_bytes = page.evaluate(SCRIPT_BEFORE_PAINT)
            return Seen(stands_ms, painted_ms, script_bytes)
        finally:
            browser.close()


def _change_filters(address: str) -> list[Change]:
    """Choose one month after the other; the clock is the browser's own, from the choice on."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="vi-VN")
            page.add_init_script(KEEP_HANDLE)
            page.goto(address, wait_until="load")
            page.wait_for_selector("[data-map][data-engine]")
            page.wait_for_timeout(QUIET_MS)
            return [_change(page, month) for month in range(1, 13)]
        finally:
            browser.close()


def _change(page: Any, month: int) -> Change:
    tiles: list[Any] = []

    def note(request: Any) -> None:
        tiles.append(request)

    page.on("requestfinished", note)
    begun, drawn_ms = page.evaluate(CHOOSE_MONTH, str(month))
    page.wait_for_timeout(500)  # the events of the last tiles
    page.remove_listener("requestfinished", note)
    ends = [one.timing["startTime"] + one.timing["responseEnd"] for one in tiles if ".mvt?" in one.url]
    if not ends:
        raise SystemExit("first_map_view: the changed filter asked for no tiles")
    return Change(max(ends) - begun, drawn_ms)


# The list is in the page itself, so it paints first of all; what was asked for by then competes with it.
SCRIPT_BEFORE_PAINT = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const scripts = performance.getEntriesByType("resource").filter((one) => /\\.m?js(\\?|$)/.test(one.name));
  const before = scripts.filter((one) => one.startTime <= painted);
  return [painted, before.reduce((sum, one) => sum + one.encodedBodySize, 0)];
}"""
KEEP_HANDLE = "document.addEventListener('map:ready', (event) => { window.benchmarkMap = event.detail.map; });"
CHOOSE_MONTH = """(month) => new Promise((done) => {
  const field = document.querySelector(`input[name=month][value="${month}"]`);
  const before = document.querySelector("input[name=month]:checked[type=checkbox]");
  const begun = performance.timeOrigin + performance.now();
  if (before && before !== field) before.checked = false;
  field.click();
  // Idle comes once for the old state when nothing was asked for yet: only after the new tiles were.
  window.benchmarkMap.once("dataloading", () => window.benchmarkMap.once("idle", () =>
    done([begun, performance.timeOrigin + performance.now() - begun])));
})"""


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def _by_kind(lines: list[str]) -> Counter[str]:
    """Bytes by kind, from lines `<bytes> <path>`."""
    kinds: Counter[str] = Counter()
    for line in lines:
        size, _space, path = line.partition(" ")
        kinds[_kind(path)] += int(size) if size.isdigit() else 0
    return kinds


def _kind(path: str) -> str:
    if path.endswith(".mvt"):
        return "tiles"
    if path.startswith("/api/") or path.endswith(".json"):  # also the ground of the map, a static file
        return "json"
    if path.endswith(".woff2"):
        return "fonts"
    if path.startswith("/static/vendor/maplibre-gl/"):
        return "engine"
    if path.startswith("/static/"):
        return "static"
    return "page"
