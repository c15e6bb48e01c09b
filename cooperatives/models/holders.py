"""Cooperative or another holder, its registration, and who works for it."""

import pgtrigger
from django.conf import settings
from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperatives.querysets import CooperativeQuerySet, MembershipQuerySet
from core.fields import TextBlock, TextLine
from core.history import keep_history


class HolderKind(models.TextChoices):
    COOPERATIVE = "cooperative", _("Hợp tác xã")
    GROUP = "group", _("Tổ hợp tác, nhóm hộ")
    FIRM = "firm", _("Doanh nghiệp")
    HOUSEHOLD = "household", _("Hộ cá thể")


class CooperativeStatus(models.TextChoices):
    PENDING = "pending", _("Chờ xác minh")
    VERIFIED = "verified", _("Đã xác minh")
    RETURNED = "returned", _("Trả lại")


@keep_history(exclude=["representative", "phone", "email", "zalo", "return_reason"])
class Cooperative(models.Model):
    """Who holds areas and codes. `household` is one private household: its name never leaves as a holder."""

    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(_("loại hình"), max_length=12, choices=HolderKind, default=HolderKind.COOPERATIVE)
    name = TextLine(_("tên đầy đủ"), max_length=160)
    short_name = TextLine(_("tên ngắn"), max_length=60, blank=True)
    search_key = models.CharField(max_length=230, editable=False)
    tax_number = models.CharField(_("mã số thuế"), max_length=20, blank=True)
    status = models.CharField(
        _("trạng thái"), max_length=10, choices=CooperativeStatus, default=CooperativeStatus.PENDING
    )
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("phường, xã")
    )
    address = TextLine(_("địa chỉ"), max_length=200, blank=True)
    location = PointField(_("vị trí trụ sở"), srid=4326, null=True, blank=True)
    representative = TextLine(_("người đại diện"), max_length=120, blank=True)
    representative_position = TextLine(_("chức vụ người đại diện"), max_length=80, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    email = models.EmailField(_("thư điện tử"), blank=True)
    zalo = models.CharField(_("Zalo"), max_length=20, blank=True)
    main_crops = models.ManyToManyField("crops.Crop", blank=True, related_name="+", verbose_name=_("cây trồng chính"))
    has_public_contact = models.BooleanField(_("công khai liên hệ"), default=False)
    story = TextBlock(_("giới thiệu"), blank=True)
    founded_on = models.DateField(_("ngày thành lập"), null=True, blank=True)
    proof = models.ForeignKey(
        "office.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("giấy tờ chứng minh")
    )
    return_reason = TextBlock(_("lý do trả lại"), blank=True)
    submitted_at = models.DateTimeField(_("lúc gửi đăng ký"), null=True, blank=True)
    decided_at = models.DateTimeField(_("lúc xác minh hoặc trả lại"), null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CooperativeQuerySet.as_manager()

    PUBLIC_FIELDS = ("slug", "kind", "name", "commune", "commune_code", "story")

    class Meta:
        verbose_name = _("hợp tác xã")
        verbose_name_plural = _("hợp tác xã")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.short_name or self.name

    def get_absolute_url(self) -> str:
        return reverse("products:producer", args=[self.slug])

    @property
    def is_organisation(self) -> bool:
        """False for one private household."""
        return self.kind != HolderKind.HOUSEHOLD


class RegistrationStep(models.TextChoices):
    VERIFY = "verify", _("Xác minh")
    RETURN = "return", _("Trả lại")
    RESUBMIT = "resubmit", _("Sửa và gửi lại")


class RegistrationEvent(models.Model):
    """A step after a registration was sent: who took it when, and why. Append-only."""

    is_append_only = True

    cooperative = models.ForeignKey(Cooperative, models.PROTECT, related_name="registration_events")
    step = models.CharField(_("bước"), max_length=10, choices=RegistrationStep)
    new_status = models.CharField(_("trạng thái mới"), max_length=10, choices=CooperativeStatus)
    note = TextBlock(_("lý do"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước đăng ký")
        verbose_name_plural = _("các bước đăng ký")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.get_step_display()


class MemberRole(models.TextChoices):
    OWNER = "owner", _("Chủ nhiệm, chủ hộ")
    CLERK = "clerk", _("Nhân viên nhập liệu")
    VIEWER = "viewer", _("Người xem")
    HELPER = "helper", _("Người hỗ trợ")


class Membership(models.Model):
    """A user works for a cooperative in a role; a user may work for several."""

    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("vai trò"), max_length=10, choices=MemberRole)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("nhân sự")
        verbose_name_plural = _("nhân sự")
        constraints = [models.UniqueConstraint(fields=["cooperative", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} #{self.user_id}"


class Invitation(models.Model):
    """An offer to work for a cooperative: a link of which only the digest is kept, used once, with an end."""

    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("thư điện tử"))
    role = models.CharField(_("vai trò"), max_length=10, choices=MemberRole)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("có hiệu lực đến"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lời mời")
        verbose_name_plural = _("lời mời")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, cancelled_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} #{self.pk}"
