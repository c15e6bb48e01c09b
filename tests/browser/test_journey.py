"""The journey of issue 2 §5 in a real browser: a clerk, an officer, a buyer, a planner, an administrator."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser

from farms.services import add_plot
from tests.browser.conftest import Problems
from tests.browser.journey import clerk, officer
from tests.browser.journey.place import Place, make_place, neighbours_overlapping_ground
from tests.browser.journey.shapefile import write_plots
from tests.browser.journey.visit import Visits

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


@pytest.mark.parametrize(
    ("crs", "crs_name"),
    [pytest.param("EPSG:4326", "WGS 84", id="WGS 84"), pytest.param("EPSG:5897", "VN-2000", id="VN-2000")],
)
def test_from_a_shapefile_to_a_code_on_the_map(visits: Visits, place: Place, media, work_off, tmp_path, crs, crs_name):
    file = write_plots(tmp_path, crs)
    office = visits.signed_in(place.officer)
    coop = visits.signed_in(place.clerk)

    clerk.bring_plots(coop, file, work_off, crs_name=crs_name)
    add_plot(place.neighbour, neighbours_overlapping_ground(), by=place.neighbour_clerk, ref="LG-2", crop=place.mango)
    clerk.see_plots(coop)
    clerk.form_area(coop)
    area_address = coop.url
    newer = clerk.request_codes(coop, "Nghị định 38/2026", "Mỗi thị trường được cấp một mã riêng.", "request-new")
    coop.goto(area_address)
    clerk.request_codes(coop, "Xuất khẩu kiểu cũ", "Cấp một mã dùng cho các thị trường", "request-old")

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
    clerk.sell(coop)
