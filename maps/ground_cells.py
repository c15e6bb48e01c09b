"""The model of land use far out; imported by `maps.models`, where Django looks for it."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import QuerySet

from maps.grid import Tile

GROUND_BASE = 16  # the finest cell: a Web Mercator tile of this level, 600 m wide at 10° north
GROUND_LEVELS = (13, 14, 15, 16)


class GroundCellQuerySet(QuerySet):
    """Cells chain: `GroundCell.objects.visible_to(user).within(tile, 14)`."""

    def visible_to(self, user: Any) -> Self:
        """Cells of the layers that the user may see, as `LandUseParcelQuerySet.visible_to` shows their parcels."""
        from landuse.models import LandUseLayer

        return self.filter(layer__in=LandUseLayer.objects.visible_to(user))

    def within(self, tile: Tile, level: int) -> Self:
        """Cells of `level` inside `tile`."""
        first, end = tile.quads(level)
        return self.filter(level=level, quad__gte=first, quad__lt=end)


class GroundCell(models.Model):
    """How much ground of a cell a version of a land-use map gives to a class, in m² on the ellipsoid.

    `parcels`: how many have the middle of their box in the cell, so that each is counted once.

    A pyramid like `DensityCell`, but of ground: parcels are cut at the cells' edges, so the cells of a level together
    have the area of the parcels. Counted anew for a whole version when its parcels change.
    """

    layer = models.ForeignKey("landuse.LandUseLayer", models.CASCADE, related_name="+", db_index=False)
    land_use_class = models.ForeignKey("landuse.LandUseClass", models.CASCADE, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    quad = models.BigIntegerField()
    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    area_m2 = models.FloatField()
    parcels = models.IntegerField()

    objects: ClassVar = GroundCellQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["level", "quad"], name="ground_cell_place")]
        constraints = [
            models.UniqueConstraint(fields=["layer", "level", "quad", "land_use_class"], name="ground_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.level}: {self.x}/{self.y}: {self.area_m2:.0f} m²"
