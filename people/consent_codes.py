"""Consent by a code: sent to the person's phone, said back to the clerk. Needs a sender of SMS and a phone."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from core import crypto
from core.errors import DomainError, RuleViolated, TooManyRequests
from office.models import MessageChannel
from office.senders import PermanentFailure, TemporaryFailure, channels, sender_of
from people.consent_texts import TEXT_VERSION, fields_of
from people.models import Channel, Consent, ConsentCode, ConsentField, Person, Purpose
from people.services import give_consent

DIGITS = 6
VALID_FOR = dt.timedelta(minutes=10)
NOT_SOONER = dt.timedelta(seconds=60)
A_DAY = 5
MAX_ATTEMPTS = 5


class NotSent(DomainError):
    """503: the service that carries messages did not take it."""

    status = 503
    code = "message_not_sent"


def can_send_code(person: Person) -> bool:
    """Whether a code can reach the person: there is a phone, and the installation has a sender of SMS."""
    return bool(person.phone_encrypted) and MessageChannel.SMS in channels()


def send_code(
    person: Person, purposes: Sequence[str], *, fields: Mapping[str, Sequence[str]] | None = None, by: Any
) -> ConsentCode:
    """Send a code for these purposes; an earlier one is no longer taken. The text names the purposes and what each
    opens (`fields`: purpose -> fields), not the person.

    Raises RuleViolated("no_phone", "purpose_missing"), TooManyRequests within a minute or above 5 a day, NotSent.
    """
    if not can_send_code(person):
        raise RuleViolated("no_phone", _("Không gửi được mã: chưa có số điện thoại hoặc máy chủ chưa gửi được SMS."))
    wanted = [purpose for purpose in Purpose.values if purpose in purposes]
    if not wanted:
        raise RuleViolated("purpose_missing", _("Hãy chọn ít nhất một mục đích."))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # two clerks at once send one code
        now = timezone.now()
        today = person.consent_codes.filter(sent_at__gt=now - dt.timedelta(days=1))
        if today.filter(sent_at__gt=now - NOT_SOONER).exists() or today.count() >= A_DAY:
            raise TooManyRequests(retry_after=int(NOT_SOONER.total_seconds()))
        person.consent_codes.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
        sent = ConsentCode.objects.create(
            person=person,
            purposes=wanted,
            fields={purpose: fields_of(purpose, (fields or {}).get(purpose, ())) for purpose in wanted},
            code_digest=crypto.digest(f"{person.pk}:{code}", "consent_code"),
            sent_by=by,
            sent_at=now,
            expires_at=now + VALID_FOR,
        )
    _send(person, code, wanted, sent)
    return sent


def _send(person: Person, code: str, purposes: Sequence[str], sent: ConsentCode) -> None:
    with override("vi"):
        names = ", ".join(_named(purpose, sent.fields.get(purpose, [])) for purpose in purposes)
        told = _("Mã %(code)s: đọc cho cán bộ đơn vị nếu Ông/Bà đồng ý: %(names)s. Không đồng ý thì bỏ qua tin này.")
        text = told % {"code": code, "names": names}
        subject = _("Mã xác nhận đồng ý")
    try:
        sender_of(MessageChannel.SMS).send(person.phone, subject, text)
    except (TemporaryFailure, PermanentFailure) as error:
        sent.delete()  # it certainly did not leave: the next try need not wait
        raise NotSent(detail=_("Dịch vụ tin nhắn chưa nhận. Hãy thử lại sau hoặc dùng phiếu giấy.")) from error


def _named(purpose: str, fields: Sequence[str]) -> str:
    more = [str(ConsentField(field).label).lower() for field in fields if field != ConsentField.NAME]
    return f"{Purpose(purpose).label} ({', '.join(more)})" if more else str(Purpose(purpose).label)


def confirm_code(person: Person, code: str, *, context: str, by: Any = None) -> list[Consent]:
    """Take the code that the person says back and record its consents. A wrong one counts; five end it.

    Raises RuleViolated("code_wrong", "code_over").
    """
    digest = crypto.digests(f"{person.pk}:{code.strip()}", "consent_code")
    with transaction.atomic():
        waiting = person.consent_codes.select_for_update().filter(used_at=None, expires_at__gt=timezone.now())
        sent = waiting.first()
        if sent is None or sent.attempts >= MAX_ATTEMPTS:
            raise RuleViolated("code_over", _("Mã đã hết hạn hoặc đã nhập sai nhiều lần. Hãy gửi mã mới."))
        is_right = sent.code_digest in digest
        if is_right:
            sent.used_at = timezone.now()
        else:
            sent.attempts += 1
        sent.save(update_fields=["attempts", "used_at"])
        if is_right:
            return [
                give_consent(
                    person,
                    purpose,
                    text_version=TEXT_VERSION,
                    channel=Channel.OTP,
                    evidence=f"{context} {timezone.localtime(sent.sent_at):%Y-%m-%d %H:%M}",
                    fields=sent.fields.get(purpose, []),
                    by=by or sent.sent_by,
                )
                for purpose in sent.purposes
            ]
    raise RuleViolated("code_wrong", _("Mã không đúng."))
