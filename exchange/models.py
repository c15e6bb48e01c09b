"""Export (one taking-out of a layer, made as a job) and Snapshot (a public layer as it was on a day)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import TextLine
from exchange.querysets import ExportQuerySet, SnapshotQuerySet


class ExportFormat(models.TextChoices):
    """The formats of files; the value stands in addresses and, but for the shapefile, after the dot of file names."""

    GEOJSON = "geojson", _("GeoJSON")
    GEOJSONL = "geojsonl", _("GeoJSON từng dòng")
    CSV = "csv", _("CSV (bảng)")
    KML = "kml", _("KML (Google Earth)")
    GPKG = "gpkg", _("GeoPackage (QGIS)")
    FGB = "fgb", _("FlatGeobuf")
    PARQUET = "parquet", _("GeoParquet")
    XLSX = "xlsx", _("XLSX (Excel)")
    SHP = "shp", _("Shapefile (nén zip)")
    PMTILES = "pmtiles", _("PMTiles (bản đồ)")


class ExportProfile(models.TextChoices):
    """Agreed shapes of a file for a receiver; `plain` is the layer's own fields."""

    PLAIN = "plain", _("Các trường của lớp")
    EUDR = "eudr", _("EUDR (TRACES)")
    FIBOA = "fiboa", _("fiboa / Vecorel")
    NATIONAL = "national", _("Trao đổi dữ liệu mã số quốc gia")
    BUYER = "buyer", _("Bảng cho người mua")


class Export(models.Model):
    """A layer taken out as a job: what was asked for, by whom, and the file, which is kept for a few days.

    `query` holds the parameters of the layer's filters and of the area, {name: [values]}; `columns` the names of the
    layer's fields (empty: all). `requested_by` is null for visitors: who holds the link holds the file, which then
    holds nothing that is not public. Personal columns go out with a purpose only; the row stays, and
    `record` says whom the file held.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    layer = models.CharField(_("lớp"), max_length=40)
    format = models.CharField(_("định dạng"), max_length=10, choices=ExportFormat)
    profile = models.CharField(_("mẫu"), max_length=10, choices=ExportProfile, default=ExportProfile.PLAIN)
    query = models.JSONField(_("bộ lọc"), default=dict)
    columns = models.JSONField(_("các trường"), default=list)
    crs = models.CharField(_("hệ tọa độ"), max_length=20, default="EPSG:4326")
    personal = models.JSONField(_("trường cá nhân"), default=list)  # names of exchange.exports.personal.PersonalField
    has_personal = models.BooleanField(_("có dữ liệu cá nhân"), default=False)
    purpose = TextLine(_("mục đích"), max_length=300, blank=True)
    record = models.ForeignKey("cooperatives.DirectoryExport", models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=5, default="vi")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(_("yêu cầu lúc"), auto_now_add=True)
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    document = models.ForeignKey("office.Document", models.SET_NULL, null=True, related_name="+")
    row_count = models.PositiveBigIntegerField(_("số đối tượng"), null=True)
    written_at = models.DateTimeField(_("số liệu lúc"), null=True)
    expires_at = models.DateTimeField(_("giữ đến"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("lượt xuất dữ liệu")
        verbose_name_plural = _("lượt xuất dữ liệu")
        indexes = [
            models.Index(fields=["requested_by", "-requested_at"], name="export_own"),
            models.Index(fields=["expires_at"], name="export_expiry"),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_personal_needs_purpose",
                condition=Q(has_personal=False) | ~Q(purpose="") & Q(requested_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer}.{self.format} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("exchange:export-detail", args=[self.pk])


class Snapshot(models.Model):
    """A public layer in one format as everybody could read it on a day; the newest one is `latest`."""

    layer = models.CharField(_("lớp"), max_length=40)
    format = models.CharField(_("định dạng"), max_length=10, choices=ExportFormat)
    made_on = models.DateField(_("ngày"))
    written_at = models.DateTimeField(_("số liệu lúc"))
    path = models.CharField(max_length=200)  # below the folder of snapshots
    size = models.PositiveBigIntegerField(_("dung lượng"))
    sha256 = models.CharField(max_length=64)
    row_count = models.PositiveBigIntegerField(_("số đối tượng"))

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("bản chụp dữ liệu")
        verbose_name_plural = _("bản chụp dữ liệu")
        constraints = [
            models.UniqueConstraint(fields=["layer", "format", "made_on"], name="snapshot_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.made_on} {self.format}"
