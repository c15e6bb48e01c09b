"""Reads on jobs, notices and messages."""

import datetime as dt
from typing import Any, Self

from django.db.models import QuerySet


class JobQuerySet(QuerySet):
    """Jobs chain."""

    def visible_to(self, user: Any) -> Self:
        """A user sees the jobs he or she started."""
        return self.filter(created_by=user) if user.is_authenticated else self.none()


class NoticeQuerySet(QuerySet):
    """Notices chain."""

    def visible_to(self, user: Any) -> Self:
        """A user sees his or her own notices."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        """Notices not opened yet."""
        return self.filter(read_at=None)


class MessageQuerySet(QuerySet):
    """Messages chain."""

    def due(self, now: dt.datetime) -> Self:
        """Messages that may leave now, in the order in which they came."""
        return self.filter(status="waiting", due_at__lte=now).order_by("id")

    def given_up(self) -> Self:
        """Messages that did not leave, or of which nobody knows: what an administrator may send again."""
        return self.filter(status__in=("failed", "unknown"))
