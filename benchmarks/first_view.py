"""The first view of the product map in a real browser: how many bytes of data it takes."""

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.province import ROOT, Province
from ops.packages import find_chromium

GOAL_BYTES = 400_000
VIEWS = 3
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--enable-unsafe-swiftshader"]
QUIET_MS = 2_000  # nothing new asked for in this time: the map stands


def measure(province: Province) -> dict[str, Any]:
    """Return the result `first_map_view`: data (tiles, JSON) of `/` for a newcomer, by the server's log."""
    if importlib.util.find_spec("playwright") is None or find_chromium() is None:
        raise SystemExit("The first view needs a browser: run make setup, then make bench ARGS='--only view'")
    _collect_static(province)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        views = []
        with servers.ours_with_log(province, log) as server:
            server.reset_peak()
            for _ in range(VIEWS):
                before = len(_lines(log))
                ms = _look(f"http://127.0.0.1:{server.port}/", log, before)
                views.append((ms, _by_kind(_lines(log)[before:])))
            peak = server.peak_mb()
    kinds = views[-1][1]
    data = kinds["tiles"] + kinds["json"]
    if not kinds["tiles"]:
        raise SystemExit("first_map_view: the map asked for no tiles; is WebGL there?")
    return {
        "work": "first_map_view",
        "plots": province.plots,
        "ours_ms": round(statistics.median(ms for ms, _kinds in views), 2),
        "ours_bytes": data,
        "limit_ms": None,
        "peers": {},
        "peak_mb": round(peak, 1),
        "note": (
            f"demo province, 1280 x 800, empty cache; data = tiles {kinds['tiles']:,} + JSON {kinds['json']:,} bytes "
            f"as transferred, goal {GOAL_BYTES:,}; besides: page {kinds['page']:,} (legend and list in it), "
            f"scripts, styles and fonts {kinds['static']:,}; ms until the map stands, with software WebGL"
        ),
    }


def _collect_static(province: Province) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=ROOT, env={**os.environ, **province.environment}, check=True, timeout=300, stdout=sys.stderr,
    )  # fmt: skip


def _look(address: str, log: Path, before: int) -> float:
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
            return (time.monotonic() - started) * 1000 - QUIET_MS
        finally:
            browser.close()


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
    if path.startswith("/static/"):
        return "static"
    return "page"
