"""CodeRequest with its events, inspections."""

import secrets

import pgtrigger
from django.conf import settings
from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.querysets import CodeRequestQuerySet
from core.fields import TextBlock, TextLine
from core.history import keep_history


class RequestStatus(models.TextChoices):
    DRAFT = "draft", _("Bản nháp")
    SUBMITTED = "submitted", _("Đã nộp")
    IN_REVIEW = "in_review", _("Đang thẩm định")
    INSPECTION = "inspection", _("Kiểm tra thực địa")
    RETURNED = "returned", _("Trả lại để bổ sung")
    APPROVED = "approved", _("Đã cấp mã")
    REJECTED = "rejected", _("Từ chối")
    WITHDRAWN = "withdrawn", _("Đã rút")
    LAPSED = "lapsed", _("Quá hạn bổ sung")


FINAL_STATUSES = (
    RequestStatus.APPROVED,
    RequestStatus.REJECTED,
    RequestStatus.WITHDRAWN,
    RequestStatus.LAPSED,
)
OPEN_STATUSES = tuple(status for status in RequestStatus if status not in FINAL_STATUSES)


def new_receipt() -> str:
    """Return a receipt number that cannot be guessed: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


@keep_history(exclude=["contact_person"])  # a person: must be erasable
class CodeRequest(models.Model):
    """A cooperative asks for codes for one area under one scheme."""

    receipt = models.CharField(_("số biên nhận"), max_length=32, unique=True, default=new_receipt, editable=False)
    area = models.ForeignKey(
        "codes.ProductionArea", models.PROTECT, related_name="requests", verbose_name=_("vùng trồng")
    )
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="requests")
    commune = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+")
    scheme = models.ForeignKey("codes.CodeScheme", models.PROTECT, related_name="requests", verbose_name=_("chế độ"))
    markets = models.ManyToManyField("codes.Market", related_name="requests", verbose_name=_("thị trường"), blank=True)
    status = models.CharField(_("trạng thái"), max_length=12, choices=RequestStatus, default=RequestStatus.DRAFT)
    expected_output_t = models.FloatField(_("sản lượng dự kiến (tấn/năm)"), null=True, blank=True)
    contact_person = TextLine(_("người phụ trách kỹ thuật"), max_length=120, blank=True)
    note = TextBlock(_("ghi chú"), blank=True)
    has_declared = models.BooleanField(_("cam kết khai đúng sự thật"), default=False)
    return_reason = TextBlock(_("lý do trả lại"), blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_on = models.DateField(_("ngày nộp"), null=True, blank=True)
    due_on = models.DateField(_("hạn giải quyết"), null=True, blank=True)
    decided_at = models.DateTimeField(_("lúc quyết định"), null=True, blank=True)
    codes = models.ManyToManyField("codes.ProductionAreaCode", related_name="requests", blank=True)

    objects = CodeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("hồ sơ đề nghị cấp mã")
        verbose_name_plural = _("hồ sơ đề nghị cấp mã")
        indexes = [models.Index(fields=["status", "due_on"], name="request_desk")]
        constraints = [
            models.CheckConstraint(
                name="request_decided_iff_final",
                condition=Q(status__in=FINAL_STATUSES, decided_at__isnull=False)
                | (~Q(status__in=FINAL_STATUSES) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="request_submitted_has_date",
                condition=Q(status__in=(RequestStatus.DRAFT, RequestStatus.WITHDRAWN))
                | Q(submitted_on__isnull=False, due_on__isnull=False, has_declared=True),
            ),
            models.CheckConstraint(
                name="request_returned_has_reason",
                condition=~Q(status=RequestStatus.RETURNED) | ~Q(return_reason=""),
            ),
            models.UniqueConstraint(
                fields=["area", "scheme"], condition=Q(status__in=OPEN_STATUSES), name="request_open_once_per_scheme"
            ),
        ]

    def __str__(self) -> str:
        return f"YC-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("casework:request-detail", args=[self.pk])


class RequestEvent(models.Model):
    """A step of a request. Append-only."""

    is_append_only = True

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="events")
    transition = models.CharField(_("bước"), max_length=30)
    old_status = models.CharField(max_length=12, blank=True)
    new_status = models.CharField(max_length=12)
    note = TextBlock(_("ghi chú"), blank=True)
    findings = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước xử lý")
        verbose_name_plural = _("bước xử lý")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.transition} {self.new_status}"


class InspectionResult(models.TextChoices):
    PASS = "pass", _("Đạt")
    MINOR = "minor", _("Lỗi nhỏ")
    MAJOR = "major", _("Lỗi lớn")


class Inspection(models.Model):
    """A visit to the area by an officer: what was seen and the result. Append-only; the position is never published."""

    is_append_only = True

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="inspections")
    inspector = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    visited_on = models.DateField(_("ngày kiểm tra"))
    position = PointField(_("vị trí"), srid=4326, null=True, blank=True)
    accuracy_m = models.FloatField(_("sai số (m)"), null=True, blank=True)
    result = models.CharField(_("kết quả"), max_length=6, choices=InspectionResult)
    report = TextBlock(_("nội dung biên bản"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lần kiểm tra")
        verbose_name_plural = _("lần kiểm tra")
        ordering = ["visited_on", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.result}"
