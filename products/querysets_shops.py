"""Reads on listings and photos."""

from typing import Self

from django.db.models import QuerySet


class ListingQuerySet(QuerySet):
    """Listings chain: `Listing.objects.shown().filter(shop__kind="buudien")`."""

    def shown(self) -> Self:
        """Listings a buyer may follow: the shop takes links, the product is public, the page was not found dead."""
        from products.models import ListingCheck, Product

        rows = self.filter(shop__is_active=True, product__in=Product.objects.public().values("pk"))
        return rows.exclude(check_result=ListingCheck.DEAD)


class ProducerPhotoQuerySet(QuerySet):
    """Photos chain."""

    def public(self) -> Self:
        """Photos that everybody may see: shown, of a public holder, and of no product that is hidden."""
        from cooperatives.models import Cooperative
        from products.models import Product

        rows = self.filter(is_shown=True, cooperative__in=Cooperative.objects.public().values("pk"))
        hidden = Product.objects.filter(is_published=False)
        return rows.exclude(product__in=hidden)
