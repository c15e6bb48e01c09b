"""Figures of layers by administrative unit, of today or of another day."""

from exchange.analysis.figures import Analysis, Crossing, Figure, figures
from exchange.analysis.measures import MEASURES, Measure, measures_for
from exchange.analysis.request import AnalysisRequest

__all__ = ["MEASURES", "Analysis", "AnalysisRequest", "Crossing", "Figure", "Measure", "figures", "measures_for"]
