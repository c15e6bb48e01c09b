"""Reads on officer posts."""

import datetime as dt
from typing import Self

from django.db.models import Q, QuerySet


class OfficerPostQuerySet(QuerySet):
    """Posts chain: `OfficerPost.objects.of(user).on(today)`."""

    def on(self, day: dt.date) -> Self:
        """Posts in force on `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)

    def of(self, user: object) -> Self:
        """Posts of one user."""
        return self.filter(user=user)
