"""Plots, overlap cases, imports."""

from farms.models.imports import (
    ColumnMapping,
    ImportKind,
    ImportStatus,
    PlotImport,
    PlotImportRow,
    RowAction,
    Verdict,
)
from farms.models.overlaps import OverlapCase, OverlapDecision, OverlapStatus
from farms.models.plots import (
    Determination,
    Plot,
    PlotPhoto,
    PlotSeason,
    PlotStatus,
    PlotSuccession,
    PlotSuccessionKind,
    SeasonName,
)

__all__ = [
    "ColumnMapping",
    "Determination",
    "ImportKind",
    "ImportStatus",
    "OverlapCase",
    "OverlapDecision",
    "OverlapStatus",
    "Plot",
    "PlotImport",
    "PlotImportRow",
    "PlotPhoto",
    "PlotSeason",
    "PlotStatus",
    "PlotSuccession",
    "PlotSuccessionKind",
    "RowAction",
    "SeasonName",
    "Verdict",
]
