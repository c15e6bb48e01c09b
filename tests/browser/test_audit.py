"""History of a code and the log of acts in a real browser; an old session gives its password and goes on."""

import time

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.roles import Role
from casework import services
from tests.browser.conftest import assert_no_axe_violations, screenshot
from tests.people import make_officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "một câu đủ dài để nhớ"
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def issued(request_in_review, officer):
    return services.approve_request(request_in_review, by=officer, document_number="12/QĐ").codes.get()


@pytest.mark.parametrize("width", [1280, 360])
def test_an_auditor_reads_the_history_and_the_log(width, page: Page, sign_in, issued, province):
    sign_in(page, make_officer(province, Role.AUDITOR))
    page.set_viewport_size({"width": width, "height": 800})

    for name, path in (
        ("code-history", reverse("casework:code-history", args=[issued.pk])),
        ("audit", reverse("casework:audit")),
    ):
        page.goto(path)
        expect(page.get_by_text("12/QĐ").first).to_be_visible()
        assert page.evaluate(WIDER_THAN_THE_WINDOW) <= 0
        assert_no_axe_violations(page)
        screenshot(page, f"{name}-{width}")


def test_an_old_session_is_asked_for_its_password_and_the_code_is_issued(
    page: Page, live_server, client, settings, request_in_review, officer
):
    officer.set_password(PASSWORD)
    officer.save()
    client.force_login(officer)
    session = client.session
    session["account_authentication_methods_user"] = str(officer.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 3_600}]
    session.save()
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    page.goto(reverse("casework:file", args=[request_in_review.pk]))
    page.get_by_text("Duyệt và cấp mã").first.click()
    page.locator("input[name='approve-document_number']").fill("99/QĐ-SNN")
    page.locator("form:has(input[name='approve-document_number']) button[type=submit]").click()
    expect(page.get_by_role("heading", name="Xác nhận mật khẩu")).to_be_visible()
    screenshot(page, "reauthenticate")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Tiếp tục").click()

    page.wait_for_url(f"**/desk/{request_in_review.pk}/")
    assert request_in_review.codes.get().events.get().document_number == "99/QĐ-SNN"
