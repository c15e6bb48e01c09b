"""What products hear of the apps below them."""

from codes.changes import AreasChanged
from cooperatives.changes import CooperativesChanged
from core.changes import announce
from products.changes import ProductsChanged
from products.models import Product
from products.services import follow_areas


def areas_changed(change: AreasChanged) -> None:
    """Products stand where their area may be shown."""
    follow_areas(change.areas)


def cooperatives_changed(change: CooperativesChanged) -> None:
    """Products are found by the certificates of their producer."""
    announce(ProductsChanged(products=Product.objects.filter(cooperative__in=change.cooperatives)))
