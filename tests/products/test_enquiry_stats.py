"""The response rate on the producer's page: what counts, what does not."""

import datetime as dt

import pytest
from django.utils import timezone

from products import services
from products.enquiry_stats import ResponseRate, response_rate
from products.models import CloseReason, Enquiry, EnquiryMessage
from tests.factories.products import make_enquiry

pytestmark = pytest.mark.django_db


def rate(cooperative):
    return response_rate([cooperative.pk])[cooperative.pk]


def answered(cooperative, clerk, hours, **fields):
    enquiry = make_enquiry(cooperative, contact=f"nguoi{hours}@example.test", **fields)
    message = services.answer_enquiry(enquiry, text="Còn", by=clerk)
    Enquiry.objects.filter(pk=enquiry.pk).update(sent_at=timezone.now() - dt.timedelta(hours=hours))
    return message


def ended(cooperative, number, **fields):
    enquiry = make_enquiry(cooperative, contact=f"khac{number}@example.test")
    Enquiry.objects.filter(pk=enquiry.pk).update(**{"waiting_since": None} | fields)
    return enquiry


def test_below_five_there_is_no_rate(cooperative, clerk):
    for hours in (1, 2, 3, 4):
        answered(cooperative, clerk, hours)

    assert rate(cooperative) is None


def test_share_and_median_of_five(cooperative, neighbour, clerk):
    for hours in (2, 4, 9):
        answered(cooperative, clerk, hours)
    ended(cooperative, 1, status="expired")
    ended(cooperative, 2, status="closed", close_reason=CloseReason.SOLD_OUT)

    found = rate(cooperative)

    assert (found.answered, found.asked, found.percent) == (3, 5, 60)
    assert found.median_hours == pytest.approx(4, abs=0.01)
    assert response_rate([neighbour.pk]) == {neighbour.pk: None}


def test_the_first_answer_counts_not_the_last(cooperative, clerk):
    for hours in (5, 6, 7, 8, 9):
        message = answered(cooperative, clerk, hours)
        services.answer_enquiry(message.enquiry, text="Vẫn còn", by=clerk)
    EnquiryMessage.objects.filter(text="Vẫn còn").update(at=timezone.now() + dt.timedelta(days=9))

    assert rate(cooperative).median_hours == pytest.approx(7, abs=0.01)


@pytest.mark.parametrize(
    ("case", "fields"),
    [
        ("waits", {"waiting_since": timezone.now()}),
        ("closed by the buyer", {"status": "closed"}),
        ("spam", {"status": "expired", "spam_at": timezone.now()}),
        ("older than a year", {"status": "expired", "sent_at": timezone.now() - dt.timedelta(days=366)}),
        ("never confirmed", {"status": "unconfirmed", "sent_at": None}),
    ],
)
def test_what_does_not_count(case, fields, cooperative, clerk):
    for hours in (1, 2, 3, 4, 5):
        answered(cooperative, clerk, hours)
    ended(cooperative, 1, **fields)

    assert rate(cooperative) == ResponseRate(5, 5, pytest.approx(3, abs=0.01))


def test_nobody_asked_about_nobody(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert response_rate([]) == {}
