"""Code schemes as dated data, production areas, issued codes and their life, market approvals."""

import datetime as dt

import pgtrigger
from django.conf import settings
from django.contrib.gis.db.models import GeometryField, PointField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.expressions import Twin, WithoutDashes
from codes.querysets import CodeQuerySet, ProductionAreaQuerySet, SchemeQuerySet
from core.expressions import WebMercator
from core.fields import BoundaryField, TextBlock, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history
from core.triggers import Frozen


class Market(models.Model):
    """Where fruit goes: ISO 3166-1 alpha-3, VNM for the home market."""

    code = models.CharField(_("mã"), max_length=3, primary_key=True)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=60)
    name_en = TextLine(_("tên tiếng Anh"), max_length=60)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)

    class Meta:
        verbose_name = _("thị trường")
        verbose_name_plural = _("thị trường")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name_vi


class Confidence(models.TextChoices):
    HIGH = "high", _("Cao: đọc từ văn bản gốc")
    MEDIUM = "medium", _("Vừa: nhiều nguồn thứ cấp khớp nhau")
    LOW = "low", _("Thấp: một nguồn thứ cấp")


@keep_history()
class CodeScheme(models.Model):
    """A regime of codes: pattern, counter, validity and rules, all dated data with a legal reference.

    `pattern` is text with the parts {letters} {province} {commune} {crop} {market} {year} {serial}; `counter_scope`
    names the parts within which serials count from 1; `fixed_parts` gives the parts that this installation fixes.
    """

    slug = models.SlugField(max_length=40, unique=True)
    name = TextLine(_("tên chế độ"), max_length=160)
    regime = TextLine(_("chế độ pháp lý"), max_length=80)
    pattern = models.CharField(_("mẫu mã số"), max_length=120)
    serial_width = models.PositiveSmallIntegerField(_("số chữ số"), default=4)
    counter_scope = models.JSONField(_("phạm vi đếm"), default=list)
    fixed_parts = models.JSONField(_("phần cố định"), default=dict, blank=True)
    is_market_bound = models.BooleanField(_("mỗi thị trường một mã"), default=False)
    is_domestic = models.BooleanField(_("mã nội địa"), default=False)
    is_confirmed = models.BooleanField(_("đã được quản trị xác nhận"), default=False)
    requires_inspection = models.BooleanField(_("bắt buộc kiểm tra thực địa"), default=False)
    needs_four_eyes = models.BooleanField(_("người duyệt khác người thẩm định"), default=False)
    validity_months = models.PositiveSmallIntegerField(_("hiệu lực (tháng)"), null=True, blank=True)
    decision_days = models.PositiveSmallIntegerField(_("hạn giải quyết (ngày làm việc)"), default=10)
    correction_days = models.PositiveSmallIntegerField(_("hạn bổ sung (ngày)"), default=15)
    receiving_level = models.CharField(_("cấp tiếp nhận"), max_length=10, default="commune")
    deciding_level = models.CharField(_("cấp quyết định"), max_length=10, default="province")
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=300)
    confidence = models.CharField(_("độ tin cậy"), max_length=6, choices=Confidence)
    note = TextBlock(_("ghi chú"), blank=True)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("chế độ mã số")
        verbose_name_plural = _("chế độ mã số")
        constraints = [
            models.CheckConstraint(name="scheme_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))),
            models.CheckConstraint(name="scheme_serial_width", condition=Q(serial_width__gte=1, serial_width__lte=12)),
            models.CheckConstraint(name="scheme_pattern_has_serial", condition=Q(pattern__contains="{serial}")),
            models.CheckConstraint(
                name="scheme_market_bound_prints_market",
                condition=Q(is_market_bound=False) | Q(pattern__contains="{market}"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleKind(models.TextChoices):
    MINIMUM_AREA = "minimum_area", _("Diện tích tối thiểu (ha)")
    MAXIMUM_AREA = "maximum_area", _("Diện tích tối đa (ha)")
    MINIMUM_GROWERS = "minimum_growers", _("Số hộ tối thiểu")


class Severity(models.TextChoices):
    WARN = "warn", _("Cảnh báo")
    FAIL = "fail", _("Không đạt")


@keep_history()
class SchemeRule(models.Model):
    """A dated threshold of a scheme, for all or one crop and market."""

    scheme = models.ForeignKey(CodeScheme, models.CASCADE, related_name="rules")
    kind = models.CharField(_("quy tắc"), max_length=20, choices=RuleKind)
    crop = models.ForeignKey("crops.Crop", models.CASCADE, null=True, blank=True, related_name="+")
    market = models.ForeignKey(Market, models.CASCADE, null=True, blank=True, related_name="+")
    threshold = models.FloatField(_("ngưỡng"))
    severity = models.CharField(_("mức độ"), max_length=4, choices=Severity)
    legal_ref = TextLine(_("căn cứ"), max_length=300)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    class Meta:
        verbose_name = _("quy tắc của chế độ")
        verbose_name_plural = _("quy tắc của chế độ")
        constraints = [
            models.CheckConstraint(name="rule_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))),
            models.CheckConstraint(name="rule_threshold_positive", condition=Q(threshold__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.threshold:g}"


def _public_shape(*, mercator: bool = False) -> models.GeneratedField:
    """Return the shape that everybody may see, kept by the database: the outline where it is public, else the point."""
    shape = Case(
        When(is_outline_public=True, then=F("boundary")),
        default=F("public_location"),
        output_field=GeometryField(srid=4326),
    )
    if not mercator:
        field: GeometryField = GeometryField(srid=4326, spatial_index=False)
        return models.GeneratedField(expression=shape, output_field=field, db_persist=True)
    field = GeometryField(srid=3857, spatial_index=False)
    return models.GeneratedField(expression=WebMercator(shape), output_field=field, db_persist=True)


@keep_history()
class ProductionArea(models.Model):
    """What a code is about: plots of one holder united under a name. Version goes up with every change of ground."""

    name = TextLine(_("tên vùng trồng"), max_length=160)
    search_key = models.CharField(max_length=160, editable=False)
    cooperative = models.ForeignKey(
        "cooperatives.Cooperative", models.PROTECT, related_name="areas", verbose_name=_("đơn vị quản lý")
    )
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="areas", verbose_name=_("cây trồng"))
    variety = models.ForeignKey(
        "crops.Variety", models.PROTECT, related_name="areas", null=True, blank=True, verbose_name=_("giống")
    )
    commune = models.ForeignKey(
        "places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("phường, xã")
    )
    plots: models.ManyToManyField = models.ManyToManyField("farms.Plot", through="AreaPlot", related_name="areas")
    boundary = BoundaryField(_("ranh giới"))
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()
    grower_count = models.PositiveIntegerField(_("số hộ"), default=0)
    is_outline_public = models.BooleanField(
        _("công khai ranh giới"),
        default=False,
        help_text=_("Chỉ khi có từ ba hộ trở lên hoặc mọi hộ đồng ý; hệ thống tự tính."),
    )
    public_location = PointField(_("điểm công khai"), srid=4326)
    public_shape = _public_shape()
    public_shape_3857 = _public_shape(mercator=True)
    expected_output_t = models.FloatField(_("sản lượng dự kiến (tấn/năm)"), null=True, blank=True)
    is_active = models.BooleanField(_("đang sử dụng"), default=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductionAreaQuerySet.as_manager()

    PUBLIC_FIELDS = ("name", "crop", "variety", "holder", "commune", "commune_code", "area_ha", "codes")

    class Meta:
        verbose_name = _("vùng trồng")
        verbose_name_plural = _("vùng trồng")
        indexes = [GistIndex(fields=["public_shape"], name="area_public_shape")]
        constraints = [
            *boundary_constraints("area", max_vertices=200_000),
            models.UniqueConstraint(fields=["cooperative", "name"], name="area_name_once_per_cooperative"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("codes:area-detail", args=[self.pk])

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares."""
        return self.area_m2 / 10_000


class AreaPlot(models.Model):
    """A plot belongs to an area; a plot may belong to a domestic and an export area at once."""

    area = models.ForeignKey(ProductionArea, models.CASCADE, related_name="area_plots")
    plot = models.ForeignKey("farms.Plot", models.PROTECT, related_name="area_plots")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "plot"], name="area_plot_once")]

    def __str__(self) -> str:
        return f"{self.area_id}: {self.plot_id}"


class CodeCounter(models.Model):
    """The last serial given within a scope of a scheme; its row is locked last, in the issuing transaction."""

    scheme = models.ForeignKey(CodeScheme, models.PROTECT, related_name="counters")
    scope = models.CharField(max_length=80)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("bộ đếm mã số")
        verbose_name_plural = _("bộ đếm mã số")
        constraints = [models.UniqueConstraint(fields=["scheme", "scope"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class CodeStatus(models.TextChoices):
    """Stored states; expired, late and overdue are derived."""

    ACTIVE = "active", _("Đang hiệu lực")
    SUSPENDED = "suspended", _("Tạm đình chỉ")
    REVOKED = "revoked", _("Đã thu hồi")
    SUPERSEDED = "superseded", _("Đã thay thế")


FROZEN_CODE_FIELDS = [
    "code", "scheme", "market", "scope", "serial", "issued_on", "area", "area_name", "crop", "crop_name",
    "variety_name", "holder",
    "holder_name", "commune", "commune_name", "province_name", "boundary", "grower_count",
    "area_version",
]  # fmt: skip


class ProductionAreaCode(models.Model):
    """An issued code with a frozen copy of what it was issued for. Never rewritten, never reused, never deleted."""

    code = models.CharField(_("mã số"), max_length=60, unique=True)
    scheme = models.ForeignKey(CodeScheme, models.PROTECT, related_name="codes", verbose_name=_("chế độ"))
    market = models.ForeignKey(
        Market, models.PROTECT, related_name="codes", null=True, blank=True, verbose_name=_("thị trường")
    )
    scope = models.CharField(max_length=80, editable=False)
    serial = models.PositiveIntegerField(editable=False)
    status = models.CharField(_("trạng thái"), max_length=10, choices=CodeStatus, default=CodeStatus.ACTIVE)
    issued_on = models.DateField(_("ngày cấp"))
    valid_until = models.DateField(_("có hiệu lực đến hết ngày"), null=True, blank=True)
    superseded_by = models.ManyToManyField("self", symmetrical=False, related_name="supersedes", blank=True)

    area = models.ForeignKey(ProductionArea, models.PROTECT, related_name="codes", verbose_name=_("vùng trồng"))
    area_version = models.PositiveIntegerField(editable=False)
    area_name = TextLine(_("tên vùng trồng khi cấp"), max_length=160)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, related_name="codes")
    crop_name = TextLine(_("cây trồng khi cấp"), max_length=80)
    variety_name = TextLine(_("giống khi cấp"), max_length=80, blank=True)
    holder = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="codes")
    holder_name = TextLine(_("đơn vị khi cấp"), max_length=160)
    commune = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+")
    commune_name = TextLine(_("phường, xã khi cấp"), max_length=120)
    province_name = TextLine(_("tỉnh khi cấp"), max_length=120)
    boundary = BoundaryField(_("ranh giới khi cấp"))
    area_m2 = area_field()
    grower_count = models.PositiveIntegerField(_("số hộ khi cấp"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CodeQuerySet.as_manager()

    PUBLIC_FIELDS = ("code", "scheme", "market", "status", "crop", "area_ha", "commune", "issued_on", "valid_until")

    class Meta:
        verbose_name = _("mã số vùng trồng")
        verbose_name_plural = _("mã số vùng trồng")
        ordering = ["code"]
        indexes = [
            GinIndex(fields=["code"], opclasses=["gin_trgm_ops"], name="code_trigrams"),
            models.Index(Twin("code"), name="code_twin"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "scope", "serial"], name="code_serial_once"),
            models.UniqueConstraint(WithoutDashes("code"), name="code_once_without_dashes"),
            models.CheckConstraint(name="code_serial_from_1", condition=Q(serial__gte=1)),
            models.CheckConstraint(
                name="code_dates", condition=Q(valid_until=None) | Q(valid_until__gte=F("issued_on"))
            ),
            models.CheckConstraint(name="code_is_upper_ascii", condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]+$")),
        ]
        triggers = [
            Frozen(name="frozen", fields=FROZEN_CODE_FIELDS),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("codes:check", args=[self.code])

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares of the frozen boundary."""
        return self.area_m2 / 10_000

    def is_expired(self, today: dt.date) -> bool:
        """Whether `today` lies after the last day of validity."""
        return self.valid_until is not None and today > self.valid_until


class ApprovalStatus(models.TextChoices):
    NOT_SUBMITTED = "not_submitted", _("Chưa gửi hồ sơ")
    DOSSIER_SENT = "dossier_sent", _("Đã gửi hồ sơ")
    APPROVED = "approved", _("Nước nhập khẩu chấp thuận")
    REJECTED = "rejected", _("Nước nhập khẩu từ chối")
    ON_HOLD = "on_hold", _("Nước nhập khẩu tạm dừng")
    WITHDRAWN = "withdrawn", _("Đã rút")


class MarketApproval(models.Model):
    """What one market says of one code; a suspension by China does not touch the EU."""

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="approvals")
    market = models.ForeignKey(Market, models.PROTECT, related_name="approvals")
    status = models.CharField(
        _("trạng thái"), max_length=14, choices=ApprovalStatus, default=ApprovalStatus.NOT_SUBMITTED
    )
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    decided_on = models.DateField(_("ngày"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("chấp thuận thị trường")
        verbose_name_plural = _("chấp thuận thị trường")
        constraints = [models.UniqueConstraint(fields=["code", "market"], name="approval_once_per_market")]

    def __str__(self) -> str:
        return f"{self.market_id} {self.status}"


class CodeEvent(models.Model):
    """An act on a code or on one of its market approvals. Append-only."""

    is_append_only = True

    code = models.ForeignKey(ProductionAreaCode, models.PROTECT, related_name="events")
    transition = models.CharField(_("bước"), max_length=30)
    market = models.ForeignKey(Market, models.PROTECT, null=True, blank=True, related_name="+")
    old_status = models.CharField(max_length=14, blank=True)
    new_status = models.CharField(max_length=14)
    reason = TextBlock(_("lý do"), blank=True)
    document_number = TextLine(_("số văn bản"), max_length=80, blank=True)
    effective_on = models.DateField(_("ngày hiệu lực"))
    public_note = TextBlock(_("ghi chú công khai"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sự kiện của mã số")
        verbose_name_plural = _("sự kiện của mã số")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.transition} {self.new_status}"
