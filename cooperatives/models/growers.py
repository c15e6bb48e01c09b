"""Who belongs to a cooperative, lists of members on their way in, tables taken out of the directory."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.holders import Cooperative
from cooperatives.querysets import DirectoryExportQuerySet, GrowerQuerySet
from core.fields import TextBlock, TextLine


class Grower(models.Model):
    """A person who belongs to a cooperative and cultivates plots."""

    cooperative = models.ForeignKey(Cooperative, models.PROTECT, related_name="growers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="memberships")
    number = models.CharField(_("số thành viên"), max_length=20)
    hamlet = TextLine(_("ấp, khóm"), max_length=80, blank=True)
    declared_area_ha = models.DecimalField(_("diện tích kê khai (ha)"), max_digits=8, decimal_places=2, null=True)
    joined_on = models.DateField(_("ngày vào"), null=True, blank=True)
    left_on = models.DateField(_("ngày ra"), null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(null=True, blank=True)  # empty: from before this was recorded
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = GrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("nông hộ thành viên")
        verbose_name_plural = _("nông hộ thành viên")
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "number"], name="grower_number_once"),
            models.UniqueConstraint(
                fields=["cooperative", "person"], condition=Q(left_on=None), name="grower_belongs_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class DirectoryExport(models.Model):
    """A table of the farmer directory that an officer took out: who, when, what for, whom it held. Append-only.

    `filters` holds no words that were searched for, which may be a person's name: only that there were some.
    """

    is_append_only = True

    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    exported_at = models.DateTimeField(auto_now_add=True)
    purpose = TextLine(_("mục đích"), max_length=160)
    filters = models.JSONField(_("bộ lọc"), default=dict)
    suffix = models.CharField(_("định dạng"), max_length=4)
    has_phones = models.BooleanField(_("có số điện thoại"), default=False)
    row_count = models.PositiveIntegerField(_("số dòng"))
    growers = ArrayField(models.BigIntegerField(), verbose_name=_("nông hộ trong tệp"))
    communes = ArrayField(models.BigIntegerField(), verbose_name=_("xã trong tệp"))

    objects = DirectoryExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần xuất danh bạ")
        verbose_name_plural = _("lần xuất danh bạ")
        ordering = ["-exported_at", "-pk"]
        indexes = [GinIndex(fields=["growers"], name="directory_export_growers")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"#{self.pk}"


class GrowerImportStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    PREVIEWED = "previewed", _("Chờ xác nhận")
    COMMITTED = "committed", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")
    CANCELLED = "cancelled", _("Đã hủy")


class GrowerImport(models.Model):
    """A list of members on its way: what was read is kept encrypted, and file and rows are gone when it is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="grower_imports")
    document = models.ForeignKey("office.Document", models.SET_NULL, null=True, related_name="+")
    file_name = TextLine(_("tên tệp"), max_length=255)
    file_sha256 = models.CharField(max_length=64)
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    status = models.CharField(
        _("trạng thái"), max_length=10, choices=GrowerImportStatus, default=GrowerImportStatus.READING
    )
    columns = models.JSONField(default=dict)  # our field -> heading, as guessed or chosen
    rows_encrypted = models.BinaryField(default=b"", editable=False)  # JSON of rows with verdicts and findings
    summary = models.JSONField(default=dict)  # headings and counts; never a person
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lần nhập thành viên")
        verbose_name_plural = _("lần nhập thành viên")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="grower_import_committed_iff_dated",
                condition=Q(status="committed", committed_at__isnull=False)
                | ~Q(status="committed") & Q(committed_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.file_name
