"""What the office watches: alerts on issued codes, cases of misuse, who gets which file."""

import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.querysets import CodeAlertQuerySet, MisuseQuerySet, RoutingQuerySet
from core.fields import TextBlock, TextLine
from core.history import keep_history


class AlertVerdict(models.TextChoices):
    WARN = "warn", _("Cần lưu ý")
    FAIL = "fail", _("Không còn đạt")


class CodeAlert(models.Model):
    """A rule that an issued code no longer meets, found by the nightly check: a flag, never a change of status."""

    code = models.ForeignKey("codes.ProductionAreaCode", models.CASCADE, related_name="alerts")
    rule = models.CharField(_("quy tắc"), max_length=40)
    verdict = models.CharField(_("mức độ"), max_length=4, choices=AlertVerdict)
    finding = models.JSONField(default=dict)
    opened_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(_("lần thấy gần nhất"), auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    dismiss_reason = TextBlock(_("lý do bỏ qua"), blank=True)

    objects = CodeAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("cảnh báo của mã số")
        verbose_name_plural = _("cảnh báo của mã số")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "rule"], condition=Q(closed_at=None), name="alert_open_once_per_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} {self.rule}"


def new_case_number() -> str:
    """Return a number that cannot be guessed, by which a reporter follows the case: 128 random bits."""
    return secrets.token_hex(16)


class MisuseStatus(models.TextChoices):
    OPEN = "open", _("Đang xác minh")
    VERIFIED = "verified", _("Có vi phạm")
    UNFOUNDED = "unfounded", _("Không có căn cứ")
    CLOSED = "closed", _("Đã đóng")


class MisuseSource(models.TextChoices):
    PUBLIC = "public", _("Người dân, người mua báo")
    HOLDER = "holder", _("Đơn vị nói không phải hàng của mình")
    LEDGER = "ledger", _("Sổ khối lượng vượt mức")
    OFFICE = "office", _("Cơ quan phát hiện")


@keep_history(exclude=["reporter_contact_encrypted", "description", "reply_text"])  # may name persons: erasable
class MisuseCase(models.Model):
    """A code may have been misused: reported, verified or not, closed; published as a decision, without persons."""

    receipt = models.CharField(max_length=32, unique=True, default=new_case_number, editable=False)
    code = models.ForeignKey(
        "codes.ProductionAreaCode", models.PROTECT, null=True, blank=True, related_name="misuse_cases"
    )
    code_text = TextLine(_("mã số được nêu"), max_length=80)
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, null=True, blank=True, related_name="+"
    )  # decides whose desk; unknown codes go to the province
    lot = models.ForeignKey("codes.Lot", models.PROTECT, null=True, blank=True, related_name="misuse_cases")
    packing_code = models.ForeignKey(
        "codes.PackingHouseCode", models.PROTECT, null=True, blank=True, related_name="misuse_cases"
    )
    source = models.CharField(_("nguồn tin"), max_length=6, choices=MisuseSource)
    status = models.CharField(_("trạng thái"), max_length=9, choices=MisuseStatus, default=MisuseStatus.OPEN)
    shipment = TextLine(_("lô hàng được nêu"), max_length=200, blank=True)
    description = TextBlock(_("nội dung"))
    reporter_contact_encrypted = models.BinaryField(default=b"", editable=False)
    evidence: models.ManyToManyField = models.ManyToManyField("office.Document", related_name="+", blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # The holder may answer before anything is published.
    reply_due_on = models.DateField(_("hạn giải trình"), null=True, blank=True)
    reply_text = TextBlock(_("giải trình của đơn vị"), blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    decision_number = TextLine(_("số quyết định"), max_length=80, blank=True)
    decided_on = models.DateField(_("ngày quyết định"), null=True, blank=True)
    public_text = TextBlock(_("nội dung công bố"), blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = MisuseQuerySet.as_manager()

    PUBLIC_FIELDS = ("code", "decision_number", "decided_on", "public_text")

    class Meta:
        verbose_name = _("vụ sử dụng sai mã")
        verbose_name_plural = _("vụ sử dụng sai mã")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="misuse_published_is_decided",
                condition=Q(published_at=None)
                | Q(status__in=("verified", "closed"), decided_on__isnull=False, reply_due_on__isnull=False)
                & ~Q(decision_number="")
                & ~Q(public_text=""),
            ),
            models.CheckConstraint(
                name="misuse_closed_iff_dated",
                condition=Q(status="closed", closed_at__isnull=False) | ~Q(status="closed") & Q(closed_at=None),
            ),
            models.UniqueConstraint(
                fields=["lot"], condition=Q(lot__isnull=False, status="open"), name="misuse_open_once_per_lot"
            ),
        ]

    def __str__(self) -> str:
        return f"VP-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("casework:misuse-case", args=[self.pk])


class MisuseEvent(models.Model):
    """A step of a misuse case. Append-only."""

    is_append_only = True

    case = models.ForeignKey(MisuseCase, models.PROTECT, related_name="events")
    transition = models.CharField(_("bước"), max_length=30)
    old_status = models.CharField(max_length=9, blank=True)
    new_status = models.CharField(max_length=9)
    note = TextBlock(_("ghi chú"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước xử lý vụ sử dụng sai mã")
        verbose_name_plural = _("bước xử lý vụ sử dụng sai mã")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.transition} {self.new_status}"


@keep_history()
class RoutingRule(models.Model):
    """Requests of a unit (and, when given, of one crop) go to this officer's desk; the narrowest rule wins."""

    unit = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("địa bàn"))
    crop = models.ForeignKey(
        "crops.Crop", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cây trồng")
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("cán bộ nhận")
    )
    valid_from = models.DateField(_("từ ngày"))
    valid_to = models.DateField(_("đến trước ngày"), null=True, blank=True)

    objects = RoutingQuerySet.as_manager()

    class Meta:
        verbose_name = _("phân công theo địa bàn")
        verbose_name_plural = _("phân công theo địa bàn")
        constraints = [
            models.CheckConstraint(name="routing_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))),
            models.UniqueConstraint(
                fields=["unit", "crop"], condition=Q(valid_to=None), name="routing_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.crop_id or ''}".strip()


@keep_history()
class CalendarOverride(models.Model):
    """A day that the calendar library does not know as the administration works: swapped, added or taken away."""

    day = models.DateField(_("ngày"))
    province = models.ForeignKey(
        "places.AdministrativeUnit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tỉnh"),
        help_text=_("Để trống: cả nước."),
    )
    is_working_day = models.BooleanField(_("là ngày làm việc"))
    name = TextLine(_("tên ngày"), max_length=120)
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=300)

    class Meta:
        verbose_name = _("ngày nghỉ, ngày làm bù")
        verbose_name_plural = _("ngày nghỉ, ngày làm bù")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "province"], name="calendar_day_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
