"""Reads on products, offers and enquiries."""

import datetime as dt
from collections.abc import Collection
from typing import Any, Self

from django.contrib.gis.geos import Point
from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.lookups import GreaterThanOrEqual

from cooperatives.models import Certificate
from cooperatives.querysets import own_cooperative_ids
from core.text import Fold, fold
from products.expressions import box_of, metres_from, within_km


class ProductQuerySet(QuerySet):
    """Products chain: `Product.objects.public().in_month(5, today).search("xoai")`."""

    def public(self) -> Self:
        """Published products of verified cooperatives; those of a single household are never listed."""
        return self.filter(is_published=True, cooperative__status="verified").exclude(cooperative__kind="household")

    def visible_to(self, user: Any) -> Self:
        """Public products and those of one's own cooperatives."""
        if not user.is_authenticated:
            return self.public()
        public = Q(is_published=True, cooperative__status="verified") & ~Q(cooperative__kind="household")
        return self.filter(public | Q(cooperative__in=own_cooperative_ids(user)))

    def in_month(self, month: int, day: dt.date) -> Self:
        """Products with an offer in force on `day` that names `month` (1 to 12)."""
        return self.with_offer(day, months=[month])

    def with_offer(self, day: dt.date, *, months: Collection[int] = (), min_volume_t: float | None = None) -> Self:
        """Products with offers in force on `day`, in any of `months` (none given: whenever), together of at least
        `min_volume_t` tonnes a season."""
        from products.models import Offer

        offers = Offer.objects.on(day).filter(product=OuterRef("pk"))
        if months:
            offers = offers.filter(months__overlap=list(months))
        if min_volume_t is None:
            return self.filter(Exists(offers))
        total = offers.order_by().values("product").annotate(total=Sum("volume_t")).values("total")
        return self.filter(GreaterThanOrEqual(Subquery(total, output_field=FloatField()), min_volume_t))

    def certified(self, kind: str, day: dt.date, *, min_stars: int | None = None) -> Self:
        """Products whose cooperative holds a certificate of `kind` in force on `day`, for their crop or for all."""
        held = Certificate.objects.valid_on(day).filter(
            Q(crop=None) | Q(crop=OuterRef("crop")), cooperative=OuterRef("cooperative"), kind=kind
        )
        if min_stars is not None:
            held = held.filter(stars__gte=min_stars)
        return self.filter(Exists(held))

    def sold_on(self, kind: str) -> Self:
        """Products with a listing shown in a shop of this kind."""
        from products.models import Listing

        return self.filter(Exists(Listing.objects.shown().filter(product=OuterRef("pk"), shop__kind=kind)))

    def within_km(self, point: Point, km: float) -> Self:
        """Products whose public place lies within `km` of `point` (EPSG:4326), on the ellipsoid; by the index."""
        return self.filter(within_km("location", point, km), location__bboverlaps=box_of(point, km))

    def search(self, text: str) -> Self:
        """Products whose name contains `text`, without regard to diacritics."""
        return self.filter(search_key__contains=fold(text))

    def from_place(self, point: Point) -> Self:
        """Annotates `distance_m`, metres on the ellipsoid from `point` (EPSG:4326) to the public place."""
        return self.annotate(distance_m=metres_from("location", point))


class OfferQuerySet(QuerySet):
    """Offers chain."""

    def on(self, day: dt.date) -> Self:
        """Offers in force on `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)

    def public(self) -> Self:
        """Offers of public products."""
        from products.models import Product

        return self.filter(product__in=Product.objects.public())


class EnquiryQuerySet(QuerySet):
    """Enquiries chain."""

    def visible_to(self, user: Any) -> Self:
        """Confirmed enquiries to the cooperatives in which the user has a role; nobody sees one before that."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(cooperative__in=own_cooperative_ids(user)).exclude(status="unconfirmed")

    def unanswered(self) -> Self:
        """Enquiries that still wait for the cooperative."""
        return self.filter(status__in=("sent", "read"))

    def in_tab(self, tab: str) -> Self:
        """Enquiries of one tab of the inbox, in its order: those that wait longest first, else the newest first."""
        if tab == "spam":
            return self.exclude(spam_at=None).order_by("-spam_at", "-id")
        shown = self.filter(spam_at=None)
        if tab == "waiting":
            return shown.unanswered().order_by("waiting_since", "id")
        if tab == "answered":
            return shown.filter(status="answered").order_by("-answered_at", "-id")
        return shown.filter(status__in=("closed", "expired")).order_by("-sent_at", "-id")

    def search(self, text: str) -> Self:
        """Enquiries whose buyer, product, wish or any line contains `text`, without regard to diacritics."""
        from products.models import EnquiryMessage

        lines = EnquiryMessage.objects.filter(enquiry=OuterRef("pk")).annotate(key=Fold(F("text")))
        own = self.annotate(buyer_key=Fold(F("buyer_name")), quality_key=Fold(F("quality")))
        found = fold(text)
        return own.filter(
            Q(buyer_key__contains=found)
            | Q(quality_key__contains=found)
            | Q(product__search_key__contains=found)
            | Exists(lines.filter(key__contains=found))
        )


class DemandQuerySet(QuerySet):
    """Demands chain."""

    def open_on(self, day: dt.date) -> Self:
        """Demands that cooperatives may answer on `day`."""
        return self.filter(status="open", expires_on__gte=day)
