"""News told after the commit, at least once: a row in the writer's transaction, delivered by the worker."""

import datetime as dt
import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from office.models import OutboxMessage

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12  # waits of 2, 4, 8 ... seconds up to an hour: gives up after some four hours
LONGEST_WAIT_S = 3600


@cache
def _receivers() -> dict[str, str]:
    return dict(import_string(settings.OUTBOX_RECEIVERS))


def queue(receiver: str, payload: dict[str, Any]) -> OutboxMessage:
    """Tell `receiver` (a name in `geoapp.wiring.OUTBOX_RECEIVERS`) after this transaction commits; JSON payload.

    Delivery is at least once: a receiver must bear hearing the same thing twice. Raises KeyError for unknown names.
    """
    _receivers()[receiver]
    return OutboxMessage.objects.create(receiver=receiver, payload=payload)


def deliver_outbox(limit: int = 100) -> int:
    """Deliver up to `limit` waiting messages, each in a transaction of its own; return how many arrived."""
    return sum(_deliver_one() is True for _turn in range(min(limit, _waiting().count())))


def _waiting() -> Any:
    return OutboxMessage.objects.filter(
        delivered_at=None, due_at__lte=timezone.now(), attempts__lt=MAX_ATTEMPTS
    ).order_by("id")


def _deliver_one() -> bool | None:
    with transaction.atomic():
        message = _waiting().select_for_update(skip_locked=True).first()
        if message is None:
            return None
        message.attempts += 1
        try:
            with transaction.atomic():
                import_string(_receivers()[message.receiver])(message.payload)
        except Exception as error:
            logger.warning("outbox message %s failed", message, exc_info=True)
            message.last_error = f"{type(error).__name__}: {error}"[:500]
            wait = min(2**message.attempts, LONGEST_WAIT_S)
            message.due_at = timezone.now() + dt.timedelta(seconds=wait)
        else:
            message.delivered_at, message.last_error = timezone.now(), ""
        message.save(update_fields=["attempts", "last_error", "due_at", "delivered_at"])
        return message.delivered_at is not None
