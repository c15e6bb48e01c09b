"""User and OfficerPost."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.querysets import OfficerPostQuerySet
from accounts.roles import Role
from core.fields import TextLine


class User(AbstractUser):
    """Somebody who signs in. Growers need no account; buyers need none to read or to enquire."""

    full_name = TextLine(_("họ và tên"), max_length=120, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    must_use_mfa = models.BooleanField(_("bắt buộc xác thực hai lớp"), default=False)

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        verbose_name = _("tài khoản")
        verbose_name_plural = _("tài khoản")

    def __str__(self) -> str:
        return self.full_name or self.username


class OfficerPost(models.Model):
    """A role held at a unit and every unit below it, from a day to (not including) another."""

    user = models.ForeignKey(User, models.CASCADE, related_name="posts", verbose_name=_("tài khoản"))
    role = models.CharField(_("vai trò"), max_length=20, choices=Role)
    unit = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("đơn vị hành chính")
    )
    title = TextLine(_("chức danh"), max_length=120, blank=True)
    valid_from = models.DateField(_("từ ngày"))
    valid_to = models.DateField(_("đến trước ngày"), null=True, blank=True)

    objects = OfficerPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("vị trí công tác")
        verbose_name_plural = _("vị trí công tác")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "unit", "valid_from"], name="post_once"),
            models.CheckConstraint(
                name="post_dates_in_order", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} #{self.pk}"
