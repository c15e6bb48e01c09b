"""Writes on enquiries: a buyer asks, the cooperative answers, neither learns the other's contact."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes.models import Market
from cooperatives.models import Cooperative
from core import crypto
from core.errors import RuleViolated
from core.permissions import require
from core.workflow import next_status
from products import notifications
from products.models import ContactKind, Enquiry, EnquiryMessage, EnquiryStatus, MessageAuthor, Product
from products.permissions import can_answer_enquiry, can_read_enquiry
from products.services.findings import finding
from products.workflow import ENQUIRY_TRANSITIONS

_PHONE = re.compile(r"\+?[0-9]{8,15}")  # ITU-T E.164: at most 15 digits


@transaction.atomic
def send_enquiry(
    cooperative: Cooperative,
    *,
    buyer_name: str,
    contact: str,
    message: str,
    has_consented: bool,
    product: Product | None = None,
    quantity_t: float | None = None,
    wanted_months: Iterable[int] = (),
    market: Market | None = None,
) -> Enquiry:
    """Store a buyer's enquiry and tell the cooperative. No account is needed.

    `contact` is a mail address or a phone number; it is encrypted and never shown to the cooperative. Raises
    RuleViolated without consent (Law 91/2025/QH15: silence is not consent), with a contact that is neither, and for
    a product of another cooperative.
    """
    kind, cleaned = read_contact(contact)
    if not has_consented:
        raise RuleViolated(
            findings=[finding("consent_missing", "consent", _("Cần đồng ý để chúng tôi chuyển yêu cầu."))]
        )
    if product is not None and product.cooperative_id != cooperative.pk:
        raise RuleViolated(findings=[finding("foreign_product", "product", _("Sản phẩm không phải của đơn vị này."))])
    enquiry = Enquiry.objects.create(
        cooperative=cooperative,
        product=product,
        buyer_name=buyer_name,
        contact_kind=kind,
        contact_encrypted=crypto.encrypt(cleaned),
        contact_digest=crypto.digest(cleaned, "enquiry"),
        quantity_t=quantity_t,
        wanted_months=sorted(set(wanted_months)),
        market=market,
        message=message,
        consented_at=timezone.now(),
        sent_at=timezone.now(),
        waiting_since=timezone.now(),
    )
    EnquiryMessage.objects.create(enquiry=enquiry, author=MessageAuthor.BUYER, text=message)
    notifications.enquiry_sent(enquiry)
    return enquiry


def read_contact(contact: str) -> tuple[str, str]:
    """Return (kind, cleaned contact); raise RuleViolated for what is neither a mail address nor a phone number."""
    text = contact.strip()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise RuleViolated(findings=[finding("bad_email", "contact", _("Địa chỉ thư chưa đúng."))]) from error
        return ContactKind.EMAIL, text.lower()
    digits = re.sub(r"[ .()-]", "", text)
    if _PHONE.fullmatch(digits):
        return ContactKind.PHONE, digits
    raise RuleViolated(
        findings=[finding("bad_contact", "contact", _("Hãy ghi một số điện thoại hoặc một địa chỉ thư điện tử."))]
    )


@transaction.atomic
def open_enquiry(enquiry: Enquiry, *, by: object) -> Enquiry:
    """Mark the enquiry as read when the cooperative opens it for the first time."""
    enquiry = Enquiry.objects.select_for_update(of=("self",)).get(pk=enquiry.pk)
    require(can_read_enquiry(by, enquiry))
    if enquiry.status == "sent" and can_answer_enquiry(by, enquiry):
        enquiry.read_at = timezone.now()
        _move(enquiry, "read", "read_at")
    return enquiry


@transaction.atomic
def answer_enquiry(enquiry: Enquiry, *, text: str, by: Any) -> EnquiryMessage:
    """Answer the buyer through the relay: a line on the buyer's private page, and a mail when there is an address."""
    enquiry = Enquiry.objects.select_for_update(of=("self",)).get(pk=enquiry.pk)
    require(can_answer_enquiry(by, enquiry))
    enquiry.answered_at = timezone.now()
    _move(enquiry, "answer", "answered_at")
    message = EnquiryMessage.objects.create(enquiry=enquiry, author=MessageAuthor.COOPERATIVE, by=by, text=text)
    notifications.enquiry_answered(enquiry)
    return message


@transaction.atomic
def write_back(enquiry: Enquiry, *, text: str) -> EnquiryMessage:
    """Add the buyer's line; who holds the private address is the buyer."""
    enquiry = Enquiry.objects.select_for_update(of=("self",)).get(pk=enquiry.pk)
    _move(enquiry, "write_back")
    message = EnquiryMessage.objects.create(enquiry=enquiry, author=MessageAuthor.BUYER, text=text)
    notifications.enquiry_sent(enquiry)
    return message


@transaction.atomic
def close_enquiry(enquiry: Enquiry, *, by: object | None = None) -> Enquiry:
    """Close the conversation; the private address stays readable. `by` is None for the buyer, who has that address."""
    enquiry = Enquiry.objects.select_for_update(of=("self",)).get(pk=enquiry.pk)
    if by is not None:
        require(can_answer_enquiry(by, enquiry))
    enquiry.closed_at = timezone.now()
    _move(enquiry, "close", "closed_at")
    return enquiry


def _move(enquiry: Enquiry, step: str, *stamps: str) -> None:
    enquiry.status = next_status(ENQUIRY_TRANSITIONS, step, enquiry.status)
    if enquiry.status not in (EnquiryStatus.SENT, EnquiryStatus.READ):
        enquiry.waiting_since = None
    elif step == "write_back":
        enquiry.waiting_since, enquiry.reminded = timezone.now(), 0
    enquiry.save(update_fields=["status", "waiting_since", "reminded", *stamps])
