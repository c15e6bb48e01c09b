"""Pages of producers, products and enquiries as a browser asks for them."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from codes.models import ProductionArea
from cooperatives.models import Cooperative, CooperativeStatus, HolderKind
from crops.models import Variety
from office.models import Notice
from products import services
from products.models import Enquiry, EnquiryMessage, EnquiryStatus, Offer, Product
from products.summaries import producer_page
from tests.factories.cooperatives import make_certificate
from tests.factories.products import make_offer, make_product

pytestmark = pytest.mark.django_db

ASKED = {
    "message": "Cần 5 tấn",
    "buyer_name": "Vựa Bảy",
    "contact": "vua.bay@example.test",
    "consent": "on",
}


def english(client):
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


# --- The producer page ----------------------------------------------------------------------------------------


@pytest.fixture
def full_producer(cooperative, product, offer_factory, area, code, product_factory):
    """A cooperative with everything that the page can show."""
    cooperative.story = "Trồng xoài từ năm 1990."
    cooperative.save()
    offer_factory(quality="Loại 1")
    product_factory(area=area, name_vi="Xoài từ vùng trồng")
    make_certificate(cooperative, number="VG-777")
    return cooperative


def test_producer_page_shows_products_areas_codes_and_certificates(client, full_producer):
    page = client.get(full_producer.get_absolute_url())

    text = page.content.decode()
    assert page.status_code == 200
    for part in ("Xoài Cát Chu", "12 tấn mỗi vụ", "Loại 1", "Vùng xoài Thử", "VN-XXOR-0001", "VG-777", "từ năm 1990"):
        assert part in text


def test_producer_page_in_english_uses_english_names(client, full_producer):
    text = english(client).get(full_producer.get_absolute_url()).content.decode()

    assert '<html lang="en"' in text
    assert "Cat Chu mango" in text


@pytest.mark.parametrize(
    ("case", "fields"),
    [
        ("household", {"kind": HolderKind.HOUSEHOLD}),
        ("pending", {"status": CooperativeStatus.PENDING}),
        ("returned", {"status": CooperativeStatus.RETURNED}),
    ],
)
def test_producer_page_that_does_not_exist(case, fields, client, cooperative):
    Cooperative.objects.filter(pk=cooperative.pk).update(**fields)

    assert client.get(cooperative.get_absolute_url()).status_code == 404
    assert client.get(f"/enquiries/new/{cooperative.slug}/").status_code == 404
    assert client.post(f"/enquiries/new/{cooperative.slug}/", ASKED).status_code == 404


def test_hidden_products_are_not_on_the_page(client, product, product_factory):
    product_factory(name_vi="Hàng đang ẩn", is_published=False)

    assert "Hàng đang ẩn" not in client.get(product.cooperative.get_absolute_url()).content.decode()


@pytest.mark.parametrize("is_public", [True, False])
def test_contact_is_shown_only_where_the_cooperative_says_so(is_public, client, cooperative):
    Cooperative.objects.filter(pk=cooperative.pk).update(
        phone="0000999888", email="htx@example.test", address="Ấp Lẻ 7", has_public_contact=is_public,
        representative="Trần Thị Đại Diện",
    )  # fmt: skip

    text = client.get(cooperative.get_absolute_url()).content.decode()

    assert [part in text for part in ("0000999888", "htx@example.test", "Ấp Lẻ 7")] == [is_public] * 3
    assert "Trần Thị Đại Diện" not in text


def test_outline_that_is_not_public_is_a_point(product_factory, area_factory, cooperative):
    private = area_factory(growers=1, lat=10.50)
    product_factory(area=private)

    page = producer_page(cooperative)

    assert [feature["geometry"]["type"] for feature in page.outlines["features"]] == ["Point"]
    west, south, east, north = page.bounds
    assert west < private.public_location.x < east
    assert south < private.public_location.y < north


def test_outline_that_is_public_is_drawn(full_producer):
    page = producer_page(full_producer)

    assert [feature["geometry"]["type"] for feature in page.outlines["features"]] == ["MultiPolygon"]
    assert page.months == [1, 2, 3]
    assert page.area_ha == pytest.approx(3, rel=1e-3)


def test_page_of_a_producer_without_areas_has_no_map(client, product):
    assert producer_page(product.cooperative).bounds is None
    assert b"data-map" not in client.get(product.cooperative.get_absolute_url()).content


def test_producer_page_takes_the_same_number_of_queries_for_more_rows(
    client, full_producer, clerk, mango, area_factory, code_factory, django_assert_num_queries, product_factory
):
    url = full_producer.get_absolute_url()
    client.get(url)
    with django_assert_num_queries(12):
        client.get(url)

    for number in range(4):
        area = area_factory(lat=10.50 + number / 100)
        make_offer(product_factory(area=area), by=clerk)
        code_factory(area=area)
        make_certificate(full_producer)

    with django_assert_num_queries(12):
        client.get(url)


def test_old_information_says_so(client, product):
    assert b"notice--warning" not in client.get(product.cooperative.get_absolute_url()).content

    Product.objects.update(updated_at="2020-01-01T00:00:00+07:00")

    assert b"notice--warning" in client.get(product.cooperative.get_absolute_url()).content


def test_producer_page_is_not_for_shared_caches(client, product):
    response = client.get(product.cooperative.get_absolute_url())

    assert response["Cache-Control"] == "private, no-store"


# --- Sending an enquiry -----------------------------------------------------------------------------------------


def test_form_knows_the_product_it_was_opened_for(client, product):
    page = client.get(f"/enquiries/new/{product.cooperative.slug}/", {"product": product.slug})

    assert page.context["form"].initial["product"] == product


@pytest.mark.parametrize("contact", ["vua.bay@example.test", "0000 123 456"])
def test_buyer_sends_an_enquiry_and_lands_on_the_private_page(contact, client, product):
    fields = ASKED | {"contact": contact, "product": product.pk, "quantity_t": "5", "wanted_months": ["4", "5"]}

    answer = client.post(f"/enquiries/new/{product.cooperative.slug}/", fields)

    enquiry = Enquiry.objects.get()
    assert answer["Location"] == f"/enquiries/{enquiry.token}/"
    assert (enquiry.product, enquiry.quantity_t, enquiry.wanted_months) == (product, 5, [4, 5])


@pytest.mark.parametrize(
    ("case", "fields", "field"),
    [
        ("bad contact", {"contact": "hỏi bà Sáu"}, "contact"),
        ("bad mail", {"contact": "a@b"}, "contact"),
        ("mail header", {"contact": "a@b.test\r\nBcc: c@d.test"}, "contact"),
        ("no consent", {"consent": ""}, "consent"),
        ("hidden sign", {"message": "a\u202eb"}, "message"),
        ("NUL", {"message": "a\x00b"}, "message"),
        ("name of two lines", {"buyer_name": "Vựa\r\nBcc: c@d.test"}, "buyer_name"),
        ("month 13", {"wanted_months": ["13"]}, "wanted_months"),
        ("negative", {"quantity_t": "-1"}, "quantity_t"),
        ("not a number", {"quantity_t": "nan"}, "quantity_t"),
        ("product of others", {"product": "999999"}, "product"),
        ("too long", {"message": "x" * 2001}, "message"),
    ],
)
def test_enquiry_form_says_what_is_wrong(case, fields, field, client, cooperative):
    answer = client.post(f"/enquiries/new/{cooperative.slug}/", ASKED | fields)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Enquiry.objects.exists()


def test_enquiry_to_another_cooperatives_product_is_refused(client, product, neighbour):
    answer = client.post(f"/enquiries/new/{neighbour.slug}/", ASKED | {"product": product.pk})

    assert "product" in answer.context["form"].errors


def test_enquiries_over_the_budget_wait(client, cooperative, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "enquiry": 2}
    url = f"/enquiries/new/{cooperative.slug}/"
    forged = [{"HTTP_X_FORWARDED_FOR": f"192.0.2.{number}"} for number in range(3)]

    answers = [client.post(url, ASKED, **headers).status_code for headers in forged]
    last = client.post(url, ASKED)

    assert answers == [302, 302, 429]
    assert last.status_code == 429
    assert 0 < int(last["Retry-After"]) <= 60
    assert Enquiry.objects.count() == 2


def test_enquiry_without_csrf_token_is_refused(cooperative):
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/enquiries/new/{cooperative.slug}/", ASKED).status_code == 403


def test_html_of_a_stranger_is_text(client, enquiry, clerk):
    hostile = {"buyer_name": "<script>alert(1)</script>", "message": "<img src=x onerror=alert(1)>"}
    Enquiry.objects.update(**hostile)  # from before HTML was refused
    EnquiryMessage.objects.update(text=hostile["message"])
    client.force_login(clerk)

    for url in ("/coop/enquiries/", enquiry.get_absolute_url(), f"/enquiries/{enquiry.token}/"):
        text = client.get(url).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


# --- The buyer's page -------------------------------------------------------------------------------------------


def test_buyers_page_is_private_and_shows_the_conversation(client, enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn 3 tấn loại 1", by=clerk)

    page = client.get(f"/enquiries/{enquiry.token}/")

    text = page.content.decode()
    assert "Còn 3 tấn loại 1" in text
    assert "nguoi.mua@example.test" not in text
    assert str(clerk) not in text  # who wrote for the cooperative is nobody's business
    assert page["Cache-Control"] == "private, no-store"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "same-origin"


def test_unknown_token_is_404(client, enquiry):
    assert client.get(f"/enquiries/{enquiry.token[:-1]}x/").status_code == 404


def test_buyer_writes_back(client, enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn", by=clerk)

    answer = client.post(f"/enquiries/{enquiry.token}/", {"text": "Tôi lấy 2 tấn"})

    enquiry.refresh_from_db()
    assert answer.status_code == 302
    assert enquiry.status == EnquiryStatus.SENT
    assert enquiry.messages.last().text == "Tôi lấy 2 tấn"


def test_buyer_closes_and_cannot_write_any_more(client, enquiry):
    url = f"/enquiries/{enquiry.token}/"
    client.post(url, {"do": "close"})

    client.post(url, {"text": "Còn đó không?"})

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.CLOSED
    assert enquiry.messages.count() == 1
    assert b"<textarea" not in client.get(url).content


# --- The cooperative's pages --------------------------------------------------------------------------------------


def test_inbox_shows_own_enquiries_without_contact(client, enquiry, clerk):
    client.force_login(clerk)

    inbox = client.get("/coop/enquiries/").content.decode()
    detail = client.get(enquiry.get_absolute_url()).content.decode()

    assert "Người Mua Thử" in inbox
    assert "Tôi cần mua hàng." in detail
    assert "nguoi.mua@example.test" not in inbox + detail
    assert enquiry.token not in inbox + detail


@pytest.mark.parametrize(
    ("person", "status"),
    [("viewer", 200), ("neighbour_clerk", 404), ("officer", 404), ("outsider", 404)],
)
def test_who_opens_an_enquiry(request, person, status, client, enquiry):
    client.force_login(request.getfixturevalue(person))

    assert client.get(enquiry.get_absolute_url()).status_code == status
    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.SENT  # only who can answer marks it as read


@pytest.mark.parametrize("path", ["/coop/enquiries/", "/coop/enquiries/1/", "/coop/products/", "/coop/products/1/"])
def test_strangers_are_sent_to_the_sign_in_page(path, client, db):
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


def test_clerk_answers(client, enquiry, clerk):
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"text": "Còn 3 tấn"})

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.ANSWERED
    assert enquiry.messages.last().by == clerk


def test_viewer_has_no_form_and_cannot_answer_or_close(client, enquiry, viewer):
    client.force_login(viewer)

    assert b"<textarea" not in client.get(enquiry.get_absolute_url()).content
    client.post(enquiry.get_absolute_url(), {"text": "Còn"})
    client.post(enquiry.get_absolute_url(), {"do": "close"})

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.SENT
    assert enquiry.messages.count() == 1


def test_clerk_closes(client, enquiry, clerk):
    client.force_login(clerk)

    client.post(enquiry.get_absolute_url(), {"do": "close"})

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.CLOSED


def test_notice_leads_to_the_enquiry(client, enquiry, clerk):
    Notice.objects.filter(user=clerk).delete()
    client.force_login(clerk)
    services.write_back(enquiry, text="Còn chứ?")

    notice = Notice.objects.get(user=clerk)

    assert client.get(notice.url).status_code == 200


def test_choices_of_a_new_product_say_what_they_mean(client, clerk, mango, longan):
    Variety.objects.create(crop=mango, slug="cat-chu", name_vi="Cát Chu")
    client.force_login(clerk)

    page = client.get("/coop/products/").content.decode()

    assert "---------" not in page
    assert ">Xoài: Cát Chu</option>" in page


def test_clerk_publishes_a_product_and_offers_it(client, cooperative, area, mango, clerk):
    client.force_login(clerk)
    fields = {"kind": "crop", "name_vi": "Xoài Cát Hòa Lộc", "crop": mango.pk, "area": area.pk}

    made = client.post("/coop/products/", fields)
    product = Product.objects.get()
    client.post(made["Location"], {"months": ["3", "4"], "volume_t": "8.5", "quality": "Loại 1"})

    offer = Offer.objects.get()
    assert made["Location"] == f"/coop/products/{product.pk}/"
    assert product.area == area
    assert (offer.product, offer.months, offer.volume_t) == (product, [3, 4], 8.5)


@pytest.mark.parametrize(
    ("case", "fields", "field"),
    [
        ("no crop", {"crop": ""}, "crop"),
        ("no name", {"name_vi": ""}, "name_vi"),
        ("name given already", {"name_vi": "Xoài Cát Chu"}, "name_vi"),
        ("unknown kind", {"kind": "gold"}, "kind"),
    ],
)
def test_product_form_says_what_is_wrong(case, fields, field, client, product, mango, clerk):
    client.force_login(clerk)

    answer = client.post("/coop/products/", {"kind": "crop", "name_vi": "Mới", "crop": mango.pk} | fields)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Product.objects.count() == 1


def test_areas_of_others_are_no_choice(client, cooperative, neighbour, neighbour_clerk, area_factory, mango, clerk):
    foreign = area_factory(cooperative=neighbour, by=neighbour_clerk, lon=105.7)
    client.force_login(clerk)

    answer = client.post("/coop/products/", {"kind": "crop", "name_vi": "Mới", "crop": mango.pk, "area": foreign.pk})

    assert "area" in answer.context["form"].errors
    assert ProductionArea.objects.get() == foreign


def test_clerk_hides_and_shows_a_product(client, product, clerk):
    client.force_login(clerk)
    url = f"/coop/products/{product.pk}/publish/"

    client.post(url, {"is_published": "no"})
    assert product not in Product.objects.public()

    client.post(url, {"is_published": "yes"})
    assert product in Product.objects.public()


def test_clerk_takes_an_offer_off(client, offer_factory, clerk):
    offer = offer_factory()
    client.force_login(clerk)

    client.post(f"/coop/offers/{offer.pk}/end/")

    offer.refresh_from_db()
    assert offer.valid_to is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/coop/products/{product}/"),
        ("post", "/coop/products/{product}/"),
        ("post", "/coop/products/{product}/publish/"),
        ("post", "/coop/offers/{offer}/end/"),
    ],
)
def test_other_cooperatives_products_are_404(method, path, client, product, offer_factory, neighbour_clerk):
    offer = offer_factory()
    client.force_login(neighbour_clerk)

    answer = getattr(client, method)(path.format(product=product.pk, offer=offer.pk), {"months": ["1"], "volume_t": 1})

    assert answer.status_code == 404
    assert Offer.objects.get().valid_to is None


@pytest.mark.parametrize("path", ["/coop/products/{product}/publish/", "/coop/offers/{offer}/end/"])
def test_acts_by_get_are_refused(path, client, product, offer_factory, clerk):
    client.force_login(clerk)

    assert client.get(path.format(product=product.pk, offer=offer_factory().pk)).status_code == 405


def test_who_works_for_several_chooses(client, clerk, cooperative, neighbour, mango):
    from tests.factories.cooperatives import make_membership

    make_membership(neighbour, clerk)
    make_product(neighbour, by=clerk, crop=mango, name_vi="Hàng láng giềng")
    client.force_login(clerk)

    assert "Hàng láng giềng" in client.get("/coop/products/", {"cooperative": neighbour.slug}).content.decode()
    assert "Hàng láng giềng" not in client.get("/coop/products/", {"cooperative": cooperative.slug}).content.decode()
    assert client.get("/coop/products/", {"cooperative": "khong-co"}).status_code == 404


@pytest.mark.parametrize("path", ["/coop/enquiries/", "/coop/products/"])
def test_pages_of_the_cooperative_in_english(path, client, enquiry, product, clerk):
    client.force_login(clerk)

    page = english(client).get(path)

    assert page.status_code == 200
    assert '<html lang="en"' in page.content.decode()
