"""How reliably cooperatives answer buyers: a number for the producer's page, from the enquiries of a year."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Extract
from django.utils import timezone

from products.models import Enquiry, EnquiryMessage, EnquiryStatus, MessageAuthor

PERIOD_DAYS = 365
FEWEST = 5  # below that a share says more about chance than about the cooperative


@dataclass(frozen=True, slots=True)
class ResponseRate:
    """`answered` of `asked` enquiries of the last 365 days got an answer, half of those within `median_hours`."""

    answered: int
    asked: int
    median_hours: float | None

    @property
    def percent(self) -> int:
        """The share of answered enquiries, rounded, in percent."""
        return round(100 * self.answered / self.asked)


class _Median(Aggregate):
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def response_rate(cooperative_ids: Iterable[int]) -> dict[int, ResponseRate | None]:
    """Return the response rate of each cooperative, None where fewer than 5 enquiries of 365 days count.

    An enquiry counts when its outcome is known: it got an answer, expired, or the cooperative closed it without one.
    What still waits counts neither way, nor what the buyer closed first, what nobody confirmed, and what was marked
    as spam. The hours run from the moment at which the cooperative could read it to its first answer. One query.
    """
    ids = list(cooperative_ids)
    since = timezone.now() - dt.timedelta(days=PERIOD_DAYS)
    answers = EnquiryMessage.objects.filter(enquiry=OuterRef("pk"), author=MessageAuthor.COOPERATIVE)
    decided = Q(is_answered=True) | Q(status=EnquiryStatus.EXPIRED) | ~Q(close_reason="")
    rows = (
        Enquiry.objects.filter(cooperative__in=ids, sent_at__gte=since, spam_at=None)
        .exclude(status=EnquiryStatus.UNCONFIRMED)
        .annotate(
            is_answered=Exists(answers),
            first_answer_at=Subquery(answers.order_by("at").values("at")[:1]),
        )
        .filter(decided)
        .annotate(
            seconds=Extract(
                ExpressionWrapper(F("first_answer_at") - F("sent_at"), output_field=DurationField()), "epoch"
            )
        )
        .values("cooperative")
        .annotate(asked=Count("pk"), answered=Count("pk", filter=Q(is_answered=True)), median=_Median(F("seconds")))
        .values_list("cooperative", "asked", "answered", "median")
        .order_by("cooperative")
    )
    found = {
        pk: ResponseRate(answered, asked, None if median is None else float(median) / 3600)
        for pk, asked, answered, median in rows
        if asked >= FEWEST
    }
    return {pk: found.get(pk) for pk in ids}
