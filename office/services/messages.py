"""Messages beside notices: made in the writer's transaction, sent by the worker at most once, retried with patience.

A message is claimed by a short transaction of its own before it leaves, so two workers never send the same one, and
the outcome is written after it left. A process that dies in between leaves a claim without outcome: after
STALE_CLAIM it is shown as unknown. Twice is worse than never for a message that the app shows anyway.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from office.models import Message, MessageChannel, MessagePreference, MessageStatus, Notice
from office.senders import PermanentFailure, TemporaryFailure, channels, sender_of

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10  # waits of 1, 2, 4 ... minutes up to an hour: gives up after some five hours
FIRST_WAIT = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(hours=1)
STALE_CLAIM = dt.timedelta(minutes=10)  # longer than any sender may take (EMAIL_TIMEOUT is 20 s)
MAX_ERROR = 300
MAX_SUBJECT = 120


def send_beside(notices: Iterable[Notice]) -> None:
    """Put a message on its way for every channel that each notice's user has and wants; once per channel."""
    notices = list(notices)
    preferences = preferences_of([notice.user_id for notice in notices])
    possible = channels()
    Message.objects.bulk_create(
        (
            Message(notice=notice, channel=channel)
            for notice in notices
            for channel in possible
            if address_of(notice.user, channel) and preferences[notice.user_id].wants(channel)
        ),
        ignore_conflicts=True,
    )


def preferences_of(user_ids: Iterable[int]) -> dict[int, MessagePreference]:
    """Return how each user wants to be told; those who never said get what the model has by default."""
    ids = list(user_ids)
    stored = {row.user_id: row for row in MessagePreference.objects.filter(user__in=ids)}
    return {pk: stored.get(pk) or MessagePreference(user_id=pk) for pk in ids}


def address_of(user: Any, channel: str) -> str:
    """Return where the user is reached by the channel, "" where not."""
    return user.email if channel == MessageChannel.MAIL else user.phone


def deliver_messages(limit: int = 50) -> int:
    """Send up to `limit` messages that are due; return how many left.

    A channel that fails for the moment is left alone until the next call, so that a dead mail server costs one
    time-out, not fifty.
    """
    sent, resting = 0, set[str]()
    for _turn in range(limit):
        message = _claim(resting)
        if message is None:
            break
        outcome = _send(message)
        if outcome == MessageStatus.WAITING:
            resting.add(message.channel)
        sent += outcome == MessageStatus.SENT
    return sent


def _claim(resting: Iterable[str]) -> Message | None:
    now = timezone.now()
    with transaction.atomic():
        due = Message.objects.due(now).exclude(channel__in=resting)
        message = due.select_for_update(of=("self",), skip_locked=True).first()
        if message is None:
            return None
        message.status, message.claimed_at, message.attempts = MessageStatus.SENDING, now, message.attempts + 1
        message.save(update_fields=["status", "claimed_at", "attempts"])
    return Message.objects.select_related("notice__user").get(pk=message.pk)


def _send(message: Message) -> str:
    """Let a claimed message leave and write what became of it; return the new status."""
    user = message.notice.user
    address = address_of(user, message.channel)
    try:
        if not (address and user.is_active):
            raise PermanentFailure("the account has no address for this channel, or is closed")
        subject, text = words_of(message.notice, message.channel)
        number = sender_of(message.channel).send(address, subject, text)
    except TemporaryFailure as error:
        if message.attempts >= MAX_ATTEMPTS:
            return _finish(message, MessageStatus.FAILED, error=error)
        wait = min(FIRST_WAIT * 2 ** (message.attempts - 1), LONGEST_WAIT)
        return _finish(message, MessageStatus.WAITING, error=error, due_at=timezone.now() + wait)
    except PermanentFailure as error:
        return _finish(message, MessageStatus.FAILED, error=error)
    except Exception as error:
        logger.exception("message %s: nobody knows whether it left", message.pk)
        return _finish(message, MessageStatus.UNKNOWN, error=error)
    return _finish(message, MessageStatus.SENT, sent_at=timezone.now(), provider_id=str(number or "")[:255])


def _finish(message: Message, status: str, *, error: Exception | None = None, **fields: Any) -> str:
    text = f"{type(error).__name__}: {error}"[:MAX_ERROR] if error else ""
    text = " ".join(text.replace("\x00", "").split())
    claimed = Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING, attempts=message.attempts)
    claimed.update(status=status, error=text, **fields)
    return status


def words_of(notice: Notice, channel: str) -> tuple[str, str]:
    """Return subject and text of a notice in its reader's language; a phone gets the sentence and the link only."""
    language = preferences_of([notice.user_id])[notice.user_id].language
    sentence = notice.text_in(language)
    link = f"{settings.PUBLIC_URL}{notice.url}" if notice.url else ""
    with override(language):
        subject = " ".join(f"Vùng Trồng: {sentence}".split())[:MAX_SUBJECT]
        if channel != MessageChannel.MAIL:
            return subject, f"{sentence} {link}".strip()
        parts = [sentence, link, _("Thư tự động, xin không trả lời.")]
    return subject, "\n\n".join(part for part in parts if part)


def reap_claims(now: dt.datetime | None = None) -> int:
    """Show claims whose process must have died as unknown; return how many."""
    stale = Message.objects.filter(status=MessageStatus.SENDING, claimed_at__lt=(now or timezone.now()) - STALE_CLAIM)
    return stale.update(status=MessageStatus.UNKNOWN, error="the process ended between claim and outcome")


def retry_messages(messages: QuerySet[Message]) -> int:
    """Send again, from the first attempt on, those of the messages that were given up; return how many."""
    return messages.filter(pk__in=Message.objects.given_up().values("pk")).update(
        status=MessageStatus.WAITING, attempts=F("attempts") * 0, due_at=timezone.now(), error=""
    )


def choose_channels(user: Any, **choices: Any) -> MessagePreference:
    """Keep how the user wants to be told: `language`, `by_mail`, `by_sms`, `by_zalo`."""
    return MessagePreference.objects.update_or_create(user=user, defaults=choices)[0]
