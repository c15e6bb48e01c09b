"""Markets, and the regimes of codes as dated data: patterns, rules, deadlines, checklists, documents, reasons."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from codes.querysets import DatedQuerySet, SchemeQuerySet
from core.fields import TextBlock, TextLine
from core.history import keep_history


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


class OfficeLevel(models.TextChoices):
    """Which office acts: an officer posted at that level or above it."""

    COMMUNE = "commune", _("Cấp xã")
    PROVINCE = "province", _("Cấp tỉnh")


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
    monitoring_months = models.PositiveSmallIntegerField(
        _("chu kỳ giám sát (tháng)"), null=True, blank=True, default=12
    )
    province = models.ForeignKey(
        "places.AdministrativeUnit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tỉnh áp dụng"),
        help_text=_("Để trống: áp dụng cho mọi tỉnh."),
    )
    receiving_level = models.CharField(
        _("cấp tiếp nhận"), max_length=10, choices=OfficeLevel, default=OfficeLevel.COMMUNE
    )
    deciding_level = models.CharField(
        _("cấp quyết định"), max_length=10, choices=OfficeLevel, default=OfficeLevel.PROVINCE
    )
    certificate_text = TextBlock(
        _("lời văn trên giấy xác nhận"), blank=True, help_text=_("In dưới bảng thông tin; trích căn cứ và nghĩa vụ.")
    )
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
    """What a dated rule is about; each is one function of casework.eligibility, `threshold` in the unit named here."""

    MINIMUM_AREA = "minimum_area", _("Diện tích tối thiểu (ha)")
    MAXIMUM_AREA = "maximum_area", _("Diện tích tối đa (ha)")
    MINIMUM_GROWERS = "minimum_growers", _("Số hộ tối thiểu")
    PIECE_DISTANCE = "piece_distance", _("Khoảng cách tối đa giữa các khoảnh (m)")
    ONE_VARIETY = "one_variety", _("Một giống")
    MIXED_STAND = "mixed_stand", _("Trồng xen (tỷ lệ tối đa, %)")
    GROWERS_KNOWN = "growers_known", _("Thửa có nông hộ")
    CONSENT = "consent", _("Nông hộ đồng ý")
    NEIGHBOURS_PLOTS = "neighbours_plots", _("Không đè lên thửa của đơn vị khác")
    NEIGHBOURS_AREAS = "neighbours_areas", _("Không đè lên vùng trồng khác")
    LAND_USE_CLASS = "land_use_class", _("Đúng loại đất nông nghiệp (tỷ lệ trái loại tối đa, %)")
    PLANNED_ZONE = "planned_zone", _("Không nằm trong quy hoạch khác (tỷ lệ tối đa, %)")
    EVIDENCE = "evidence", _("Chứng nhận hoặc nhật ký sản xuất")
    DOCUMENTS = "documents", _("Đủ giấy tờ")
    DUPLICATE_PARCEL = "duplicate_parcel", _("Trùng thửa đất (chênh diện tích tối đa, %)")


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
    threshold = models.FloatField(
        _("ngưỡng"), null=True, blank=True, help_text=_("Để trống: dùng ngưỡng mặc định của quy tắc.")
    )
    severity = models.CharField(_("mức độ"), max_length=4, choices=Severity)
    legal_ref = TextLine(_("căn cứ"), max_length=300)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    class Meta:
        verbose_name = _("quy tắc của chế độ")
        verbose_name_plural = _("quy tắc của chế độ")
        constraints = [
            models.CheckConstraint(name="rule_dates", condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))),
            models.CheckConstraint(name="rule_threshold_positive", condition=Q(threshold=None) | Q(threshold__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {'' if self.threshold is None else f'{self.threshold:g}'}".strip()


def _dates(prefix: str) -> list[models.BaseConstraint]:
    condition = Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
    return [models.CheckConstraint(name=f"{prefix}_dates", condition=condition)]


class DeadlineStep(models.TextChoices):
    """The steps that have a term."""

    DECISION = "decision", _("Giải quyết hồ sơ")
    CORRECTION = "correction", _("Bổ sung hồ sơ bị trả lại")
    OPINION = "opinion", _("Cơ quan được hỏi trả lời")
    INSPECTION = "inspection", _("Kiểm tra thực địa sau khi lên lịch")
    REPLY = "reply", _("Giải trình trước khi công bố vi phạm")


@keep_history()
class StepDeadline(models.Model):
    """How many days a step of a scheme may take, from a day to another, by which text."""

    scheme = models.ForeignKey(CodeScheme, models.CASCADE, related_name="deadlines")
    step = models.CharField(_("bước"), max_length=12, choices=DeadlineStep)
    days = models.PositiveSmallIntegerField(_("số ngày"))
    is_working_days = models.BooleanField(_("ngày làm việc"), default=True)
    legal_ref = TextLine(_("căn cứ"), max_length=300)
    confidence = models.CharField(_("độ tin cậy"), max_length=6, choices=Confidence, default=Confidence.MEDIUM)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("thời hạn của bước")
        verbose_name_plural = _("thời hạn của bước")
        constraints = [
            *_dates("deadline"),
            models.UniqueConstraint(fields=["scheme", "step", "valid_from"], name="deadline_once_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.days}"


class AnswerKind(models.TextChoices):
    """How a checklist item is answered."""

    YES_NO = "yes_no", _("Đạt hoặc không đạt")
    NUMBER = "number", _("Số đo")
    TEXT = "text", _("Ghi chép")


@keep_history()
class ChecklistItem(models.Model):
    """A line of the inspection minutes of a scheme, for all or one crop and market. `slug` stays over the years."""

    scheme = models.ForeignKey(CodeScheme, models.CASCADE, related_name="checklist")
    slug = models.SlugField(_("mã mục"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)
    text_vi = TextLine(_("nội dung"), max_length=200)
    text_en = TextLine(_("nội dung tiếng Anh"), max_length=200, blank=True)
    answer_kind = models.CharField(_("cách trả lời"), max_length=6, choices=AnswerKind, default=AnswerKind.YES_NO)
    unit = TextLine(_("đơn vị đo"), max_length=20, blank=True)
    is_required = models.BooleanField(_("bắt buộc trả lời"), default=True)
    is_critical = models.BooleanField(_("không đạt là lỗi lớn"), default=False)
    crop = models.ForeignKey("crops.Crop", models.CASCADE, null=True, blank=True, related_name="+")
    market = models.ForeignKey(Market, models.CASCADE, null=True, blank=True, related_name="+")
    legal_ref = TextLine(_("căn cứ"), max_length=300, blank=True)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("mục kiểm tra")
        verbose_name_plural = _("mục kiểm tra")
        ordering = ["position", "slug"]
        constraints = [
            *_dates("checklist"),
            models.UniqueConstraint(
                fields=["scheme", "slug", "crop", "market", "valid_from"],
                name="checklist_once_per_day",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The line in the reader's language."""
        return self.text_en if self.text_en and get_language() == "en" else self.text_vi


class DocumentKind(models.TextChoices):
    """What a document of a request is."""

    DIARY = "diary", _("Nhật ký sản xuất")
    CERTIFICATE = "certificate", _("Chứng nhận (VietGAP, GlobalG.A.P. ...)")
    MAP = "map", _("Bản đồ, sơ đồ vùng trồng")
    GROWER_LIST = "grower_list", _("Danh sách nông hộ")
    PROCESS = "process", _("Quy trình canh tác")
    COMMITMENT = "commitment", _("Bản cam kết")
    MONITORING_PLAN = "monitoring_plan", _("Kế hoạch giám sát sinh vật gây hại, dư lượng")
    TRAINING = "training", _("Danh sách tập huấn")
    LAND_PAPER = "land_paper", _("Giấy tờ đất")
    OTHER = "other", _("Giấy tờ khác")


@keep_history()
class RequiredDocument(models.Model):
    """A kind of document that requests under a scheme need, for all or one crop and market."""

    scheme = models.ForeignKey(CodeScheme, models.CASCADE, related_name="required_documents")
    kind = models.CharField(_("loại giấy tờ"), max_length=16, choices=DocumentKind)
    severity = models.CharField(_("mức độ khi thiếu"), max_length=4, choices=Severity, default=Severity.WARN)
    crop = models.ForeignKey("crops.Crop", models.CASCADE, null=True, blank=True, related_name="+")
    market = models.ForeignKey(Market, models.CASCADE, null=True, blank=True, related_name="+")
    legal_ref = TextLine(_("căn cứ"), max_length=300)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("giấy tờ phải có")
        verbose_name_plural = _("giấy tờ phải có")
        constraints = _dates("required_document")

    def __str__(self) -> str:
        return self.get_kind_display()


class ReasonUse(models.TextChoices):
    """Which act a reason is for."""

    RETURN = "return", _("Trả lại hồ sơ")
    REJECT = "reject", _("Từ chối hồ sơ")
    OVERRIDE = "override", _("Bỏ qua một quy tắc")
    SUSPEND = "suspend", _("Tạm đình chỉ mã số")
    RESTORE = "restore", _("Phục hồi mã số")
    REVOKE = "revoke", _("Thu hồi mã số")
    RENEW = "renew", _("Gia hạn mã số")
    SUPERSEDE = "supersede", _("Thay thế mã số")


@keep_history()
class Reason(models.Model):
    """A reason with its code and the canned text that an officer starts from; empty scheme: for all schemes."""

    use = models.CharField(_("dùng cho"), max_length=10, choices=ReasonUse)
    slug = models.SlugField(_("mã lý do"), max_length=40)
    scheme = models.ForeignKey(
        CodeScheme, models.CASCADE, null=True, blank=True, related_name="reasons", verbose_name=_("chế độ")
    )
    text_vi = TextLine(_("lý do"), max_length=160)
    text_en = TextLine(_("lý do tiếng Anh"), max_length=160, blank=True)
    canned_text = TextBlock(_("lời văn soạn sẵn"), blank=True)
    legal_ref = TextLine(_("căn cứ"), max_length=300, blank=True)
    valid_from = models.DateField(_("hiệu lực từ"))
    valid_to = models.DateField(_("hết hiệu lực"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("lý do")
        verbose_name_plural = _("lý do")
        ordering = ["use", "slug"]
        constraints = [
            *_dates("reason"),
            models.UniqueConstraint(
                fields=["use", "slug", "scheme", "valid_from"], name="reason_once_per_day", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.text_en if self.text_en and get_language() == "en" else self.text_vi
