"""Joining and history in a real browser: registered, returned, corrected, verified, an invited helper, two versions."""

import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from cooperatives import services as cooperatives
from cooperatives.models import Cooperative, MemberRole
from farms import services as farms
from farms.services.seasons import record_season
from office.services import deliver_outbox
from tests.browser.conftest import assert_no_axe_violations, screenshot, wait_for_map
from tests.people import make_user
from tests.shapes import square

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LON, LAT = 105.63, 10.45
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
NARROW = {"width": 360, "height": 780}


def shown(page: Page, name: str) -> None:
    """Check the page as it stands on a wide and a narrow screen, without sideways scrolling, and keep pictures."""
    for width, size in (("1280", {"width": 1280, "height": 900}), ("360", NARROW)):
        page.set_viewport_size(size)
        page.wait_for_timeout(150)
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), f"{name} at {width}"
        assert_no_axe_violations(page)
        screenshot(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_cooperative_joins_is_returned_corrects_and_is_verified(page, sign_in, outsider, officer, commune, mango):
    sign_in(page, outsider)
    page.goto("/coop/")
    page.get_by_role("link", name="Đăng ký đơn vị").first.click()
    page.get_by_label("Tên đầy đủ").fill("HTX Xoài Thử Mới")
    page.get_by_label("Mã số thuế hoặc số đăng ký").fill("1400 123 456")
    page.get_by_label("Người đại diện").fill("Bà Thử")
    page.get_by_label("Điện thoại").fill("0900 000 111")
    page.get_by_label("Phường, xã").fill("cao lanh thu")
    page.get_by_label("Xoài").first.check()
    page.get_by_label("Giấy tờ chứng minh").set_input_files(
        {"name": "giay.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    shown(page, "join-new")
    page.get_by_role("button", name="Gửi đăng ký").click()
    expect(page.get_by_text("Đăng ký đang chờ cán bộ xác minh")).to_be_visible()
    made = Cooperative.objects.get()

    sign_in(page, officer)
    page.goto("/desk/cooperatives/")
    page.get_by_role("link", name="HTX Xoài Thử Mới").click()
    shown(page, "join-desk")
    page.get_by_label("Lý do trả lại").fill("Thiếu chữ ký")
    page.get_by_role("button", name="Trả lại").click()
    expect(page.get_by_text("Đã trả lại đăng ký")).to_be_visible()

    sign_in(page, outsider)
    page.goto("/coop/")
    shown(page, "join-home-returned")
    page.get_by_role("link", name="Xem và sửa đăng ký").click()
    expect(page.get_by_text("Thiếu chữ ký").first).to_be_visible()
    page.get_by_label("Tên ngắn").fill("Xoài Thử")
    shown(page, "join-returned")
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.get_by_text("Đăng ký đang chờ cán bộ xác minh")).to_be_visible()

    cooperatives.verify_cooperative(made, by=officer)
    page.goto("/coop/")
    expect(page.get_by_text("Chờ xác minh:")).to_have_count(0)


def test_a_likely_duplicate_is_told(page, sign_in, outsider, cooperative_factory, commune, problems):
    problems.expect("422")
    cooperative_factory(name="HTX Đã Có", tax_number="1400123456")
    sign_in(page, outsider)
    page.goto("/coop/join/")
    page.get_by_label("Tên đầy đủ").fill("HTX Đã Có")
    page.get_by_label("Mã số thuế hoặc số đăng ký").fill("1400123456")
    page.get_by_label("Người đại diện").fill("Bà Thử")
    page.get_by_label("Điện thoại").fill("0900 000 111")
    page.get_by_label("Phường, xã").fill(commune.code)
    page.get_by_role("button", name="Gửi đăng ký").click()

    expect(page.get_by_text("cùng mã số thuế")).to_be_visible()
    shown(page, "join-duplicate")
    page.get_by_label("đây là đơn vị khác").check()
    page.get_by_role("button", name="Gửi đăng ký").click()
    expect(page.get_by_text("Đăng ký đang chờ cán bộ xác minh")).to_be_visible()


def test_an_owner_invites_a_helper_who_accepts_and_switches(page, sign_in, owner, cooperative, neighbour):
    sign_in(page, owner)
    page.goto("/coop/people/")
    page.get_by_label("Thư điện tử").fill("ho.tro@example.invalid")
    page.get_by_label("Vai trò", exact=True).select_option("helper")
    page.get_by_role("button", name="Gửi lời mời").click()
    expect(page.get_by_text("Đã gửi lời mời")).to_be_visible()
    shown(page, "people")
    deliver_outbox()
    link = re.search(r"/invitations/\S+/", mail.outbox[-1].body)[0]

    page.context.clear_cookies()
    page.goto(link)
    shown(page, "invitation-stranger")
    helper = make_user(username="hotro", full_name="Người Hỗ Trợ", email="khac@example.invalid")
    neighbour.memberships.create(user=helper, role=MemberRole.VIEWER)
    sign_in(page, helper)
    page.goto(link)
    shown(page, "invitation")
    page.get_by_role("button", name="Nhận lời").click()
    expect(page.get_by_role("heading", name=cooperative.name)).to_be_visible()
    shown(page, "home-two")
    page.get_by_role("button", name="Chuyển").click()
    expect(page.get_by_role("heading", name=neighbour.name)).to_be_visible()


def test_an_account_is_made(page, db):
    page.goto("/accounts/signup/")
    shown(page, "signup")


def test_versions_days_and_seasons(page, sign_in, clerk, cooperative, plot_factory, longan, mango):
    plot = plot_factory(ref="T1", boundary=square(LON, LAT, side_m=100))
    gone = plot_factory(ref="T2", boundary=square(LON + 0.002, LAT, side_m=100))
    farms.change_plot(plot, by=clerk, boundary=square(LON + 0.0003, LAT, side_m=110))
    farms.change_plot(plot, by=clerk, crop=longan, variety=None, tree_count=50)
    record_season(plot, year=2025, season="year", crop=mango, harvested_t=12.5, by=clerk)
    farms.archive_plot(gone, "sold", by=clerk)
    sign_in(page, clerk)

    page.goto(f"/coop/plots/{plot.pk}/")
    wait_for_map(page)
    shown(page, "plot-page")
    page.get_by_role("link", name="Mọi phiên bản").click()
    wait_for_map(page)
    page.wait_for_timeout(1_500)
    expect(page.get_by_text("Đất thêm vào").first).to_be_visible()
    expect(page.get_by_text("Vẽ lại ranh giới")).to_be_visible()
    shown(page, "plot-history")

    page.goto(f"/coop/plots/{plot.pk}/seasons/")
    shown(page, "plot-seasons")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã ghi vụ.")).to_be_visible()

    page.goto(f"/coop/plots/changes/?from={timezone.localdate()}&to={timezone.localdate()}")
    wait_for_map(page)
    expect(page.get_by_role("cell", name="Không đổi")).to_be_visible()
    page.goto("/coop/plots/changes/")
    wait_for_map(page)
    page.wait_for_timeout(1_500)
    shown(page, "plot-changes")


def test_nothing_of_a_proof_is_shown_in_the_page(page, sign_in, owner, cooperative, officer):
    cooperative.status = "pending"
    cooperative.save()
    cooperatives.correct_registration(
        cooperative, by=owner, proof=SimpleUploadedFile("x.pdf", PDF), representative="Bà Thử"
    )
    sign_in(page, officer)
    page.goto(f"/desk/cooperatives/{cooperative.pk}/")

    with page.expect_download() as download:
        page.get_by_role("link", name="x.pdf").click()

    assert download.value.suggested_filename == "x.pdf"
