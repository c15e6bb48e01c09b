"""Land-use layers with their classes and parcels; a planning layer is the same thing of another kind."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import BoundaryField, TextBlock, TextLine, area_field, boundary_constraints, web_mercator_field
from core.history import keep_history
from landuse.querysets import LandUseLayerQuerySet, LandUseParcelQuerySet


class ClassScheme(models.Model):
    """An edition of the land-use code list, e.g. Circular 08/2024/TT-BTNMT Annex II."""

    code = models.SlugField(max_length=40, unique=True)
    name = TextLine(_("tên bộ mã"), max_length=160)
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=200)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    class Meta:
        verbose_name = _("bộ mã loại đất")
        verbose_name_plural = _("bộ mã loại đất")

    def __str__(self) -> str:
        return self.name


class LandUseClass(models.Model):
    """One class of a scheme: LUC, đất chuyên trồng lúa."""

    scheme = models.ForeignKey(ClassScheme, models.CASCADE, related_name="classes")
    code = models.CharField(_("mã"), max_length=10)
    name_vi = TextLine(_("tên tiếng Việt"), max_length=120)
    name_en = TextLine(_("tên tiếng Anh"), max_length=120)
    colour = models.CharField(_("màu"), max_length=7)
    is_agricultural = models.BooleanField(_("đất nông nghiệp"), default=False)
    replaces = models.CharField(_("mã cũ"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("loại đất")
        verbose_name_plural = _("loại đất")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="land_use_class_once"),
            models.CheckConstraint(name="land_use_colour_is_hex", condition=Q(colour__regex=r"^#[0-9a-f]{6}$")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and get_language() == "en" else self.name_vi


class LayerKind(models.TextChoices):
    LAND_USE = "land_use", _("Hiện trạng sử dụng đất")
    PLANNING = "planning", _("Quy hoạch sử dụng đất")


@keep_history()
class LandUseLayer(models.Model):
    """One dated survey or plan: who says so, on which day, under which document."""

    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(_("loại lớp"), max_length=10, choices=LayerKind)
    name = TextLine(_("tên lớp"), max_length=160)
    scheme = models.ForeignKey(ClassScheme, models.PROTECT, related_name="layers", verbose_name=_("bộ mã loại đất"))
    unit = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+", verbose_name=_("địa bàn"))
    source = TextLine(_("nguồn"), max_length=200)
    legal_document = TextLine(_("văn bản pháp lý"), max_length=200, blank=True)
    decision_number = TextLine(_("số quyết định"), max_length=80, blank=True, default="", db_default="")
    document = models.ForeignKey(
        "office.Document",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tệp văn bản (PDF)"),
    )
    as_of = models.DateField(_("thời điểm"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)
    is_public = models.BooleanField(_("công khai"), default=False)
    note = TextBlock(_("ghi chú"), blank=True)
    revision = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )  # counts changes of its parcels: a comparison that was kept names the revisions it is of

    objects = LandUseLayerQuerySet.as_manager()

    class Meta:
        verbose_name = _("lớp sử dụng đất")
        verbose_name_plural = _("lớp sử dụng đất")
        ordering = ["-as_of"]
        constraints = [
            models.CheckConstraint(name="land_use_layer_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("as_of")))
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page of the map that shows this version."""
        return f"/maps/land-use/?layer={self.slug}"

    @property
    def is_plan(self) -> bool:
        """Whether it says what is to be, not what is."""
        return self.kind == LayerKind.PLANNING


class LandUseParcel(models.Model):
    """A piece of a layer in one class."""

    layer = models.ForeignKey(LandUseLayer, models.CASCADE, related_name="parcels")
    land_use_class = models.ForeignKey(LandUseClass, models.PROTECT, related_name="parcels")
    ref = TextLine(_("số hiệu"), max_length=60, blank=True)
    name = TextLine(_("tên khu"), max_length=120, blank=True, default="", db_default="")
    boundary = BoundaryField()
    boundary_3857 = web_mercator_field()
    area_m2 = area_field()

    objects = LandUseParcelQuerySet.as_manager()

    class Meta:
        verbose_name = _("khoanh đất")
        verbose_name_plural = _("khoanh đất")
        constraints = [*boundary_constraints("land_use_parcel", max_vertices=50_000)]

    def __str__(self) -> str:
        return self.name or self.ref or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        """Return its public page."""
        return f"/maps/land-use/parcels/{self.pk}/"

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares."""
        return self.area_m2 / 10_000


class GroundUse(models.TextChoices):
    """What a crop is in the words of the land law; `farms.land_use` reads it off the crop's group and life."""

    RICE = "rice", _("Cây lúa")
    ANNUAL = "annual", _("Cây hằng năm khác")
    PERENNIAL = "perennial", _("Cây lâu năm")


class Verdict(models.TextChoices):
    NEEDS_PROCEDURE = "needs_procedure", _("Cần làm thủ tục chuyển đổi")
    NOT_FOR_CROPS = "not_for_crops", _("Không phải đất để trồng trọt")


class UseRule(models.Model):
    """Growing this kind of crop on land of this class asks for a second look, and by which law. No row: no conflict."""

    land_use_class = models.ForeignKey(
        LandUseClass, models.CASCADE, related_name="use_rules", verbose_name=_("loại đất")
    )
    use = models.CharField(_("nhóm cây"), max_length=10, choices=GroundUse)
    verdict = models.CharField(_("kết luận"), max_length=16, choices=Verdict)
    legal_ref = TextLine(_("căn cứ pháp lý"), max_length=300)

    class Meta:
        verbose_name = _("quy tắc cây trồng trên loại đất")
        verbose_name_plural = _("quy tắc cây trồng trên loại đất")
        constraints = [models.UniqueConstraint(fields=["land_use_class", "use"], name="use_rule_once")]

    def __str__(self) -> str:
        return f"{self.land_use_class}: {self.get_use_display()}"


class LayerComparison(models.Model):
    """A kept result: what became of the land between two versions, in the revisions named; newer ones void it."""

    left = models.ForeignKey(LandUseLayer, models.CASCADE, related_name="+")
    right = models.ForeignKey(LandUseLayer, models.CASCADE, related_name="+")
    left_revision = models.PositiveIntegerField()
    right_revision = models.PositiveIntegerField()
    moves = models.JSONField(default=list)  # [class id left, class id right, m2], either id null: not on that map
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("bảng so sánh đã tính")
        verbose_name_plural = _("bảng so sánh đã tính")
        constraints = [models.UniqueConstraint(fields=["left", "right"], name="comparison_once_per_pair")]

    def __str__(self) -> str:
        return f"{self.left_id} → {self.right_id}"


class UploadStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    PREVIEWED = "previewed", _("Chờ xác nhận cột")
    STORING = "storing", _("Đang ghi")
    STORED = "stored", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")


class LayerUpload(models.Model):
    """A file that is to become a version of a layer: what was said of it, what was found in it, what came out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    about = models.JSONField(default=dict)  # the fields of the layer to be, as the form cleaned them
    legal_file = models.ForeignKey("office.Document", models.PROTECT, null=True, related_name="+")
    options = models.JSONField(default=dict)  # layer of the file, crs, encoding; columns; classes
    status = models.CharField(_("trạng thái"), max_length=10, choices=UploadStatus, default=UploadStatus.READING)
    summary = models.JSONField(default=dict)
    error = TextBlock(_("lỗi"), blank=True)
    job = models.ForeignKey("office.Job", models.PROTECT, null=True, related_name="+")
    layer = models.ForeignKey(LandUseLayer, models.SET_NULL, null=True, related_name="uploads")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tệp lớp bản đồ đã gửi")
        verbose_name_plural = _("tệp lớp bản đồ đã gửi")

    def __str__(self) -> str:
        return str(self.about.get("name", self.pk))

    def get_absolute_url(self) -> str:
        """Return the page that shows what comes next."""
        return f"/maps/land-use/layers/uploads/{self.pk}/"
