"""The public check: no script, small, big word, no persons, tolerant, rate-limited."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from codes import services
from codes.models import ProductionArea
from codes.services import Act
from cooperatives.models import Cooperative
from places.models import AdministrativeUnit
from tests.factories.codes import make_market, make_scheme
from tests.factories.places import make_succession, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def act():
    return Act("Lý do nội bộ", "15/QĐ-CC", timezone.localdate(), "Sản phẩm không đạt")


def page_of(path="/v/VN-XXOR-0001/"):
    answer = Client().get(path)
    return answer, answer.content.decode()


def test_active_code(code):
    answer, page = page_of()

    assert answer.status_code == 200
    for word in (
        "Đang hiệu lực",
        "VN-XXOR-0001",
        "Xoài",
        "3,00 ha",
        "Phường Cao Lãnh Thử",
        "Hợp tác xã Của Tôi",
        "Trung Quốc",
    ):
        assert word in page
    assert "max-age=60" in answer["Cache-Control"]
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies


def test_page_is_small_and_needs_no_script_or_style_of_its_own(code):
    from pathlib import Path

    _answer, page = page_of()
    sheet = Path("static/css/check.css").read_bytes()

    assert len(page.encode()) + len(sheet) < 20_000
    assert "<script" not in page
    assert not re.search(r"\sstyle=", page)
    assert "qr" in page


@pytest.mark.parametrize(("step", "word"), [("suspend", "Tạm đình chỉ"), ("revoke", "Đã thu hồi")])
def test_stopped_codes_are_found_and_say_why(code, officer, act, step, word):
    services.move_code(code, step, act, by=officer)

    answer, page = page_of()

    assert answer.status_code == 200
    assert f'data-status="{code.__class__.objects.get().status}"' in page
    for part in (word, "15/QĐ-CC", "Sản phẩm không đạt"):
        assert part in page
    assert "Lý do nội bộ" not in page
    assert officer.full_name not in page


def test_expired_code_says_so(area, china, officer):
    scheme = make_scheme(validity_months=1)
    services.issue_codes(area, scheme, [china], by=officer, issued_on=dt.date(2026, 1, 1))

    _answer, page = page_of()

    assert 'data-status="expired"' in page
    assert "Hết hạn" in page


@pytest.mark.parametrize(
    "path", ["/v/VN-XXOR-0001", "/v/vn%20xxor%200001/", "/v/VNXXOR0001/", "/v/?code=vn-xx0r.OOO1", "/v/vn/xxor/0001"]
)
def test_other_spellings_lead_to_the_right_one(code, path):
    answer = Client().get(path)

    assert answer.status_code == 302
    assert answer["Location"] == "/v/VN-XXOR-0001/"


def test_unknown_code_is_404_with_the_nearest(code):
    answer, page = page_of("/v/VN-XXOR-0007/")

    assert answer.status_code == 404
    assert 'href="/v/VN-XXOR-0001/"' in page
    assert "Không có mã này" in page


def test_hostile_text_is_only_text(code):
    answer, page = page_of("/v/%3Cscript%3Ealert(1)%3C%2Fscript%3E/")

    assert answer.status_code == 404
    assert "<script" not in page


def test_budget_of_an_address(code, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"verify": 2}

    answers = [Client().get("/v/VN-XXOR-0001/") for _turn in range(4)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1


def test_household_is_never_named(code):
    Cooperative.objects.update(kind="household")

    _answer, page = page_of()

    assert "Hợp tác xã Của Tôi" not in page
    properties = Client().get("/api/v1/areas/").json()["features"][0]["properties"]
    assert properties["holder"] is None


def test_hidden_outline_leaves_the_page_at_once(code):
    assert 'class="outline"' in page_of()[1]

    ProductionArea.objects.update(is_outline_public=False)

    assert 'class="outline"' not in page_of()[1]


def test_two_growers_frozen_stay_hidden_when_the_area_grows(
    area_factory, old_scheme, officer, clerk, plot_factory, grower
):
    small = area_factory(growers=2)
    services.issue_codes(small, old_scheme, [make_market("CHN")], by=officer)
    services.change_area(small, name="Lớn hơn", plots=[*small.plots.all(), plot_factory(grower=grower)], by=clerk)
    small.refresh_from_db()
    assert small.is_outline_public

    assert 'class="outline"' not in page_of()[1]
    assert Client().get("/api/v1/codes/VN-XXOR-0001/").json()["geometry"]["type"] == "Point"


def test_commune_of_today_after_a_merger(code, province):
    heir = make_unit(parent=province, name_vi="Mới", unit_type="Xã", valid_from=dt.date(2026, 1, 1))
    make_succession(code.commune, heir)
    AdministrativeUnit.objects.filter(pk=code.commune_id).update(valid_to=dt.date(2026, 1, 1))

    _answer, page = page_of()

    assert "Nay thuộc" in page
    assert "Xã Mới" in page
    assert "Phường Cao Lãnh Thử" in page


def test_form_page(client):
    answer, page = page_of("/v/")

    assert answer.status_code == 200
    assert 'name="code"' in page


# --- In English ----------------------------------------------------------------------------------------------------


def test_language_stands_in_the_address(code):
    answer, page = page_of("/v/VN-XXOR-0001/?lang=en")

    assert '<html lang="en">' in page
    assert answer["Content-Language"] == "en"
    assert not answer.cookies
    assert "max-age=60" in answer["Cache-Control"]
    for word in ("In force", "Mango", "Production area code", 'href="?lang=vi"'):
        assert word in page
    assert "Xoài" not in page


def test_every_check_offers_the_other_language(code):
    for address in ("/v/", "/v/VN-XXOR-0001/", "/v/VN-XXOR-9999/", "/verify/"):
        _answer, page = page_of(address)
        assert '<a href="?lang=en" lang="en" hreflang="en">English</a>' in page


def test_language_goes_along(code):
    typed, _page = page_of("/v/?code=vn+xxor+0001&lang=en")
    short, _page = page_of("/v/VN-XXOR-0001?lang=en")
    _answer, unknown = page_of("/v/VN-XXOR-0002/?lang=en")

    assert typed["Location"] == "/v/VN-XXOR-0001/?lang=en"
    assert short["Location"] == "/v/VN-XXOR-0001/?lang=en"
    assert 'href="/v/VN-XXOR-0001/?lang=en"' in unknown
    assert '<input type="hidden" name="lang" value="en">' in unknown


def test_language_we_do_not_speak_is_not_repeated(code):
    _answer, page = page_of('/v/VN-XXOR-0001/?lang=fr"><script>')

    assert '<html lang="vi">' in page
    assert "<script>" not in page


def test_crop_keeps_the_name_of_its_issue_where_the_catalogue_has_another(code):
    code.crop.__class__.objects.filter(pk=code.crop_id).update(name_vi="Xoài mới", name_en="New mango")

    _answer, page = page_of("/v/VN-XXOR-0001/?lang=en")

    assert "Xoài" in page
    assert "New mango" not in page
