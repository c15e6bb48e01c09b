"""What changed when (for ETags), the density pyramid for far-out zooms, and where shapes begin."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from maps.base_features import BaseFeature as BaseFeature  # Django looks for models here
from maps.ground_cells import GroundCell as GroundCell
from maps.querysets import DensityCellQuerySet

BASE_LEVEL = 18  # the finest cell: a Web Mercator tile of this level, 150 m wide at 10° north
LEVELS = (8, 9, 10, 11, 12, 13, 14, 16, 17, 18)  # what tiles are drawn from: 16 cells to a tile's side, from z11 on 32
FRESH = 0  # `level` of a delta that is not folded yet; its place is one of BASE_LEVEL


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

    A pyramid: the same plots once on every level of LEVELS. A writer appends a signed delta per base cell and group
    (`level` FRESH) and touches nothing else; the fold adds deltas to all levels. A reader takes the rows of one level
    and the fresh deltas of the same ground: right at every moment, and neither readers nor writers wait.
    `quad` interleaves the bits of `x` and `y` (Morton order), so that a tile of any zoom is one range of it.
    `area_dm2` (0.01 m²) and `yield_kg` (a season's expected yield) are whole numbers: they add and subtract without
    residue. Keys are not checked by the database: the plots' own keys are, and three checks per row would cost an
    import of a million plots seconds and make writers share locks on crops and cooperatives.
    """

    level = models.PositiveSmallIntegerField()
    quad = models.BigIntegerField()
    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    crop = models.ForeignKey("crops.Crop", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    cooperative = models.ForeignKey(
        "cooperatives.Cooperative", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    status = models.CharField(max_length=12)
    plots = models.IntegerField()
    area_dm2 = models.BigIntegerField()
    yield_kg = models.BigIntegerField()

    objects: ClassVar = DensityCellQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["quad"], condition=Q(level=FRESH), name="density_cell_fresh")]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "quad", "crop", "commune", "cooperative", "status"],
                condition=Q(level__gt=FRESH),
                name="density_cell_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.level}: {self.x}/{self.y}: {self.plots}"


class LayerZoom(models.Model):
    """From which zoom a layer's rows are drawn as shapes, decided from the stored data and the same for all tiles.

    `densest` is the largest number of rows in one tile of that zoom when it was decided (`maps.zooms`).
    """

    layer = models.CharField(max_length=40, primary_key=True)
    shapes_from = models.PositiveSmallIntegerField()
    densest = models.PositiveIntegerField()
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(name="layer_zoom_is_zoom", condition=Q(shapes_from__lte=22))]

    def __str__(self) -> str:
        return f"{self.layer}: z{self.shapes_from}"
