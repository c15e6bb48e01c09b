"""The printed certificate of a code: every version of it, unsigned as made and signed as it came back."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from codes.models.issued import ProductionAreaCode
from core.triggers import Frozen


class CodeCertificate(models.Model):
    """Version `version` of a code's certificate. The page /v/ is the truth about status, the paper is not."""

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="certificates")
    version = models.PositiveIntegerField(_("phiên bản"))
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+", verbose_name=_("bản chưa ký"))
    content_sha256 = models.CharField(max_length=64, default="", editable=False)  # of what is printed: see content.py
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    signed_document = models.ForeignKey(
        "office.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bản đã ký")
    )
    signature = models.JSONField(_("kết quả kiểm chữ ký"), default=dict)
    signed_at = models.DateTimeField(_("lúc ký"), null=True, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("giấy xác nhận mã số")
        verbose_name_plural = _("giấy xác nhận mã số")
        ordering = ["code", "version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="code_certificate_version_once"),
            models.CheckConstraint(name="code_certificate_version_from_1", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="code_certificate_signed_is_checked",
                condition=Q(signed_document=None, signed_at=None) | Q(signed_document__isnull=False),
            ),
        ]
        triggers = [
            Frozen(
                name="frozen",
                fields=["code", "version", "document", "signed_document"],
                filled_once={"signed_document"},
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} v{self.version}"
