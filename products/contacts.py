"""A buyer's contact: read as typed, proved by a one-time code, and what one contact may do in a day."""

import datetime as dt
import re
import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import crypto
from core.errors import Finding, RuleViolated, TooManyRequests, WrongState
from office.models import MessageChannel
from office.senders import channels
from office.services.outbox import queue
from people.numbers import contact_key, phone_digits
from products.models import ContactCode, ContactKind, Enquiry, EnquiryStatus

DIGITS = 6
VALID_FOR = dt.timedelta(minutes=15)
NOT_SOONER = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 5
CODES_PER_ENQUIRY = 5
CODES_PER_CONTACT = 10  # in 24 hours: whoever types a stranger's number cannot ring it all day
A_DAY = dt.timedelta(days=1)
# Enquiries of one contact in 24 hours, by the number of cooperatives that marked one as spam in the last 90 days.
ENQUIRIES_A_DAY = {0: 10, 1: 3}
SPAM_COUNTS_FOR = dt.timedelta(days=90)
KNOWN_FOR = dt.timedelta(days=30)  # a contact proved in the same browser needs no new code

_PHONE = re.compile(r"\+?[0-9]{8,15}")  # ITU-T E.164: at most 15 digits
_NATIONAL = re.compile(r"0[0-9]{9,10}")
_FOREIGN = re.compile(r"00[1-9]")  # dialled from here: 00 stands for +
_MARKUP = re.compile(r"<\s*[/!?]?\s*[a-zA-Z]|<!--|&#x?[0-9a-f]+;", re.IGNORECASE)
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def _finding(code: str, field: str, message: object) -> Finding:
    return Finding(code=code, message=message, pointer=f"/{field}")


def read_contact(contact: str) -> tuple[str, str]:
    """Return (kind, cleaned contact); raise RuleViolated for what is neither a mail address nor a phone number.

    A phone number is refused as well where the installation has no way to send an SMS: its code could not arrive.
    """
    text = contact.strip()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise RuleViolated(findings=[_finding("bad_email", "contact", _("Địa chỉ thư chưa đúng."))]) from error
        return ContactKind.EMAIL, text.lower()
    digits = _one_spelling(re.sub(r"[ .()-]", "", text))
    if not _PHONE.fullmatch(digits):
        raise RuleViolated(
            findings=[_finding("bad_contact", "contact", _("Hãy ghi một số điện thoại hoặc một địa chỉ thư điện tử."))]
        )
    if MessageChannel.SMS not in channels():
        told = _("Máy chủ này chưa gửi được tin nhắn để xác nhận số điện thoại. Hãy ghi địa chỉ thư điện tử.")
        raise RuleViolated(findings=[_finding("no_sms", "contact", told)])
    return ContactKind.PHONE, digits


def _one_spelling(digits: str) -> str:
    """Return the number with 0 for this country and + for others: else each spelling had a budget of its own."""
    national = phone_digits(digits)
    if _NATIONAL.fullmatch(national):
        return national
    return f"+{digits[2:]}" if _FOREIGN.match(digits) else digits


def digest_of(contact: str) -> str:
    """Return the digest under which a contact is counted: the same for all addresses of one mailbox."""
    return crypto.digest(contact_key(contact), "enquiry")


def digests_of(contact: str) -> list[str]:
    """Return the digests, by every key, under which a contact is counted."""
    return crypto.digests(contact_key(contact), "enquiry")


def has_markup(text: str) -> bool:
    """Whether the text holds HTML; "giá < 20.000" does not."""
    return bool(_MARKUP.search(text))


def masked(contact: str) -> str:
    """Return the contact as a hint for who typed it: `v•••@example.test`, `•••456`."""
    name, at, host = contact.partition("@")
    return f"{name[:1]}•••@{host}" if at else f"•••{contact[-3:]}"


def proved_at(contact: str, digests: Any) -> dt.datetime | None:
    """Return when a code proved the contact in a browser that remembers `digests`; None when it has to again."""
    own = [digest for digest in digests_of(contact) if digest in digests]
    proved = Enquiry.objects.filter(contact_digest__in=own, confirmed_at__gt=timezone.now() - KNOWN_FOR)
    # The digest is that of a mailbox as it is counted; what was proved is one address.
    return next((row.confirmed_at for row in proved.order_by("-confirmed_at") if row.contact == contact), None)


def hold(name: str) -> None:
    """Let others who spend the same budget wait until this transaction ends, so that two at once are both counted."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [name])


def spend_enquiry(contact: str, *, is_proved: bool = False) -> None:
    """Raise TooManyRequests above 10 enquiries in 24 hours, RuleViolated for a contact that cooperatives marked.

    Marks of one cooperative leave 3 a day, those of two or more none, until 90 days have passed. `is_proved`: what
    nobody confirmed does not count, so that strangers who type a buyer's contact do not use up that buyer's day.
    Call in a transaction.
    """
    digests = digests_of(contact)
    hold(f"enquiries:{digests[0]}")
    now = timezone.now()
    own = Enquiry.objects.filter(contact_digest__in=digests)
    marked_by = own.filter(spam_at__gt=now - SPAM_COUNTS_FOR).values("cooperative").distinct().count()
    allowed = ENQUIRIES_A_DAY.get(marked_by, 0)
    if not allowed:
        told = _("Liên hệ này bị nhiều đơn vị đánh dấu là thư rác nên tạm thời không gửi yêu cầu được.")
        raise RuleViolated(findings=[_finding("contact_blocked", "contact", told)])
    own = own.exclude(status=EnquiryStatus.UNCONFIRMED) if is_proved else own
    made = list(own.filter(created_at__gt=now - A_DAY).order_by("-created_at").values_list("created_at", flat=True))
    if len(made) >= allowed:
        raise TooManyRequests(retry_after=_seconds_until(made[allowed - 1] + A_DAY, now))


def _seconds_until(moment: dt.datetime, now: dt.datetime) -> int:
    return max(1, int((moment - now).total_seconds()) + 1)


@transaction.atomic
def request_code(enquiry: Enquiry, *, address: str = "") -> str:
    """Let a code go to the contact of an unconfirmed enquiry; an earlier one is no longer taken.

    `address` is the network address that asks. The code is made when it is sent, so that it exists nowhere else;
    only in a demonstration it is made here, returned for the page to show, and nothing is sent: "" otherwise.
    Raises WrongState when it is confirmed already, TooManyRequests sooner than a minute after the last one and above
    10 codes per contact or `ENQUIRY_CODES_PER_ADDRESS` per address in 24 hours, RuleViolated("codes_spent") after five.
    """
    enquiry = Enquiry.objects.select_for_update(of=("self",)).get(pk=enquiry.pk)
    if enquiry.status != EnquiryStatus.UNCONFIRMED:
        raise WrongState("already_confirmed", _("Liên hệ của yêu cầu này đã được xác nhận."))
    now = timezone.now()
    whence = crypto.digest(address, "enquiry_address")
    _spend_code(enquiry, whence, now)
    enquiry.contact_codes.filter(expires_at__gt=now).update(expires_at=now)
    row = ContactCode.objects.create(enquiry=enquiry, expires_at=now + VALID_FOR, address_digest=whence)
    if settings.DEMO:
        return make_code(row)
    queue("products.contact_code", {"code": row.pk})
    return ""


def _spend_code(enquiry: Enquiry, whence: str, now: dt.datetime) -> None:
    hold(f"codes:{enquiry.contact_digest}")
    if whence:
        hold(f"codes:{whence}")
    own = enquiry.contact_codes.all()
    last = own.order_by("-sent_at").first()
    if last is not None and last.sent_at > now - NOT_SOONER:
        raise TooManyRequests(retry_after=_seconds_until(last.sent_at + NOT_SOONER, now))
    if own.count() >= CODES_PER_ENQUIRY:
        told = _("Đã gửi %(n)s mã cho yêu cầu này. Hãy kiểm tra lại liên hệ và gửi một yêu cầu mới.")
        raise RuleViolated("codes_spent", told % {"n": CODES_PER_ENQUIRY})
    today = ContactCode.objects.filter(sent_at__gt=now - A_DAY)
    of_contact = today.filter(enquiry__contact_digest=enquiry.contact_digest).count()
    of_address = today.filter(address_digest=whence).count() if whence else 0
    if of_contact >= CODES_PER_CONTACT or of_address >= settings.ENQUIRY_CODES_PER_ADDRESS:
        raise TooManyRequests(retry_after=3600)


def make_code(row: ContactCode) -> str:
    """Return a new code of this row; from now on it is valid, for 15 minutes, and the row holds its digest."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row.code_digest = crypto.digest(_named(row, code), "contact_code")
    row.expires_at = timezone.now() + VALID_FOR
    row.save(update_fields=["code_digest", "expires_at"])
    return code


def _named(row: ContactCode, code: str) -> str:
    return f"{row.enquiry_id}:{row.pk}:{code}"


def take_code(enquiry: Enquiry, code: str) -> bool:
    """Whether `code` is the one that was sent; a wrong one is counted. Call with the enquiry locked, and commit.

    Raises RuleViolated("code_over") when there is none to compare with: too old, or five times wrong.
    """
    row = enquiry.contact_codes.filter(used_at=None, expires_at__gt=timezone.now()).first()
    if row is None or row.attempts >= MAX_ATTEMPTS:
        told = _("Mã đã hết hạn hoặc đã nhập sai nhiều lần. Hãy gửi mã mới.")
        raise RuleViolated("code_over", told, findings=[_finding("code_over", "code", told)])
    typed = re.sub(r"[^0-9]", "", code)
    is_right = row.code_digest in crypto.digests(_named(row, typed), "contact_code")
    if is_right:
        row.used_at = timezone.now()
    else:
        row.attempts += 1
    row.save(update_fields=["attempts", "used_at"])
    return is_right


def was_proved_by(enquiry: Enquiry, code: str) -> bool:
    """Whether `code` is the one that confirmed the enquiry: who types anything else has proved nothing."""
    row = enquiry.contact_codes.exclude(used_at=None).first()
    typed = re.sub(r"[^0-9]", "", code)
    return row is not None and row.code_digest in crypto.digests(_named(row, typed), "contact_code")
