"""A clerk walks round a plot with a phone: good and bad positions, no signal, sent once when there is signal again."""

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from farms.models import OverlapCase, Plot, PlotPhoto, PlotStatus
from office import offline
from office.offline import offline_pages
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.farms.test_captures import picture
from tests.shapes import degrees_for, square

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NO_SIGNAL = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "ERR_FAILED", "net::", "Failed to fetch")
PATH = "/coop/plots/capture/"
LON, LAT = 105.6012, 10.4312
COUNT = "[data-outbox-count]"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def small(phone):
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.context.grant_permissions(["geolocation"])
    stand_at(phone, 0, 0)
    return phone


@pytest.fixture
def clerk_on_phone(small, sign_in, clerk, mango, cooperative, grower_factory):
    grower_factory(cooperative=cooperative, number="17")
    sign_in(small, clerk)
    return small


def stand_at(page: Page, east_m: float, north_m: float, accuracy: float = 5) -> None:
    east, north = degrees_for(LAT, east_m=east_m, north_m=north_m)
    page.context.set_geolocation({"latitude": LAT + north, "longitude": LON + east, "accuracy": accuracy})


def open_page(page: Page) -> None:
    page.goto(PATH)
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_selector("[data-capture]:not([data-ready-for=''])")


def kept(page: Page) -> None:
    """Wait until the page would open without signal."""
    expect(page.locator("[data-prepared]")).to_have_text("Dùng được khi không có mạng.")


def press(page: Page, name: str) -> None:
    page.locator("[data-capture]").get_by_role("button", name=name, exact=True).click()


def points(page: Page) -> int:
    found = re.match(r"\d+", page.locator("[data-points]").inner_text())
    return int(found[0]) if found else 0


def go(page: Page, east_m: float, north_m: float, accuracy: float = 5) -> None:
    """Walk to a place and wait until the line has it."""
    before = points(page)
    stand_at(page, east_m, north_m, accuracy)
    expect(page.locator("[data-points]")).to_have_text(re.compile(rf"^{before + 1} "))


def walk_round(page: Page, side: int = 60, accuracy: float = 5, from_east: int = 0) -> None:
    """Follow the edges of a square, a position each 20 m, back to near the start."""
    stand_at(page, from_east, 0, accuracy)
    expect(page.locator("[data-gps-error]")).to_have_text(f"±{accuracy} m")
    press(page, "Bắt đầu đi vòng ranh")
    expect(page.locator("[data-points]")).to_have_text(re.compile("^1 "))
    steps = range(20, side + 1, 20)
    path = [(step, 0) for step in steps] + [(side, step) for step in steps]
    path += [(side - step, side) for step in steps] + [(0, side - step) for step in steps][:-1]
    for east, north in path:
        go(page, from_east + east, north, accuracy)
    press(page, "Khép vòng")


def send(page: Page) -> None:
    page.get_by_role("button", name="Lưu và gửi").click()


def outcome(page: Page):
    return page.locator("[data-outcome]")


# --- Without signal ----------------------------------------------------------------------------------------------


def test_without_signal_a_plot_is_walked_kept_and_sent_once(clerk_on_phone, problems, clerk):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    kept(page)
    assert_no_axe_violations(page)
    screenshot(page, "capture-start-phone")
    page.context.set_offline(True)
    page.reload()  # from the worker
    ready(page)
    expect(page.get_by_text("Không có mạng. Bạn vẫn đo và lưu được")).to_be_visible()

    walk_round(page)
    expect(page.locator("[data-area]")).to_have_text(re.compile(r"^0,3[56]\d* ha"))
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("Số thửa của hợp tác xã").fill("W-1")
    page.get_by_label("Cây trồng").select_option("xoai")
    page.get_by_label("Số thành viên của nông hộ").fill("17")
    page.get_by_label("Ghi chú").fill("Mé sông, đất cao")
    page.locator("#capture-photos").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(3000, 2000)}]
    )
    expect(page.locator("[data-photos] img")).to_have_count(1)
    assert_no_axe_violations(page)
    screenshot(page, "capture-closed-phone")
    send(page)
    expect(outcome(page)).to_contain_text("Đã lưu trong máy")
    expect(page.locator(COUNT)).to_have_text("1 chưa gửi")
    expect(page.locator("[data-unsent-list]")).to_contain_text("Thửa W-1 · 0,3")
    assert Plot.objects.count() == 0
    assert_no_axe_violations(page)
    screenshot(page, "capture-unsent-phone")
    page.reload()
    ready(page)
    expect(page.locator("[data-unsent-list]")).to_contain_text("Thửa W-1")
    page.context.set_offline(False)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=15_000)
    expect(page.locator("[data-unsent]")).to_be_hidden()

    plot = Plot.objects.get()
    assert (plot.ref, plot.crop.slug, plot.grower.number, plot.note) == ("W-1", "xoai", "17", "Mé sông, đất cao")
    assert (plot.created_by, plot.determination, plot.status) == (clerk, "driven", "active")
    assert plot.area_m2 == pytest.approx(3_600, rel=0.02)
    assert (plot.source["accuracy_m"], plot.source["kind"]) == (5, "walk")
    assert len(plot.source["track"]) == plot.source["fixes"] == 12
    assert PlotPhoto.objects.get().plot == plot
    page.goto(plot.get_absolute_url())
    expect(page.locator(".plot-photos img")).to_have_js_property("complete", True)
    assert page.locator(".plot-photos img").evaluate("img => img.naturalWidth") > 0


def test_the_promise_to_send_goes_when_it_is_sent(clerk_on_phone, problems, clerk):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    kept(page)
    page.context.set_offline(True)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")
    send(page)
    expect(outcome(page)).to_contain_text("Thửa sẽ tự gửi khi có mạng")

    page.context.set_offline(False)

    expect(page.locator("[data-unsent]")).to_be_hidden(timeout=15_000)
    expect(outcome(page)).to_be_hidden()
    assert Plot.objects.count() == 1


def test_what_is_being_walked_outlives_a_reload(clerk_on_phone, problems):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    kept(page)
    page.context.set_offline(True)
    press(page, "Bắt đầu đi vòng ranh")
    expect(page.locator("[data-points]")).to_have_text(re.compile("^1 "))
    go(page, 30, 0)
    go(page, 30, 30)
    acts = page.locator("[data-act=pause]")
    assert acts.bounding_box()["y"] + acts.bounding_box()["height"] <= 740  # in sight while one walks
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    screenshot(page, "capture-walking-phone")

    page.reload()
    ready(page)

    expect(outcome(page)).to_contain_text("Đã mở lại thửa đang đo dở")
    assert points(page) == 3
    stand_at(page, 200, 200)  # where one went meanwhile is not on the line
    page.wait_for_timeout(300)
    assert points(page) == 3
    stand_at(page, 0, 30)
    page.wait_for_timeout(200)
    press(page, "Đi tiếp")
    go(page, 0, 34)
    press(page, "Xóa điểm cuối")
    assert points(page) == 3
    page.once("dialog", lambda dialog: dialog.accept())
    press(page, "Đo lại từ đầu")
    assert points(page) == 0
    page.context.set_offline(False)


def test_the_worker_keeps_shells_and_files_and_nobody(clerk_on_phone, clerk, cooperative):
    page = clerk_on_phone
    open_page(page)
    kept(page)
    page.goto("/coop/plots/")
    assert page.evaluate("async () => (await fetch('/api/v1/plots/')).status") == 200
    page.goto(PATH)
    ready(page)

    stored = page.evaluate(
        "async () => { const all = []; for (const key of await caches.keys())"
        " for (const one of await (await caches.open(key)).keys()) all.push(new URL(one.url).pathname);"
        " return all; }"
    )
    shells = [path for path in stored if not path.startswith("/static/")]
    assert sorted(shells) == sorted(reverse(one.shell_url) for one in offline_pages())
    for path in shells:
        text = page.evaluate("async path => (await (await caches.match(path)).text())", path)
        assert clerk.full_name not in text and clerk.username not in text and cooperative.slug not in text
    assert page.evaluate("() => navigator.serviceWorker.controller?.scriptURL.endsWith('/sw.js')")


def test_the_start_page_without_signal_says_what_can_be_done(clerk_on_phone, problems):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    kept(page)
    page.context.set_offline(True)

    page.goto("/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Không có mạng")
    assert_no_axe_violations(page)
    screenshot(page, "offline-start-phone")
    page.get_by_role("link", name="Đo ranh thửa").click()
    ready(page)
    expect(page.locator("[data-capture]")).to_be_visible()
    page.context.set_offline(False)


def test_a_new_release_takes_the_place_of_the_old(clerk_on_phone, monkeypatch):
    page = clerk_on_phone
    open_page(page)
    kept(page)
    page.evaluate("async () => { await caches.open('visit-0123456789abcdef'); await caches.open('another'); }")
    before = page.evaluate("async () => (await caches.keys()).filter(name => name.startsWith('offline-'))")
    offline._settled.cache_clear()
    monkeypatch.setattr(offline, "COMMON_FILES", (*offline.COMMON_FILES, "css/check.css"))

    try:
        page.evaluate("async () => { await (await navigator.serviceWorker.getRegistration()).update(); }")
        for _look in range(50):
            names = page.evaluate("async () => await caches.keys()")
            if before[0] not in names:
                break
            page.wait_for_timeout(100)
    finally:
        offline._settled.cache_clear()

    assert len([name for name in names if name.startswith("offline-")]) == 1 and before[0] not in names
    assert "visit-0123456789abcdef" not in names  # of the first releases
    assert "another" in names  # not ours to take away
    assert page.evaluate("async () => Boolean(await caches.match('/static/css/check.css'))")


def test_a_narrower_worker_of_the_first_releases_goes(clerk_on_phone):
    page = clerk_on_phone
    page.goto("/accounts/login/")
    page.evaluate("async () => { await navigator.serviceWorker.register('/sw.js', { scope: '/desk/' }); }")

    open_page(page)
    kept(page)

    scopes = page.evaluate(
        "async () => (await navigator.serviceWorker.getRegistrations()).map(one => new URL(one.scope).pathname)"
    )
    assert scopes == ["/"]


def test_a_phone_that_was_never_prepared_says_so(small, sign_in, clerk):
    sign_in(small, clerk)

    small.goto("/coop/plots/capture/shell/")

    expect(small.locator("[data-capture-unprepared]")).to_contain_text("Hãy mở trang này một lần khi có mạng")


# --- Exactly once --------------------------------------------------------------------------------------------------


def test_an_answer_lost_on_the_way_makes_no_second_plot(clerk_on_phone, problems):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")
    page.locator("#capture-photos").set_input_files([{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()}])
    expect(page.locator("[data-photos] img")).to_have_count(1)
    lost = {}

    def lose(route):
        """The server takes it, its answer never arrives: once for the plot, once for its photo."""
        kind = "photo" if "/photos/" in route.request.url else "plot"
        if kind in lost:
            route.continue_()
            return
        lost[kind] = route.request.url
        if kind == "plot":
            lost["id"] = json.loads(route.request.post_data)["capture_id"]
        route.fetch()
        route.abort()

    page.context.route("**/api/v1/captures/**", lose)
    send(page)
    expect(outcome(page)).to_contain_text("Đã lưu trong máy")
    assert Plot.objects.count() == 1
    page.reload()
    expect(page.locator("[data-outbox-list]")).to_have_count(1)
    page.wait_for_timeout(1_000)  # the photo's answer is lost now
    assert set(lost) == {"plot", "photo", "id"}
    page.reload()
    ready(page)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=15_000)
    page.wait_for_timeout(500)

    assert [str(plot.capture_id) for plot in Plot.objects.all()] == [lost["id"]]
    assert PlotPhoto.objects.count() == 1


def test_pressed_twice_it_is_one_plot(clerk_on_phone, problems):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")

    page.evaluate(
        "() => { const form = document.querySelector('[data-capture-form]');"
        " form.requestSubmit(); form.requestSubmit(); }"
    )

    expect(outcome(page)).to_contain_text(re.compile("Đã ghi thửa|Đã lưu trong máy"))
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    page.wait_for_timeout(800)
    assert Plot.objects.count() == 1


def test_another_user_of_the_phone_neither_sees_nor_sends(clerk_on_phone, problems, sign_in, clerk, owner):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    page.context.route("**/outbox/session/", lambda route: route.abort())
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")
    send(page)
    expect(page.locator(COUNT)).to_have_text("1 chưa gửi")
    page.context.unroute("**/outbox/session/")
    page.context.clear_cookies()

    sign_in(page, owner)
    open_page(page)
    page.wait_for_timeout(1_000)
    expect(page.locator("[data-outbox]")).to_be_hidden()
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert points(page) == 0
    assert Plot.objects.count() == 0

    sign_in(page, clerk)
    open_page(page)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    page.wait_for_timeout(500)
    assert Plot.objects.get().created_by == clerk


# --- What is refused -------------------------------------------------------------------------------------------------


def test_positions_that_are_too_poor_are_shown_dropped_and_refused(clerk_on_phone):
    page = clerk_on_phone
    open_page(page)
    stand_at(page, 0, 0, 45)
    expect(page.locator("[data-gps]")).to_have_attribute("data-grade", "useless")
    expect(page.locator("[data-gps-words]")).to_have_text("Quá kém: không ghi")
    press(page, "Bắt đầu đi vòng ranh")
    expect(page.locator("[data-dropped]")).to_be_visible()
    assert points(page) == 0
    for east, north in ((0, 0), (60, 0), (60, 60), (0, 60)):
        go(page, east, north, 24)
    expect(page.locator("[data-gps-words]")).to_have_text("Kém: nên chờ")
    press(page, "Khép vòng")

    expect(page.locator("[data-problem]")).to_contain_text("Sai số GPS trung bình 24 m, quá 15 m")
    page.get_by_label("Cây trồng").select_option("xoai")
    send(page)
    expect(outcome(page)).to_contain_text("quá 15 m nên không ghi được")
    assert_no_axe_violations(page)
    screenshot(page, "capture-bad-gps-phone")
    page.wait_for_timeout(300)
    assert Plot.objects.count() == 0


def test_a_line_that_crosses_itself_is_said_before_it_is_sent(clerk_on_phone):
    page = clerk_on_phone
    open_page(page)
    press(page, "Bắt đầu đi vòng ranh")
    expect(page.locator("[data-points]")).to_have_text(re.compile("^1 "))
    for east, north in ((60, 60), (60, 0), (0, 60)):
        go(page, east, north)
    press(page, "Khép vòng")
    expect(page.locator("[data-problem]")).to_contain_text("Đường ranh tự cắt")

    press(page, "Xóa điểm cuối")
    go_on = page.locator("[data-capture]").get_by_role("button", name="Đi tiếp", exact=True)
    expect(go_on).to_be_visible()
    expect(page.locator("[data-problem]")).to_be_hidden()


def test_own_ground_is_refused_with_the_neighbour_and_corrected(clerk_on_phone, problems, plot_factory):
    page = clerk_on_phone
    problems.expect("409")
    plot_factory(ref="T-9", boundary=square(LON, LAT, side_m=60))
    open_page(page)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")
    send(page)
    expect(outcome(page)).to_contain_text("T-9")
    unsent = page.locator("[data-unsent-list]")
    expect(unsent).to_contain_text("Chưa được nhận, vì:")
    expect(unsent).to_contain_text("T-9")
    assert_no_axe_violations(page)
    screenshot(page, "capture-refused-phone")

    unsent.get_by_role("link", name="Sửa").click()
    page.wait_for_url("**#entry=*")
    ready(page)
    expect(page.get_by_label("Cây trồng")).to_have_value("xoai")
    expect(outcome(page)).to_contain_text("Đang sửa thửa chưa được nhận")
    page.once("dialog", lambda dialog: dialog.accept())
    press(page, "Đo lại từ đầu")
    stand_at(page, 100, 0)
    walk = page.locator("[data-capture]").get_by_role("button", name="Bật GPS", exact=True)
    if walk.is_visible():
        walk.click()
    walk_round(page, from_east=100)
    send(page)
    expect(outcome(page)).to_contain_text("Đã ghi thửa GPS-1")
    expect(page.locator("[data-outbox]")).to_be_hidden()
    assert Plot.objects.count() == 2


def test_ground_of_another_holder_is_stored_and_told(clerk_on_phone, plot_factory, neighbour):
    page = clerk_on_phone
    plot_factory(cooperative=neighbour, ref="N-1", boundary=square(LON, LAT, side_m=60))
    open_page(page)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")

    send(page)

    expect(outcome(page)).to_contain_text("chồng lên đất của đơn vị khác")
    assert Plot.objects.get(ref="GPS-1").status == PlotStatus.IN_CONFLICT
    assert OverlapCase.objects.open().count() == 1


def test_an_unknown_grower_is_said_without_signal(clerk_on_phone, problems):
    page = clerk_on_phone
    problems.expect(*NO_SIGNAL)
    open_page(page)
    kept(page)
    page.context.set_offline(True)
    walk_round(page)
    page.get_by_label("Cây trồng").select_option("xoai")
    page.get_by_label("Số thành viên của nông hộ").fill("99")

    send(page)

    expect(outcome(page)).to_contain_text("không có thành viên mang số này")
    expect(page.locator("[data-outbox]")).to_be_hidden()
    page.context.set_offline(False)


# --- Corners ---------------------------------------------------------------------------------------------------


def test_corners_are_stood_at_or_pointed_at(clerk_on_phone):
    page = clerk_on_phone
    open_page(page)
    expect(page.locator("[data-gps-words]")).to_have_text("Rất tốt")
    press(page, "Góc: đứng yên 5 giây")
    expect(page.get_by_role("button", name=re.compile("Đứng yên…"))).to_be_visible()
    for step in range(1, 5):  # the receiver wanders while one stands
        page.wait_for_timeout(400)
        stand_at(page, 0.2 * step, -0.2 * step, 5)
    expect(page.locator("[data-points]")).to_have_text(re.compile("^1 "), timeout=10_000)
    for turn, (east, north) in enumerate(((50, 0), (50, 50), (0, 50)), start=2):
        stand_at(page, east, north, 8)
        expect(page.locator("[data-gps-error]")).to_have_text("±8 m")
        press(page, "Điểm tại đây")
        expect(page.locator("[data-points]")).to_have_text(re.compile(f"^{turn} "))
    press(page, "Khép vòng")
    page.get_by_label("Cây trồng").select_option("xoai")

    send(page)

    expect(outcome(page)).to_contain_text("Đã ghi thửa GPS-1")
    plot = Plot.objects.get()
    assert plot.area_m2 == pytest.approx(2_500, rel=0.02)
    assert plot.source["fixes"] >= 4 + 3  # several in the five seconds at the first corner
    assert plot.determination == "driven"


def test_corners_that_were_only_pointed_at_are_not_a_walk(clerk_on_phone):
    page = clerk_on_phone
    open_page(page)
    for turn, (east, north) in enumerate(((0, 0), (50, 0), (50, 50), (0, 50)), start=1):
        stand_at(page, east, north, 4)
        page.wait_for_timeout(150)
        press(page, "Điểm tại đây")
        expect(page.locator("[data-points]")).to_have_text(re.compile(f"^{turn} "))
    press(page, "Khép vòng")
    page.get_by_label("Cây trồng").select_option("xoai")

    send(page)

    expect(outcome(page)).to_contain_text("Đã ghi thửa")
    assert Plot.objects.get().determination == "manual"


def test_without_leave_to_know_the_place_it_says_so(phone, sign_in, clerk, mango):
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.context.clear_permissions()
    sign_in(phone, clerk)
    open_page(phone)

    press(phone, "Bật GPS")

    expect(phone.locator("[data-gps-words]")).to_contain_text("Máy không cho dùng vị trí")


def test_who_enters_nothing_is_told(small, sign_in, outsider):
    sign_in(small, outsider)

    small.goto(PATH)

    expect(small.locator("[data-capture-unprepared]")).to_contain_text("chưa nhập liệu cho hợp tác xã nào")


def test_the_page_on_a_desktop(page: Page, sign_in, clerk, mango):
    page.context.grant_permissions(["geolocation"])
    stand_at(page, 0, 0)
    sign_in(page, clerk)
    open_page(page)

    walk_round(page)

    assert_no_axe_violations(page)
    screenshot(page, "capture-desktop")
