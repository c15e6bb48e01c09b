"""Writes on enquiries: a buyer asks, the cooperative answers, neither learns the other's contact unasked."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.models import Market
from cooperatives.models import Cooperative
from core import crypto
from core.errors import Finding, RuleViolated, TooManyRequests, WrongState
from core.permissions import require
from core.workflow import next_status
from products import contacts, notifications
from products.models import CloseReason, Enquiry, EnquiryMessage, EnquiryStatus, MessageAuthor, Offer, Product
from products.permissions import can_answer_enquiry, can_read_enquiry
from products.services.findings import finding
from products.workflow import ENQUIRY_TRANSITIONS, OPEN, WAITING

LONGEST_AHEAD = dt.timedelta(days=730)  # a delivery window ends within two years
LINK_NOT_SOONER = dt.timedelta(minutes=10)
LINKS_SHOWN_FOR = dt.timedelta(days=90)
MOST_LINKS = 20


@transaction.atomic
def ask(
    cooperative: Cooperative, *, contact: str, known: Iterable[str] = (), address: str = "", **asked: Any
) -> tuple[Enquiry, str]:
    """Take a buyer's enquiry from the web; return it, and in a demonstration the code (see `request_code`), else "".

    `known` are the digests of contacts that this browser has proved; such a contact's enquiry goes to the cooperative
    at once, any other waits for its code. `address` is the network address. Raises as `send_enquiry`, `request_code`.
    """
    _kind, cleaned = contacts.read_contact(contact)
    proved_at = contacts.proved_at(cleaned, set(known))
    enquiry = send_enquiry(cooperative, contact=cleaned, proved_at=proved_at, **asked)
    if proved_at is not None:
        return enquiry, ""
    return enquiry, contacts.request_code(enquiry, address=address)


@transaction.atomic
def send_enquiry(
    cooperative: Cooperative,
    *,
    buyer_name: str,
    contact: str,
    message: str,
    has_consented: bool,
    shares_contact: bool = False,
    product: Product | None = None,
    quantity_t: float | None = None,
    wanted_months: Iterable[int] = (),
    delivery_from: dt.date | None = None,
    delivery_to: dt.date | None = None,
    market: Market | None = None,
    quality: str = "",
    proved_at: dt.datetime | None = None,
) -> Enquiry:
    """Store a buyer's enquiry. No account is needed; the cooperative is told once the contact is proved.

    `contact` is a mail address or a phone number; it is encrypted and shown to the cooperative only when the buyer
    says so by `shares_contact`, and only after its answer. `proved_at` is when a code proved the contact before.
    Raises RuleViolated without consent (Law 91/2025/QH15: silence is not consent), for HTML, for a contact that is
    none, for a product of another cooperative, for dates that make no sense; TooManyRequests above ten a day.
    """
    kind, cleaned = contacts.read_contact(contact)
    findings = [
        *_consent_findings(has_consented),
        *_markup_findings(buyer_name=buyer_name, quality=quality, message=message),
        *_product_findings(cooperative, product),
        *_date_findings(delivery_from, delivery_to),
    ]
    if findings:
        raise RuleViolated(findings=findings)
    contacts.spend_enquiry(cleaned, is_proved=proved_at is not None)
    now = timezone.now()
    enquiry = Enquiry.objects.create(
        cooperative=cooperative,
        product=product,
        status=EnquiryStatus.UNCONFIRMED,
        buyer_name=buyer_name,
        contact_kind=kind,
        contact_encrypted=crypto.encrypt(cleaned),
        contact_digest=contacts.digest_of(cleaned),
        contact_shared_at=now if shares_contact else None,
        quantity_t=quantity_t,
        wanted_months=sorted(set(wanted_months)),
        delivery_from=delivery_from,
        delivery_to=delivery_to,
        market=market,
        quality=quality,
        message=message,
        language="en" if get_language() == "en" else "vi",
        consented_at=now,
    )
    EnquiryMessage.objects.create(enquiry=enquiry, author=MessageAuthor.BUYER, text=message)
    return _deliver(enquiry, proved_at) if proved_at is not None else enquiry


def _consent_findings(has_consented: bool) -> list[Finding]:
    told = _("Cần đồng ý để chúng tôi chuyển yêu cầu.")
    return [] if has_consented else [finding("consent_missing", "consent", told)]


def _markup_findings(**texts: str) -> list[Finding]:
    told = _("Chỉ ghi chữ thường, không dùng thẻ HTML.")
    return [finding("markup", name, told) for name, text in texts.items() if contacts.has_markup(text)]


def _product_findings(cooperative: Cooperative, product: Product | None, offer: Offer | None = None) -> list[Finding]:
    attached = product or (offer.product if offer else None)
    if attached is None or attached.cooperative_id == cooperative.pk:
        return []
    return [finding("foreign_product", "product", _("Sản phẩm không phải của đơn vị này."))]


def _date_findings(first: dt.date | None, last: dt.date | None) -> list[Finding]:
    today = timezone.localdate()
    if first and last and last < first:
        return [finding("bad_dates", "delivery_to", _("Ngày cuối phải từ ngày đầu trở đi."))]
    if (last or first or today) < today:
        return [finding("past_dates", "delivery_to" if last else "delivery_from", _("Thời gian giao đã qua."))]
    if max(first or today, last or today) > today + LONGEST_AHEAD:
        return [finding("far_dates", "delivery_to" if last else "delivery_from", _("Hãy chọn ngày trong hai năm tới."))]
    return []


def _locked(enquiry: Enquiry) -> Enquiry:
    return Enquiry.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=enquiry.pk)


def _deliver(enquiry: Enquiry, proved_at: dt.datetime) -> Enquiry:
    """Put the enquiry before the cooperative and give the buyer the private address by mail."""
    enquiry.confirmed_at = proved_at
    enquiry.sent_at = enquiry.waiting_since = timezone.now()
    _move(enquiry, "confirm", "confirmed_at", "sent_at")
    notifications.enquiry_sent(enquiry)
    notifications.tell_buyer(enquiry, "received")
    return enquiry


def confirm_enquiry(enquiry: Enquiry, *, code: str) -> Enquiry:
    """Take the code that went to the contact; with the right one the enquiry goes to the cooperative.

    Confirming twice does nothing more. Raises RuleViolated("code_wrong", "code_over"); a wrong
    code is counted, five end it.
    """
    with transaction.atomic():
        enquiry = _locked(enquiry)
        if enquiry.status != EnquiryStatus.UNCONFIRMED:
            return enquiry
        if contacts.take_code(enquiry, code):
            return _deliver(enquiry, timezone.now())
    told = _("Mã không đúng.")  # raised after the commit, so that the attempt counts
    raise RuleViolated("code_wrong", told, findings=[finding("code_wrong", "code", told)])


@transaction.atomic
def open_enquiry(enquiry: Enquiry, *, by: object) -> Enquiry:
    """Mark the enquiry as read when the cooperative opens it for the first time."""
    enquiry = _locked(enquiry)
    require(can_read_enquiry(by, enquiry))
    if enquiry.status == EnquiryStatus.SENT and enquiry.spam_at is None and can_answer_enquiry(by, enquiry):
        enquiry.read_at = timezone.now()
        _move(enquiry, "read", "read_at")
    return enquiry


@transaction.atomic
def answer_enquiry(
    enquiry: Enquiry,
    *,
    text: str,
    by: Any,
    product: Product | None = None,
    offer: Offer | None = None,
    shows_contact: bool = False,
) -> EnquiryMessage:
    """Answer the buyer through the relay: a line on the buyer's private page, and news to the buyer's contact.

    A product of the cooperative, or one offer of it, may go with it. `shows_contact` lets this buyer see the
    cooperative's phone and mail on the private page, for good.
    """
    enquiry = _locked(enquiry)
    require(can_answer_enquiry(by, enquiry))
    findings = [*_markup_findings(text=text), *_product_findings(enquiry.cooperative, product, offer)]
    if findings:
        raise RuleViolated(findings=findings)
    if enquiry.spam_at is not None:
        raise WrongState("marked_as_spam", _("Yêu cầu đang bị đánh dấu là thư rác: hãy bỏ dấu trước khi trả lời."))
    enquiry.answered_at = timezone.now()
    if shows_contact and enquiry.cooperative_contact_at is None:
        enquiry.cooperative_contact_at = enquiry.answered_at
    _move(enquiry, "answer", "answered_at", "cooperative_contact_at")
    message = EnquiryMessage.objects.create(
        enquiry=enquiry,
        author=MessageAuthor.COOPERATIVE,
        by=by,
        text=text,
        product=product or (offer.product if offer else None),
        offer=offer,
    )
    notifications.tell_buyer(enquiry, "answered")
    return message


@transaction.atomic
def write_back(enquiry: Enquiry, *, text: str) -> EnquiryMessage:
    """Add the buyer's line; who holds the private address is the buyer."""
    enquiry = _locked(enquiry)
    findings = _markup_findings(text=text)
    if findings:
        raise RuleViolated(findings=findings)
    _move(enquiry, "write_back")
    message = EnquiryMessage.objects.create(enquiry=enquiry, author=MessageAuthor.BUYER, text=text)
    notifications.enquiry_sent(enquiry)
    return message


@transaction.atomic
def close_enquiry(enquiry: Enquiry, *, by: object | None = None, reason: str = "") -> Enquiry:
    """Close the conversation; the private address stays readable.

    `by` is None for the buyer, who has that address and owes no reason; a cooperative names a CloseReason ("other" by
    default), which the buyer is told. Raises RuleViolated("bad_reason").
    """
    enquiry = _locked(enquiry)
    if by is not None:
        require(can_answer_enquiry(by, enquiry))
        enquiry.close_reason = reason or CloseReason.OTHER
        if enquiry.close_reason not in CloseReason.values:
            raise RuleViolated(findings=[finding("bad_reason", "reason", _("Hãy chọn một lý do trong danh sách."))])
    enquiry.closed_at = timezone.now()
    _move(enquiry, "close", "closed_at", "close_reason")
    if by is not None and enquiry.spam_at is None:
        notifications.tell_buyer(enquiry, "closed")
    return enquiry


@transaction.atomic
def mark_spam(enquiry: Enquiry, *, is_spam: bool, by: object) -> Enquiry:
    """Hide an enquiry from the inbox as spam, or bring it back; marks count against the contact (`spend_enquiry`)."""
    enquiry = _locked(enquiry)
    require(can_answer_enquiry(by, enquiry))
    if is_spam and enquiry.answered_at is not None:
        raise WrongState("already_answered", _("Yêu cầu đã được trả lời thì không đánh dấu là thư rác nữa."))
    enquiry.spam_at = (enquiry.spam_at or timezone.now()) if is_spam else None
    enquiry.save(update_fields=["spam_at"])
    return enquiry


@transaction.atomic
def share_contact(enquiry: Enquiry, *, is_shared: bool) -> Enquiry:
    """Let the cooperative see the buyer's contact once it has answered, or no longer; the buyer decides."""
    enquiry = _locked(enquiry)
    enquiry.contact_shared_at = (enquiry.contact_shared_at or timezone.now()) if is_shared else None
    enquiry.save(update_fields=["contact_shared_at"])
    return enquiry


@transaction.atomic
def send_link(enquiry: Enquiry) -> Enquiry:
    """Send the private address to the buyer's own contact. TooManyRequests sooner than 10 minutes after the last."""
    enquiry = _locked(enquiry)
    now = timezone.now()
    if enquiry.link_sent_at is not None and enquiry.link_sent_at > now - LINK_NOT_SOONER:
        raise TooManyRequests(retry_after=int((enquiry.link_sent_at + LINK_NOT_SOONER - now).total_seconds()) + 1)
    enquiry.link_sent_at = now
    enquiry.save(update_fields=["link_sent_at"])
    notifications.tell_buyer(enquiry, "link")
    return enquiry


@transaction.atomic
def send_links(contact: str) -> int:
    """Send a contact the private addresses of its confirmed enquiries of 90 days; return how many.

    Who asks must not learn the number: the page says the same in every case. At most once in 10 minutes per contact.
    """
    _kind, cleaned = contacts.read_contact(contact)
    digests = contacts.digests_of(cleaned)
    contacts.hold(f"links:{digests[0]}")
    now = timezone.now()
    own = Enquiry.objects.filter(contact_digest__in=digests, sent_at__gt=now - LINKS_SHOWN_FOR)
    if own.filter(link_sent_at__gt=now - LINK_NOT_SOONER).exists():
        return 0
    sent = own.only("contact_encrypted").order_by("-sent_at")[:MOST_LINKS]
    found = [enquiry.pk for enquiry in sent if enquiry.contact == cleaned]  # one address, not another of its mailbox
    if found:
        Enquiry.objects.filter(pk__in=found).update(link_sent_at=now)
        notifications.tell_links(found)
    return len(found)


def _move(enquiry: Enquiry, step: str, *stamps: str) -> None:
    enquiry.status = next_status(ENQUIRY_TRANSITIONS, step, enquiry.status)
    if enquiry.status not in WAITING:
        enquiry.waiting_since = None
    elif step == "write_back":
        enquiry.waiting_since, enquiry.reminded = timezone.now(), 0
    enquiry.save(update_fields=["status", "waiting_since", "reminded", *stamps])


def is_open(enquiry: Enquiry) -> bool:
    """Whether either side may still write."""
    return enquiry.status in OPEN
