"""Where a product is sold on the web: shops known to the province, listings, clicks; no cart, no payment."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import TextLine
from products.models.products import Product
from products.querysets_shops import ListingQuerySet, ProducerPhotoQuerySet

LARGE_SIDE, SMALL_SIDE = 1_600, 640  # pixels of a photo's longer side: a wide screen, a phone at twice its points


class ShopKind(models.TextChoices):
    BUUDIEN = "buudien", _("Buudien.vn (Postmart cũ)")
    VOSO = "voso", "Voso"
    OTHER = "other", _("Sàn khác")


class ShopHost(models.Model):
    """A host that listings may lead to. One that has closed is switched off: its listings are no longer shown."""

    host = models.CharField(_("tên miền"), max_length=120, unique=True)
    name = TextLine(_("tên sàn"), max_length=80)
    kind = models.CharField(_("loại sàn"), max_length=8, choices=ShopKind, default=ShopKind.OTHER)
    is_active = models.BooleanField(_("đang nhận liên kết"), default=True)
    note = TextLine(_("ghi chú"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("sàn bán hàng")
        verbose_name_plural = _("sàn bán hàng")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="shop_host_is_lower_case", condition=Q(host__regex=r"^[a-z0-9.-]+$")),
        ]

    def __str__(self) -> str:
        return self.name


class ListingCheck(models.TextChoices):
    UNCHECKED = "unchecked", _("Chưa kiểm tra")
    OK = "ok", _("Còn hoạt động")
    DEAD = "dead", _("Không mở được")


class Listing(models.Model):
    """The address of a product in a shop. The host of `url` is that of `shop` or below it."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="listings")
    shop = models.ForeignKey(ShopHost, models.PROTECT, related_name="listings", verbose_name=_("sàn bán hàng"))
    url = models.URLField(_("địa chỉ trang bán"), max_length=500)
    check_result = models.CharField(
        _("kết quả kiểm tra"), max_length=9, choices=ListingCheck, default=ListingCheck.UNCHECKED
    )
    checked_at = models.DateTimeField(_("lúc kiểm tra"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("số lần không mở được liền nhau"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("trang bán hàng")
        verbose_name_plural = _("trang bán hàng")
        ordering = ["shop__name", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "url"], name="listing_url_once_per_product")]

    def __str__(self) -> str:
        return self.url


class ListingClick(models.Model):
    """How often a listing was followed on a day; nothing about who did."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="clicks")
    day = models.DateField(_("ngày"))
    count = models.PositiveIntegerField(_("lượt mở"), default=0)

    class Meta:
        verbose_name = _("lượt mở trang bán")
        verbose_name_plural = _("lượt mở trang bán")
        constraints = [models.UniqueConstraint(fields=["listing", "day"], name="listing_click_once_a_day")]

    def __str__(self) -> str:
        return f"#{self.listing_id} {self.day:%d/%m/%Y}: {self.count}"


class ProducerPhoto(models.Model):
    """A photo of a producer or of one of its products, without its EXIF data; public while `is_shown`."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="photos")
    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True, related_name="photos")
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    small = models.ForeignKey("office.Document", models.PROTECT, related_name="+")  # for a phone's width
    width = models.PositiveSmallIntegerField(_("rộng (điểm ảnh)"))
    height = models.PositiveSmallIntegerField(_("cao (điểm ảnh)"))
    caption = TextLine(_("chú thích"), max_length=160, blank=True)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)
    is_shown = models.BooleanField(_("đang hiện"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProducerPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("ảnh nhà sản xuất")
        verbose_name_plural = _("ảnh nhà sản xuất")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.caption or f"#{self.pk}"

    @property
    def small_width(self) -> int:
        """Width in pixels of the small size."""
        longer = max(self.width, self.height, 1)
        return self.width if longer <= SMALL_SIDE else round(self.width * SMALL_SIDE / longer)
