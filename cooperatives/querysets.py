"""Reads on cooperatives, memberships, growers and certificates."""

import datetime as dt
from typing import Any, Self

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from accounts.permissions import units_with
from core.text import fold
from people.models import Purpose
from people.querysets import agrees, named


class CooperativeQuerySet(QuerySet):
    """Cooperatives chain: `Cooperative.objects.public().within_unit(commune)`."""

    def public(self) -> Self:
        """Verified organisations; a single household is never listed."""
        return self.filter(status="verified").exclude(kind="household")

    def visible_to(self, user: Any) -> Self:
        """Public ones, one's own, and all in the units where the user may view cooperatives."""
        if not user.is_authenticated:
            return self.public()
        return self.filter(
            Q(status="verified") & ~Q(kind="household")
            | Q(pk__in=own_cooperative_ids(user))
            | Q(commune__in=units_with(user, "cooperatives.view_cooperative"))
        )

    def waiting_for(self, user: Any) -> Self:
        """Cooperatives not verified yet, in the units where the user may verify them."""
        return self.exclude(status="verified").filter(commune__in=units_with(user, "cooperatives.verify_cooperative"))

    def managed_by(self, user: Any) -> Self:
        """Cooperatives for which the user may enter data (owner, clerk or helper)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(memberships__user=user, memberships__role__in=("owner", "clerk", "helper"))

    def worked_for_by(self, user: Any) -> Self:
        """Cooperatives in which the user has any role."""
        return self.filter(memberships__user=user) if user.is_authenticated else self.none()

    def search(self, text: str) -> Self:
        """Cooperatives whose name contains `text`, without regard to diacritics."""
        return self.filter(search_key__contains=fold(text))

    def within_unit(self, unit: Any) -> Self:
        """Cooperatives seated in the unit or a unit below it."""
        from places.models import AdministrativeUnit

        return self.filter(commune__in=AdministrativeUnit.objects.within_units([unit.pk]))


def own_cooperative_ids(user: Any) -> QuerySet:
    """Return the ids (as a subquery) of the cooperatives in which the user has any role."""
    from cooperatives.models import Membership

    return Membership.objects.filter(user=user).values("cooperative_id")


class MembershipQuerySet(QuerySet):
    """Memberships chain."""

    def of(self, user: Any) -> Self:
        """Memberships of one user."""
        return self.filter(user=user) if user.is_authenticated else self.none()


class GrowerQuerySet(QuerySet):
    """Growers chain; there is no public reader."""

    def visible_to(self, user: Any) -> Self:
        """Growers of one's own cooperatives, and those of one's units as officer who agreed to stand in the directory.

        Of the latter only what each of them opened may be shown: `cooperatives.directory`.
        """
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(cooperative__in=own_cooperative_ids(user)) | Q(pk__in=self.model.objects.listed_for(user)))

    def in_charge_of(self, user: Any) -> Self:
        """Growers, whatever they agreed to, of the units where the user may look into the directory: to be counted."""
        return self.current().filter(cooperative__commune__in=units_with(user, "cooperatives.view_grower"))

    def listed_for(self, user: Any) -> Self:
        """Members in the units where the user may look into the directory who agreed to stand in it."""
        return self.in_charge_of(user).filter(agrees("person", Purpose.DIRECTORY))

    def with_land(self) -> Self:
        """Annotates `plot_count`, `conflict_count` and `mapped_m2` of the plots in use under the member's name.

        Plots belong to an app above, so they go by relation name.
        """
        in_use = ~Q(plots__status="archived")
        return self.annotate(
            plot_count=Count("plots", filter=in_use),
            conflict_count=Count("plots", filter=Q(plots__status="in_conflict")),
            mapped_m2=Sum("plots__area_m2", filter=in_use),
        )

    def with_consents(self) -> Self:
        """Fetches the consents in force in one more query, as `person.live_consents`."""
        from people.models import Consent

        return self.prefetch_related(Prefetch("person__consents", Consent.objects.live(), to_attr="live_consents"))

    def search(self, text: str) -> Self:
        """Growers whose name contains `text` without regard to diacritics, or whose number begins with it."""
        return self.filter(named("person__search_key", text) | Q(number__istartswith=text.strip()))

    def current(self) -> Self:
        """Growers who have not left."""
        return self.filter(left_on=None)


class DirectoryExportQuerySet(QuerySet):
    """Exports of the directory chain."""

    def visible_to(self, user: Any) -> Self:
        """One's own, and those about communes where the user watches over exports (administrators, auditors)."""
        if not user.is_authenticated:
            return self.none()
        watched = list(units_with(user, "cooperatives.view_exports").values_list("pk", flat=True))
        return self.filter(Q(exported_by=user) | Q(communes__overlap=watched))


class CertificateQuerySet(QuerySet):
    """Certificates chain."""

    def valid_on(self, day: dt.date) -> Self:
        """Certificates in force on `day` (the last day counts), not refused by an officer, still in use."""
        in_use = Q(ended_on=None) | Q(ended_on__gt=day)
        return self.exclude(check_status="refused").filter(in_use, issued_on__lte=day, valid_until__gte=day)

    def shown(self, day: dt.date) -> Self:
        """Certificates that the public page tells of: also those that have expired, marked so."""
        in_use = Q(ended_on=None) | Q(ended_on__gt=day)
        return self.exclude(check_status="refused").filter(in_use, issued_on__lte=day)

    def visible_to(self, user: Any) -> Self:
        """Certificates of one's own cooperatives, and of those in the units where the user may check them."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user))
            | Q(cooperative__commune__in=units_with(user, "cooperatives.check_certificate"))
        )

    def to_check_by(self, user: Any) -> Self:
        """Certificates in the units where the user may check them, of cooperatives for which the user does not work."""
        rows = self.filter(cooperative__commune__in=units_with(user, "cooperatives.check_certificate"))
        return rows.exclude(cooperative__in=own_cooperative_ids(user)) if user.is_authenticated else self.none()

    def waiting(self, day: dt.date) -> Self:
        """Declared certificates in force or to come on `day`, with a file to check them against."""
        rows = self.filter(check_status="declared", document__isnull=False, valid_until__gte=day)
        return rows.filter(Q(ended_on=None) | Q(ended_on__gt=day))
