"""Files of plots on their way to plots."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, TextLine
from farms.models.plots import Plot
from farms.querysets import PlotImportQuerySet


class ImportStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    NEEDS_ANSWER = "needs_answer", _("Cần trả lời")
    PREVIEWED = "previewed", _("Chờ xác nhận")
    COMMITTED = "committed", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")
    CANCELLED = "cancelled", _("Đã hủy")
    UNDONE = "undone", _("Đã hoàn tác")


class ImportKind(models.TextChoices):
    FILE = "file", _("Tệp tải lên")
    UPDATE = "update", _("Cập nhật hàng loạt qua API")


class PlotImport(models.Model):
    """An uploaded file on its way to plots: nothing becomes a plot before the user commits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="imports")
    kind = models.CharField(_("cách đưa vào"), max_length=6, choices=ImportKind, default=ImportKind.FILE)
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    status = models.CharField(_("trạng thái"), max_length=12, choices=ImportStatus, default=ImportStatus.READING)
    options = models.JSONField(default=dict)  # layer, crs, encoding, columns, crop, existing: what was chosen
    summary = models.JSONField(default=dict)  # what the file says of itself, counts per verdict
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = PlotImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần nhập thửa")
        verbose_name_plural = _("lần nhập thửa")
        constraints = [
            models.CheckConstraint(
                name="plot_import_committed_iff_dated",
                condition=Q(status__in=["committed", "undone"], committed_at__isnull=False)
                | ~Q(status__in=["committed", "undone"]) & Q(committed_at=None),
            ),
            models.CheckConstraint(
                name="plot_import_undone_iff_dated",
                condition=Q(status="undone", undone_at__isnull=False) | ~Q(status="undone") & Q(undone_at=None),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("farms:import-detail", args=[self.pk])


class Verdict(models.TextChoices):
    GREEN = "green", _("Đạt")
    AMBER = "amber", _("Cần xem lại")
    RED = "red", _("Không nhận")


class RowAction(models.TextChoices):
    CREATE = "create", _("Thêm mới")
    UPDATE = "update", _("Cập nhật")
    SAME = "same", _("Không đổi")


def _looked_up(to: Any) -> models.ForeignKey:
    """A pointer of a row to what its value means. The check has just looked it up, and what the row becomes is checked
    again as a plot: no constraint and no index, which would cost a million rows more than the rows themselves."""
    return models.ForeignKey(to, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False)


class PlotImportRow(models.Model):
    """One feature of an uploaded file with what is right and wrong about it."""

    plot_import = models.ForeignKey(
        PlotImport, models.CASCADE, related_name="rows", db_index=False
    )  # by the constraint
    row = models.PositiveIntegerField(_("dòng"))
    ref = TextLine(_("số thửa"), max_length=60, blank=True)
    crop = _looked_up("crops.Crop")
    variety = _looked_up("crops.Variety")
    grower = _looked_up("cooperatives.Grower")
    commune = _looked_up("places.AdministrativeUnit")
    boundary = BoundaryField(null=True, spatial_index=False)
    before_repair = GeometryField(srid=4326, null=True, spatial_index=False)  # as sent, where mended or refused
    original = models.BinaryField(null=True)  # WKB in the file's own system (`summary.crs`) where that is not WGS 84
    attributes = models.JSONField(default=dict)
    verdict = models.CharField(_("kết quả"), max_length=5, choices=Verdict)
    findings = models.JSONField(default=list)  # [{code, detail, field, extra...}]
    action = models.CharField(
        _("việc sẽ làm"), max_length=6, choices=RowAction, default=RowAction.CREATE, db_default="create"
    )
    target = _looked_up(Plot)  # the stored plot with this number, which the row changes
    expected_version = models.PositiveIntegerField(null=True)  # If-Match of a bulk update
    # What the row became. A green row knows its id from the check on, before there is such a plot: one write less.
    plot = _looked_up(Plot)

    class Meta:
        verbose_name = _("dòng nhập")
        verbose_name_plural = _("dòng nhập")
        constraints = [models.UniqueConstraint(fields=["plot_import", "row"], name="plot_import_row_once")]

    def __str__(self) -> str:
        return f"{self.row} {self.ref}"


class ColumnMapping(models.Model):
    """What the columns of a cooperative's files mean: remembered per set of headings, offered again next time."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="column_mappings")
    headings_digest = models.CharField(max_length=64)  # SHA-256 of the folded, sorted headings
    headings = models.JSONField(default=list)
    options = models.JSONField(default=dict)  # columns, crop, crs, encoding as in PlotImport.options
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cách đọc cột đã lưu")
        verbose_name_plural = _("cách đọc cột đã lưu")
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "headings_digest"], name="column_mapping_once"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.headings)[:80]
