"""What landuse tells the rest of the house."""

from dataclasses import dataclass

from django.db.models import QuerySet

from core.changes import Change


@dataclass(frozen=True, slots=True)
class LandUseChanged(Change):
    """These layers changed; the queryset is lazy. `with_parcels`: their parcels too."""

    layers: QuerySet
    with_parcels: bool = False
