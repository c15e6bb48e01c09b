"""Reads on exports and snapshots."""

import datetime as dt
from typing import Any, Self

from django.db.models import QuerySet

UNDERWAY = ("queued", "running")  # office.models.JobStatus; no model is imported here, since models import this


class ExportQuerySet(QuerySet):
    """Exports chain."""

    def of(self, user: Any) -> Self:
        """Exports that the user asked for; none for visitors, who keep their link themselves."""
        return self.filter(requested_by=user) if user.is_authenticated else self.none()

    def visible_to(self, user: Any) -> Self:
        """One's own, and those of visitors: whoever holds the link, which nobody can guess, may open them."""
        if user.is_authenticated:
            return self.filter(requested_by=user) | self.filter(requested_by=None)
        return self.filter(requested_by=None)

    def underway(self) -> Self:
        """Exports whose job waits or runs."""
        return self.filter(job__status__in=UNDERWAY)

    def expired(self, now: dt.datetime) -> Self:
        """Exports whose file is to go."""
        return self.filter(expires_at__lt=now, document__isnull=False)


class SnapshotQuerySet(QuerySet):
    """Snapshots chain."""

    def newest(self) -> Self:
        """The newest of each layer and format."""
        newest = self.order_by("layer", "format", "-made_on").distinct("layer", "format")
        return self.filter(pk__in=newest.values("pk"))
