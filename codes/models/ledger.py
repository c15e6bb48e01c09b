"""The volume ledger: lots declared on a code; what is expected comes from area and yield (docs/domain.md)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from codes.models.issued import ProductionAreaCode
from codes.models.packing import PackingHouseCode
from codes.models.schemes import Market
from codes.querysets import LotQuerySet
from core.fields import TextBlock, TextLine


class LotAnswer(models.TextChoices):
    """What the holder says to "was this you?"; its own declarations are confirmed at once."""

    WAITING = "waiting", _("Chờ đơn vị xác nhận")
    YES = "yes", _("Đúng là hàng của chúng tôi")
    NO = "no", _("Không phải hàng của chúng tôi")


class Lot(models.Model):
    """Fruit that went out under a code. Never changed but for the holder's answer and, with a reason, cancellation."""

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="lots", verbose_name=_("mã số"))
    packing_code = models.ForeignKey(
        PackingHouseCode, models.PROTECT, null=True, blank=True, related_name="lots", verbose_name=_("cơ sở đóng gói")
    )
    lot_number = TextLine(_("số lô"), max_length=60)
    shipped_on = models.DateField(_("ngày xuất"))
    weight_kg = models.DecimalField(_("khối lượng (kg)"), max_digits=11, decimal_places=1)
    market = models.ForeignKey(
        Market, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thị trường đến")
    )
    note = TextBlock(_("ghi chú"), blank=True)
    declared_for = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="declared_lots")
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(auto_now_add=True)
    answer = models.CharField(_("trả lời"), max_length=7, choices=LotAnswer, default=LotAnswer.WAITING)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    cancel_reason = TextBlock(_("lý do hủy"), blank=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lô hàng")
        verbose_name_plural = _("lô hàng")
        ordering = ["-shipped_on", "-id"]
        indexes = [models.Index(fields=["code", "shipped_on"], name="lot_ledger")]
        constraints = [
            models.CheckConstraint(name="lot_weight_positive", condition=Q(weight_kg__gt=0)),
            models.CheckConstraint(
                name="lot_answered_iff_not_waiting",
                condition=Q(answer="waiting", answered_at=None) | ~Q(answer="waiting") & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="lot_cancelled_has_reason",
                condition=Q(cancelled_at=None) | Q(cancelled_by__isnull=False) & ~Q(cancel_reason=""),
            ),
            models.UniqueConstraint(
                fields=["declared_for", "code", "lot_number"],
                condition=Q(cancelled_at=None),
                name="lot_number_once_per_declarer",
            ),
        ]

    def __str__(self) -> str:
        return self.lot_number
