"""The file of a request in a real browser: marks, canned text, what changed on the map, the page of an opinion."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from casework import services
from casework.models import Opinion
from casework.services.opinions import digest_of_token
from codes.models import Reason
from codes.services import change_area
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.casework.papers import a_pdf
from tests.shapes import square_east_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]


@pytest.fixture
def file(request_in_review, area, plot_factory, clerk, officer):
    """Handed in twice: a plot went, another came, a document was added, an office was asked; then returned again."""
    plots = list(area.plots.order_by("ref"))
    east = max(plots, key=lambda plot: plot.boundary.extent[2])
    new = plot_factory(ref="MOI-1", boundary=square_east_of(east.boundary), grower=east.grower)
    services.return_request(request_in_review, reason="Thiếu giấy tờ", by=officer)
    change_area(area, name=area.name, plots=[*plots[1:], new], by=clerk)
    services.update_request(request_in_review, expected_output_t=40, by=clerk)
    services.add_document(request_in_review, kind="map", file=a_pdf("so-do.pdf"), title="Sơ đồ vùng", by=clerk)
    services.resubmit_request(request_in_review, by=clerk)
    services.ask_opinion(
        request_in_review, office="Phòng Đất đai", email="a@example.test", question="Đúng quy hoạch không?", by=officer
    )
    Reason.objects.create(
        use="return", slug="sai-ranh", text_vi="Sai ranh giới", canned_text="Đề nghị vẽ lại ranh thửa.",
        valid_from="2020-01-01",
    )  # fmt: skip
    return request_in_review


def test_officer_reads_what_changed_and_returns_with_marks(page: Page, sign_in, file, officer):
    sign_in(page, officer)
    page.goto(reverse("casework:file", args=[file.pk]))
    wait_for_map(page)
    expect(page.get_by_text("Thay đổi từ lần nộp 1 đến lần nộp 2")).to_be_visible()
    expect(page.locator(".map-key__added")).to_be_visible()
    assert_no_axe_violations(page)
    screenshot(page, "request-file")

    page.locator("summary", has_text="Trả lại để bổ sung").click()
    page.locator("#id_return-reason_code").select_option("sai-ranh")
    expect(page.locator("#id_return-reason")).to_have_value("Đề nghị vẽ lại ranh thửa.")
    page.get_by_role("group", name="Thửa cần sửa").get_by_label("MOI-1").check()
    page.get_by_role("button", name="Đồng ý: Trả lại để bổ sung").click()

    expect(page.locator("#marks")).to_contain_text("MOI-1")


def test_cooperative_sees_the_marks_on_a_phone(phone: Page, sign_in, file, officer, clerk, area):
    marked = area.plots.get(ref="MOI-1").pk
    services.return_request(file, reason="Vẽ lại ranh", fields=["markets", "documents"], plots=[marked], by=officer)
    sign_in(phone, clerk)

    phone.goto(file.get_absolute_url())

    wait_for_map(phone)
    expect(phone.locator("#marks")).to_contain_text("MOI-1")
    facts, drawn = phone.locator(".file-grid__facts").bounding_box(), phone.locator("[data-map]").bounding_box()
    assert facts["y"] + facts["height"] <= drawn["y"]
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(phone.get_by_label("Mùa vụ")).to_be_hidden()
    phone.locator("summary", has_text="Thêm giấy tờ").click()
    phone.get_by_label("Loại giấy tờ").select_option("diary")
    expect(phone.get_by_label("Mùa vụ")).to_be_visible()
    assert_no_axe_violations(phone)
    screenshot(phone, "request-returned-phone")


def test_another_office_answers_by_its_link(phone: Page, live_server, file):
    Opinion.objects.update(token_digest=digest_of_token("a-known-token-of-a-test"))
    phone.goto(f"{live_server.url}/opinions/a-known-token-of-a-test/")
    wait_for_map(phone)
    assert_no_axe_violations(phone)
    screenshot(phone, "opinion-phone")

    phone.get_by_label("Đồng ý", exact=True).check()
    phone.get_by_role("button", name="Gửi ý kiến").click()

    expect(phone.get_by_text("Đã trả lời lúc")).to_be_visible()
