"""Figures of listings: for the clerk per page of a shop, for officers and planners per commune."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from accounts.permissions import units_with
from cooperatives.models import Cooperative
from products.models import Listing, ListingClick, Product

CLICK_DAYS = 30


@dataclass(frozen=True, slots=True)
class ShopShare:
    """Producers of one commune (all of them in the last row, where `commune` is empty).

    `producers`: verified organisations; `offering`: those with a public product; `listed`: those with a listing that
    is shown; `clicks`: of the last CLICK_DAYS days. `share` is `listed` of `offering`, 0 to 1, None without any.
    """

    commune: str
    producers: int
    offering: int
    listed: int
    clicks: int

    @property
    def share(self) -> float | None:
        """Share of the offering producers that sell on the web."""
        return self.listed / self.offering if self.offering else None

    @property
    def percent(self) -> float | None:
        """The share in hundredths."""
        return None if self.share is None else self.share * 100


def shop_shares(user: Any) -> list[ShopShare]:
    """Return the shares by commune in the units where the user may view cooperatives, and their sum, in one query."""
    public = Cooperative.objects.public().filter(commune__in=units_with(user, "cooperatives.view_cooperative"))
    product = Product.objects.public().filter(cooperative=OuterRef("pk"))
    shown = Listing.objects.shown().filter(product__cooperative=OuterRef("pk"))
    rows = (
        public.annotate(is_offering=Exists(product), is_listed=Exists(shown), click_count=_clicks_of_cooperative())
        .values("commune_id", commune_name=F("commune__name_vi"))
        .annotate(
            producers=Count("pk"),
            offering=Count("pk", filter=Q(is_offering=True)),
            listed=Count("pk", filter=Q(is_listed=True)),
            clicks=Sum("click_count"),
        )
        .order_by("commune_name", "commune_id")
    )
    shares = [
        ShopShare(row["commune_name"], row["producers"], row["offering"], row["listed"], row["clicks"]) for row in rows
    ]
    if not shares:
        return []
    total = ShopShare(
        "",
        sum(share.producers for share in shares),
        sum(share.offering for share in shares),
        sum(share.listed for share in shares),
        sum(share.clicks for share in shares),
    )
    return [*shares, total]


def listings_with_clicks(product: Product) -> QuerySet[Listing]:
    """Return the product's listings with `recent_clicks` (last CLICK_DAYS days) and `all_clicks`."""
    recent = _clicks(Q(day__gt=_before()))
    return product.listings.select_related("shop").annotate(recent_clicks=recent, all_clicks=_clicks(Q()))


def _before() -> dt.date:
    return localdate() - dt.timedelta(days=CLICK_DAYS)


def _clicks(days: Q) -> Coalesce:
    rows = ListingClick.objects.filter(days, listing=OuterRef("pk")).order_by().values("listing")
    return Coalesce(Subquery(rows.annotate(total=Sum("count")).values("total"), output_field=IntegerField()), 0)


def _clicks_of_cooperative() -> Coalesce:
    rows = ListingClick.objects.filter(day__gt=_before(), listing__product__cooperative=OuterRef("pk")).order_by()
    totals: Any = rows.values("listing__product__cooperative").annotate(total=Sum("count")).values("total")
    return Coalesce(Subquery(totals, output_field=IntegerField()), 0)
