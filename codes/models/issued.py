"""Issued codes with their life and what markets say of them."""

import datetime as dt

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from codes.expressions import Twin, WithoutDashes
from codes.models.areas import ProductionArea
from codes.models.schemes import CodeScheme, Market, Reason
from codes.querysets import CodeQuerySet
from core.fields import BoundaryField, TextBlock, TextLine, area_field
from core.triggers import Frozen


class CodeCounter(models.Model):
    """The last serial given within a scope of a scheme; its row is locked last, in the issuing transaction."""

    is_never_deleted = True

    scheme = models.ForeignKey(CodeScheme, models.PROTECT, related_name="counters")
    scope = models.CharField(max_length=80)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("bộ đếm mã số")
        verbose_name_plural = _("bộ đếm mã số")
        constraints = [models.UniqueConstraint(fields=["scheme", "scope"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class CodeStatus(models.TextChoices):
    """Stored states; expired, late and overdue are derived."""

    ACTIVE = "active", _("Đang hiệu lực")
    SUSPENDED = "suspended", _("Tạm đình chỉ")
    REVOKED = "revoked", _("Đã thu hồi")
    SUPERSEDED = "superseded", _("Đã thay thế")


# Never changed again once they hold a value; an imported code may get its area and ground later, once.
FROZEN_CODE_FIELDS = [
    "code", "scheme", "market", "scope", "serial", "issued_on", "area", "area_name", "crop", "crop_name",
    "variety_name", "holder",
    "holder_name", "commune", "commune_name", "province_name", "boundary", "grower_count",
    "area_version", "is_imported", "declared_area_m2",
]  # fmt: skip
FILLED_ONCE = frozenset({"area", "area_version", "boundary", "holder", "serial"})


class ProductionAreaCode(models.Model):
    """An issued code with a frozen copy of what it was issued for. Never rewritten, never reused, never deleted."""

    code = models.CharField(_("mã số"), max_length=60, unique=True)
    scheme = models.ForeignKey(CodeScheme, models.PROTECT, related_name="codes", verbose_name=_("chế độ"))
    market = models.ForeignKey(
        Market, models.PROTECT, related_name="codes", null=True, blank=True, verbose_name=_("thị trường")
    )
    scope = models.CharField(max_length=80, editable=False)
    serial = models.PositiveIntegerField(null=True, editable=False)  # null: an imported code outside the pattern
    is_imported = models.BooleanField(_("nhập từ danh sách cũ"), default=False, editable=False)
    status = models.CharField(_("trạng thái"), max_length=10, choices=CodeStatus, default=CodeStatus.ACTIVE)
    issued_on = models.DateField(_("ngày cấp"))
    valid_until = models.DateField(_("có hiệu lực đến hết ngày"), null=True, blank=True)
    superseded_by = models.ManyToManyField("self", symmetrical=False, related_name="supersedes", blank=True)

    area = models.ForeignKey(
        ProductionArea, models.PROTECT, null=True, related_name="codes", verbose_name=_("vùng trồng")
    )
    area_version = models.PositiveIntegerField(null=True, editable=False)
    area_name = TextLine(_("tên vùng trồng khi cấp"), max_length=160)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="codes")
    crop_name = TextLine(_("cây trồng khi cấp"), max_length=80)
    variety_name = TextLine(_("giống khi cấp"), max_length=80, blank=True)
    holder = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, null=True, related_name="codes")
    holder_name = TextLine(_("đơn vị khi cấp"), max_length=160)
    commune = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+")
    commune_name = TextLine(_("phường, xã khi cấp"), max_length=120)
    province_name = TextLine(_("tỉnh khi cấp"), max_length=120)
    boundary = BoundaryField(_("ranh giới khi cấp"), null=True)
    area_m2 = area_field()
    declared_area_m2 = models.FloatField(_("diện tích theo danh sách cũ (m²)"), null=True, blank=True, editable=False)
    grower_count = models.PositiveIntegerField(_("số hộ khi cấp"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CodeQuerySet.as_manager()

    PUBLIC_FIELDS = ("code", "scheme", "market", "status", "crop", "area_ha", "commune", "issued_on", "valid_until")

    class Meta:
        verbose_name = _("mã số vùng trồng")
        verbose_name_plural = _("mã số vùng trồng")
        ordering = ["code"]
        indexes = [
            GinIndex(fields=["code"], opclasses=["gin_trgm_ops"], name="code_trigrams"),
            models.Index(Twin("code"), name="code_twin"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "scope", "serial"], name="code_serial_once"),
            models.UniqueConstraint(WithoutDashes("code"), name="code_once_without_dashes"),
            models.CheckConstraint(name="code_serial_from_1", condition=Q(serial=None) | Q(serial__gte=1)),
            models.CheckConstraint(
                name="code_issued_here_is_complete",
                condition=Q(is_imported=True)
                | Q(
                    serial__isnull=False,
                    area__isnull=False,
                    area_version__isnull=False,
                    holder__isnull=False,
                    boundary__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="code_dates", condition=Q(valid_until=None) | Q(valid_until__gte=F("issued_on"))
            ),
            models.CheckConstraint(name="code_is_upper_ascii", condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]+$")),
        ]
        triggers = [
            Frozen(name="frozen", fields=FROZEN_CODE_FIELDS, filled_once=FILLED_ONCE),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("codes:check", args=[self.code])

    @property
    def area_ha(self) -> float | None:
        """Geodesic area in hectares of the frozen boundary; of an imported code without one, what its list said."""
        square_metres = self.declared_area_m2 if self.area_m2 is None else self.area_m2
        return None if square_metres is None else square_metres / 10_000

    @property
    def crop_label(self) -> str:
        """The crop in the reader's language; as it was called at the issue where the catalogue calls it otherwise."""
        return str(self.crop) if self.crop.name_vi == self.crop_name else self.crop_name

    def is_expired(self, today: dt.date) -> bool:
        """Whether `today` lies after the last day of validity."""
        return self.valid_until is not None and today > self.valid_until


class ApprovalStatus(models.TextChoices):
    NOT_SUBMITTED = "not_submitted", _("Chưa gửi hồ sơ")
    DOSSIER_SENT = "dossier_sent", _("Đã gửi hồ sơ")
    APPROVED = "approved", _("Nước nhập khẩu chấp thuận")
    REJECTED = "rejected", _("Nước nhập khẩu từ chối")
    ON_HOLD = "on_hold", _("Nước nhập khẩu tạm dừng")
    WITHDRAWN = "withdrawn", _("Đã rút")


class MarketApproval(models.Model):
    """What one market says of one code; a suspension by China does not touch the EU."""

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="approvals")
    market = models.ForeignKey(Market, models.PROTECT, related_name="approvals")
    status = models.CharField(
        _("trạng thái"), max_length=14, choices=ApprovalStatus, default=ApprovalStatus.NOT_SUBMITTED
    )
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    decided_on = models.DateField(_("ngày"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("chấp thuận thị trường")
        verbose_name_plural = _("chấp thuận thị trường")
        constraints = [models.UniqueConstraint(fields=["code", "market"], name="approval_once_per_market")]

    def __str__(self) -> str:
        return f"{self.market_id} {self.status}"


class CodeEvent(models.Model):
    """An act on a code or on one of its market approvals. Append-only."""

    is_append_only = True

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="events")
    transition = models.CharField(_("bước"), max_length=30)
    market = models.ForeignKey(Market, models.PROTECT, null=True, blank=True, related_name="+")
    old_status = models.CharField(max_length=14, blank=True)
    new_status = models.CharField(max_length=14)
    reason_code = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("mã lý do")
    )
    reason = TextBlock(_("lý do"), blank=True)
    details = models.JSONField(_("chi tiết"), default=dict)  # what the step changed besides the status
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    effective_on = models.DateField(_("ngày hiệu lực"))
    public_note = TextBlock(_("ghi chú công khai"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sự kiện của mã số")
        verbose_name_plural = _("sự kiện của mã số")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.transition} {self.new_status}"
