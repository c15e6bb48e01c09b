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


class LandUseParcelQuerySet(QuerySet):
    """Parcels chain."""

    def visible_to(self, user: Any) -> Self:
        """Parcels of the layers that the user may see."""
        from landuse.models import LandUseLayer

        return self.filter(layer__in=LandUseLayer.objects.visible_to(user))
