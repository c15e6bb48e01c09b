"""News of plots. The querysets are lazy: a bulk import announces one set, not a million rows."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class PlotsLeaving(Change):
    """Announced before these stored plots are changed or archived: counters subtract them as they are."""

    plots: QuerySet


@dataclass(frozen=True, slots=True)
class PlotsCorrected(Change):
    """Announced after an officer's decision cut these plots: what was drawn from them is drawn anew at once."""

    plots: QuerySet


@dataclass(frozen=True, slots=True)
class PlotsArrived(Change):
    """Announced after these plots were stored or changed: counters add them as they are now."""

    plots: QuerySet


@dataclass(frozen=True, slots=True)
class PlotsReplacing(Change):
    """Announced before these plots are split or merged: whoever depends on their ground may refuse by raising."""

    plots: QuerySet


@dataclass(frozen=True, slots=True)
class PlotsReplaced(Change):
    """Announced after the plots `old` (archived) went into the plots `new`: what held the old ones holds the new."""

    old: QuerySet
    new: QuerySet
