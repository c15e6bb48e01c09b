"""Enquiries by the API: idempotency, proof of the contact, row F10 of the catalogue."""

import json

import pytest
from django.core import mail
from django.test import Client

from products import services
from products.models import ContactCode, Enquiry
from tests.codes_sent import code_sent

pytestmark = pytest.mark.django_db
MAIL = "vua.bay@example.test"
URL = "/api/v1/enquiries/"


@pytest.fixture
def body(cooperative, product):
    return {
        "cooperative": cooperative.slug, "product": product.slug, "quantity_kg": 2500, "quality": "VietGAP",
        "buyer_name": "Vựa Bảy", "contact": MAIL, "message": "Cần hàng tháng 5", "consent": True,
    }  # fmt: skip


@pytest.fixture
def clerk_client(clerk):
    client = Client()
    client.force_login(clerk)
    return client


def post(client, path, body, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_asked_confirmed_and_shown(client, body, work_off, clerk_client):
    sent = post(client, URL, body).json()
    assert (sent["status"], sent["quantity_t"], sent["demo_code"]) == ("unconfirmed", 2.5, "")
    assert clerk_client.get(URL).json() == []
    work_off()

    answer = post(client, f"/api/v1/enquiries/{sent['token']}/confirm/", {"code": code_sent(MAIL)})

    assert sent["confirm_url"].endswith(f"/api/v1/enquiries/{sent['token']}/confirm/")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["quality"]) == ("sent", "VietGAP")
    assert answer["Cache-Control"] == "private, no-store"
    assert [one["id"] for one in clerk_client.get(URL).json()] == [sent["id"]]
    for text in (json.dumps(sent), answer.content.decode()):
        assert MAIL not in text


def test_the_same_key_asks_once(client, body, work_off):
    first = post(client, URL, body, idempotency_key="abc-1")
    again = post(client, URL, body, idempotency_key="abc-1")
    other = post(client, URL, body | {"message": "Khác"}, idempotency_key="abc-1")

    work_off()
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Enquiry.objects.count() == 1
    assert len(mail.outbox) == 1


def test_what_failed_is_not_kept_under_its_key(client, body):
    refused = post(client, URL, body | {"contact": "x"}, idempotency_key="abc-2")
    mended = post(client, URL, body, idempotency_key="abc-2")

    assert (refused.status_code, mended.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("case", "code", "status"),
    [("wrong", "000000", 422), ("letters", "abcdef", 422), ("long", "1" * 21, 422), ("list", [1], 422)],
)
def test_codes_that_are_refused(case, code, status, client, body, work_off):
    token = post(client, URL, body).json()["token"]
    work_off()
    ContactCode.objects.update(code_digest="0" * 64)

    answer = post(client, f"/api/v1/enquiries/{token}/confirm/", {"code": code})

    assert answer.status_code == status
    assert Enquiry.objects.get().status == "unconfirmed"


def test_confirming_an_enquiry_that_is_not_there(client, db):
    assert post(client, "/api/v1/enquiries/khong-co/confirm/", {"code": "123456"}).status_code == 404


@pytest.mark.parametrize(
    ("case", "fields", "pointer", "code"),
    [
        ("F10 line break in the mail", {"contact": "a@b.test\r\nBcc: c@d.test"}, "/contact", "bad_email"),
        ("F10 two mails", {"contact": "a@b.test,c@d.test"}, "/contact", "bad_email"),
        ("F10 line break in the name", {"buyer_name": "A\r\nBcc: c@d.test"}, "/buyer_name", "line_break"),
        ("F10 script in the name", {"buyer_name": "<script>alert(1)</script>"}, "/buyer_name", "markup"),
        ("F10 image in the text", {"message": "<img src=x onerror=alert(1)>"}, "/message", "markup"),
        ("G10 override", {"message": "a\u202eb"}, "/message", "hidden_character"),
        ("G10 NUL", {"buyer_name": "a\x00b"}, "/buyer_name", "null_characters_not_allowed"),
        ("two quantities", {"quantity_t": 1}, "/quantity_kg", "quantity_twice"),
        ("under a kilogram", {"quantity_kg": 0.2}, "/quantity_kg", "min_value"),
        ("no date", {"delivery_from": "mai"}, "/delivery_from", "invalid"),
        ("backwards", {"delivery_from": "2027-02-01", "delivery_to": "2027-01-01"}, "/delivery_to", "bad_dates"),
    ],
)
def test_f10_what_is_refused_says_where(case, fields, pointer, code, client, body):
    answer = post(client, URL, body | fields)

    assert answer.status_code == 422
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert not Enquiry.objects.exists()


def test_f10_a_hundred_in_a_minute(client, body, cooperative, settings):
    cooperative.phone, cooperative.email = "0000 123 456", "htx@example.test"
    cooperative.save()

    answers = [post(client, URL, body | {"contact": f"b{number}@example.test"}) for number in range(100)]

    statuses = [answer.status_code for answer in answers]
    budget = settings.THROTTLE_RATES["enquiry"]
    assert statuses.count(201) <= 2 * budget  # a window of the clock may turn in between
    assert set(statuses) == {201, 429}
    assert all(answer["Retry-After"] for answer in answers if answer.status_code == 429)
    for answer in answers:
        text = answer.content.decode()
        assert "0000 123 456" not in text
        assert "htx@example.test" not in text
        assert "@example.test" not in text


def test_four_byte_signs_are_kept(client, body):
    answer = post(client, URL, body | {"message": "Cần xoài 🥭"})

    assert answer.json()["lines"][0]["text"] == "Cần xoài 🥭"


def test_spam_is_not_listed(clerk_client, enquiry, clerk):
    services.mark_spam(enquiry, is_spam=True, by=clerk)

    assert clerk_client.get(URL).json() == []
