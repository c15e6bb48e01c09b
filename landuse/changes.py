"""What landuse tells the rest of the house."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class LandUseChanged(Change):
    """These layers, or their parcels, changed; the queryset is lazy."""

    layers: QuerySet
