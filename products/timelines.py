"""What happened to an enquiry, in time: states and lines in one list, for both sides' pages."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from products.models import Enquiry, MessageAuthor, Offer, Product


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry: a state (`title`, `status`) or a line (`author`, `text`, perhaps with `product` and `offer`)."""

    at: dt.datetime
    title: Any
    status: str = ""
    text: str = ""
    product: Product | None = None
    offer: Offer | None = None


def timeline_of(enquiry: Enquiry) -> list[TimelineEvent]:
    """Return states and lines of the enquiry, the oldest first."""
    return sorted([*_states(enquiry), *_lines(enquiry)], key=lambda event: event.at)


def _states(enquiry: Enquiry) -> list[TimelineEvent]:
    told = [
        (enquiry.sent_at, _("Đã gửi tới hợp tác xã"), "sent"),
        (enquiry.read_at, _("Hợp tác xã đã đọc"), "read"),
        (enquiry.closed_at, _closing(enquiry), "closed"),
        (enquiry.expired_at, _("Hết hạn: 14 ngày không có trả lời"), "expired"),
    ]
    return [TimelineEvent(at, title, status) for at, title, status in told if at is not None]


def _closing(enquiry: Enquiry) -> Any:
    if not enquiry.close_reason:
        return _("Người mua đã đóng yêu cầu")
    return _("Hợp tác xã đã đóng yêu cầu: %(reason)s") % {"reason": enquiry.get_close_reason_display()}


def _lines(enquiry: Enquiry) -> list[TimelineEvent]:
    return [
        TimelineEvent(
            line.at,
            enquiry.buyer_name if line.author == MessageAuthor.BUYER else enquiry.cooperative,
            "answered" if line.author == MessageAuthor.COOPERATIVE else "",
            line.text,
            line.product,
            line.offer,
        )
        for line in enquiry.messages.select_related("product__cooperative", "offer")
    ]
