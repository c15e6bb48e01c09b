"""What changed when (for ETags) and density cells for far-out zooms."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from maps.base_features import BaseFeature as BaseFeature  # Django looks for models here
from maps.querysets import DensityCellQuerySet

CELL_ZOOM = 14  # a cell is a Web Mercator tile of this level: 2.4 km wide at 10° north


class LayerChange(models.Model):
    """One change to the data behind a layer, appended in the writer's transaction.

    A row per change and none updated: one counter per layer would make every writer of the province queue on it.
    `maps.services.prune_changes` takes old rows away.
    """

    layer = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["layer", "id"], name="layer_change_latest")]

    def __str__(self) -> str:
        return f"{self.layer} #{self.pk}"


class DensityCell(models.Model):
    """Plots counted by the cell that holds the middle of their box, by crop, commune, cooperative and status.

    Rows are signed deltas: a writer appends one per cell and group, a fold adds them up (`is_folded`). Summing all
    rows is right at every moment, so a reader never waits for a writer and writers never queue on one row.
    `area_dm2` is whole square decimetres (0.01 m²): integers add and subtract without residue.
    """

    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    crop = models.ForeignKey("crops.Crop", models.CASCADE, related_name="+", db_index=False)
    commune = models.ForeignKey("places.AdministrativeUnit", models.CASCADE, related_name="+", db_index=False)
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="+", db_index=False)
    status = models.CharField(max_length=12)
    plots = models.IntegerField()
    area_dm2 = models.BigIntegerField()
    is_folded = models.BooleanField(default=False)

    objects: ClassVar = DensityCellQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["x", "y"], name="density_cell_place"),
            models.Index(fields=["id"], condition=Q(is_folded=False), name="density_cell_fresh"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["x", "y", "crop", "commune", "cooperative", "status"],
                condition=Q(is_folded=True),
                name="density_cell_folded_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.x}/{self.y}: {self.plots}"
