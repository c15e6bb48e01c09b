"""Timed work of maps; started by office schedules (see maps.reference)."""

from typing import Any

from maps import services


def fold_cells(job: Any) -> dict[str, int]:
    """Fold fresh deltas of density cells."""
    return {"folded": services.fold_cells()}


def prune_changes(job: Any) -> dict[str, int]:
    """Remove old layer changes."""
    return {"removed": services.prune_changes()}
