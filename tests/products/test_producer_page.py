"""The producer page as buyers and search engines read it: figures, states, structured data, hostile texts (F8)."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from codes.models import MarketApproval
from cooperatives.models import Cooperative
from products import services
from products.models import Product
from products.summaries import producer_page
from tests.factories.cooperatives import make_certificate
from tests.factories.shops import make_listing, make_photo

pytestmark = pytest.mark.django_db
STRUCTURED = re.compile(r'<script type="application/ld\+json" nonce="[\w-]+">(.*?)</script>', re.DOTALL)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<!--<script>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "'-alert(1)-'",
    "javascript:alert(1)",
)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def structured_of(text):
    return json.loads(STRUCTURED.search(text)[1])


def text_of(client, cooperative):
    return client.get(cooperative.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("growers", "members"), [(2, None), (3, 3)])
def test_members_are_counted_from_three_on(growers, members, cooperative, grower_factory):
    for _number in range(growers):
        grower_factory()
    grower_factory(left_on=timezone.localdate())

    assert producer_page(cooperative).members == members


def test_response_rate_is_shown_when_there_is_one(client, cooperative, clerk, enquiry_factory):
    assert producer_page(cooperative).response_rate is None
    for number in range(5):
        enquiry = enquiry_factory(contact=f"nguoi.mua{number}@example.test")
        services.answer_enquiry(enquiry, text="Còn hàng", by=clerk)

    text = text_of(client, cooperative)

    assert "100%" in text
    assert "5 trên 5 yêu cầu trong 12 tháng" in text


@pytest.mark.parametrize(("days", "is_stale"), [(179, False), (182, True)])
def test_banner_after_180_days(days, is_stale, client, product):
    Product.objects.update(updated_at=timezone.now() - timedelta(days=days))

    assert ("hơn 180 ngày chưa cập nhật" in text_of(client, product.cooperative)) is is_stale


def test_code_shows_each_market_with_its_own_state_and_a_check_link(client, cooperative, code, product, area):
    Product.objects.update(area=area)
    approval = MarketApproval.objects.filter(code=code).first()
    MarketApproval.objects.filter(code=code).update(status="on_hold")

    text = text_of(client, cooperative)

    assert f'href="/v/{code.code}/"' in text
    assert str(approval.market) in text
    assert 'data-status="on_hold"' in text


def test_crops_are_named_in_the_reader_s_language(client, cooperative, code, product, area, settings):
    Product.objects.update(area=area)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = text_of(client, cooperative)

    assert "Mango, 3.00 ha" in re.sub(r"\s+", " ", text)
    assert "Production areas</dt>" in text
    assert "Xoài" not in text.replace(product.name_vi, "")


def test_structured_data_names_the_organisation_and_no_person(client, cooperative, product, offer_factory):
    Cooperative.objects.update(
        representative="Bà Đại Diện", phone="0000999888", email="a@b.test", has_public_contact=True, address="Số 7",
        story="Trồng xoài.",
    )  # fmt: skip
    offer_factory()
    make_photo(cooperative)

    found = structured_of(text_of(client, cooperative))

    assert (found["@type"], found["name"], found["description"]) == ("Organization", cooperative.name, "Trồng xoài.")
    assert found["address"]["addressCountry"] == "VN"
    assert found["makesOffer"][0]["itemOffered"]["name"] == "Xoài Cát Chu"
    assert found["makesOffer"][0]["availability"].endswith("InStock")
    assert found["image"][0].endswith(".jpg")
    assert not any(part in json.dumps(found, ensure_ascii=False) for part in ("Đại Diện", "0000999888", "@b", "Số 7"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_texts(hostile, client, cooperative, product_factory):
    Cooperative.objects.update(name=hostile, story=hostile)
    product_factory(name_vi=hostile, description=hostile)
    make_photo(cooperative, caption=hostile)
    make_certificate(cooperative, number=hostile[:60], issuer=hostile)

    response = client.get(cooperative.get_absolute_url())

    text = response.content.decode()
    assert structured_of(text)["name"] == hostile
    without_data = STRUCTURED.sub("", text)
    for part in ("<script>alert", "<img src=x", "<svg onload", "<!--<script>"):
        assert part not in without_data
        assert part not in STRUCTURED.search(text)[1]
    assert 'href="javascript:' not in text


def test_number_of_queries_does_not_grow_with_what_is_shown(
    client, cooperative, product_factory, offer_factory, area_factory, django_assert_max_num_queries
):
    def fill(first, last):
        for number in range(first, last):
            product = product_factory(
                name_vi=f"Xoài {number}", area=area_factory(name=f"Vùng {number}", lat=10.4 + number / 50)
            )
            offer_factory(product=product)
            make_listing(product, f"https://buudien.vn/{number}")
            make_photo(cooperative, product=product)
            make_photo(cooperative)
            make_certificate(cooperative)

    fill(0, 1)
    with django_assert_max_num_queries(15) as few:
        text_of(client, cooperative)
    fill(1, 5)
    with django_assert_max_num_queries(15) as many:
        text_of(client, cooperative)

    assert len(few) == len(many)


def test_page_is_light(client, cooperative, product, offer_factory):
    offer_factory()

    assert len(client.get(cooperative.get_absolute_url()).content) < 60_000
