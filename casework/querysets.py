"""Reads on requests."""

import datetime as dt
from typing import Any, Self

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.permissions import units_with
from codes.models import AreaPlot
from cooperatives.querysets import own_cooperative_ids

AWAITING_OFFICE = ("submitted", "in_review", "inspection")


class CodeRequestQuerySet(QuerySet):
    """Requests chain: `CodeRequest.objects.visible_to(user).awaiting_office().late_on(today)`."""

    def visible_to(self, user: Any) -> Self:
        """Requests of one's own cooperatives; submitted ones in the units where the user may examine requests."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user))
            | Q(commune__in=units_with(user, "casework.view_request"), submitted_on__isnull=False)
        )

    def for_office(self, user: Any) -> Self:
        """Handed-in requests in the units where the user may view requests: what a desk is about."""
        return self.filter(commune__in=units_with(user, "casework.view_request")).filter(submitted_on__isnull=False)

    def with_plot_count(self) -> Self:
        """Annotates `plot_count`, the plots of the area."""
        links = AreaPlot.objects.filter(area=OuterRef("area")).order_by().values("area")
        return self.annotate(plot_count=Coalesce(Subquery(links.annotate(n=Count("pk")).values("n")), 0))

    def awaiting_office(self) -> Self:
        """Requests whose next step is the office's."""
        return self.filter(status__in=AWAITING_OFFICE)

    def late_on(self, day: dt.date) -> Self:
        """Requests at the office whose deadline is over (the last day still counts as in time)."""
        return self.awaiting_office().filter(due_on__lt=day)
