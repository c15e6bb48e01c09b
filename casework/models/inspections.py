"""Visits to areas: planned, recorded (also without signal, sent later), with photos. Positions are never published."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.gis.db.models import PointField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.models.requests import CodeRequest
from casework.querysets import InspectionQuerySet, PlannedVisitQuerySet
from core.fields import BoundaryField, TextBlock, TextLine


class InspectionPurpose(models.TextChoices):
    """Why an officer goes there."""

    REQUEST = "request", _("Thẩm định hồ sơ")
    MONITORING = "monitoring", _("Giám sát định kỳ")
    RESTORATION = "restoration", _("Kiểm tra lại để phục hồi")
    MISUSE = "misuse", _("Xác minh sử dụng sai mã")


class InspectionResult(models.TextChoices):
    PASS = "pass", _("Đạt")
    MINOR = "minor", _("Lỗi nhỏ")
    MAJOR = "major", _("Lỗi lớn")


def _about_one_thing(name: str) -> models.CheckConstraint:
    """A visit is about a request or about an issued code, not both."""
    return models.CheckConstraint(
        name=name,
        condition=Q(code_request__isnull=False, code=None) | Q(code_request=None, code__isnull=False),
    )


class Inspection(models.Model):
    """A visit to the area by an officer: what was seen and the result. Append-only; the position is never published.

    `client_id` is made on the phone: the same visit sent again is the same row. `answers`: [{item, text, answer, note}]
    with the checklist as it read that day. `samples`: [{number, what, for_test}].
    """

    is_append_only = True

    client_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    purpose = models.CharField(
        _("mục đích"), max_length=11, choices=InspectionPurpose, default=InspectionPurpose.REQUEST
    )
    code_request = models.ForeignKey(CodeRequest, models.PROTECT, null=True, blank=True, related_name="inspections")
    code = models.ForeignKey(
        "codes.ProductionAreaCode", models.PROTECT, null=True, blank=True, related_name="inspections"
    )
    inspector = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    visited_on = models.DateField(_("ngày kiểm tra"))
    position = PointField(_("vị trí"), srid=4326, null=True, blank=True)
    accuracy_m = models.FloatField(_("sai số (m)"), null=True, blank=True)
    answers = models.JSONField(_("mục kiểm tra"), default=list)
    samples = models.JSONField(_("mẫu đã lấy"), default=list)
    proposed_boundary = BoundaryField(_("ranh giới đề nghị sửa"), null=True, blank=True)
    result = models.CharField(_("kết quả"), max_length=6, choices=InspectionResult)
    report = TextBlock(_("nội dung biên bản"))
    signer_name = TextLine(_("người ký"), max_length=120, blank=True)
    signature = models.ForeignKey("office.Document", models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(_("lúc ghi trên máy"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần kiểm tra")
        verbose_name_plural = _("lần kiểm tra")
        ordering = ["visited_on", "id"]
        indexes = [models.Index(fields=["code", "visited_on"], name="inspection_of_code")]
        constraints = [_about_one_thing("inspection_about_request_or_code")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.result}"


class InspectionPhoto(models.Model):
    """A photo of a visit, without its EXIF data. May arrive after the visit itself. Append-only."""

    is_append_only = True

    client_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="photos")
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    caption = TextLine(_("chú thích"), max_length=160, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("ảnh kiểm tra")
        verbose_name_plural = _("ảnh kiểm tra")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.caption or f"#{self.pk}"


class PlannedVisit(models.Model):
    """A visit that is to be made: for a request, or to monitor a code. Done once `inspection` is there."""

    purpose = models.CharField(
        _("mục đích"), max_length=11, choices=InspectionPurpose, default=InspectionPurpose.REQUEST
    )
    code_request = models.ForeignKey(CodeRequest, models.CASCADE, null=True, blank=True, related_name="planned_visits")
    code = models.ForeignKey(
        "codes.ProductionAreaCode", models.PROTECT, null=True, blank=True, related_name="planned_visits"
    )
    planned_on = models.DateField(_("ngày hẹn"))
    inspector = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("người đi")
    )
    note = TextBlock(_("ghi chú"), blank=True)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(auto_now_add=True)
    inspection = models.OneToOneField(
        Inspection, models.PROTECT, null=True, blank=True, related_name="planned_visit", verbose_name=_("lần kiểm tra")
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = PlannedVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("lịch kiểm tra")
        verbose_name_plural = _("lịch kiểm tra")
        ordering = ["planned_on", "id"]
        constraints = [
            _about_one_thing("visit_about_request_or_code"),
            models.CheckConstraint(name="visit_done_or_cancelled", condition=Q(inspection=None) | Q(cancelled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.planned_on}"
