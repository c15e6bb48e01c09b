"""The code map in a real browser: states told apart, filter and list together, narrow screens."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from codes import services
from codes.services import Act
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.browser.test_maps import at_rest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEAR = "#map=14.5/10.4505/105.6060"


@pytest.fixture
def three_codes(area_factory, code_factory, officer):
    """An active, a suspended and a revoked code side by side."""
    active = code_factory(area=area_factory(lon=105.600))
    active.approvals.update(status="approved", decided_on="2026-01-05")
    others = [code_factory(area=area_factory(lon=lon)) for lon in (105.604, 105.608)]
    act = Act(reason="Lý do", document_number="1/QĐ", effective_on=timezone.localdate(), public_note="Ghi chú")
    services.suspend_code(others[0], act, by=officer)
    services.revoke_code(others[1], act, by=officer)
    return [active, *others]


def test_filter_moves_map_and_list_and_every_state_is_told(page: Page, three_codes):
    page.goto(f"/maps/codes/{NEAR}")
    at_rest(page)
    expect(page.locator(".count-line")).to_contain_text("3 mã số")
    legend = page.locator(".map-legend")
    for word in ("Đang hiệu lực", "Tạm đình chỉ", "Đã thu hồi"):
        expect(legend).to_contain_text(word)
    expect(legend.locator("text", has_text="✕")).to_have_count(1)
    assert_no_axe_violations(page)
    screenshot(page, "code-map-desktop")

    with page.expect_response(re.compile(r"/tiles/codes/.*status=suspended")):
        page.get_by_label("Trạng thái").select_option("suspended")

    expect(page.locator(".count-line")).to_contain_text("1 mã số")
    expect(page.locator(".results")).to_contain_text(three_codes[1].code)
    expect(page).to_have_url(re.compile(r"\?status=suspended"))


def test_a_code_of_the_list_is_found_on_the_map_and_its_popup_leads_to_the_check(page: Page, three_codes):
    page.goto(f"/maps/codes/{NEAR}")
    at_rest(page)

    page.locator(".results li", has_text=three_codes[0].code).get_by_role("button").click()
    page.wait_for_timeout(800)
    box = page.locator("[data-map]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    popup = page.locator(".map-popup")
    expect(popup).to_contain_text("Đang hiệu lực")
    expect(popup).to_contain_text("Trung Quốc")
    expect(popup.get_by_role("link")).to_have_attribute("href", f"/v/{three_codes[0].code}/")
    screenshot(page, "code-map-popup")


def test_narrow_screens_keep_everything_in_view(page: Page, three_codes):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/maps/codes/")
    at_rest(page)

    wide = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
             .filter((node) => !node.closest("[data-map]") && node.getBoundingClientRect().right > innerWidth)
             .map((node) => `${node.tagName} ${node.className} ${node.getBoundingClientRect().right}`)"""
    )

    assert wide == []
    assert_no_axe_violations(page)
    screenshot(page, "code-map-phone")
