"""Writes on plots, overlap cases and imports. Other apps import from here."""

from farms.services.bulk import PlotRow, StoredPlots, store_plots, store_staged
from farms.services.captures import Walk, add_plot_photo, capture_plot
from farms.services.imports import (
    answer_import,
    cancel_import,
    commit_import,
    start_import,
    start_update,
    undo_import,
)
from farms.services.land_certificates import plot_from_corners, read_corners
from farms.services.overlaps import PlotsOverlap, decide_overlap
from farms.services.plots import add_plot, archive_plot, change_plot
from farms.services.shapes import merge_plots, split_by_line, split_plot

__all__ = [
    "PlotRow",
    "PlotsOverlap",
    "StoredPlots",
    "Walk",
    "add_plot",
    "add_plot_photo",
    "answer_import",
    "archive_plot",
    "cancel_import",
    "capture_plot",
    "change_plot",
    "commit_import",
    "decide_overlap",
    "merge_plots",
    "plot_from_corners",
    "read_corners",
    "split_by_line",
    "split_plot",
    "start_import",
    "start_update",
    "store_plots",
    "store_staged",
    "undo_import",
]
