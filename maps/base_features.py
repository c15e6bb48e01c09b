"""The model of the basemap's own features; imported by `maps.models`, where Django looks for it."""

from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class BaseKind(models.TextChoices):
    """What a basemap's feature is; the name of its source layer in the tiles."""

    WATER = "water", _("mặt nước, sông, kênh")
    ROAD = "road", _("đường")


class BaseFeature(models.Model):
    """A piece of water or road that makes the ground of every map readable; nothing is decided by it.

    `min_zoom`: drawn from this zoom on. `source` stands in the corner of the maps; a file of the same kind and source
    replaces what came before.
    """

    kind = models.CharField(max_length=8, choices=BaseKind.choices)
    name = models.CharField(max_length=120, blank=True)
    geometry = GeometryField(srid=4326)
    geometry_3857 = models.GeneratedField(
        expression=Func(F("geometry"), 3857, function="ST_Transform", output_field=GeometryField(srid=3857)),
        output_field=GeometryField(srid=3857, spatial_index=False),
        db_persist=True,
    )
    min_zoom = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["kind", "min_zoom"], name="base_feature_zoom")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["water", "road"]), name="base_feature_kind"),
            models.CheckConstraint(condition=Q(min_zoom__lte=14), name="base_feature_zoom_exists"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.pk}"
