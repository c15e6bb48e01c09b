"""Anyone: product map, producer, land use, check of a code, enquiries; no account."""

import re
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

import mapbox_vector_tile
from django.contrib.gis.geos import Point
from playwright.sync_api import Page, Response, expect

from tests.browser.journey.visit import Visits, at_rest, click_place, drawn, look
from tests.codes_sent import code_sent

BOTH_COMMUNES = "#map=11.3/10.45/105.7"
ARCHIPELAGOS = ("Quần đảo Hoàng Sa (Việt Nam)", "Quần đảo Trường Sa (Việt Nam)")
PAGE_LIMIT = 20_000  # bytes of a code check, all told
MAIL, PHONE = "mua.hang@example.test", "0000 765 432"


def _count(page: Page, expected: int, tiles: set[str]) -> None:
    """List, API and tiles hold the same number of products under the filters of the address."""
    expect(page.locator("#results .count-line")).to_contain_text(f"{expected} sản phẩm")
    expect(page.locator("#results > .results > li")).to_have_count(expected)
    at_rest(page)
    query = urlsplit(page.url).query
    answer = page.request.get(f"/api/v1/products/?{query}{'&' if query else ''}count=true").json()
    assert (answer["numberMatched"], len(answer["features"])) == (expected, expected)
    whole = page.request.get(f"/tiles/products/0/0/0.mvt{'?' + query if query else ''}").body()
    groups = mapbox_vector_tile.decode(whole)["product_communes"]["features"] if whole else []
    assert sum(group["properties"]["count"] for group in groups) == expected
    expected_ids = {feature["id"] for feature in answer["features"]}
    _wait_until(page, lambda: _ids_on_screen(page) == expected_ids)
    # The tiles that the map asked for under these filters, asked for again: the browser keeps no bodies.
    bodies = [page.request.get(url).body() for url in sorted(tiles) if urlsplit(url).query == query]
    fetched = [mapbox_vector_tile.decode(body) for body in bodies if body]
    found = {
        feature["properties"]["id"] for tile in fetched for feature in tile.get("products", {}).get("features", ())
    }
    assert found == expected_ids


def _ids_on_screen(page: Page) -> set[int]:
    return {properties["id"] for layer in _point_layers(page) for properties in drawn(page, layer)}


def _wait_until(page: Page, is_so: Callable[[], bool], seconds: float = 15) -> None:
    """The map follows the list a moment later: tiles are asked for, fetched and drawn."""
    end = monotonic() + seconds
    while not is_so():
        assert monotonic() < end, f"the map does not follow the filters of {page.url}"
        page.wait_for_timeout(200)


def _point_layers(page: Page) -> list[str]:
    return page.evaluate(
        """() => window.drawnMaps.at(-1).map.getStyle().layers
            .filter((layer) => layer["source-layer"] === "products" && layer.type === "circle")
            .filter((layer) => !layer.id.includes("selected"))
            .map((layer) => layer.id)"""
    )


def search_products(page: Page) -> None:
    """Filter by product, month, market and commune; list, API, tiles and address agree at every step."""
    tiles: set[str] = set()
    page.on("request", lambda request: tiles.add(request.url) if "/tiles/products/" in request.url else None)
    page.goto(f"/{BOTH_COMMUNES}")
    _count(page, 4, tiles)
    page.get_by_label("Phường, xã").fill("Bình Hàng Thử")
    _count(page, 2, tiles)
    page.get_by_label("Phường, xã").fill("")
    _count(page, 4, tiles)
    page.get_by_label("Cây trồng").select_option("xoai")
    _count(page, 3, tiles)
    page.locator(".months__choice", has=page.locator('input[value="5"]')).click()
    _count(page, 2, tiles)
    page.get_by_label("Có mã còn hiệu lực cho").select_option("CHN")
    _count(page, 1, tiles)
    page.get_by_label("Phường, xã").fill("Cao Lãnh Thử")
    expect(page).to_have_url(re.compile("commune=Cao"))
    _count(page, 1, tiles)
    page.reload()
    _count(page, 1, tiles)
    expect(page.get_by_label("Cây trồng")).to_have_value("xoai")
    expect(page.get_by_label("Phường, xã")).to_have_value("Cao Lãnh Thử")
    expect(page.get_by_role("checkbox", name="Tháng 5:")).to_be_checked()
    expect(page.get_by_role("link", name="VN-XXOR-0001", exact=True)).to_be_visible()


def see_product_map(page: Page) -> None:
    """The first view, with its legend and the names of the archipelagos; in English too."""
    page.goto("/")
    at_rest(page)
    expect(page.locator(".map-legend")).to_contain_text("Xoài")
    for name in ARCHIPELAGOS:
        expect(page.locator(".east-sea")).to_contain_text(name)
    look(page, "home")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Product map")
    at_rest(page)
    for name in ARCHIPELAGOS:
        expect(page.locator(".east-sea")).to_contain_text(name)
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bản đồ nông sản")


def open_producer(page: Page) -> None:
    """From the list to the page of the producer."""
    page.goto("/")
    page.locator("#results").get_by_role("link", name="Xoài Cát Chu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hợp tác xã xoài Rạch Chanh")
    expect(page.get_by_role("link", name="VN-XXOR-0001", exact=True)).to_be_visible()
    expect(page.locator(".producer-product")).to_contain_text("45 tấn")
    at_rest(page)
    look(page, "producer")


def see_land_use(page: Page) -> None:
    """The land-use map: legend, a click gives the class, the names of the archipelagos."""
    page.goto("/maps/land-use/#map=14/10.454/105.612")
    at_rest(page)
    expect(page.locator(".map-legend")).to_contain_text("Đất trồng cây lâu năm")
    click_place(page, Point(105.614, 10.454))
    expect(page.locator(".map-popup")).to_contain_text("Đất trồng cây lâu năm")
    expect(page.locator(".map-popup")).to_contain_text("CLN")
    for name in ARCHIPELAGOS:
        expect(page.locator(".east-sea")).to_contain_text(name)
    look(page, "land-use")


def check_code(visits: Visits) -> None:
    """Check a code as it is typed from a box, without script, on a slow line; unknown codes say so."""
    page = visits.open(java_script_enabled=False)
    page.goto("/v/")
    page.get_by_label("Mã số vùng trồng").fill("vn xxor 0001")
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page).to_have_url(re.compile("/v/VN-XXOR-0001/?$"))
    expect(page.locator("h1")).to_have_text("VN-XXOR-0001")
    expect(page.locator(".status")).to_have_attribute("data-status", "active")
    markets = page.locator(".markets li")
    expect(markets).to_have_count(2)  # one code, two approvals
    expect(page.locator(".markets [data-status=approved]")).to_contain_text("Trung Quốc")
    expect(page.locator("main")).to_contain_text("Hợp tác xã xoài Rạch Chanh")
    fresh = visits.open(java_script_enabled=False)
    answers: list[Response] = []
    fresh.on("response", lambda answer: answers.append(answer))
    fresh.goto("/v/VN-XXOR-0001/")
    fresh.wait_for_load_state("networkidle")
    assert 0 < sum(len(answer.body()) for answer in answers) < PAGE_LIMIT
    scripted = visits.open()
    scripted.goto("/v/VN-XXOR-0001/")
    look(scripted, "check")
    scripted.goto("/v/99-PUC-XOAI01-000001-CHN")
    expect(scripted.locator(".status")).to_have_attribute("data-status", "active")
    visits.problems.expect("status of 404")
    scripted.goto("/v/VN-XXOR-0999/")
    expect(scripted.locator("main")).to_contain_text("Không có mã này")
    look(scripted, "check-unknown")
    visits.leave(page, fresh, scripted)


def ask(page: Page, *, name: str, contact: str, text: str, work_off: Callable[[], object]) -> None:
    """Send an enquiry from the producer's page and prove the contact; it leads to the buyer's private page."""
    page.goto("/p/htx-rach-chanh/")
    page.get_by_role("link", name="Hỏi mua Xoài Cát Chu").click()
    page.get_by_label("Nội dung").fill(text)
    page.get_by_label("Tên của bạn hoặc công ty").fill(name)
    page.get_by_label("Điện thoại hoặc thư điện tử").fill(contact)
    page.get_by_label("Tôi đồng ý").check()
    look(page, "enquiry-new")
    page.get_by_role("button", name="Gửi yêu cầu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xác nhận liên hệ")
    look(page, "enquiry-confirm")
    work_off()
    page.get_by_label("Mã 6 số").fill(code_sent(contact.replace(" ", "")))
    page.get_by_role("button", name="Xác nhận và gửi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Yêu cầu của bạn")


def answer(page: Page, *, name: str, text: str) -> list[str]:
    """The clerk answers in the inbox; return all that the cooperative sees of this enquiry, as page sources."""
    page.goto("/coop/enquiries/")
    seen = [page.content()]
    look(page, "inbox")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    seen.append(page.content())
    page.get_by_label("Nội dung").fill(text)
    look(page, "inbox-enquiry")
    page.get_by_role("button", name="Gửi trả lời").click()
    expect(page.locator("#messages")).to_contain_text("Đã gửi trả lời")
    seen.append(page.content())
    page.goto("/notices/")
    seen.append(page.content())
    seen.append(page.request.get("/api/v1/enquiries/").text())
    return seen


def read_answer(page: Page, text: str) -> list[str]:
    """The buyer opens the private page again; return what the buyer sees of the cooperative."""
    page.reload()
    expect(page.locator(".timeline")).to_contain_text(text)
    look(page, "enquiry")
    seen = [page.content()]
    page.goto("/p/htx-rach-chanh/")
    return [*seen, page.content()]
