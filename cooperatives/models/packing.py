"""Where fruit is packed."""

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cooperatives.models.holders import Cooperative
from core.fields import TextLine
from core.history import keep_history


@keep_history(exclude=["contact_name", "phone"])  # persons: must be erasable
class PackingHouse(models.Model):
    """A place where fruit is packed, run by an organisation; its codes per market live in `codes`."""

    name = TextLine(_("tên cơ sở"), max_length=160)
    search_key = models.CharField(max_length=160, editable=False, default="")
    operator = models.ForeignKey(
        Cooperative,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="packing_houses",
        verbose_name=_("đơn vị vận hành"),
    )
    operator_name = TextLine(_("tên đơn vị vận hành"), max_length=160, blank=True)
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("phường, xã")
    )
    address = TextLine(_("địa chỉ"), max_length=200, blank=True)
    location = PointField(_("vị trí"), srid=4326, null=True, blank=True)
    contact_name = TextLine(_("người liên hệ"), max_length=120, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    is_active = models.BooleanField(_("đang hoạt động"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cơ sở đóng gói")
        verbose_name_plural = _("cơ sở đóng gói")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name", "commune"], name="packing_house_name_once_per_commune"),
        ]

    def __str__(self) -> str:
        return self.name
