"""What buyers look for: saved searches with a weekly mail, and demand posts (switched off by default)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import TextBlock, TextLine
from products.models.products import Product
from products.querysets import DemandQuerySet


class SavedSearch(models.Model):
    """Filters of the product map that a user keeps; new matches come by mail once a week."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    name = TextLine(_("tên"), max_length=80)
    query = models.CharField(_("bộ lọc"), max_length=600, blank=True)
    is_mailed = models.BooleanField(_("gửi thư mỗi tuần"), default=True)
    mailed_at = models.DateTimeField(_("lúc gửi thư gần nhất"), null=True, blank=True)
    # What matched when it was saved, changed or last looked through: a match that is not in it is news.
    seen = ArrayField(models.BigIntegerField(), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tìm kiếm đã lưu")
        verbose_name_plural = _("tìm kiếm đã lưu")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_name_once")]

    def __str__(self) -> str:
        return self.name


class DemandStatus(models.TextChoices):
    OPEN = "open", _("Đang tìm")
    CLOSED = "closed", _("Đã đóng")
    HIDDEN = "hidden", _("Bị ẩn")


class Demand(models.Model):
    """A buyer's wish that matching cooperatives may answer until `expires_on`; the buyer's contact is never shown.

    `hidden`: an office took it from sight, with a reason that the buyer reads.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="demands")
    buyer_name = TextLine(_("tên người mua"), max_length=120)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="+", verbose_name=_("cây trồng"))
    months = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("tháng cần hàng"))
    quantity_t = models.FloatField(_("số lượng (tấn)"))
    market = models.ForeignKey(
        "codes.Market", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thị trường đích")
    )
    message = TextBlock(_("nội dung"), max_length=2000, blank=True)
    status = models.CharField(_("trạng thái"), max_length=6, choices=DemandStatus, default=DemandStatus.OPEN)
    expires_on = models.DateField(_("hiển thị đến hết ngày"))
    hidden_reason = TextLine(_("lý do ẩn"), max_length=300, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("người ẩn")
    )
    hidden_at = models.DateTimeField(_("lúc ẩn"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name = _("nhu cầu mua")
        verbose_name_plural = _("nhu cầu mua")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="demand_months_are_months",
                condition=Q(months__contained_by=list(range(1, 13))) & Q(months__len__gte=1),
            ),
            models.CheckConstraint(name="demand_quantity_positive", condition=Q(quantity_t__gt=0)),
            models.CheckConstraint(
                name="demand_hidden_has_reason",
                condition=~Q(status="hidden") | (~Q(hidden_reason="") & Q(hidden_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class DemandReply(models.Model):
    """A cooperative's answer to a demand; it goes when the buyer's account goes."""

    demand = models.ForeignKey(Demand, models.CASCADE, related_name="replies")
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="demand_replies")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    text = TextBlock(_("nội dung"), max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("trả lời nhu cầu")
        verbose_name_plural = _("trả lời nhu cầu")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"#{self.demand_id}: {self.cooperative}"
