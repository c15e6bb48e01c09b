"""Layer versions (for ETags) and density cells for far-out zooms."""

from django.db import models


class LayerVersion(models.Model):
    """Goes up in the transaction of every change to a layer's data; tiles and pages make their ETag of it."""

    layer = models.CharField(max_length=40, primary_key=True)
    version = models.PositiveBigIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.layer} {self.version}"


class DensityCell(models.Model):
    """Plots counted by the Web Mercator tile of level `CELL_ZOOM` that holds their inner point, by crop and status.

    Rows are signed deltas: a writer appends one per cell and group, a fold adds them up. Summing is always right, so a
    reader never waits for a writer and writers never queue on one row.
    """

    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    crop = models.ForeignKey("crops.Crop", models.CASCADE, related_name="+")
    commune = models.ForeignKey("places.AdministrativeUnit", models.CASCADE, related_name="+")
    status = models.CharField(max_length=12)
    plots = models.IntegerField()
    area_m2 = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["x", "y"], name="density_cell_place")]

    def __str__(self) -> str:
        return f"{self.x}/{self.y}: {self.plots}"
