"""What maps does when it hears of changes; wired in geoapp/wiring.py. All run in the writer's transaction."""

from codes.changes import AreasChanged, CodesChanged
from farms.changes import PlotsArrived, PlotsLeaving
from landuse.changes import LandUseChanged
from landuse.layers import LAND_USE
from maps import services, zooms
from maps.ground import count_ground
from places.changes import UnitsChanged
from products.changes import ProductsChanged


def plots_leaving(change: PlotsLeaving) -> None:
    """Take plots out of their cells while they are still stored as they were."""
    services.count_plots(change.plots, sign=-1)
    services.note_changes(["plots"])


def plots_arrived(change: PlotsArrived) -> None:
    """Put plots into their cells as they are now."""
    services.count_plots(change.plots, sign=1)
    services.note_changes(["plots"])


def areas_changed(change: AreasChanged) -> None:
    """Areas are drawn themselves and give products their place and outline."""
    services.note_changes(["areas"])


def codes_changed(change: CodesChanged) -> None:
    """Codes decide which areas and products are good for a market."""
    services.note_changes(["codes"])


def products_changed(change: ProductsChanged) -> None:
    """Products and their offers."""
    services.note_changes(["products"])


def units_changed(change: UnitsChanged) -> None:
    """Names and outlines of units."""
    services.note_changes(["units"])


def land_use_changed(change: LandUseChanged) -> None:
    """Land-use layers and parcels; new parcels are counted for far-out zooms, and may be too many for near ones."""
    if change.with_parcels:
        count_ground(change.layers)
        zooms.decide(LAND_USE.name, zooms.LAND_USE_BEGIN)
    services.note_changes(["land-use"])
