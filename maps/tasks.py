"""Timed work of maps; started by office schedules (see maps.reference)."""

from typing import Any

from maps import services
from maps.ground import count_missing_ground
from maps.layers import MAP_LAYERS


def fold_cells(job: Any) -> dict[str, int]:
    """Fold fresh deltas of the density pyramid: on record what the worker does every second (`fold_now`)."""
    return {"folded": services.fold_cells()}


def fold_now() -> None:
    """Fold what is fresh: the worker calls it every second (geoapp.wiring.TICKS)."""
    services.fold_cells()


def prune_changes(job: Any) -> dict[str, int]:
    """Remove old layer changes."""
    return {"removed": services.prune_changes()}


def decide_zooms(job: Any) -> dict[str, int]:
    """Decide anew from which zoom each layer is drawn as shapes; before that zoom there must be cells to draw."""
    count_missing_ground()
    return {found.layer: found.shapes_from for found in services.decide_zooms(MAP_LAYERS)}
