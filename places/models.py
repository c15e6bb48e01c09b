"""Dated administrative units (province, former district, commune, hamlet) and how one became another.

A bare code is ambiguous: 29884 was xã Mỹ Tân and is phường Mỹ Ngãi since 1 July 2025 (docs/domain.md §2).
So a unit is a code *and* a period, half-open: `valid_to` is the first day on which it no longer holds.
"""

from typing import ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextLine, boundary_constraints, web_mercator_field
from core.history import keep_history
from core.text import fold
from places.querysets import AdministrativeUnitQuerySet


class UnitLevel(models.TextChoices):
    PROVINCE = "province", _("Cấp tỉnh")
    DISTRICT = "district", _("Cấp huyện (trước 01/7/2025)")
    COMMUNE = "commune", _("Cấp xã")
    HAMLET = "hamlet", _("Ấp, khóm")


class SuccessionKind(models.TextChoices):
    MERGE = "merge", _("Sáp nhập")
    SPLIT = "split", _("Chia tách")
    RENAME = "rename", _("Đổi tên")
    RECODE = "recode", _("Đổi mã")
    BOUNDARY = "boundary", _("Điều chỉnh địa giới")


class _DateRange(Func):
    """`daterange(from, to)`: half-open, open-ended where `to` is null."""

    function = "daterange"
    output_field = DateRangeField()


# Without outlines: they would double the table at every national import.
@keep_history(exclude=["boundary", "centre", "search_key"])
class AdministrativeUnit(models.Model):
    """One unit during one period. `boundary` is EPSG:4326.

    `official_area_km2` is the published figure in km², never to be mixed with the area of the outline (they
    differ by more than 10 % at coasts).
    """

    code = models.CharField(_("mã"), max_length=12)  # text: leading zeros count (QĐ 19/2025/QĐ-TTg)
    level = models.CharField(_("cấp"), max_length=10, choices=UnitLevel)
    unit_type = TextLine(_("loại"), max_length=40)
    name_vi = TextLine(_("tên"), max_length=120)
    name_en = TextLine(_("tên tiếng Anh"), max_length=120, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("đơn vị cấp trên"),
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
    )
    valid_from = models.DateField(_("có hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực từ"), null=True, blank=True)
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=300, blank=True)
    source = TextLine(_("nguồn dữ liệu"), max_length=300, blank=True)
    official_area_km2 = models.FloatField(_("diện tích công bố (km²)"), null=True, blank=True)
    centre = models.PointField(_("tâm"), srid=4326, null=True, blank=True)
    boundary = BoundaryField(_("địa giới"), null=True, blank=True)
    boundary_3857 = web_mercator_field()
    is_schematic = models.BooleanField(_("địa giới sơ đồ"), default=False)
    search_key = models.CharField(max_length=180, editable=False, default="")

    objects: ClassVar = AdministrativeUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("đơn vị hành chính")
        verbose_name_plural = _("đơn vị hành chính")
        ordering = ["code", "valid_from"]
        indexes = [
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="unit_search_key_trigrams"),
            models.Index(fields=["level", "code"], name="unit_level_code"),
        ]
        constraints = [
            *boundary_constraints("unit"),
            models.UniqueConstraint(fields=["code", "valid_from"], name="unit_code_and_start_unique"),
            models.CheckConstraint(
                name="unit_starts_before_it_ends",
                condition=Q(valid_to=None) | Q(valid_from__lt=F("valid_to")),
            ),
            models.CheckConstraint(name="unit_code_is_digits", condition=Q(code__regex=r"^[0-9]{2,12}$")),
            models.CheckConstraint(
                name="unit_province_has_no_parent", condition=~Q(level="province", parent__isnull=False)
            ),
            models.CheckConstraint(
                name="unit_official_area_positive",
                condition=Q(official_area_km2=None) | Q(official_area_km2__gt=0),
            ),
            ExclusionConstraint(
                name="unit_code_in_force_once",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (_DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Mã này đã thuộc một đơn vị khác trong cùng thời gian."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Official full name, such as "Phường Cao Lãnh"."""
        return f"{self.unit_type} {self.name_vi}".strip()

    @staticmethod
    def search_key_of(unit_type: str, name_vi: str) -> str:
        """Return what `search_key` must hold for a unit of this type and name."""
        return fold(f"{unit_type} {name_vi}")


class UnitSuccession(models.Model):
    """`predecessor` went, wholly or in part, into `successor` on a day, by a legal act."""

    predecessor = models.ForeignKey(
        AdministrativeUnit, verbose_name=_("đơn vị cũ"), on_delete=models.PROTECT, related_name="successions"
    )
    successor = models.ForeignKey(
        AdministrativeUnit, verbose_name=_("đơn vị mới"), on_delete=models.PROTECT, related_name="origins"
    )
    kind = models.CharField(_("hình thức"), max_length=10, choices=SuccessionKind)
    is_partial = models.BooleanField(_("chỉ một phần"), default=False)
    share = models.FloatField(_("tỷ lệ diện tích"), null=True, blank=True)  # 0 < share <= 1 of the predecessor
    on = models.DateField(_("ngày"))
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=300, blank=True)
    source = TextLine(_("nguồn dữ liệu"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("kế thừa đơn vị hành chính")
        verbose_name_plural = _("kế thừa đơn vị hành chính")
        ordering = ["on", "predecessor_id", "successor_id"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_pair_unique"),
            models.CheckConstraint(name="succession_of_two_units", condition=~Q(predecessor=F("successor"))),
            models.CheckConstraint(
                name="succession_share_is_a_share", condition=Q(share=None) | Q(share__gt=0, share__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id} ({self.on:%d/%m/%Y})"


class UnitPiece(models.Model):
    """A part of a unit's boundary with few vertices (`ST_Subdivide`), so that a point lookup stays cheap.

    Derived: `places.services.rebuild_pieces` writes it.
    """

    unit = models.ForeignKey(AdministrativeUnit, on_delete=models.CASCADE, related_name="pieces")
    piece = models.PolygonField(srid=4326)

    class Meta:
        verbose_name = _("mảnh địa giới")
        verbose_name_plural = _("mảnh địa giới")

    def __str__(self) -> str:
        return f"{self.unit_id}/{self.pk}"
