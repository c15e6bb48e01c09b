"""Publishing, offering, and the life of an enquiry."""

import datetime as dt

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from codes.changes import AreasChanged
from codes.models import ProductionArea
from core.changes import announce
from core.errors import RuleViolated, WrongState
from office.models import Notice, OutboxMessage
from products import services
from products.models import Enquiry, EnquiryMessage, EnquiryStatus, Offer, Product
from products.tasks import expire_enquiries
from tests.factories.crops import make_variety
from tests.shapes import middle_of, square

pytestmark = pytest.mark.django_db


def codes_of(error):
    return [(finding.code, finding.pointer) for finding in error.value.findings]


# --- Products ------------------------------------------------------------------------------------------------


def test_product_of_an_area_stands_at_the_areas_public_point(product_factory, area):
    product = product_factory(area=area)

    assert product.location.equals_exact(area.public_location, 1e-9)
    assert product.commune == area.commune


def test_product_without_an_area_stands_at_the_seat(product_factory, cooperative):
    product = product_factory(kind="processed")

    assert product.location.equals_exact(cooperative.location, 1e-9)
    assert product.crop is None


def test_product_without_any_place_is_refused(cooperative, commune, clerk):
    commune.centre = None
    commune.save()
    cooperative.refresh_from_db()

    with pytest.raises(RuleViolated) as error:
        services.publish_product(cooperative, kind="processed", name_vi="Mứt xoài", by=clerk)

    assert error.value.code == "seat_unknown"


def test_slugs_stay_apart(product_factory, neighbour, neighbour_clerk):
    first = product_factory(name_vi="Xoài Cát")
    second = product_factory(name_vi="Xoài cát")
    third = product_factory(name_vi="xoai cat")

    assert first.slug == "htx-cua-toi-xoai-cat"
    assert [second.slug, third.slug] == ["htx-cua-toi-xoai-cat-2", "htx-cua-toi-xoai-cat-3"]


@pytest.mark.parametrize(
    ("case", "code", "pointer"),
    [
        ("no crop", "crop_missing", "/crop"),
        ("area of the neighbour", "foreign_area", "/area"),
        ("area of another crop", "foreign_area", "/area"),
        ("variety of another crop", "foreign_variety", "/variety"),
        ("name given already", "name_taken", "/name_vi"),
    ],
)
def test_product_that_does_not_fit(
    case, code, pointer, cooperative, neighbour, neighbour_clerk, clerk, mango, longan, area_factory, product
):
    fields = {
        "no crop": lambda: {"crop": None},
        "area of the neighbour": lambda: {"area": area_factory(cooperative=neighbour, by=neighbour_clerk, lon=105.7)},
        "area of another crop": lambda: {"crop": longan, "area": area_factory(lat=10.5)},
        "variety of another crop": lambda: {"variety": make_variety(longan)},
        "name given already": lambda: {"name_vi": product.name_vi},
    }[case]()

    with pytest.raises(RuleViolated) as error:
        services.publish_product(
            cooperative, **{"kind": "crop", "name_vi": "Hàng mới", "crop": mango, "by": clerk} | fields
        )

    assert codes_of(error) == [(code, pointer)]


def test_products_follow_their_area(product_factory, area):
    product = product_factory(area=area)
    moved = middle_of(square(105.62, 10.47))
    ProductionArea.objects.filter(pk=area.pk).update(public_location=moved)

    announce(AreasChanged(areas=ProductionArea.objects.filter(pk=area.pk)))

    product.refresh_from_db()
    assert product.location.equals_exact(moved, 1e-9)


def test_products_elsewhere_stay_where_they_are(product, area):
    before = product.location.clone()

    announce(AreasChanged(areas=ProductionArea.objects.all()))

    product.refresh_from_db()
    assert product.location.equals_exact(before, 1e-9)


def test_hiding_and_showing(product, clerk):
    hidden = services.set_published(product, is_published=False, by=clerk)
    assert hidden not in Product.objects.public()

    shown = services.set_published(product, is_published=True, by=clerk)

    assert shown in Product.objects.public()


# --- Offers --------------------------------------------------------------------------------------------------


def test_offer_keeps_months_sorted_and_starts_today(product, clerk):
    offer = services.add_offer(product, months=[4, 3, 4], volume_t=2.5, by=clerk)

    assert offer.months == [3, 4]
    assert offer.valid_from == timezone.localdate()


def test_offer_freshens_its_product(product, clerk):
    Product.objects.filter(pk=product.pk).update(updated_at=timezone.now() - dt.timedelta(days=300))

    services.add_offer(product, months=[1], volume_t=1, by=clerk)

    product.refresh_from_db()
    assert timezone.now() - product.updated_at < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("case", "fields", "code"),
    [
        ("no month", {"months": []}, "bad_months"),
        ("month 13", {"months": [1, 13]}, "bad_months"),
        ("nothing", {"volume_t": 0}, "bad_volume"),
        ("endless", {"volume_t": float("inf")}, "bad_volume"),
        ("no number", {"volume_t": float("nan")}, "bad_volume"),
        ("ends at its beginning", {"valid_to": timezone.localdate()}, "bad_dates"),
    ],
)
def test_offer_that_makes_no_sense(case, fields, code, product, clerk):
    with pytest.raises(RuleViolated) as error:
        services.add_offer(product, **{"months": [1], "volume_t": 1, "by": clerk} | fields)

    assert [finding.code for finding in error.value.findings] == [code]


def test_offer_taken_off_ends_today(offer_factory, clerk):
    offer = offer_factory()

    services.end_offer(offer, by=clerk)

    offer.refresh_from_db()
    assert offer.valid_to == timezone.localdate()
    assert not Offer.objects.on(timezone.localdate()).exists()


def test_offer_of_today_taken_off_leaves_nothing(offer_factory, clerk):
    offer = offer_factory(valid_from=timezone.localdate())

    services.end_offer(offer, by=clerk)

    assert not Offer.objects.exists()


# --- Enquiries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "kind", "cleaned"),
    [
        ("Mua.Hang@Example.TEST ", "email", "mua.hang@example.test"),
        ("0000 123.456", "phone", "0000123456"),
        ("+84 (000) 123-456", "phone", "+84000123456"),
        ("+84 912 345 678", "phone", "0912345678"),
        ("84912345678", "phone", "0912345678"),
        ("0084 (0) 912-345-678", "phone", "0912345678"),
        ("0086 138 0013 8000", "phone", "+8613800138000"),
    ],
)
def test_contact_is_a_mail_address_or_a_phone_number(contact, kind, cleaned):
    assert services.read_contact(contact) == (kind, cleaned)


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ("a@b@c", "bad_email"),
        ("a@b.test\r\nBcc: c@d.test", "bad_email"),
        ("a@b.test, c@d.test", "bad_email"),
        ("gọi tôi nhé", "bad_contact"),
        ("12345", "bad_contact"),
        ("٠٠٠٠١٢٣٤٥٦", "bad_contact"),
        ("0" * 16, "bad_contact"),
        ("", "bad_contact"),
    ],
)
def test_contact_that_is_neither(contact, code):
    with pytest.raises(RuleViolated) as error:
        services.read_contact(contact)

    assert codes_of(error) == [(code, "/contact")]


def test_contact_is_stored_encrypted(enquiry_factory):
    enquiry = enquiry_factory(contact="bi.mat@example.test")

    stored = Enquiry.objects.values().get(pk=enquiry.pk)

    assert "bi.mat" not in str({name: bytes(v) if isinstance(v, memoryview) else v for name, v in stored.items()})
    assert enquiry.contact == "bi.mat@example.test"


def test_enquiry_without_consent_is_refused(enquiry_factory):
    with pytest.raises(RuleViolated) as error:
        enquiry_factory(has_consented=False)

    assert codes_of(error) == [("consent_missing", "/consent")]
    assert not Enquiry.objects.exists()


def test_enquiry_about_another_cooperatives_product_is_refused(enquiry_factory, product, neighbour):
    with pytest.raises(RuleViolated) as error:
        enquiry_factory(cooperative=neighbour, product=product)

    assert codes_of(error) == [("foreign_product", "/product")]


@pytest.mark.parametrize("name", ["Công ty\r\nBcc: a@b.test", "Công ty\u202etxe", "Công\u200bty"])
def test_buyers_name_is_one_visible_line(name, enquiry_factory):
    with pytest.raises(ValidationError):
        enquiry_factory(buyer_name=name)

    assert not Enquiry.objects.exists()


def test_those_who_enter_data_are_told(enquiry_factory, clerk, owner, helper, viewer, neighbour_clerk):
    enquiry_factory(buyer_name="Chợ đầu mối")

    told = Notice.objects.filter(kind="enquiry_sent")

    assert {notice.user for notice in told} == {clerk, owner, helper}
    assert "Chợ đầu mối" in told[0].text
    assert "example.test" not in told[0].text


def test_opening_marks_as_read_once(enquiry, clerk, viewer):
    assert services.open_enquiry(enquiry, by=viewer).status == EnquiryStatus.SENT

    opened = services.open_enquiry(enquiry, by=clerk)

    assert opened.status == EnquiryStatus.READ
    assert services.open_enquiry(enquiry, by=clerk).read_at == opened.read_at


def test_answer_reaches_a_mail_buyer_through_the_outbox(enquiry, clerk, work_off, settings):
    services.answer_enquiry(enquiry, text="Còn 3 tấn", by=clerk)

    assert mail.outbox == []  # nothing leaves before the commit
    work_off()
    received, told = [message for message in mail.outbox if message.to == ["nguoi.mua@example.test"]]
    assert "đã gửi yêu cầu tới HTX Của Tôi" in received.subject
    assert "HTX Của Tôi đã trả lời bạn" in told.subject
    assert f"{settings.PUBLIC_URL}/enquiries/{enquiry.token}/" in told.body
    assert "Còn 3 tấn" not in told.body  # the mail says that there is an answer, not which
    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.ANSWERED


def test_answer_to_a_phone_buyer_goes_by_sms(enquiry_factory, clerk, work_off, sms_files):
    enquiry = enquiry_factory(contact="0000123456")

    services.answer_enquiry(enquiry, text="Còn hàng", by=clerk)

    work_off()
    (path,) = sms_files.iterdir()  # the news of the answer only: what costs money is for news
    text = path.read_text(encoding="utf-8")
    assert text.startswith("0000123456\n")
    assert f"/enquiries/{enquiry.token}/" in text
    assert "Còn hàng" not in text


def test_mail_about_an_enquiry_that_is_gone_is_dropped(enquiry, clerk, work_off):
    services.answer_enquiry(enquiry, text="Còn hàng", by=clerk)
    enquiry.delete()

    work_off()

    assert mail.outbox == []
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()


def test_conversation_goes_to_and_fro(enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn 3 tấn", by=clerk)
    services.write_back(enquiry, text="Tôi lấy cả")

    enquiry.refresh_from_db()
    lines = [(line.author, line.text) for line in EnquiryMessage.objects.filter(enquiry=enquiry)]

    assert enquiry.status == EnquiryStatus.SENT  # it waits for the cooperative again
    assert lines == [("buyer", "Tôi cần mua hàng."), ("cooperative", "Còn 3 tấn"), ("buyer", "Tôi lấy cả")]


@pytest.mark.parametrize(
    ("step", "act"),
    [
        ("answer", lambda enquiry, clerk: services.answer_enquiry(enquiry, text="a", by=clerk)),
        ("write back", lambda enquiry, clerk: services.write_back(enquiry, text="a")),
        ("close", lambda enquiry, clerk: services.close_enquiry(enquiry, by=clerk)),
    ],
)
def test_nothing_follows_on_closed(step, act, enquiry, clerk):
    services.close_enquiry(enquiry)

    with pytest.raises(WrongState):
        act(enquiry, clerk)

    enquiry.refresh_from_db()
    assert enquiry.status == EnquiryStatus.CLOSED
    assert enquiry.closed_at is not None


@pytest.mark.parametrize(("case", "days", "expired"), [("13 days old", 13, 0), ("15 days old", 15, 1)])
def test_unanswered_enquiries_expire(case, days, expired, enquiry):
    Enquiry.objects.update(waiting_since=timezone.now() - dt.timedelta(days=days))

    assert expire_enquiries(None) == {"expired": expired}


def test_an_old_enquiry_with_a_new_line_does_not_expire(enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn", by=clerk)
    EnquiryMessage.objects.update(at=timezone.now() - dt.timedelta(days=60))
    Enquiry.objects.update(created_at=timezone.now() - dt.timedelta(days=60))
    services.write_back(enquiry, text="Vẫn còn chứ?")

    assert expire_enquiries(None) == {"expired": 0}


def test_answered_enquiries_do_not_expire(enquiry, clerk):
    services.answer_enquiry(enquiry, text="Còn", by=clerk)
    EnquiryMessage.objects.update(at=timezone.now() - dt.timedelta(days=60))

    assert expire_enquiries(None) == {"expired": 0}
