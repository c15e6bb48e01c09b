"""Signing in and out by page, and the choice of language, on the real site."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.conftest import assert_no_axe_violations

pytestmark = pytest.mark.browser
PASSWORD = "một mật khẩu đủ dài"


def test_sign_in_page_is_vietnamese_and_accessible(page: Page):
    page.goto("/accounts/login/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")
    assert_no_axe_violations(page)


def test_person_signs_in_and_out(page: Page, transactional_db):
    User.objects.create_user("nguoi.thu", password=PASSWORD, full_name="Người Thử")
    page.goto("/accounts/login/")

    page.get_by_label("Tên đăng nhập").fill("nguoi.thu")
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()

    expect(page.locator(".account-menu__name")).to_have_text("Người Thử")
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator(".sign-in")).to_be_visible()


def test_language_is_kept_by_the_visitors_own_choice(page: Page):
    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("lang", "vi")

    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
