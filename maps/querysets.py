"""Reads on density cells, with the same rights as the plots they count."""

from typing import Any, Self

from django.db.models import Q, QuerySet

from accounts.permissions import units_with
from cooperatives.querysets import own_cooperative_ids


class DensityCellQuerySet(QuerySet):
    """Cells chain: `DensityCell.objects.visible_to(user).within(8, 202, 120)`."""

    def visible_to(self, user: Any) -> Self:
        """Cells of the plots that `PlotQuerySet.visible_to` shows: both must say the same (tests/maps prove it)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "farms.view_plot"))
        )

    def within(self, z: int, x: int, y: int) -> Self:
        """Cells inside the tile z/x/y (z not above CELL_ZOOM); every cell lies in exactly one tile."""
        from maps.models import CELL_ZOOM

        size = 1 << (CELL_ZOOM - z)
        return self.filter(x__gte=x * size, x__lt=(x + 1) * size, y__gte=y * size, y__lt=(y + 1) * size)
