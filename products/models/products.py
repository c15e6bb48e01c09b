"""Product and Offer: what a cooperative sells, how much of it in which months."""

from django.contrib.gis.db.models import PointField
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import TextBlock, TextLine
from core.history import keep_history
from products.querysets import OfferQuerySet, ProductQuerySet


class ProductKind(models.TextChoices):
    CROP = "crop", _("Trồng trọt")
    AQUACULTURE = "aquaculture", _("Thủy sản")
    LIVESTOCK = "livestock", _("Chăn nuôi")
    FORESTRY = "forestry", _("Lâm nghiệp")
    PROCESSED = "processed", _("Chế biến")


@keep_history()
class Product(models.Model):
    """What a cooperative sells, and where it is from: an area, or the cooperative's own seat."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="products")
    kind = models.CharField(_("nhóm"), max_length=12, choices=ProductKind)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, null=True, blank=True, related_name="products")
    variety = models.ForeignKey("crops.Variety", models.PROTECT, null=True, blank=True, related_name="products")
    area = models.ForeignKey("codes.ProductionArea", models.PROTECT, null=True, blank=True, related_name="products")
    commune = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+")
    location = PointField(_("vị trí công khai"), srid=4326)
    slug = models.SlugField(max_length=100, unique=True)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=120)
    name_en = TextLine(_("tên tiếng Anh"), max_length=120, blank=True)
    search_key = models.CharField(max_length=250, editable=False)
    description = TextBlock(_("mô tả"), blank=True)
    is_published = models.BooleanField(_("công khai"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    PUBLIC_FIELDS = (
        "name", "kind", "crop", "crop_code", "variety", "holder", "producer", "commune", "commune_code",
        "months", "volume_t", "codes", "updated_on",
    )  # fmt: skip

    class Meta:
        verbose_name = _("sản phẩm")
        verbose_name_plural = _("sản phẩm")
        constraints = [
            models.CheckConstraint(
                name="product_crop_iff_kind_crop",
                condition=Q(kind="crop", crop__isnull=False) | (~Q(kind="crop") & Q(crop=None, variety=None)),
            ),
            models.UniqueConstraint(fields=["cooperative", "name_vi"], name="product_name_once_per_cooperative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language; Vietnamese where there is no English one."""
        return self.name_en if self.name_en and get_language() == "en" else self.name_vi


@keep_history()
class Offer(models.Model):
    """How much of a product in which months of the year."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="offers")
    months = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("tháng có hàng"))
    volume_t = models.FloatField(_("sản lượng mỗi vụ (tấn)"))
    quality = TextLine(_("quy cách, chất lượng"), max_length=160, blank=True)
    valid_from = models.DateField(_("từ ngày"))
    valid_to = models.DateField(_("đến trước ngày"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfferQuerySet.as_manager()

    PUBLIC_FIELDS = (
        "product", "kind", "crop", "holder", "producer", "commune", "commune_code", "months", "volume_t", "quality",
        "codes",
    )  # fmt: skip

    class Meta:
        verbose_name = _("chào bán")
        verbose_name_plural = _("chào bán")
        indexes = [GinIndex(fields=["months"], name="offer_months")]
        constraints = [
            models.CheckConstraint(
                name="offer_months_are_months",
                condition=Q(months__contained_by=list(range(1, 13))) & Q(months__len__gte=1),
            ),
            models.CheckConstraint(name="offer_volume_positive", condition=Q(volume_t__gt=0)),
            models.CheckConstraint(name="offer_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.volume_t:g} t"
