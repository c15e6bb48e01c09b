"""The officer of the commune: the desk, the file, returning, approving, recording what a market said."""

from playwright.sync_api import Page, expect

from codes.models import ProductionAreaCode
from tests.browser.journey.clerk import AREA
from tests.browser.journey.visit import at_rest, drawn, look

REASON = "Thiếu sản lượng dự kiến: hãy ghi số tấn mỗi năm."


def open_desk(page: Page, requests: int) -> None:
    """The queue holds the requests of the officer's own commune."""
    page.get_by_role("link", name="Bàn hồ sơ").first.click()
    expect(page.locator("tbody tr")).to_have_count(requests)
    look(page, "desk")


def open_file(page: Page, scheme: str) -> None:
    """From the queue to the file of the request under `scheme`."""
    page.goto("/desk/")
    page.locator("tbody tr", has_text=scheme).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(AREA)


def see_ground(page: Page) -> None:
    """The map shows the area and its plots, the neighbour's plot, and in red what lies on the area."""
    features = {feature["name"]: feature["colour"] for feature in drawn(page, "own-fill")}
    assert features[AREA] == "#f0ac2b"
    assert {"RC-01", "RC-02", "RC-03"} <= features.keys() and "RC-04" not in features
    assert features["LG-1 (HTX Láng Giềng)"] == "#8a8d80"
    assert features["LG-2 (HTX Láng Giềng)"] == "#a02c1b"
    expect(page.locator(".map-key")).to_contain_text("Thửa chồng lấn")
    expect(page.locator("main")).to_contain_text("Không đè lên thửa của đơn vị khác")
    look(page, "file")


def take_up(page: Page) -> None:
    """Make the request one's own."""
    page.get_by_role("button", name="Nhận thẩm định").click()
    expect(page.locator("#messages")).to_contain_text("Cán bộ đã nhận thẩm định")


def give_back(page: Page) -> None:
    """Return the request with a reason."""
    page.locator("summary", has_text="Trả lại để bổ sung").click()
    page.get_by_label("Lý do (đơn vị sẽ đọc)").and_(page.locator("[name^=return]")).fill(REASON)
    page.get_by_role("button", name="Đồng ý: Trả lại để bổ sung").click()
    expect(page.locator("#messages")).to_contain_text("Trả lại để bổ sung")


def approve(page: Page, document: str) -> list[str]:
    """Approve the request; return the codes that the file shows then."""
    page.locator("summary", has_text="Duyệt và cấp mã").click()
    page.get_by_label("Số văn bản cấp mã").fill(document)
    page.get_by_role("button", name="Đồng ý: Duyệt và cấp mã").click()
    expect(page.locator("#messages")).to_contain_text("Đã duyệt và cấp mã")
    return page.locator(".notice--success li a").all_inner_texts()


def record_market(page: Page, code: str, market: str) -> None:
    """Record that the dossier went to `market` and that it approved the code."""
    pk = ProductionAreaCode.objects.get(code=code).pk
    for step in ("Ghi nhận đã gửi hồ sơ", "Nước nhập khẩu chấp thuận"):
        page.goto(f"/desk/codes/{pk}/")
        at_rest(page)
        card = page.locator("article.card", has_text=market)
        card.locator("summary").click()
        card.get_by_label("Bước").select_option(label=step)
        card.get_by_label("Lý do (lưu nội bộ)").fill("Theo công văn.")
        card.get_by_label("Số văn bản").fill("15/BVTV-TEST")
        card.get_by_role("button", name="Ghi nhận").click()
        expect(page.locator("#messages")).to_contain_text(step)
    look(page, "code")
