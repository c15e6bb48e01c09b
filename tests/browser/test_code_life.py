"""From a draft to a code that is printed, checked, suspended and restored, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from casework.models import CodeRequest
from codes.certificates import seal
from codes.models import CodeCertificate, ProductionAreaCode
from tests.browser.conftest import Problems
from tests.browser.journey import clerk, officer
from tests.browser.journey.clerk import AREA
from tests.browser.journey.place import Place, make_place
from tests.browser.journey.visit import Visits, look, saved
from tests.factories.codes import make_area

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCHEME = "Xuất khẩu kiểu cũ"
CODE = "VN-XXOR-0001"


@pytest.fixture
def place(transactional_db: None) -> Place:
    return make_place()


@pytest.fixture
def visits(browser: Browser, live_server, problems: Problems, settings) -> Iterator[Visits]:
    problems.expect("Failed to load resource")  # a forged seal is answered by 404
    settings.PUBLIC_URL = live_server.url  # what the certificate's QR code leads to
    visits = Visits(browser, live_server.url, problems)
    yield visits
    visits.close()
    assert problems.unexpected() == []


def test_from_draft_to_printed_checked_suspended_and_restored(visits: Visits, place: Place, media, work_off, tmp_path):
    area = make_area(place.cooperative, place.mango, by=place.clerk, name=AREA, lat=10.44)
    coop, office, anyone = visits.signed_in(place.clerk), visits.signed_in(place.officer), visits.open()

    coop.goto(area.get_absolute_url())
    clerk.request_codes(coop, SCHEME, "Cấp một mã dùng cho các thị trường", "life-request")
    follow_receipt(anyone)
    officer.open_file(office, SCHEME)
    officer.take_up(office)
    assert officer.approve(office, "21/QĐ-TEST") == [CODE]

    work_off()
    paper = print_certificate(office, tmp_path)
    check_paper(anyone, paper)
    scan(anyone)

    act(office, "Tạm đình chỉ", "33/TB-TEST", "Tạm đình chỉ để kiểm tra nguồn gốc.")
    see(visits.open(), "suspended", "Tạm đình chỉ để kiểm tra nguồn gốc.")
    act(office, "Phục hồi", "34/TB-TEST", "Đã kiểm tra lại, đạt yêu cầu.")
    see(visits.open(), "active", "Đã kiểm tra lại, đạt yêu cầu.")
    read_history(office)


def follow_receipt(page: Page) -> None:
    """Whoever has the receipt reads state and dates, and no more."""
    code_request = CodeRequest.objects.get()
    page.goto("/receipts/")
    page.get_by_label("Số biên nhận").fill(code_request.receipt)
    page.get_by_role("button", name="Xem trạng thái").click()
    expect(page.locator("main")).to_contain_text("Đã nộp")
    assert AREA not in page.content()
    look(page, "life-receipt")


def print_certificate(page: Page, folder) -> bytes:
    """Take the certificate and a plate as files; return the certificate."""
    page.goto(f"/desk/codes/{ProductionAreaCode.objects.get().pk}/")
    page.get_by_role("link", name="Giấy xác nhận, biển").click()
    look(page, "life-certificates")
    paper = saved(page, page.get_by_role("link", name="Tải bản chưa ký").click, folder).read_bytes()
    plate = page.request.get(f"/codes/{CODE}/plate.svg")
    assert paper.startswith(b"%PDF-") and plate.ok and b"<svg" in plate.body()
    return paper


def check_paper(page: Page, paper: bytes) -> None:
    """The file is ours; with one byte changed it is not."""
    altered = paper[:-200].replace(b"endobj", b"endobJ", 1) + paper[-200:]
    for content, verdict in ((paper, "valid"), (altered, "altered|unknown")):
        page.goto("/verify/")
        page.get_by_label("Tệp PDF").set_input_files(
            {"name": "giay.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        page.get_by_role("button", name="Kiểm tra tệp").click()
        assert page.locator("[data-verdict]").get_attribute("data-verdict") in verdict.split("|")
        look(page, f"life-verify-{verdict[:5]}")


def scan(page: Page) -> None:
    """The QR code of the paper leads to a page that calls it genuine; a made-up seal does not."""
    certificate = CodeCertificate.objects.get()
    address = f"/v/{seal.make_seal(CODE, certificate.version)}"
    page.goto(address)
    expect(page.locator("main")).to_contain_text("Mã QR bạn quét là thật")
    look(page, "life-scanned")
    forged = page.goto(address[:-1] + ("A" if address[-1] != "A" else "B"))
    assert forged.status in (200, 404)
    expect(page.locator("main")).to_contain_text("Không phải mã QR thật")


def act(page: Page, step: str, document: str, note: str) -> None:
    """Suspend or restore the code by its page."""
    page.goto(f"/desk/codes/{ProductionAreaCode.objects.get().pk}/")
    page.locator("summary", has_text=step).click()
    form = page.locator("details[open] form")
    form.get_by_label("Lý do (lưu nội bộ)").fill("Theo thông báo.")
    form.get_by_label("Số văn bản").fill(document)
    form.get_by_label("Ghi chú công khai").fill(note)
    form.get_by_role("button", name=step).click()
    expect(page.locator("#messages")).to_contain_text(f"Đã ghi: {step}")
    look(page, f"life-code-{document[:2]}")


def see(page: Page, status: str, note: str) -> None:
    """Everybody reads it at once; a browser that has just asked may keep the page for a minute."""
    page.goto(f"/v/{CODE}/")
    expect(page.locator("p.status")).to_have_attribute("data-status", status)
    expect(page.locator("main")).to_contain_text(note)
    look(page, f"life-check-{status}")


def read_history(page: Page) -> None:
    """The whole history names every act and who did it."""
    page.get_by_role("link", name="Lịch sử đầy đủ").click()
    for text in ("21/QĐ-TEST", "33/TB-TEST", "34/TB-TEST", "Đã nộp hồ sơ"):
        expect(page.locator("main")).to_contain_text(text)
    look(page, "life-history")
