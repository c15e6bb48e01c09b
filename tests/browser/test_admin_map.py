"""Shapes on the administration pages: drawn on our map, without a foreign host, editable and read-only alike."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshot, wait_for_map

pytestmark = pytest.mark.browser


def test_administrator_sees_a_unit_on_our_map(page: Page, sign_in, administrator, commune):
    sign_in(page, administrator)
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if "localhost" not in request.url else None)

    page.goto(reverse("admin:places_administrativeunit_change", args=[commune.pk]))
    wait_for_map(page)

    expect(page.locator("[data-map]").first).to_be_visible()
    assert page.locator(".east-sea").first.is_visible()
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []
    screenshot(page, "admin-unit")
    page.get_by_role("button", name="Lưu lại", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
