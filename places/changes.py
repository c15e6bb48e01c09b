"""What places tells the rest of the house."""

from dataclasses import dataclass

from core.changes import Change


@dataclass(frozen=True, slots=True)
class UnitsChanged(Change):
    """Units were made, altered or ended: their names, dates, tree or outlines."""

    unit_ids: tuple[int, ...]
