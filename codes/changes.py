"""News of areas and codes; the querysets are lazy."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class AreasChanged(Change):
    """These areas were formed, redrawn, or their outline became public or private."""

    areas: QuerySet


@dataclass(frozen=True, slots=True)
class CodesChanged(Change):
    """These codes were issued or their status, here or at a market, changed.

    Codes being issued are announced by the keys reserved for them: their rows are written at the very end of the
    transaction, since the counter of their numbers is locked then. A receiver that needs the rows waits for the commit.
    """

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LotDenied(Change):
    """The holder of the code answered "not ours" to these lots (`codes.Lot`)."""

    lots: QuerySet
