"""The administrator: the administration pages, without a foreign host, where codes are shown and never written."""

from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import Page, expect

from codes.models import ProductionAreaCode
from tests.browser.conftest import assert_no_axe_violations, wait_for_map
from tests.browser.journey.place import Place
from tests.browser.journey.visit import keep_picture


def work(page: Page, place: Place, code: ProductionAreaCode) -> None:
    """Walk the pages of units and codes; change a unit's name; find no field for the status or the number of a code."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.locator(".account-menu summary").click()
    page.get_by_role("link", name="Trang quản trị").click()
    _look(page, "admin")
    page.goto(reverse("admin:codes_productionareacode_changelist"))
    page.get_by_role("link", name=code.code).click()
    wait_for_map(page)
    expect(page.locator(".field-code .readonly")).to_have_text(code.code)
    expect(page.locator(".field-status .readonly")).to_be_visible()
    assert page.locator("[name=code], [name=status]").count() == 0
    _look(page, "admin-code")

    address = reverse("admin:codes_productionareacode_change", args=[code.pk])
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    forged = page.request.post(
        address,
        form={"csrfmiddlewaretoken": token, "status": "revoked", "code": "VN-XXOR-9999"},
        headers={"Referer": page.url},
    )
    assert forged.status == 403
    stored = ProductionAreaCode.objects.get(pk=code.pk)
    assert (stored.code, stored.status) == (code.code, "active")

    page.goto(reverse("admin:places_administrativeunit_change", args=[place.commune.pk]))
    wait_for_map(page)
    _look(page, "admin-unit")
    page.get_by_role("button", name="Lưu lại", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert {host for host in hosts if host} == {urlsplit(page.url).netloc}


def _look(page: Page, name: str) -> None:
    """These pages are Django's own: its minor findings (an empty table header) are not ours to mend."""
    assert_no_axe_violations(page)
    keep_picture(page, name)
