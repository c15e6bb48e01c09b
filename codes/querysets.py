"""Reads on schemes, production areas and codes."""

import datetime as dt
from typing import Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.permissions import units_with
from codes.expressions import WithoutDashes
from cooperatives.querysets import own_cooperative_ids
from places.models import AdministrativeUnit

HOME_MARKET = "VNM"


class DatedQuerySet(QuerySet):
    """Rows with `valid_from` and `valid_to` (the first day on which they no longer hold)."""

    def on(self, day: dt.date) -> Self:
        """Rows whose dates contain `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class SchemeQuerySet(DatedQuerySet):
    """Schemes chain: `CodeScheme.objects.usable_on(today)`."""

    def usable_on(self, day: dt.date) -> Self:
        """Schemes in force that an administrator has confirmed."""
        return self.on(day).filter(is_confirmed=True)

    def for_unit(self, unit: AdministrativeUnit) -> Self:
        """Schemes of the unit's province and those of all provinces."""
        province = AdministrativeUnit.objects.province_of(unit)
        return self.filter(Q(province=None) | Q(province=province))


class ProductionAreaQuerySet(QuerySet):
    """Areas chain: `ProductionArea.objects.public().with_active_code("CHN", today)`."""

    def public(self) -> Self:
        """Areas in use that have ever been given a code, or whose products are public: what a buyer may know of.

        `products` by name: that app stands above this one.
        """
        from codes.models import ProductionArea, ProductionAreaCode

        sold = ProductionArea.objects.filter(
            pk=OuterRef("pk"), products__is_published=True, products__cooperative__status="verified"
        ).exclude(cooperative__kind="household")
        coded = ProductionAreaCode.objects.filter(area=OuterRef("pk"))
        return self.filter(Exists(coded) | Exists(sold), is_active=True)

    def visible_to(self, user: Any) -> Self:
        """Areas of one's own cooperatives and those in the units where the user may view areas."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "codes.view_area"))
        )

    def within_unit(self, unit: Any) -> Self:
        """Areas in the unit or a unit below it, by their commune."""
        return self.filter(commune__in=AdministrativeUnit.objects.within_units([unit.pk]))

    def with_counts(self, day: dt.date) -> Self:
        """Annotates `plot_count` and `live_codes`, the codes in force on `day`."""
        from codes.models import AreaPlot, ProductionAreaCode

        plots = (
            AreaPlot.objects.filter(area=OuterRef("pk")).order_by().values("area").annotate(n=Count("pk")).values("n")
        )
        codes = ProductionAreaCode.objects.active_on(day).filter(area=OuterRef("pk")).order_by("code").values("code")
        return self.annotate(plot_count=Coalesce(Subquery(plots), 0), live_codes=ArraySubquery(codes))

    def with_active_code(self, market: str, day: dt.date) -> Self:
        """Areas with a code that is good for `market` on `day`."""
        from codes.models import ProductionAreaCode

        codes = ProductionAreaCode.objects.good_for(market, day).filter(area=OuterRef("pk"))
        return self.filter(Exists(codes))


class CodeQuerySet(QuerySet):
    """Codes chain. Codes are public; what is hidden of them (outline, household) is hidden by the layer."""

    def public(self) -> Self:
        """All codes: a revoked one must be findable, so that it can be seen to be revoked."""
        return self.all()

    def visible_to(self, user: Any) -> Self:
        """Codes of one's own cooperatives and those in the units where the user may view codes."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(holder__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "codes.view_code")))

    def active_on(self, day: dt.date) -> Self:
        """Codes in force on `day` (the last day of validity counts)."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), status="active")

    def good_for(self, market: str, day: dt.date) -> Self:
        """Codes in force on `day` that `market` has approved; at home (VNM) the domestic code itself is enough."""
        from codes.models import MarketApproval

        if market == HOME_MARKET:
            return self.active_on(day).filter(scheme__is_domestic=True)
        approvals = MarketApproval.objects.filter(code=OuterRef("pk"), market=market, status="approved")
        return self.active_on(day).filter(Exists(approvals))

    def with_shown_status(self, day: dt.date) -> Self:
        """Annotates `shown_status`: the stored status, or `expired` when an active code's last day is over."""
        return self.annotate(
            shown_status=Case(
                When(Q(status="active", valid_until__lt=day), then=Value("expired")),
                default=F("status"),
                output_field=CharField(),
            )
        )

    def with_area_shape(self) -> Self:
        """Annotates `shape`, the frozen outline: for readers who may see it."""
        return self.annotate(shape=F("boundary"))

    @staticmethod
    def outline_is_public() -> Q:
        """Whether the frozen outline may be shown: the area's is public today, and what made it so also holds for the
        ground as it was frozen (three growers then, or the same ground)."""
        return Q(area__is_outline_public=True) & (Q(grower_count__gte=3) | Q(area_version=F("area__version")))

    def with_ledger(self, year: int) -> Self:
        """Annotates the volume ledger of a calendar year, tonnes as floats: `expected_t` (null: no yield norm known),
        `declared_t`, `remaining_t` (below 0 when over, null as `expected_t`), and `is_overdrawn`."""
        from codes import ledger

        rows = self
        for step in ledger.annotations(year):
            rows = rows.annotate(**step)
        return rows

    def overdrawn(self, year: int) -> Self:
        """Codes on whose area more was declared in the year than its ground can bear, with the ledger.

        Starts from the lots of the year, so that a country of codes without lots costs nothing.
        """
        return self.with_lots_in(year).with_ledger(year).filter(is_overdrawn=True)

    def with_lots_in(self, year: int) -> Self:
        """Codes on whose ground lots were declared in the year."""
        from codes.models import Lot

        lots = Lot.objects.counted().in_year(year).order_by()
        return self.filter(
            Q(area__in=lots.exclude(code__area=None).values("code__area")) | Q(pk__in=lots.values("code"))
        )

    def within_unit(self, unit: Any) -> Self:
        """Codes issued in the unit or a unit below it."""
        return self.filter(commune__in=AdministrativeUnit.objects.within_units([unit.pk]))


class PackingCodeQuerySet(QuerySet):
    """Packing-house codes; all are public, as area codes are."""

    def active_on(self, day: dt.date) -> Self:
        """Codes in force on `day`."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), status="active")

    def visible_to(self, user: Any) -> Self:
        """Codes of houses that one's own firm runs, and those in the units where the user may view codes."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(house__operator__in=own_cooperative_ids(user)) | Q(house__commune__in=units_with(user, "codes.view_code"))
        )

    def spelled(self, typed: str) -> Any:
        """Return the packing house code that `typed` means whatever its case, spaces, dots and dashes, or None."""
        from codes.numbering import squeeze

        plain = squeeze(typed)
        return self.select_related("house").annotate(plain=WithoutDashes(F("code"))).filter(plain=plain).first()


class PackingLinkQuerySet(QuerySet):
    """Links between production area codes and packing houses."""

    def live(self) -> Self:
        """Links under which fruit may be packed now."""
        return self.filter(status="accepted")

    def visible_to(self, user: Any) -> Self:
        """Links of codes or packing houses of one's own, and those in the units where the user may view codes."""
        if not user.is_authenticated:
            return self.none()
        own = own_cooperative_ids(user)
        return self.filter(
            Q(code__holder__in=own)
            | Q(packing_code__house__operator__in=own)
            | Q(code__commune__in=units_with(user, "codes.view_code"))
        )


class LotQuerySet(QuerySet):
    """Lots of the volume ledger."""

    def counted(self) -> Self:
        """Lots that use up a code's volume: all that were not cancelled, also those the holder denies."""
        return self.filter(cancelled_at=None)

    def in_year(self, year: int) -> Self:
        """Lots shipped in a calendar year."""
        return self.filter(shipped_on__year=year)

    def on_ground_of(self, code: Any) -> Self:
        """Lots on the code or on another code of the same area."""
        return self.filter(code__area=code.area_id) if code.area_id else self.filter(code=code.pk)

    def of_firm(self, cooperative: Any) -> Self:
        """Lots on the codes that a firm holds, and those that it declared on codes of others."""
        return self.filter(Q(code__holder=cooperative) | Q(declared_for=cooperative))

    def visible_to(self, user: Any) -> Self:
        """Lots on one's own codes or declared by one's own firm, and those where the user may view codes."""
        if not user.is_authenticated:
            return self.none()
        own = own_cooperative_ids(user)
        return self.filter(
            Q(code__holder__in=own) | Q(declared_for__in=own) | Q(code__commune__in=units_with(user, "codes.view_code"))
        )


class CodeListQuerySet(QuerySet):
    """Uploaded lists of codes."""

    def visible_to(self, user: Any) -> Self:
        """Lists brought in for units where the user may bring in lists."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(unit__in=units_with(user, "codes.import_list"))
