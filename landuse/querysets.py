"""Reads on land-use layers and parcels."""

import datetime as dt
from typing import Any, Self

from django.db.models import Q, QuerySet

from accounts.permissions import holds


class LandUseLayerQuerySet(QuerySet):
    """Layers chain."""

    def public(self) -> Self:
        """Layers that anyone may see."""
        return self.filter(is_public=True)

    def visible_to(self, user: Any) -> Self:
        """Public layers, and all layers for those with the grant."""
        return self.all() if holds(user, "landuse.view_layers") else self.public()

    def on(self, day: dt.date) -> Self:
        """Layers that describe or bind `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), as_of__lte=day)

    def versions_of(self, layer: Any) -> Self:
        """All versions of the map that `layer` is one of: the same kind and unit, the newest first."""
        return self.filter(kind=layer.kind, unit=layer.unit_id).order_by("-as_of", "-pk")

    def binding_on(self, day: dt.date) -> Self:
        """What speaks of the ground on `day`: plans in force, and of each unit's land use the newest survey."""
        here = self.on(day)
        surveys = here.filter(kind="land_use").order_by("unit_id", "-as_of", "-pk").distinct("unit_id")
        return here.filter(Q(kind="planning") | Q(pk__in=surveys.values("pk")))


class LandUseParcelQuerySet(QuerySet):
    """Parcels chain."""

    def visible_to(self, user: Any) -> Self:
        """Parcels of the layers that the user may see."""
        from landuse.models import LandUseLayer

        return self.filter(layer__in=LandUseLayer.objects.visible_to(user))
