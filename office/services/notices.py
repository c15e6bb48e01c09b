"""News for users: in the app at once, and on its way by every channel that the user has."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from office.models import Notice
from office.services.messages import send_beside

MAX_TEXT = 300


@transaction.atomic
def notify(users: Any, kind: str, text: Any, url: str = "", *, once_key: str = "") -> list[Notice]:
    """Leave a notice for one user or several and let messages go beside it; users not active get none.

    `text`: a lazy translation or an `office.sentences.Sentence`, so that each reader gets the own language; a plain
    string is told to all as it is. `url` is a path of this site. `once_key` names the piece of news: a user who was
    told under this key is not told again. Returns the notices that are new.
    """
    receivers = users if isinstance(users, Iterable) else [users]
    active = {user.pk: user for user in receivers if user.is_active}
    words = {language: _in_language(text, language) for language, _name in settings.LANGUAGES}
    vietnamese, english = words[settings.LANGUAGE_CODE], words.get("en", "")
    new = [
        Notice(
            user=user,
            kind=kind,
            text=vietnamese,
            text_en="" if english == vietnamese else english,
            url=url,
            once_key=once_key,
        )
        for user in active.values()
    ]
    notices = _store_once(new, once_key) if once_key else Notice.objects.bulk_create(new)
    send_beside(notices)
    return notices


def _in_language(text: Any, language: str) -> str:
    with override(language):
        return " ".join(str(text).split())[:MAX_TEXT]


def _store_once(new: list[Notice], once_key: str) -> list[Notice]:
    own = Notice.objects.filter(user__in=[notice.user for notice in new], once_key=once_key)
    told = list(own.values_list("user_id", flat=True))
    # The constraint decides between two who tell at the same moment; their messages are unique per notice as well.
    Notice.objects.bulk_create((notice for notice in new if notice.user_id not in told), ignore_conflicts=True)
    return list(own.exclude(user__in=told).select_related("user").order_by("pk"))


def mark_read(user: Any, notice: Notice | None = None) -> int:
    """Mark one notice of the user, or all, as read; return how many were new."""
    unread = Notice.objects.visible_to(user).unread()
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=timezone.now())
