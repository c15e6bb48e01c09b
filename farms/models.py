"""Plot, imports of plots, overlap cases."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history
from farms.querysets import OverlapCaseQuerySet, PlotImportQuerySet, PlotQuerySet


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


@keep_history()
class Plot(models.Model):
    """A piece of land that one grower of one cooperative cultivates. An individual's outline is personal data."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="plots")
    grower = models.ForeignKey(
        "cooperatives.Grower", models.PROTECT, related_name="plots", null=True, blank=True, verbose_name=_("nông hộ")
    )
    ref = TextLine(_("số thửa của hợp tác xã"), max_length=60)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="plots", verbose_name=_("cây trồng"))
    variety = models.ForeignKey(
        "crops.Variety", models.PROTECT, related_name="plots", null=True, blank=True, verbose_name=_("giống")
    )
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("phường, xã")
    )
    status = models.CharField(_("trạng thái"), max_length=12, choices=PlotStatus, default=PlotStatus.ACTIVE)
    boundary = BoundaryField(_("ranh giới"))
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()
    declared_area_m2 = models.FloatField(_("diện tích kê khai (m²)"), null=True, blank=True)
    planted_year = models.PositiveSmallIntegerField(_("năm trồng"), null=True, blank=True)
    tree_count = models.PositiveIntegerField(_("số cây"), null=True, blank=True)
    harvest_months = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("tháng thu hoạch"), default=list, blank=True
    )
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
    determination = models.CharField(
        _("cách xác định ranh"), max_length=10, choices=Determination, default=Determination.UNKNOWN
    )
    source = models.JSONField(
        _("nguồn"), default=dict, blank=True
    )  # file, row, CRS, original vertices where they matter
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
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
    def declared_area_ha(self) -> float | None:
        """Declared area in hectares."""
        return None if self.declared_area_m2 is None else self.declared_area_m2 / 10_000

    @property
    def bbox(self) -> str:
        """`west,south,east,north` in degrees, as `data-bbox` takes it."""
        return ",".join(f"{number:.6f}" for number in self.boundary.extent)


class OverlapStatus(models.TextChoices):
    OPEN = "open", _("Chưa giải quyết")
    DECIDED = "decided", _("Đã giải quyết")


class OverlapDecision(models.TextChoices):
    NONE = "", "-"
    TRIM_SECOND = "trim_second", _("Cắt phần chồng lấn khỏi thửa sau")
    TRIM_FIRST = "trim_first", _("Cắt phần chồng lấn khỏi thửa trước")
    WITHDRAWN = "withdrawn", _("Thửa sau được rút lại")
    CUT_BOTH = "cut_both", _("Tách phần chồng lấn khỏi cả hai thửa")
    ACCEPTED = "accepted", _("Chấp nhận, có lý do")


class OverlapCase(models.Model):
    """Two plots of different holders share ground above tolerance; `second` came later and waits."""

    first = models.ForeignKey(Plot, models.CASCADE, related_name="overlaps_as_first")
    second = models.ForeignKey(Plot, models.CASCADE, related_name="overlaps_as_second")
    shared = BoundaryField(_("phần chồng lấn"))
    shared_m2 = area_field("shared")
    status = models.CharField(_("trạng thái"), max_length=10, choices=OverlapStatus, default=OverlapStatus.OPEN)
    decision = models.CharField(_("quyết định"), max_length=12, choices=OverlapDecision, blank=True, default="")
    reason = TextBlock(_("lý do"), blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OverlapCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("vụ chồng lấn")
        verbose_name_plural = _("vụ chồng lấn")
        constraints = [
            models.CheckConstraint(name="overlap_between_two_plots", condition=~Q(first=F("second"))),
            models.UniqueConstraint(fields=["first", "second"], condition=Q(status="open"), name="overlap_open_once"),
            models.CheckConstraint(
                name="overlap_decided_iff_decision",
                condition=Q(status="open", decision="", decided_at=None)
                | Q(status="decided", decided_at__isnull=False) & ~Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} × {self.second_id}"


class ImportStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    NEEDS_ANSWER = "needs_answer", _("Cần trả lời")
    PREVIEWED = "previewed", _("Chờ xác nhận")
    COMMITTED = "committed", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")
    CANCELLED = "cancelled", _("Đã hủy")


class PlotImport(models.Model):
    """An uploaded file on its way to plots: nothing becomes a plot before the user commits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="imports")
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    status = models.CharField(_("trạng thái"), max_length=12, choices=ImportStatus, default=ImportStatus.READING)
    options = models.JSONField(default=dict)  # layer, crs, encoding, columns: what the user chose
    summary = models.JSONField(default=dict)  # what the file says of itself, counts per verdict
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    objects = PlotImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần nhập thửa")
        verbose_name_plural = _("lần nhập thửa")
        constraints = [
            models.CheckConstraint(
                name="plot_import_committed_iff_dated",
                condition=Q(status="committed", committed_at__isnull=False)
                | ~Q(status="committed") & Q(committed_at=None),
            )
        ]

    def get_absolute_url(self) -> str:
        return reverse("farms:import-detail", args=[self.pk])


class Verdict(models.TextChoices):
    GREEN = "green", _("Đạt")
    AMBER = "amber", _("Cần xem lại")
    RED = "red", _("Không nhận")


class PlotImportRow(models.Model):
    """One feature of an uploaded file with what is right and wrong about it."""

    plot_import = models.ForeignKey(PlotImport, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(_("dòng"))
    ref = TextLine(_("số thửa"), max_length=60, blank=True)
    crop = models.ForeignKey("crops.Crop", models.SET_NULL, null=True, related_name="+")
    variety = models.ForeignKey("crops.Variety", models.SET_NULL, null=True, related_name="+")
    grower = models.ForeignKey("cooperatives.Grower", models.SET_NULL, null=True, related_name="+")
    commune = models.ForeignKey("places.AdministrativeUnit", models.SET_NULL, null=True, related_name="+")
    boundary = BoundaryField(null=True)
    attributes = models.JSONField(default=dict)
    verdict = models.CharField(_("kết quả"), max_length=5, choices=Verdict)
    findings = models.JSONField(default=list)  # [{code, detail, field, extra...}]
    plot = models.ForeignKey(Plot, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("dòng nhập")
        verbose_name_plural = _("dòng nhập")
        constraints = [models.UniqueConstraint(fields=["plot_import", "row"], name="plot_import_row_once")]

    def __str__(self) -> str:
        return f"{self.row} {self.ref}"
