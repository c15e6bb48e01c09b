"""Reads on products, offers and enquiries."""

import datetime as dt
from typing import Any, Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from cooperatives.querysets import own_cooperative_ids
from core.text import fold


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
        from products.models import Offer

        offers = Offer.objects.on(day).filter(product=OuterRef("pk"), months__contains=[month])
        return self.filter(Exists(offers))

    def search(self, text: str) -> Self:
        """Products whose name contains `text`, without regard to diacritics."""
        return self.filter(search_key__contains=fold(text))


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
        """Enquiries to the cooperatives in which the user has a role."""
        return self.filter(cooperative__in=own_cooperative_ids(user)) if user.is_authenticated else self.none()

    def unanswered(self) -> Self:
        """Enquiries that still wait for the cooperative."""
        return self.filter(status__in=("sent", "read"))

    def silent_since(self, moment: dt.datetime) -> Self:
        """Enquiries in which nobody has written a line since `moment`."""
        from products.models import EnquiryMessage

        return self.exclude(Exists(EnquiryMessage.objects.filter(enquiry=OuterRef("pk"), at__gte=moment)))


class DemandQuerySet(QuerySet):
    """Demands chain."""

    def open_on(self, day: dt.date) -> Self:
        """Demands that cooperatives may answer on `day`."""
        return self.filter(status="open", expires_on__gte=day)
