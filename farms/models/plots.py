"""Plot: what it is, its photos, its seasons, and which plots came out of which."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history
from farms.querysets import PlotQuerySet


class PlotStatus(models.TextChoices):
    ACTIVE = "active", _("Đang canh tác")
    IN_CONFLICT = "in_conflict", _("Đang chồng lấn")
    ARCHIVED = "archived", _("Đã lưu trữ")


class Determination(models.TextChoices):
    """How the boundary was found; the words of fiboa 0.3 `determination:method`."""

    MANUAL = "manual", _("Vẽ trên ảnh")
    DRIVEN = "driven", _("Đi vòng ranh bằng GPS")
    SURVEYED = "surveyed", _("Đo đạc địa chính")
    UNKNOWN = "unknown", _("Chưa rõ")


@keep_history(
    exclude=("provisional_parcel_code",),  # derived from the boundary: no version of its own
    unindexed=("grower", "crop", "variety", "commune", "created_by"),
)
class Plot(models.Model):
    """A piece of land that one grower of one cooperative cultivates. An individual's outline is personal data."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="plots")
    grower = models.ForeignKey(
        "cooperatives.Grower", models.PROTECT, related_name="plots", null=True, blank=True, verbose_name=_("nông hộ")
    )
    ref = TextLine(_("số thửa của hợp tác xã"), max_length=60)
    crop = models.ForeignKey(
        "crops.Crop", models.PROTECT, related_name="plots", db_index=False, verbose_name=_("cây trồng")
    )  # indexed below, once
    variety = models.ForeignKey(
        "crops.Variety", models.PROTECT, related_name="plots", null=True, blank=True, verbose_name=_("giống")
    )
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", db_index=False, verbose_name=_("phường, xã")
    )  # indexed below, with the crop
    status = models.CharField(_("trạng thái"), max_length=12, choices=PlotStatus, default=PlotStatus.ACTIVE)
    boundary = BoundaryField(_("ranh giới"))
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()
    kept_area_m2 = models.FloatField(
        _("diện tích giữ lại (m²)"), null=True, blank=True
    )  # the area on record when a later boundary moved it by 2 % or less; null: `area_m2` is the one on record
    declared_area_m2 = models.FloatField(_("diện tích kê khai (m²)"), null=True, blank=True)
    planted_year = models.PositiveSmallIntegerField(_("năm trồng"), null=True, blank=True)
    tree_count = models.PositiveIntegerField(_("số cây"), null=True, blank=True)
    harvest_months = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("tháng thu hoạch"), default=list, blank=True
    )
    irrigation = TextLine(_("nguồn nước tưới"), max_length=80, blank=True, default="", db_default="")
    expected_yield_t = models.FloatField(_("sản lượng dự kiến (tấn/vụ)"), null=True, blank=True)
    note = TextBlock(_("ghi chú"), blank=True, default="", db_default="")
    land_sheet = models.CharField(_("tờ bản đồ"), max_length=20, blank=True)
    land_parcel = models.CharField(_("số thửa địa chính"), max_length=20, blank=True)
    parcel_code = models.CharField(
        _("mã định danh thửa đất"),
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text=_("12 ký tự, chỉ ghi mã do cơ quan đất đai cấp."),
    )  # a GeoHash (Circular 19/2026/TT-BNNMT, Annex I); never our own computation
    provisional_parcel_code = models.CharField(
        _("mã định danh thửa đất tạm tính"), max_length=12, blank=True, default="", db_default=""
    )  # our own GeoHash of the same rule, good to some centimetres: never shown as the land office's
    determination = models.CharField(
        _("cách xác định ranh"), max_length=10, choices=Determination, default=Determination.UNKNOWN
    )
    determined_on = models.DateField(_("ngày xác định ranh"), null=True, blank=True)
    source = models.JSONField(
        _("nguồn"), default=dict, blank=True
    )  # file, row, CRS, original vertices where they matter
    capture_id = models.UUIDField(
        null=True, blank=True, editable=False
    )  # given by the device that drew it without signal: sent twice, it is one plot
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )  # asked for only when an account is deleted
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = PlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("thửa canh tác")
        verbose_name_plural = _("thửa canh tác")
        indexes = [
            models.Index(fields=["commune", "crop"], name="plot_commune_crop"),
            models.Index(fields=["crop"], name="plot_crop"),
            models.Index(fields=["parcel_code"], condition=~Q(parcel_code=""), name="plot_parcel_code"),
            models.Index(
                OpClass("provisional_parcel_code", "varchar_pattern_ops"),
                condition=~Q(provisional_parcel_code=""),
                name="plot_provisional_code_prefix",
            ),
        ]
        constraints = [
            *boundary_constraints("plot", max_vertices=settings.PLOT_MAX_VERTICES),
            models.UniqueConstraint(
                fields=["cooperative", "ref"], condition=~Q(status="archived"), name="plot_ref_once_per_cooperative"
            ),
            models.CheckConstraint(
                name="plot_declared_area_positive", condition=Q(declared_area_m2=None) | Q(declared_area_m2__gt=0)
            ),
            models.CheckConstraint(
                name="plot_parcel_code_is_geohash",
                condition=Q(parcel_code="") | Q(parcel_code__regex=r"^[0-9b-hjkmnp-z]{12}$"),
            ),
            models.UniqueConstraint(
                fields=["capture_id"], condition=Q(capture_id__isnull=False), name="plot_captured_once"
            ),  # partial: of a million imported plots none was captured
            models.CheckConstraint(
                name="plot_kept_area_positive", condition=Q(kept_area_m2=None) | Q(kept_area_m2__gt=0)
            ),
            models.CheckConstraint(
                name="plot_expected_yield_positive", condition=Q(expected_yield_t=None) | Q(expected_yield_t__gte=0)
            ),
            models.CheckConstraint(
                name="plot_planted_year_plausible",
                condition=Q(planted_year=None) | Q(planted_year__gte=1900, planted_year__lte=2100),
            ),
            models.CheckConstraint(
                name="plot_harvest_months_are_months",
                condition=Q(harvest_months__contained_by=list(range(1, 13))),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("farms:plot-detail", args=[self.pk])

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares."""
        return self.area_m2 / 10_000

    @property
    def legal_area_m2(self) -> float:
        """The area on record: small moves of the boundary (up to 2 %) do not change it (JRC stability rule)."""
        return self.area_m2 if self.kept_area_m2 is None else self.kept_area_m2

    @property
    def legal_area_ha(self) -> float:
        """The area on record in hectares."""
        return self.legal_area_m2 / 10_000

    @property
    def declared_area_ha(self) -> float | None:
        """Declared area in hectares."""
        return None if self.declared_area_m2 is None else self.declared_area_m2 / 10_000

    @property
    def bbox(self) -> str:
        """`west,south,east,north` in degrees, as `data-bbox` takes it."""
        return ",".join(f"{number:.6f}" for number in self.boundary.extent)


class PlotPhoto(models.Model):
    """A photo of a plot, without its EXIF data. May arrive after the plot itself. Append-only."""

    is_append_only = True

    client_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    plot = models.ForeignKey(Plot, models.PROTECT, related_name="photos")
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    caption = TextLine(_("chú thích"), max_length=160, blank=True)
    taken_at = models.DateTimeField(_("lúc chụp"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("ảnh thửa")
        verbose_name_plural = _("ảnh thửa")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.caption or f"#{self.pk}"


class PlotSuccessionKind(models.TextChoices):
    SPLIT = "split", _("Tách thửa")
    MERGE = "merge", _("Gộp thửa")


class PlotSuccession(models.Model):
    """A plot that was archived because its ground went into other plots, and one plot it went into. Append-only."""

    is_append_only = True

    old = models.ForeignKey(Plot, models.PROTECT, related_name="became")
    new = models.ForeignKey(Plot, models.PROTECT, related_name="came_from")
    kind = models.CharField(_("cách thay thế"), max_length=5, choices=PlotSuccessionKind)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("kế thừa thửa")
        verbose_name_plural = _("kế thừa thửa")
        constraints = [
            models.CheckConstraint(name="plot_succession_between_two", condition=~Q(old=F("new"))),
            models.UniqueConstraint(fields=["old", "new"], name="plot_succession_once"),
        ]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.new_id}"


class SeasonName(models.TextChoices):
    """Seasons as farmers here name them; perennials have the year as a whole."""

    WINTER_SPRING = "winter_spring", _("Đông Xuân")
    SUMMER_AUTUMN = "summer_autumn", _("Hè Thu")
    AUTUMN_WINTER = "autumn_winter", _("Thu Đông")
    YEAR = "year", _("Cả năm")


@keep_history()
class PlotSeason(models.Model):
    """What grew on a plot in one season: the plot's own crop field is only the crop of today."""

    plot = models.ForeignKey(Plot, models.PROTECT, related_name="seasons")
    year = models.PositiveSmallIntegerField(_("năm"))
    season = models.CharField(_("vụ"), max_length=14, choices=SeasonName, default=SeasonName.YEAR)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="+", verbose_name=_("cây trồng"))
    variety = models.ForeignKey(
        "crops.Variety", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("giống")
    )
    harvested_t = models.FloatField(_("sản lượng thu hoạch (tấn)"), null=True, blank=True)
    note = TextLine(_("ghi chú"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("vụ của thửa")
        verbose_name_plural = _("vụ của thửa")
        ordering = ["-year", "season"]
        constraints = [
            models.UniqueConstraint(fields=["plot", "year", "season", "crop"], name="plot_season_once"),
            models.CheckConstraint(name="plot_season_year_plausible", condition=Q(year__gte=1990, year__lte=2100)),
            models.CheckConstraint(
                name="plot_season_harvest_positive", condition=Q(harvested_t=None) | Q(harvested_t__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_season_display()} {self.year}"
