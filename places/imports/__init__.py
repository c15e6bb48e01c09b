"""Administrative units and their succession from files."""

from places.imports.columns import RowProblem, SuccessionRow, UnitRow, read_units
from places.imports.successions import SuccessionSummary, import_successions
from places.imports.units import UnitEdition, UnitSummary, import_units

__all__ = [
    "RowProblem",
    "SuccessionRow",
    "SuccessionSummary",
    "UnitEdition",
    "UnitRow",
    "UnitSummary",
    "import_successions",
    "import_units",
    "read_units",
]
