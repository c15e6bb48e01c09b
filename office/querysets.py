"""Reads on jobs and notices."""

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
