"""What maps does when it hears of changes; wired in geoapp/wiring.py. All run in the writer's transaction."""

from core.changes import Change
from maps import services


def plots_leaving(change: Change) -> None:
    """Take plots out of their cells while they are still stored as they were."""
    services.count_plots(change.plots, sign=-1)
    services.note_changes(["plots"])


def plots_arrived(change: Change) -> None:
    """Put plots into their cells as they are now."""
    services.count_plots(change.plots, sign=1)
    services.note_changes(["plots"])


def areas_changed(change: Change) -> None:
    """Areas are drawn themselves and give products their place and outline."""
    services.note_changes(["areas"])


def codes_changed(change: Change) -> None:
    """Codes decide which areas and products are good for a market."""
    services.note_changes(["codes"])


def products_changed(change: Change) -> None:
    """Products and their offers."""
    services.note_changes(["products"])


def units_changed(change: Change) -> None:
    """Names and outlines of units."""
    services.note_changes(["units"])


def land_use_changed(change: Change) -> None:
    """Land-use layers and parcels."""
    services.note_changes(["land-use"])
