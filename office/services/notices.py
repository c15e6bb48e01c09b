"""Messages to users: in the app at once, by mail through the outbox when the user has an address."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from office.models import Notice
from office.services.outbox import queue

MAX_TEXT = 300


@transaction.atomic
def notify(users: Any, kind: str, text: Any, url: str = "") -> list[Notice]:
    """Leave a notice for one user or several; `url` is a path of this site. Users not active get none."""
    receivers = users if isinstance(users, Iterable) else [users]
    notices = Notice.objects.bulk_create(
        Notice(user=user, kind=kind, text=" ".join(str(text).split())[:MAX_TEXT], url=url)
        for user in {user.pk: user for user in receivers}.values()
        if user.is_active
    )
    for notice in notices:
        if notice.user.email:
            queue("office.mail", {"notice": notice.pk})
    return notices


def mark_read(user: Any, notice: Notice | None = None) -> int:
    """Mark one notice of the user, or all, as read; return how many were new."""
    unread = Notice.objects.visible_to(user).unread()
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=timezone.now())
