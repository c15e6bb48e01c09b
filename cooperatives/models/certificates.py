"""What a cooperative is certified for, and who checked it."""

import datetime as dt

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.holders import Cooperative
from cooperatives.querysets import CertificateQuerySet
from core.fields import TextBlock, TextLine


class CertificateKind(models.TextChoices):
    VIETGAP = "vietgap", "VietGAP"
    GLOBALGAP = "globalgap", "GlobalG.A.P."
    ORGANIC = "organic", _("Hữu cơ (TCVN 11041)")
    OCOP = "ocop", "OCOP"
    FOOD_SAFETY = "food_safety", _("An toàn thực phẩm")


class CertificateCheck(models.TextChoices):
    DECLARED = "declared", _("Tự khai, chưa kiểm tra")
    CHECKED = "checked", _("Cán bộ đã kiểm tra")
    REFUSED = "refused", _("Không khớp giấy tờ")


class Certificate(models.Model):
    """A certificate that the holder declares; expired is derived from `valid_until`, never stored.

    The public sees `declared` and `checked` ones; `refused` means that an officer found the paper to say otherwise.
    """

    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="certificates")
    kind = models.CharField(_("loại"), max_length=12, choices=CertificateKind)
    number = TextLine(_("số chứng nhận"), max_length=60)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, null=True, blank=True, related_name="+")
    issuer = TextLine(_("nơi cấp"), max_length=120)
    stars = models.PositiveSmallIntegerField(_("số sao"), null=True, blank=True)
    area_ha = models.DecimalField(_("diện tích (ha)"), max_digits=8, decimal_places=2, null=True, blank=True)
    issued_on = models.DateField(_("ngày cấp"))
    valid_until = models.DateField(_("có giá trị đến hết ngày"))
    check_status = models.CharField(
        _("kiểm tra"), max_length=10, choices=CertificateCheck, default=CertificateCheck.DECLARED
    )
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey("office.Document", models.PROTECT, null=True, blank=True, related_name="+")
    ended_on = models.DateField(_("không còn dùng từ ngày"), null=True, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("chứng nhận")
        verbose_name_plural = _("chứng nhận")
        constraints = [
            models.CheckConstraint(name="certificate_dates", condition=Q(valid_until__gte=F("issued_on"))),
            models.CheckConstraint(
                name="certificate_stars_are_ocops",
                condition=Q(stars=None) | Q(kind="ocop", stars__gte=3, stars__lte=5),
            ),
            models.CheckConstraint(
                name="certificate_checked_has_checker",
                condition=Q(check_status="declared", checked_at=None)
                | Q(check_status__in=["checked", "refused"], checked_at__isnull=False, checked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def is_expired(self, today: dt.date) -> bool:
        """Whether `today` lies after the last day of validity."""
        return today > self.valid_until


class CertificateStep(models.TextChoices):
    DECLARE = "declare", _("Khai chứng nhận")
    FILE = "file", _("Gửi tệp")
    CHECK = "check", _("Đã kiểm tra, khớp giấy tờ")
    REFUSE = "refuse", _("Không khớp giấy tờ")
    END = "end", _("Ngừng dùng")


class CertificateEvent(models.Model):
    """What was done with a certificate: who, when, why, and against which file it was checked. Append-only."""

    is_append_only = True

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="events")
    step = models.CharField(_("bước"), max_length=8, choices=CertificateStep)
    note = TextBlock(_("lý do"), blank=True)
    document = models.ForeignKey("office.Document", models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước của chứng nhận")
        verbose_name_plural = _("các bước của chứng nhận")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.get_step_display()
