"""Reads on density cells, with the same rights as the plots they count."""

from typing import Any, Self

from django.db.models import Case, F, IntegerField, Q, QuerySet, When

from accounts.permissions import units_with
from cooperatives.querysets import own_cooperative_ids
from maps.grid import Tile


class DensityCellQuerySet(QuerySet):
    """Cells chain: `DensityCell.objects.visible_to(user).within(tile, 12).placed_on(12)`."""

    def visible_to(self, user: Any) -> Self:
        """Cells of the plots that `PlotQuerySet.visible_to` shows: both must say the same (tests/maps prove it)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "farms.view_plot"))
        )

    def within(self, tile: Tile, level: int) -> Self:
        """Rows with ground inside `tile`: the cells of `level`, and the fresh deltas, which count on all levels."""
        from maps.models import BASE_LEVEL, FRESH

        first, end = tile.quads(level)
        fresh_first, fresh_end = tile.quads(BASE_LEVEL)
        return self.filter(
            Q(level=level, quad__gte=first, quad__lt=end) | Q(level=FRESH, quad__gte=fresh_first, quad__lt=fresh_end)
        )

    def placed_on(self, level: int) -> Self:
        """Annotate `cell_x`, `cell_y`: the cell of `level` that holds the row, a fresh delta's too."""
        from maps.models import BASE_LEVEL, FRESH

        return self.annotate(
            **{
                f"cell_{axis}": Case(
                    When(level=FRESH, then=F(axis).bitrightshift(BASE_LEVEL - level)),
                    default=F(axis),
                    output_field=IntegerField(),
                )
                for axis in ("x", "y")
            }
        )
