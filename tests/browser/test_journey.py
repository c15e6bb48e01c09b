"""The journey of issue 2 §5 in a real browser: a clerk, an officer, a buyer, a planner, an administrator."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Browser, Page

from accounts.models import User
from casework.models import CodeRequest
from casework.services import take_up_request
from codes.models import Market, ProductionAreaCode
from farms.models import Plot, PlotImport
from farms.services import add_plot
from tests.browser.conftest import Problems
from tests.browser.journey import administrator, buyer, clerk, officer, planner
from tests.browser.journey.place import PASSWORD, SEAT_CONTACTS, Place, make_place, neighbours_overlapping_ground
from tests.browser.journey.shapefile import GOOD, write_plots
from tests.browser.journey.visit import Visits
from tests.factories.casework import make_request
from tests.factories.codes import make_area

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(transactional_db: None) -> Place:
    cache.clear()  # budgets of requests that earlier tests have spent
    return make_place()


@pytest.fixture
def visits(browser: Browser, live_server, problems: Problems) -> Iterator[Visits]:
    visits = Visits(browser, live_server.url, problems)
    yield visits
    visits.close()
    assert problems.unexpected() == []


def test_clerk_brings_plots_in_wgs_84(visits: Visits, place: Place, media, work_off, tmp_path):
    coop = visits.signed_in(place.clerk)

    clerk.bring_plots(coop, write_plots(tmp_path, "EPSG:4326"), work_off, crs_name="WGS 84")


def test_from_a_shapefile_to_a_code_on_a_public_map(visits: Visits, place: Place, media, sms_files, work_off, tmp_path):
    office, coop = visits.signed_in(place.officer), visits.signed_in(place.clerk)

    # 1. The clerk: plots, area, requests.
    clerk.bring_plots(coop, write_plots(tmp_path, "EPSG:5897"), work_off, crs_name="VN-2000")
    add_plot(place.neighbour, neighbours_overlapping_ground(), by=place.neighbour_clerk, ref="LG-2", crop=place.mango)
    clerk.see_plots(coop)
    clerk.form_area(coop)
    area_address = coop.url
    newer = clerk.request_codes(coop, "Nghị định 38/2026", "Mỗi thị trường được cấp một mã riêng.", "request-new")
    coop.goto(area_address)
    clerk.request_codes(coop, "Xuất khẩu kiểu cũ", "Cấp một mã dùng cho các thị trường", "request-old")

    # 2. The officer of the commune: returns, gets it back, approves.
    officer.open_desk(office, requests=2)
    officer.open_file(office, "Nghị định 38/2026")
    officer.see_ground(office)
    officer.take_up(office)
    officer.give_back(office)
    clerk.answer_return(coop, newer, officer.REASON)
    officer.open_file(office, "Nghị định 38/2026")
    assert officer.approve(office, "12/QĐ-TEST") == ["99-PUC-XOAI01-000001-CHN", "99-PUC-XOAI01-000001-USA"]
    officer.open_file(office, "Xuất khẩu kiểu cũ")
    officer.take_up(office)
    assert officer.approve(office, "13/QĐ-TEST") == ["VN-XXOR-0001"]
    officer.record_market(office, "VN-XXOR-0001", "Trung Quốc")
    visits.leave(office)
    clerk.sell(coop)
    outsiders_find_nothing(visits, place, [area_address, newer])

    # 3. Anyone: maps, producer, check, enquiry.
    anyone = visits.open()
    buyer.see_product_map(anyone)
    buyer.search_products(anyone)
    buyer.open_producer(anyone)
    buyer.see_land_use(anyone)
    visits.leave(anyone)
    buyer.check_code(visits)
    converse(visits, coop, work_off)
    visits.leave(coop)

    # 4. The planner: files.
    desk = visits.signed_in(place.planner)
    planner.take_layers(desk, tmp_path)
    products, land_use = planner.take_maps(desk, tmp_path)
    planner.open_without_network(visits, products, ["3 sản phẩm", "Xoài"])
    planner.open_without_network(visits, land_use, ["Đất chuyên trồng lúa"])
    visits.leave(desk)

    # 5. The administrator: everything is shown, codes are not written.
    administrator.work(
        visits.signed_in(place.administrator), place, ProductionAreaCode.objects.get(code="VN-XXOR-0001")
    )


def outsiders_find_nothing(visits: Visits, place: Place, addresses: list[str]) -> None:
    """Pages of one cooperative and of one commune's office are 404 for everybody else who is signed in."""
    code_request = CodeRequest.objects.order_by("pk").first()
    plot = Plot.objects.get(ref=GOOD[0])
    own = [*addresses, f"/coop/plots/{plot.pk}/", f"/coop/imports/{PlotImport.objects.get().pk}/"]
    office = ["/desk/", f"/desk/{code_request.pk}/", "/desk/codes/", f"/desk/codes/{code_request.codes.first().pk}/"]
    api = [f"/api/v1/requests/{code_request.pk}/", f"/api/v1/plots/{plot.pk}/"]
    for user, private in (
        (place.outsider, [*own, *office, *api, "/coop/areas/", "/data/plots.geojson"]),
        (place.neighbour_clerk, [*own, *office, *api, "/data/plots.geojson"]),
        (place.foreign_officer, [*own, office[1], office[3], *api]),
    ):
        page = visits.signed_in(user)
        answers = {address: page.request.get(address).status for address in private}
        assert set(answers.values()) == {404}, (user, answers)
        visits.leave(page)


def converse(visits: Visits, coop: Page, work_off: Callable[[], object]) -> None:
    """Two buyers ask, one leaves a mail address, one a phone number; neither side learns the other's contact."""
    by_mail, by_phone = visits.open(), visits.open()
    buyer.ask(
        by_mail, name="Vựa trái cây Bảy Hiền", contact=buyer.MAIL, text="Cần 5 tấn giao tháng 4.", work_off=work_off
    )
    buyer.ask(by_phone, name="Chợ đầu mối Tám", contact=buyer.PHONE, text="Tháng 5 còn hàng không?", work_off=work_off)

    seen = buyer.answer(coop, name="Vựa trái cây Bảy Hiền", text="Có 5 tấn loại 1, giao ngày 10 tháng 4.")
    seen += buyer.answer(coop, name="Chợ đầu mối Tám", text="Tháng 5 còn 20 tấn.")
    work_off()
    read = buyer.read_answer(by_mail, "Có 5 tấn loại 1") + buyer.read_answer(by_phone, "Tháng 5 còn 20 tấn.")

    assert "Cần 5 tấn giao tháng 4." in seen[1]
    to_buyer = [message for message in mail.outbox if message.to == [buyer.MAIL]]
    assert ["mã xác nhận" in message.subject for message in to_buyer] == [True, False, False]
    assert all("/enquiries/" in message.body for message in to_buyer[1:])
    visits.leave(by_mail, by_phone)
    read += [message.subject + message.body for message in to_buyer]
    to_coop = [message for message in mail.outbox if message.to == [SEAT_CONTACTS[2]]]
    seen += [message.subject + message.body for message in to_coop]
    for source in seen:
        assert not _mentions(source, buyer.MAIL, buyer.PHONE)
    for source in read:
        assert not _mentions(source, *SEAT_CONTACTS)


def _mentions(source: str, *contacts: str) -> bool:
    squeezed = source.replace(" ", "").replace("\xa0", "")
    return any(contact.replace(" ", "") in squeezed for contact in contacts)


# --- Two officers at once, over HTTP -----------------------------------------------------------------------------


class OfficeSession:
    """An officer signed in over HTTP by the form, with cookies and the page's own CSRF token."""

    def __init__(self, server: str, user: User) -> None:
        self.server = server
        self.opener = build_opener(HTTPCookieProcessor())
        form = {"login": user.username, "password": PASSWORD}
        self.token = self._token("/accounts/login/")
        self.send("/accounts/login/", form)
        self.token = self._token("/desk/")

    def _token(self, path: str) -> str:
        page = self.opener.open(self.server + path).read().decode()
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)

    def send(self, path: str, form: dict[str, str], referer: str = "/") -> tuple[int, str]:
        """Post a form as the page does; return status and page after the redirect."""
        body = urlencode({**form, "csrfmiddlewaretoken": self.token}).encode()
        return self._answer(Request(self.server + path, body, {"Referer": self.server + referer}))

    def call(self, path: str) -> tuple[int, str]:
        """Post an empty JSON object to the API with the session's token."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token, "Referer": self.server}
        return self._answer(Request(self.server + path, b"{}", headers))

    def _answer(self, request: Request) -> tuple[int, str]:
        try:
            with self.opener.open(request) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()


def at_once(*presses: Callable[[], tuple[int, str]]) -> list[tuple[int, str]]:
    """Press together, each from a thread of its own."""
    gate = Barrier(len(presses))

    def press(act: Callable[[], tuple[int, str]]) -> tuple[int, str]:
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(press, presses))


@pytest.fixture
def offices(live_server, place: Place) -> tuple[OfficeSession, OfficeSession]:
    """The two officers of the commune."""
    return OfficeSession(live_server.url, place.officer), OfficeSession(live_server.url, place.colleague)


def submitted(place: Place, row: int) -> CodeRequest:
    """A request at the office for an area of its own under the 2026 scheme, two markets, taken up by nobody's hand."""
    area = make_area(place.cooperative, place.mango, by=place.clerk, lat=10.41 + row / 500)
    code_request = make_request(
        area, place.new_scheme, Market.objects.filter(code__in=("CHN", "USA")), by=place.clerk, submitted=True
    )
    return take_up_request(code_request, by=place.officer)


def test_two_officers_approve_two_requests_at_once(place: Place, offices):
    first, second = offices
    rounds = 5
    for turn in range(rounds):
        left, right = submitted(place, 2 * turn), submitted(place, 2 * turn + 1)

        answers = at_once(
            lambda pk=left.pk: first.send(f"/requests/{pk}/steps/approve/", {}, f"/desk/{pk}/"),
            lambda pk=right.pk: second.send(f"/requests/{pk}/steps/approve/", {}, f"/desk/{pk}/"),
        )

        assert [status for status, _page in answers] == [200, 200]
        assert all("-PUC-XOAI01-" in page for _status, page in answers)

    for market in ("CHN", "USA"):
        codes = ProductionAreaCode.objects.filter(market=market)
        assert sorted(codes.values_list("serial", flat=True)) == list(range(1, 2 * rounds + 1))
        assert codes.values("code").distinct().count() == 2 * rounds
    assert not CodeRequest.objects.exclude(status="approved").exists()


def test_two_officers_approve_the_same_request_at_once(place: Place, offices):
    names = [place.officer.full_name, place.colleague.full_name]
    for turn in range(5):
        pk = submitted(place, turn).pk

        answers = at_once(*(partial(office.call, f"/api/v1/requests/{pk}/approve/") for office in offices))

        assert sorted(status for status, _body in answers) == [200, 409]
        winner = [status for status, _body in answers].index(200)
        assert CodeRequest.objects.get(pk=pk).events.last().by.full_name == names[winner]
        assert names[winner] in json.loads(answers[1 - winner][1])["detail"]
        assert ProductionAreaCode.objects.filter(requests=pk).count() == 2

    pk = submitted(place, 5).pk
    pages = at_once(*(partial(office.send, f"/requests/{pk}/steps/approve/", {}, f"/desk/{pk}/") for office in offices))
    winner = names.index(CodeRequest.objects.get(pk=pk).events.last().by.full_name)
    assert f"Bước gần nhất do {names[winner]} thực hiện" in pages[1 - winner][1]
    serials = ProductionAreaCode.objects.filter(market="CHN").values_list("serial", flat=True)
    assert sorted(serials) == [1, 2, 3, 4, 5, 6]
