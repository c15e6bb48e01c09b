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


class OpinionQuerySet(QuerySet):
    """Opinions that were asked for."""

    def waiting(self) -> Self:
        """Opinions not answered and not taken back."""
        return self.filter(answered_at=None, revoked_at=None)


class InspectionQuerySet(QuerySet):
    """Visits that were made."""

    def visible_to(self, user: Any) -> Self:
        """Visits in the units where the user may view requests; the cooperative reads results, not positions."""
        if not user.is_authenticated:
            return self.none()
        units = units_with(user, "casework.view_request")
        return self.filter(Q(code_request__commune__in=units) | Q(code__commune__in=units))


class PlannedVisitQuerySet(QuerySet):
    """Visits to be made."""

    def open(self) -> Self:
        """Visits neither made nor cancelled."""
        return self.filter(inspection=None, cancelled_at=None)

    def visible_to(self, user: Any) -> Self:
        """Visits in the units where the user may view requests."""
        if not user.is_authenticated:
            return self.none()
        units = units_with(user, "casework.view_request")
        return self.filter(Q(code_request__commune__in=units) | Q(code__commune__in=units))


class OverrideQuerySet(QuerySet):
    """Rules that officers let pass."""

    def visible_to(self, user: Any) -> Self:
        """Overrides in the units where the user may view requests."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(code_request__commune__in=units_with(user, "casework.view_request"))


class CodeAlertQuerySet(QuerySet):
    """Alerts of the nightly check."""

    def open(self) -> Self:
        """Alerts that still hold and were not dismissed."""
        return self.filter(closed_at=None, dismissed_by=None)

    def visible_to(self, user: Any) -> Self:
        """Alerts in the units where the user may view requests."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(code__commune__in=units_with(user, "casework.view_request"))


class MisuseQuerySet(QuerySet):
    """Cases of misuse."""

    def open(self) -> Self:
        """Cases that wait for a verdict."""
        return self.filter(status="open")

    def public(self) -> Self:
        """Cases published with their decision."""
        return self.filter(published_at__isnull=False)

    def visible_to(self, user: Any) -> Self:
        """Cases in the units where the user may examine requests; unknown codes: every such officer."""
        if not user.is_authenticated:
            return self.none()
        units = units_with(user, "casework.examine_request")
        return self.filter(Q(commune__in=units) | Q(commune=None) if units.exists() else Q(pk=None))

    def for_holder(self, user: Any) -> Self:
        """Cases about codes of one's own cooperatives that the holder has been asked to answer."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(code__holder__in=own_cooperative_ids(user), reply_due_on__isnull=False)


class RoutingQuerySet(QuerySet):
    """Who gets which requests."""

    def open_on(self, day: dt.date) -> Self:
        """Rules in force on `day` or beginning later."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def on(self, day: dt.date) -> Self:
        """Rules whose dates contain `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
