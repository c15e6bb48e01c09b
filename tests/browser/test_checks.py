"""Pages of checks: an overlap with its corrections, alerts, the report of overrides; wide and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from casework import services as casework
from codes.services import redraw_area
from farms import services
from farms.models import OverlapCase
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.shapes import square_east_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 740}


def test_overlap_is_previewed_and_cut(page: Page, sign_in, officer, code, clerk, neighbour, neighbour_clerk, mango):
    last = code.area.plots.order_by("pk").last()
    services.add_plot(neighbour, square_east_of(last.boundary, gap_m=-30), by=neighbour_clerk, ref="L-1", crop=mango)
    case = OverlapCase.objects.get()
    sign_in(page, officer)

    page.goto(f"/desk/overlaps/{case.pk}/")
    page.get_by_role("link", name="Tách phần chồng lấn khỏi cả hai thửa").first.click()
    wait_for_map(page)
    assert_no_axe_violations(page)
    screenshot(page, "overlap-case")
    page.set_viewport_size(PHONE)
    screenshot(page, "overlap-case-phone")
    page.locator("td .confirm").last.locator("summary").click()
    page.locator("td .confirm").last.get_by_role("textbox").fill("Đất tranh chấp")
    page.locator("td .confirm").last.get_by_role("button").click()

    expect(page.get_by_text("Đất tranh chấp")).to_be_visible()


def test_alerts_and_overrides(page: Page, sign_in, officer, code, clerk):
    redraw_area(code.area, by=clerk)
    casework.recheck_codes()
    sign_in(page, officer)

    page.goto("/desk/alerts/")
    expect(page.get_by_text(code.code).first).to_be_visible()
    assert_no_axe_violations(page)
    screenshot(page, "alerts")
    page.set_viewport_size(PHONE)
    screenshot(page, "alerts-phone")
    page.goto("/desk/overrides/")
    assert_no_axe_violations(page)
    screenshot(page, "overrides-phone")
