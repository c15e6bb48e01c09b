"""Lists of codes from elsewhere: an importing country's decisions, and the codes of the time before this system."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from codes.models.issued import ApprovalStatus, ProductionAreaCode
from codes.models.schemes import CodeScheme, Market
from codes.querysets import CodeListQuerySet
from core.fields import TextBlock, TextLine


class ListKind(models.TextChoices):
    MARKET = "market", _("Danh sách của nước nhập khẩu")
    OLD_CODES = "old_codes", _("Mã số cấp trước khi có hệ thống")


class ListStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    PREVIEWED = "previewed", _("Chờ xác nhận")
    COMMITTED = "committed", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")
    CANCELLED = "cancelled", _("Đã hủy")


class CodeList(models.Model):
    """An uploaded list on its way: read in a fenced process, previewed row by row, stored as a whole or not at all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("loại danh sách"), max_length=10, choices=ListKind)
    market = models.ForeignKey(
        Market, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thị trường")
    )
    scheme = models.ForeignKey(
        CodeScheme, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("chế độ")
    )
    unit = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("địa bàn của người nhập")
    )
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    decided_on = models.DateField(_("ngày của danh sách"))
    status = models.CharField(_("trạng thái"), max_length=10, choices=ListStatus, default=ListStatus.READING)
    columns = models.JSONField(default=dict)  # heading -> what it means, as guessed or chosen
    summary = models.JSONField(default=dict)
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    objects = CodeListQuerySet.as_manager()

    class Meta:
        verbose_name = _("danh sách mã số")
        verbose_name_plural = _("danh sách mã số")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="code_list_committed_iff_dated",
                condition=Q(status="committed", committed_at__isnull=False)
                | ~Q(status="committed") & Q(committed_at=None),
            ),
            models.CheckConstraint(
                name="code_list_knows_market_or_scheme",
                condition=Q(kind="market", market__isnull=False) | Q(kind="old_codes", scheme__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.decided_on}"


class ListVerdict(models.TextChoices):
    """What will become of a row."""

    CHANGE = "change", _("Sẽ ghi")
    SAME = "same", _("Đã đúng như vậy")
    UNMATCHED = "unmatched", _("Không tìm thấy mã")
    REFUSED = "refused", _("Không nhận")


class CodeListRow(models.Model):
    """A row of a list: what was read, which code it means, what will become of it."""

    code_list = models.ForeignKey(CodeList, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(_("dòng"))
    code_text = TextLine(_("mã trong tệp"), max_length=80, blank=True)
    values = models.JSONField(default=dict)  # column meaning -> text as read
    code = models.ForeignKey(ProductionAreaCode, models.SET_NULL, null=True, related_name="+")
    wanted_status = models.CharField(_("trạng thái mới"), max_length=14, choices=ApprovalStatus, blank=True)
    verdict = models.CharField(_("kết quả"), max_length=9, choices=ListVerdict)
    findings = models.JSONField(default=list)

    class Meta:
        verbose_name = _("dòng của danh sách")
        verbose_name_plural = _("dòng của danh sách")
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["code_list", "row"], name="code_list_row_once")]

    def __str__(self) -> str:
        return f"{self.row} {self.code_text}"
