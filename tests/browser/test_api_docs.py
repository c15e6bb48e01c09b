"""The API's own page in a real browser, under our Content Security Policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_docs_list_the_api_and_open_an_address(page: Page, problems):
    page.goto("/api/docs/")

    areas = page.locator(".opblock", has_text="/api/v1/areas/").first
    expect(areas).to_be_visible()
    areas.locator(".opblock-summary").first.click()
    expect(areas.locator(".parameters").first).to_be_visible()
    screenshot(page, "api-docs")
