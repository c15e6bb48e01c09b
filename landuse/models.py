"""Land-use layers with their classes and parcels; a planning layer is the same thing of another kind."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history
from landuse.querysets import LandUseLayerQuerySet, LandUseParcelQuerySet


class ClassScheme(models.Model):
    """An edition of the land-use code list, e.g. Circular 08/2024/TT-BTNMT Annex II."""

    code = models.SlugField(max_length=40, unique=True)
    name = TextLine(_("tên bộ mã"), max_length=160)
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=200)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    class Meta:
        verbose_name = _("bộ mã loại đất")
        verbose_name_plural = _("bộ mã loại đất")

    def __str__(self) -> str:
        return self.name


class LandUseClass(models.Model):
    """One class of a scheme: LUC, đất chuyên trồng lúa."""

    scheme = models.ForeignKey(ClassScheme, models.CASCADE, related_name="classes")
    code = models.CharField(_("mã"), max_length=10)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=120)
    name_en = TextLine(_("tên tiếng Anh"), max_length=120)
    colour = models.CharField(_("màu"), max_length=7)
    is_agricultural = models.BooleanField(_("đất nông nghiệp"), default=False)
    replaces = models.CharField(_("mã cũ"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("loại đất")
        verbose_name_plural = _("loại đất")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="land_use_class_once"),
            models.CheckConstraint(name="land_use_colour_is_hex", condition=Q(colour__regex=r"^#[0-9a-f]{6}$")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_vi}"


class LayerKind(models.TextChoices):
    LAND_USE = "land_use", _("Hiện trạng sử dụng đất")
    PLANNING = "planning", _("Quy hoạch sử dụng đất")


@keep_history()
class LandUseLayer(models.Model):
    """One dated survey or plan: who says so, on which day, under which document."""

    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(_("loại lớp"), max_length=10, choices=LayerKind)
    name = TextLine(_("tên lớp"), max_length=160)
    scheme = models.ForeignKey(ClassScheme, models.PROTECT, related_name="layers", verbose_name=_("bộ mã loại đất"))
    unit = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("địa bàn"))
    source = TextLine(_("nguồn"), max_length=200)
    legal_document = TextLine(_("văn bản pháp lý"), max_length=200, blank=True)
    as_of = models.DateField(_("thời điểm"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)
    is_public = models.BooleanField(_("công khai"), default=False)
    note = TextBlock(_("ghi chú"), blank=True)

    objects = LandUseLayerQuerySet.as_manager()

    class Meta:
        verbose_name = _("lớp sử dụng đất")
        verbose_name_plural = _("lớp sử dụng đất")
        ordering = ["-as_of"]
        constraints = [
            models.CheckConstraint(name="land_use_layer_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("as_of")))
        ]

    def __str__(self) -> str:
        return self.name


class LandUseParcel(models.Model):
    """A piece of a layer in one class."""

    layer = models.ForeignKey(LandUseLayer, models.CASCADE, related_name="parcels")
    land_use_class = models.ForeignKey(LandUseClass, models.PROTECT, related_name="parcels")
    ref = TextLine(_("số hiệu"), max_length=60, blank=True)
    boundary = BoundaryField()
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()

    objects = LandUseParcelQuerySet.as_manager()

    class Meta:
        verbose_name = _("khoanh đất")
        verbose_name_plural = _("khoanh đất")
        constraints = [*boundary_constraints("land_use_parcel", max_vertices=50_000)]

    def __str__(self) -> str:
        return self.ref or f"#{self.pk}"
