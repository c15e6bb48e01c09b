"""Production areas: what a code is about."""

from django.conf import settings
from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Case, F, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from codes.querysets import ProductionAreaQuerySet
from core.expressions import WebMercator
from core.fields import BoundaryField, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history


def _public_shape(*, mercator: bool = False) -> models.GeneratedField:
    """Return the shape that everybody may see, kept by the database: the outline where it is public, else the point."""
    shape = Case(
        When(is_outline_public=True, then=F("boundary")),
        default=F("public_location"),
        output_field=GeometryField(srid=4326),
    )
    if not mercator:
        field: GeometryField = GeometryField(srid=4326, spatial_index=False)
        return models.GeneratedField(expression=shape, output_field=field, db_persist=True)
    field = GeometryField(srid=3857, spatial_index=False)
    return models.GeneratedField(expression=WebMercator(shape), output_field=field, db_persist=True)


@keep_history()
class ProductionArea(models.Model):
    """What a code is about: plots of one holder united under a name. Version goes up with every change of ground."""

    name = TextLine(_("tên vùng trồng"), max_length=160)
    search_key = models.CharField(max_length=160, editable=False)
    cooperative = models.ForeignKey(
        "cooperatives.Cooperative", models.PROTECT, related_name="areas", verbose_name=_("đơn vị quản lý")
    )
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="areas", verbose_name=_("cây trồng"))
    variety = models.ForeignKey(
        "crops.Variety", models.PROTECT, related_name="areas", null=True, blank=True, verbose_name=_("giống")
    )
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("phường, xã")
    )
    plots: models.ManyToManyField = models.ManyToManyField("farms.Plot", through="AreaPlot", related_name="areas")
    boundary = BoundaryField(_("ranh giới"))
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()
    grower_count = models.PositiveIntegerField(_("số hộ"), default=0)
    is_outline_public = models.BooleanField(
        _("công khai ranh giới"),
        default=False,
        help_text=_("Chỉ khi có từ ba hộ trở lên hoặc mọi hộ đồng ý; hệ thống tự tính."),
    )
    public_location = PointField(_("điểm công khai"), srid=4326)
    public_shape = _public_shape()
    public_shape_3857 = _public_shape(mercator=True)
    expected_output_t = models.FloatField(_("sản lượng dự kiến (tấn/năm)"), null=True, blank=True)
    is_active = models.BooleanField(_("đang sử dụng"), default=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductionAreaQuerySet.as_manager()

    PUBLIC_FIELDS = ("name", "crop", "variety", "holder", "commune", "commune_code", "area_ha", "codes")

    class Meta:
        verbose_name = _("vùng trồng")
        verbose_name_plural = _("vùng trồng")
        indexes = [GistIndex(fields=["public_shape"], name="area_public_shape")]
        constraints = [
            *boundary_constraints("area", max_vertices=200_000),
            models.UniqueConstraint(fields=["cooperative", "name"], name="area_name_once_per_cooperative"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("codes:area-detail", args=[self.pk])

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares."""
        return self.area_m2 / 10_000


class AreaPlot(models.Model):
    """A plot belongs to an area; a plot may belong to a domestic and an export area at once."""

    area = models.ForeignKey(ProductionArea, models.CASCADE, related_name="area_plots")
    plot = models.ForeignKey("farms.Plot", models.PROTECT, related_name="area_plots")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "plot"], name="area_plot_once")]

    def __str__(self) -> str:
        return f"{self.area_id}: {self.plot_id}"
