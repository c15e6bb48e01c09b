"""Overlap cases: two holders, one ground."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, area_field
from farms.models.plots import Plot
from farms.querysets import OverlapCaseQuerySet


class OverlapStatus(models.TextChoices):
    OPEN = "open", _("Chưa giải quyết")
    DECIDED = "decided", _("Đã giải quyết")


class OverlapDecision(models.TextChoices):
    NONE = "", "-"
    TRIM_SECOND = "trim_second", _("Cắt phần chồng lấn khỏi thửa sau")
    TRIM_FIRST = "trim_first", _("Cắt phần chồng lấn khỏi thửa trước")
    WITHDRAWN = "withdrawn", _("Thửa sau được rút lại")
    CUT_BOTH = "cut_both", _("Tách phần chồng lấn khỏi cả hai thửa")
    ACCEPTED = "accepted", _("Chấp nhận, có lý do")


class OverlapCase(models.Model):
    """Two plots of different holders share ground above tolerance; `second` came later and waits."""

    first = models.ForeignKey(Plot, models.CASCADE, related_name="overlaps_as_first")
    second = models.ForeignKey(Plot, models.CASCADE, related_name="overlaps_as_second")
    shared = BoundaryField(_("phần chồng lấn"))
    shared_m2 = area_field("shared")
    status = models.CharField(_("trạng thái"), max_length=10, choices=OverlapStatus, default=OverlapStatus.OPEN)
    decision = models.CharField(_("quyết định"), max_length=12, choices=OverlapDecision, blank=True, default="")
    reason = TextBlock(_("lý do"), blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OverlapCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("vụ chồng lấn")
        verbose_name_plural = _("vụ chồng lấn")
        constraints = [
            models.CheckConstraint(name="overlap_between_two_plots", condition=~Q(first=F("second"))),
            models.UniqueConstraint(fields=["first", "second"], condition=Q(status="open"), name="overlap_open_once"),
            models.CheckConstraint(
                name="overlap_decided_iff_decision",
                condition=Q(status="open", decision="", decided_at=None)
                | Q(status="decided", decided_at__isnull=False) & ~Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} × {self.second_id}"
