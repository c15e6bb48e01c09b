"""Draw the icons of the installed app from our own logo: `.venv/bin/python data/icons/make_icons.py`.

Writes static/img/icon-*.png with the Chromium of the browser tests. A maskable icon fills its square and keeps the logo
within the inner 80 %, since a launcher cuts it to a shape of its own.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[2] / "static" / "img"
GROUND = "#12402f"  # the theme colour of the site


def page_of(logo: str, size: int, share: float, ground: str) -> str:
    """Return a page that shows the logo over `share` of a square of `size` pixels."""
    side = round(size * share)
    sized = logo.replace("<svg ", f'<svg width="{side}" height="{side}" ', 1)
    style = f"margin:0;height:{size}px;display:grid;place-items:center;background:{ground}"
    return f'<body style="{style}">{sized}</body>'


def main() -> None:
    logo = (IMAGES / "logo.svg").read_text(encoding="utf-8")
    wanted = [("icon-192", 192, 1.0, "transparent"), ("icon-512", 512, 1.0, "transparent")]
    wanted += [(f"icon-maskable-{size}", size, 0.72, GROUND) for size in (192, 512)]
    wanted += [("icon-180", 180, 0.84, GROUND)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, share, ground in wanted:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(page_of(logo, size, share, ground))
            page.screenshot(path=IMAGES / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
