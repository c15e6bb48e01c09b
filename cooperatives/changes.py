"""News of cooperatives; the queryset is lazy."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class CooperativesChanged(Change):
    """What the public reads of these cooperatives, or their certificates, changed."""

    cooperatives: QuerySet
