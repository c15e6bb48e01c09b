"""Codes of packing houses, and which of them a holder lets use its production area codes."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from codes.expressions import WithoutDashes
from codes.models.issued import CodeStatus, ProductionAreaCode
from codes.models.schemes import Market
from codes.querysets import PackingCodeQuerySet, PackingLinkQuerySet
from core.fields import TextBlock, TextLine
from core.history import keep_history


@keep_history()
class PackingHouseCode(models.Model):
    """The code of a packing house (CSĐG) for one market or for all: VN-DTPH-0001. Given elsewhere, recorded here."""

    code = models.CharField(_("mã số cơ sở đóng gói"), max_length=60, unique=True)
    house = models.ForeignKey(
        "cooperatives.PackingHouse", models.PROTECT, related_name="codes", verbose_name=_("cơ sở đóng gói")
    )
    market = models.ForeignKey(
        Market, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thị trường")
    )
    status = models.CharField(_("trạng thái"), max_length=10, choices=CodeStatus, default=CodeStatus.ACTIVE)
    issued_on = models.DateField(_("ngày cấp"), null=True, blank=True)
    valid_until = models.DateField(_("có hiệu lực đến hết ngày"), null=True, blank=True)
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    public_note = TextBlock(_("ghi chú công khai"), blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PackingCodeQuerySet.as_manager()

    PUBLIC_FIELDS = ("code", "house", "market", "status", "issued_on", "valid_until")

    class Meta:
        verbose_name = _("mã số cơ sở đóng gói")
        verbose_name_plural = _("mã số cơ sở đóng gói")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(WithoutDashes("code"), name="packing_code_once_without_dashes"),
            models.CheckConstraint(
                name="packing_code_is_upper_ascii", condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]+$")
            ),
            models.CheckConstraint(
                name="packing_code_dates",
                condition=Q(valid_until=None) | Q(issued_on=None) | Q(valid_until__gte=F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class LinkStatus(models.TextChoices):
    ASKED = "asked", _("Đang xin phép")
    ACCEPTED = "accepted", _("Được phép")
    REFUSED = "refused", _("Bị từ chối")
    ENDED = "ended", _("Đã chấm dứt")


@keep_history()
class PackingLink(models.Model):
    """A packing house may pack fruit under a production area code, once the code's holder has said so."""

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="packing_links")
    packing_code = models.ForeignKey(PackingHouseCode, models.PROTECT, related_name="links")
    status = models.CharField(_("trạng thái"), max_length=8, choices=LinkStatus, default=LinkStatus.ASKED)
    note = TextBlock(_("ghi chú"), blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_on = models.DateField(_("chấm dứt từ ngày"), null=True, blank=True)

    objects = PackingLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("liên kết đóng gói")
        verbose_name_plural = _("liên kết đóng gói")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "packing_code"],
                condition=Q(status__in=(LinkStatus.ASKED, LinkStatus.ACCEPTED)),
                name="packing_link_live_once",
            ),
            models.CheckConstraint(
                name="packing_link_decided_iff_not_asked",
                condition=Q(status="asked", decided_at=None) | ~Q(status="asked") & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} × {self.packing_code_id} {self.status}"
