"""News of products and offers; the queryset is lazy."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class ProductsChanged(Change):
    """These products, or their offers, changed."""

    products: QuerySet
