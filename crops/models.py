"""Crop, Variety and where their codes come from."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import TextLine
from core.history import keep_history


class CropGroup(models.TextChoices):
    FRUIT = "fruit", _("Cây ăn quả")
    RICE = "rice", _("Lúa")
    VEGETABLE = "vegetable", _("Rau màu")
    INDUSTRIAL = "industrial", _("Cây công nghiệp")
    FLOWER = "flower", _("Hoa, cây cảnh")
    OTHER = "other", _("Cây khác")


@keep_history()
class Crop(models.Model):
    """A cultivated plant; `short_code` is what code patterns print (XOAI), `slug` what addresses use (xoai)."""

    slug = models.SlugField(max_length=40, unique=True)
    short_code = models.CharField(_("mã viết tắt"), max_length=12, unique=True)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=80, unique=True)
    name_en = TextLine(_("tên tiếng Anh"), max_length=80)
    search_key = models.CharField(max_length=170, editable=False)
    group = models.CharField(_("nhóm"), max_length=12, choices=CropGroup)
    colour = models.CharField(_("màu trên bản đồ"), max_length=7)
    wca_code = models.CharField(_("mã FAO WCA 2020"), max_length=12, blank=True)
    cpc_code = models.CharField(_("mã CPC 2.1"), max_length=12, blank=True)
    hcat_code = models.CharField(_("mã HCAT3"), max_length=10, blank=True)
    agrovoc_uri = models.URLField("AGROVOC", blank=True)
    is_perennial = models.BooleanField(_("cây lâu năm"), default=True)
    usual_months = models.JSONField(_("tháng thu hoạch thường gặp"), default=list)

    class Meta:
        verbose_name = _("cây trồng")
        verbose_name_plural = _("cây trồng")
        ordering = ["name_vi"]
        constraints = [
            models.CheckConstraint(name="crop_colour_is_hex", condition=models.Q(colour__regex=r"^#[0-9a-f]{6}$")),
            models.CheckConstraint(
                name="crop_short_code_plain", condition=models.Q(short_code__regex=r"^[A-Z0-9]{2,12}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name_vi


class Variety(models.Model):
    """A variety of a crop: Xoài Cát Chu."""

    crop = models.ForeignKey(Crop, models.PROTECT, related_name="varieties", verbose_name=_("cây trồng"))
    slug = models.SlugField(max_length=60, unique=True)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=80)
    name_en = TextLine(_("tên tiếng Anh"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("giống")
        verbose_name_plural = _("giống")
        ordering = ["name_vi"]
        constraints = [models.UniqueConstraint(fields=["crop", "name_vi"], name="variety_once_per_crop")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name_vi


@keep_history()
class YieldNorm(models.Model):
    """The highest plausible yield of a crop or variety (t/ha/year), in all or one province, by which source."""

    crop = models.ForeignKey(Crop, models.CASCADE, related_name="yield_norms", verbose_name=_("cây trồng"))
    variety = models.ForeignKey(
        Variety, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("giống")
    )
    province = models.ForeignKey(
        "places.AdministrativeUnit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tỉnh"),
        help_text=_("Để trống: mọi tỉnh."),
    )
    tonnes_per_ha = models.FloatField(_("năng suất tối đa (tấn/ha/năm)"))
    legal_ref = TextLine(_("nguồn"), max_length=300)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    class Meta:
        verbose_name = _("định mức năng suất")
        verbose_name_plural = _("định mức năng suất")
        constraints = [
            models.CheckConstraint(name="yield_norm_positive", condition=models.Q(tonnes_per_ha__gt=0)),
            models.CheckConstraint(
                name="yield_norm_dates",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.crop_id}: {self.tonnes_per_ha:g}"
