"""Messages about enquiries. The buyer's contact is read only here, at the moment of delivery."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import User
from office.models import MessageChannel
from office.senders import PermanentFailure, TemporaryFailure, sender_of
from office.sentences import Sentence
from office.services.notices import notify
from office.services.outbox import queue
from products import contacts
from products.models import ContactCode, ContactKind, Enquiry, EnquiryStatus

logger = logging.getLogger(__name__)

# What a buyer is told: subject of the mail, and the sentence before the private address.
_NEWS = {
    "received": (
        gettext_lazy("Vùng Trồng: đã gửi yêu cầu tới %(cooperative)s"),
        gettext_lazy("Yêu cầu của bạn đã tới %(cooperative)s. Xem trạng thái và trả lời tại trang riêng của bạn:"),
    ),
    "answered": (
        gettext_lazy("Vùng Trồng: %(cooperative)s đã trả lời bạn"),
        gettext_lazy("Xem trả lời tại trang riêng của bạn:"),
    ),
    "closed": (
        gettext_lazy("Vùng Trồng: %(cooperative)s đã đóng yêu cầu của bạn"),
        gettext_lazy("Lý do: %(reason)s. Trang riêng của bạn:"),
    ),
    "expired": (
        gettext_lazy("Vùng Trồng: %(cooperative)s chưa trả lời, yêu cầu của bạn hết hạn"),
        gettext_lazy("Sau 14 ngày không có trả lời, yêu cầu đã hết hạn. Bạn có thể hỏi nơi khác từ trang riêng:"),
    ),
    "link": (
        gettext_lazy("Vùng Trồng: địa chỉ trang riêng của bạn"),
        gettext_lazy("Yêu cầu gửi %(cooperative)s, trang riêng của bạn:"),
    ),
}
_ONLY_BY_MAIL = {"received"}  # a message that costs money is for news


def _workers(enquiry: Enquiry) -> Any:
    """Return those who enter data for the cooperative."""
    return User.objects.filter(
        memberships__cooperative=enquiry.cooperative_id, memberships__role__in=("owner", "clerk", "helper")
    ).distinct()


def enquiry_sent(enquiry: Enquiry) -> None:
    """Tell those who enter data for the cooperative that a buyer wrote."""
    text = Sentence(gettext_lazy("%(buyer)s hỏi mua hàng"), {"buyer": enquiry.buyer_name})
    notify(_workers(enquiry), "enquiry_sent", text, enquiry.get_absolute_url())


def enquiry_waits(enquiry: Enquiry, *, days: int, days_left: int) -> None:
    """Remind those who enter data for the cooperative, once for each line of the buyer and each number of days."""
    text = Sentence(
        gettext_lazy("%(buyer)s chờ trả lời đã %(days)s ngày; còn %(left)s ngày thì yêu cầu hết hạn"),
        {"buyer": enquiry.buyer_name, "days": days, "left": days_left},
    )
    since = int(enquiry.waiting_since.timestamp()) if enquiry.waiting_since else 0
    once_key = f"enquiry_waits:{enquiry.pk}:{since}:{days}"
    notify(_workers(enquiry), "enquiry_waits", text, enquiry.get_absolute_url(), once_key=once_key)


def tell_buyer(enquiry: Enquiry, news: str) -> None:
    """Tell the buyer after the commit, by mail or SMS, whichever the contact is; `news` is a key of `_NEWS`."""
    if enquiry.contact_kind == ContactKind.EMAIL or news not in _ONLY_BY_MAIL:
        queue("products.buyer_news", {"enquiry": enquiry.pk, "news": news})


def tell_links(enquiries: Iterable[int]) -> None:
    """Send one message with the private addresses of these enquiries (of one contact) after the commit."""
    queue("products.buyer_links", {"enquiries": list(enquiries)})


def deliver_buyer_news(payload: dict[str, Any]) -> None:
    """Send the buyer one piece of news with the private address; called by the outbox."""
    enquiry = Enquiry.objects.select_related("cooperative").filter(pk=payload["enquiry"]).first()
    if enquiry is None:
        return
    with override(enquiry.language):
        subject, sentence = _NEWS[payload.get("news", "answered")]
        facts = {"cooperative": enquiry.cooperative, "reason": enquiry.get_close_reason_display()}
        _send(enquiry, str(subject) % facts, [str(sentence) % facts, _link(enquiry)])


def deliver_buyer_links(payload: dict[str, Any]) -> None:
    """Send a buyer the private addresses that were lost; called by the outbox."""
    chosen = Enquiry.objects.filter(pk__in=payload["enquiries"]).exclude(status=EnquiryStatus.UNCONFIRMED)
    found = list(chosen.select_related("cooperative").order_by("-sent_at"))
    if not found:
        return
    with override(found[0].language):
        lines = [f"{one.cooperative}, {one.sent_at:%d/%m/%Y}: {_link(one)}" for one in found]
        _send(found[0], _("Vùng Trồng: các trang riêng của bạn"), lines)


def deliver_contact_code(payload: dict[str, Any]) -> None:
    """Make the code and send it to the contact that it is to prove; called by the outbox.

    Only the newest code of an unconfirmed enquiry leaves; delivered twice, the later one is valid.
    """
    row = ContactCode.objects.select_for_update(of=("self",)).filter(pk=payload["code"]).first()
    if row is None or row.used_at is not None:
        return
    enquiry = Enquiry.objects.select_related("cooperative").get(pk=row.enquiry_id)
    newest = enquiry.contact_codes.first()
    if enquiry.status != EnquiryStatus.UNCONFIRMED or newest is None or newest.pk != row.pk:
        return
    code = contacts.make_code(row)
    with override(enquiry.language):
        facts = {"code": code, "cooperative": enquiry.cooperative, "minutes": contacts.VALID_FOR.seconds // 60}
        told = _("Mã %(code)s xác nhận yêu cầu mua hàng gửi %(cooperative)s, có hiệu lực %(minutes)s phút.") % facts
        aside = _("Nếu bạn không gửi yêu cầu này, hãy bỏ qua.")
        _send(enquiry, _("Vùng Trồng: mã xác nhận liên hệ"), [f"{told} {aside}"])


def _link(enquiry: Enquiry) -> str:
    return settings.PUBLIC_URL + reverse("products:enquiry", args=[enquiry.token])


def _send(enquiry: Enquiry, subject: str, parts: list[str]) -> None:
    """Hand a message to the sender of the buyer's channel. One that will never arrive is logged and dropped.

    Errors of senders may quote the contact: they go neither into the log nor into the outbox's row.
    """
    by_mail = enquiry.contact_kind == ContactKind.EMAIL
    ending = [_("Thư tự động, xin không trả lời.")] if by_mail else []
    text = ("\n\n" if by_mail else " ").join([*parts, *ending])
    try:
        channel = MessageChannel.MAIL if by_mail else MessageChannel.SMS
        sender_of(channel).send(enquiry.contact, subject, text if by_mail else f"Vùng Trồng: {text}")
    except PermanentFailure:
        logger.warning("enquiry %s: the buyer cannot be reached by %s", enquiry.pk, enquiry.contact_kind)
    except TemporaryFailure:
        raise TemporaryFailure("the buyer's channel did not take the message for the moment") from None
