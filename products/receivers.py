"""What products hear of the apps below them."""

from codes.changes import AreasChanged
from products.services import follow_areas


def areas_changed(change: AreasChanged) -> None:
    """Products stand where their area may be shown."""
    follow_areas(change.areas)
