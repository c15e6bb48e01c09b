"""An officer on the ground: the visit page on a phone, without signal, sent once when there is signal again."""

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from casework import services
from casework.models import Inspection, InspectionPhoto
from casework.services.inspections import Seen
from codes.models import ChecklistItem
from office.offline import offline_pages
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.casework.test_inspections import make_item, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NO_SIGNAL = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
COUNT = "[data-outbox-count]"


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def visit(request_in_review, old_scheme, officer, media):
    make_item(old_scheme, "so", text_vi="Có sổ nhật ký, ghi đủ", position=1)
    make_item(old_scheme, "cam", text_vi="Không dùng thuốc cấm", is_critical=True, position=2)
    make_item(old_scheme, "tuoi", text_vi="Tuổi cây", answer_kind="number", unit="năm", position=3, is_required=False)
    assert ChecklistItem.objects.count() == 3
    return services.schedule_inspection(request_in_review, by=officer)


@pytest.fixture
def small(phone):
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.context.grant_permissions(["geolocation"])
    phone.context.set_geolocation({"latitude": 10.4512, "longitude": 105.6012, "accuracy": 6})
    return phone


def open_page(page: Page, visit) -> None:
    page.goto(f"/desk/inspections/new/?request={visit.pk}")
    page.wait_for_selector("[data-inspection-form][data-ready]")


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_text(answer, exact=True).click()


def fill_in(page: Page, report: str = "Vườn sạch, có sổ") -> None:
    choose(page, "Có sổ nhật ký, ghi đủ", "Đạt")
    choose(page, "Không dùng thuốc cấm", "Đạt")
    page.get_by_label("Tuổi cây (năm)").fill("7")
    choose(page, "Kết quả", "Đạt")
    page.get_by_label("Nội dung biên bản").fill(report)


def send(page: Page) -> None:
    page.get_by_role("button", name="Lưu và gửi").click()


def sign(page: Page) -> None:
    glass = page.locator("canvas")
    glass.scroll_into_view_if_needed()
    box = glass.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 50, steps=4)
    page.mouse.up()


def test_without_signal_it_is_kept_and_sent_once(small, sign_in, problems, visit, officer):
    problems.expect(*NO_SIGNAL)
    sign_in(small, officer)
    open_page(small, visit)
    assert_no_axe_violations(small)
    assert small.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    small.context.set_offline(True)

    small.get_by_role("button", name="Lấy vị trí của tôi").click()
    expect(small.get_by_text("sai số 6 m")).to_be_visible()
    fill_in(small)
    small.locator("#id_photos").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(3000, 2000)}]
    )
    expect(small.locator("[data-photos] img")).to_have_count(1)
    small.get_by_text("Đề nghị sửa ranh giới").click()
    for lat, lon in ((10.45, 105.6), (10.45, 105.601), (10.451, 105.601)):
        small.context.set_geolocation({"latitude": lat, "longitude": lon, "accuracy": 4})
        small.get_by_role("button", name="Thêm điểm đang đứng").click()
        expect(small.get_by_label("Điểm góc đề nghị sửa")).to_have_value(re.compile(f"{lat:.6f}; {lon:.6f}$"))
    sign(small)
    screenshot(small, "inspection-phone")
    send(small)
    expect(small.locator("[data-outcome]")).to_contain_text("Đã lưu trong máy")
    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")
    assert Inspection.objects.count() == 0
    assert_no_axe_violations(small)
    small.context.set_offline(False)
    expect(small.locator("[data-outbox]")).to_be_hidden(timeout=15_000)

    inspection = Inspection.objects.get()
    assert [line["answer"] for line in inspection.answers] == [True, True, 7]
    assert (inspection.position.coords, inspection.accuracy_m) == ((105.6012, 10.4512), 6)
    assert inspection.proposed_boundary.num_points == 4
    assert inspection.signature is not None
    assert InspectionPhoto.objects.count() == 1
    small.goto(f"/desk/inspections/{inspection.pk}/")
    expect(small.get_by_role("heading", level=1)).to_contain_text("Đạt")
    small.wait_for_timeout(1500)
    assert_no_axe_violations(small)
    screenshot(small, "inspection-detail-phone")


def test_the_page_opens_without_signal_from_the_worker(small, sign_in, problems, visit, officer):
    problems.expect(*NO_SIGNAL, "net::ERR_FAILED")
    sign_in(small, officer)
    open_page(small, visit)
    small.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    for _look in range(150):  # the shells are kept after the worker has started
        if small.evaluate("async () => Boolean(await caches.match('/desk/inspections/shell/'))"):
            break
        small.wait_for_timeout(200)
    kept = small.evaluate(
        "async () => { const all = []; for (const key of await caches.keys())"
        " for (const one of await (await caches.open(key)).keys()) all.push(new URL(one.url).pathname);"
        " return all; }"
    )
    pages = [path for path in kept if not path.startswith("/static/")]
    assert sorted(pages) == sorted(reverse(page.shell_url) for page in offline_pages())
    small.reload()
    small.wait_for_selector("[data-inspection-form][data-ready]")
    # As if there were no signal: the page itself cannot be reached.
    small.context.route("**/desk/inspections/new/**", lambda route: route.abort())
    small.goto("/desk/inspections/shell/" + f"?request={visit.pk}")
    small.wait_for_selector("[data-inspection-form][data-ready]")
    assert_no_axe_violations(small)
    fill_in(small, "Ghi lúc không có sóng")
    send(small)

    small.wait_for_url("**/desk/inspections/*/")
    assert Inspection.objects.get().report == "Ghi lúc không có sóng"


def test_what_the_office_refuses_is_kept_with_its_reason_and_corrected(small, sign_in, problems, visit, officer):
    problems.expect(*NO_SIGNAL)
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    small.get_by_text("Đề nghị sửa ranh giới").click()
    small.get_by_label("Điểm góc đề nghị sửa").fill("105.6; 10.45\n105.6; 10.46\n105.61; 10.46")
    send(small)
    expect(small.locator("[data-outcome]")).to_contain_text("nằm ngoài Việt Nam")
    small.locator("[data-outbox] summary").click()
    expect(small.locator("[data-outbox-list]")).to_contain_text("Chưa được nhận, vì:")
    screenshot(small, "inspection-refused-phone")
    assert_no_axe_violations(small)

    small.locator("[data-outbox-list]").get_by_role("link", name="Sửa").click()
    expect(small.get_by_label("Điểm góc đề nghị sửa")).to_be_hidden()  # read anew, folded
    small.wait_for_selector("[data-inspection-form][data-ready]")
    expect(small.get_by_label("Nội dung biên bản")).to_have_value("Vườn sạch, có sổ")
    small.get_by_text("Đề nghị sửa ranh giới").click()
    small.get_by_label("Điểm góc đề nghị sửa").fill("")
    send(small)

    small.wait_for_url("**/desk/inspections/*/")
    expect(small.locator("[data-outbox]")).to_be_hidden()
    assert Inspection.objects.count() == 1


def test_a_critical_line_makes_the_result_major(small, sign_in, visit, officer):
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    choose(small, "Không dùng thuốc cấm", "Không đạt")
    expect(small.locator("[data-critical-note]")).to_be_visible()
    send(small)

    small.wait_for_url("**/desk/inspections/*/")
    assert Inspection.objects.get().result == "major"


def test_unsent_work_holds_signing_out_and_is_nobody_elses(
    small, sign_in, problems, visit, officer, officer_factory, commune
):
    problems.expect(*NO_SIGNAL, "ERR_FAILED")
    sign_in(small, officer)
    open_page(small, visit)
    small.context.route("**/outbox/session/", lambda route: route.abort())
    fill_in(small)
    send(small)
    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")
    questions = []
    small.once("dialog", lambda dialog: (questions.append(dialog.message), dialog.dismiss()))
    small.locator(".account-menu summary").click()
    small.get_by_role("button", name="Đăng xuất").click()
    assert "1 việc chưa gửi" in questions[0]
    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")
    small.context.unroute("**/outbox/session/")
    small.context.clear_cookies()

    sign_in(small, officer_factory(commune, full_name="Cán Bộ Khác"))
    small.goto("/desk/inspections/")
    small.wait_for_timeout(1500)
    expect(small.locator("[data-outbox]")).to_be_hidden()
    assert Inspection.objects.count() == 0

    sign_in(small, officer)
    small.goto("/desk/inspections/")
    expect(small.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    small.wait_for_timeout(500)
    assert Inspection.objects.get().inspector == officer


def test_the_same_entry_sent_again_is_the_same_visit(small, sign_in, problems, visit, officer):
    """The answer is lost on the way: the phone does not know that the office has the visit, and sends it again."""
    problems.expect(*NO_SIGNAL, "ERR_FAILED", "net::")
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    lost = []

    def lose(route):
        if lost:
            route.continue_()
        else:
            lost.append(json.loads(route.request.post_data)["client_id"])
            route.fetch()
            route.abort()

    small.context.route("**/api/v1/inspections/", lose)
    send(small)
    expect(small.locator("[data-outcome]")).to_contain_text("Đã lưu trong máy")
    assert Inspection.objects.count() == 1
    small.reload()
    expect(small.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    small.wait_for_timeout(800)

    assert [str(one.client_id) for one in Inspection.objects.all()] == lost


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<h1>Wi-Fi</h1>"},
        {"status": 302, "headers": {"Location": "/accounts/login/"}},
        {"status": 500, "content_type": "text/html", "body": "<h1>Lỗi</h1>"},
    ],
    ids=["page of a hotspot", "redirect", "server fails"],
)
def test_what_did_not_take_the_visit_does_not_empty_the_outbox(small, sign_in, problems, visit, officer, answer):
    problems.expect(*NO_SIGNAL, "ERR_FAILED", "net::", "Failed to fetch", "500")
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    small.context.route("**/api/v1/inspections/", lambda route: route.fulfill(**answer))

    send(small)

    expect(small.locator("[data-outcome]")).to_contain_text("Đã lưu trong máy")
    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")
    small.context.unroute("**/api/v1/inspections/")
    small.reload()
    expect(small.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    small.wait_for_timeout(500)
    assert Inspection.objects.count() == 1


def test_a_body_too_large_is_kept_and_said(small, sign_in, problems, visit, officer):
    problems.expect(*NO_SIGNAL, "413")
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    page = {"status": 413, "content_type": "text/html", "body": "<h1>413</h1>"}
    small.context.route("**/api/v1/inspections/", lambda route: route.fulfill(**page))

    send(small)

    expect(small.locator("[data-outcome]")).to_contain_text("HTTP 413")
    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")


def test_a_device_that_keeps_nothing_says_so(small, sign_in, problems, visit, officer):
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small)
    small.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )

    send(small)

    expect(small.locator("[data-outcome]")).to_contain_text("không còn chỗ")
    expect(small.get_by_role("button", name="Lưu và gửi")).to_be_enabled()
    expect(small.get_by_label("Nội dung biên bản")).to_have_value("Vườn sạch, có sổ")


def test_a_correction_made_while_the_first_text_is_on_its_way_is_not_lost(small, sign_in, problems, visit, officer):
    problems.expect(*NO_SIGNAL, "409")
    sign_in(small, officer)
    open_page(small, visit)
    fill_in(small, "Lời đầu")
    held = []
    small.context.route("**/api/v1/inspections/", lambda route: route.continue_() if held else held.append(route))
    send(small)
    small.wait_for_timeout(500)

    small.get_by_label("Nội dung biên bản").fill("Lời đã sửa")
    small.evaluate("() => document.querySelector('[data-inspection-form]').requestSubmit()")
    small.wait_for_timeout(500)
    assert len(held) == 1
    held[0].continue_()
    small.wait_for_url("**/desk/inspections/*/")

    expect(small.locator(COUNT)).to_have_text("1 chưa gửi")
    small.locator("[data-outbox] summary").click()
    expect(small.locator("[data-outbox-list]")).to_contain_text("nội dung khác")
    assert Inspection.objects.get().report == "Lời đầu"


def test_the_route_and_the_minutes_are_readable(page: Page, sign_in, visit, code_factory, officer):
    code = code_factory()
    inspection = services.record_inspection(
        code,
        visited_on=code.issued_on,
        result="minor",
        report="Sổ ghi thiếu ngày phun",
        by=officer,
        purpose="misuse",
        seen=Seen(answers=[{"item": "so", "answer": True}, {"item": "cam", "answer": True}]),
    )
    sign_in(page, officer)
    for path, name in (
        ("/desk/inspections/route/", "inspection-route"),
        ("/desk/inspections/", "inspection-visits"),
        (f"/desk/inspections/{inspection.pk}/minutes/", "inspection-minutes"),
    ):
        page.goto(path)
        page.wait_for_timeout(300)
        assert_no_axe_violations(page)
        screenshot(page, name)
