"""CodeRequest: its states, versions, documents, opinions and overrides."""

import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.querysets import CodeRequestQuerySet, OpinionQuerySet, OverrideQuerySet
from codes.models import DocumentKind
from core.fields import BoundaryField, TextBlock, TextLine
from core.history import keep_history


class RequestStatus(models.TextChoices):
    DRAFT = "draft", _("Bản nháp")
    SUBMITTED = "submitted", _("Đã nộp")
    IN_REVIEW = "in_review", _("Đang thẩm định")
    INSPECTION = "inspection", _("Kiểm tra thực địa")
    RETURNED = "returned", _("Trả lại để bổ sung")
    APPROVED = "approved", _("Đã cấp mã")
    REJECTED = "rejected", _("Từ chối")
    WITHDRAWN = "withdrawn", _("Đã rút")
    LAPSED = "lapsed", _("Quá hạn bổ sung")


FINAL_STATUSES = (
    RequestStatus.APPROVED,
    RequestStatus.REJECTED,
    RequestStatus.WITHDRAWN,
    RequestStatus.LAPSED,
)
OPEN_STATUSES = tuple(status for status in RequestStatus if status not in FINAL_STATUSES)


def new_receipt() -> str:
    """Return a receipt number that cannot be guessed: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


@keep_history(exclude=["contact_person"])  # a person: must be erasable
class CodeRequest(models.Model):
    """A cooperative asks for codes for one area under one scheme."""

    receipt = models.CharField(_("số biên nhận"), max_length=32, unique=True, default=new_receipt, editable=False)
    area = models.ForeignKey(
        "codes.ProductionArea", models.PROTECT, related_name="requests", verbose_name=_("vùng trồng")
    )
    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="requests")
    commune = models.ForeignKey("places.AdministrativeUnit", models.PROTECT, related_name="+")
    scheme = models.ForeignKey("codes.CodeScheme", models.PROTECT, related_name="requests", verbose_name=_("chế độ"))
    markets = models.ManyToManyField("codes.Market", related_name="requests", verbose_name=_("thị trường"), blank=True)
    status = models.CharField(_("trạng thái"), max_length=12, choices=RequestStatus, default=RequestStatus.DRAFT)
    expected_output_t = models.FloatField(_("sản lượng dự kiến (tấn/năm)"), null=True, blank=True)
    contact_person = TextLine(_("người phụ trách kỹ thuật"), max_length=120, blank=True)
    note = TextBlock(_("ghi chú"), blank=True)
    has_declared = models.BooleanField(_("cam kết khai đúng sự thật"), default=False)
    version = models.PositiveIntegerField(_("lần nộp"), default=0, editable=False)  # the last RequestVersion
    return_reason = TextBlock(_("lý do trả lại"), blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_on = models.DateField(_("ngày nộp"), null=True, blank=True)
    due_on = models.DateField(_("hạn giải quyết"), null=True, blank=True)
    decided_at = models.DateTimeField(_("lúc quyết định"), null=True, blank=True)
    codes = models.ManyToManyField("codes.ProductionAreaCode", related_name="requests", blank=True)

    objects = CodeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("hồ sơ đề nghị cấp mã")
        verbose_name_plural = _("hồ sơ đề nghị cấp mã")
        indexes = [models.Index(fields=["status", "due_on"], name="request_desk")]
        constraints = [
            models.CheckConstraint(
                name="request_decided_iff_final",
                condition=Q(status__in=FINAL_STATUSES, decided_at__isnull=False)
                | (~Q(status__in=FINAL_STATUSES) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="request_submitted_has_date",
                condition=Q(status__in=(RequestStatus.DRAFT, RequestStatus.WITHDRAWN))
                | Q(submitted_on__isnull=False, due_on__isnull=False, has_declared=True),
            ),
            models.CheckConstraint(
                name="request_returned_has_reason",
                condition=~Q(status=RequestStatus.RETURNED) | ~Q(return_reason=""),
            ),
            models.UniqueConstraint(
                fields=["area", "scheme"], condition=Q(status__in=OPEN_STATUSES), name="request_open_once_per_scheme"
            ),
        ]

    def __str__(self) -> str:
        return f"YC-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("casework:request-detail", args=[self.pk])


class RequestEvent(models.Model):
    """A step of a request. Append-only."""

    is_append_only = True

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="events")
    transition = models.CharField(_("bước"), max_length=30)
    old_status = models.CharField(max_length=12, blank=True)
    new_status = models.CharField(max_length=12)
    note = TextBlock(_("ghi chú"), blank=True)
    findings = models.JSONField(default=list)
    details = models.JSONField(default=dict)  # what a return marks: {"fields": [...], "plots": [ids], "due_on": date}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước xử lý")
        verbose_name_plural = _("bước xử lý")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.transition} {self.new_status}"


class RequestVersion(models.Model):
    """What was handed in, each time: the form, the plots and the ground. Append-only, so that versions can be compared.

    `form`: field -> value as JSON, without persons (the contact only as "given" or not). `plots`: [{id, ref, version,
    area_m2, crop, variety}].
    """

    is_append_only = True

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("lần nộp"))
    form = models.JSONField(default=dict)
    plots = models.JSONField(default=list)
    documents = models.JSONField(default=list)  # [{id, kind, name, sha256}]
    area_version = models.PositiveIntegerField()
    boundary = BoundaryField(_("ranh giới khi nộp"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lần nộp hồ sơ")
        verbose_name_plural = _("lần nộp hồ sơ")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["code_request", "number"], name="request_version_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code_request_id} v{self.number}"


class RequestDocument(models.Model):
    """A document of a request. Taken out again it stays on record; a diary names its season and plots."""

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="documents")
    document = models.ForeignKey("office.Document", models.PROTECT, related_name="+")
    kind = models.CharField(_("loại giấy tờ"), max_length=16, choices=DocumentKind)
    title = TextLine(_("tên giấy tờ"), max_length=160, blank=True)
    season = TextLine(_("mùa vụ"), max_length=40, blank=True)
    plots: models.ManyToManyField = models.ManyToManyField("farms.Plot", related_name="+", blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("giấy tờ của hồ sơ")
        verbose_name_plural = _("giấy tờ của hồ sơ")
        ordering = ["added_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="request_document_diary_has_season", condition=~Q(kind=DocumentKind.DIARY) | ~Q(season="")
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()


class OpinionVerdict(models.TextChoices):
    AGREE = "agree", _("Đồng ý")
    REMARKS = "remarks", _("Đồng ý, có lưu ý")
    DISAGREE = "disagree", _("Không đồng ý")


class Opinion(models.Model):
    """Another office is asked about a request by a link of its own: read-only, no persons, one dated answer."""

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="opinions")
    office = TextLine(_("cơ quan được hỏi"), max_length=160)
    email = models.EmailField(_("thư điện tử của cơ quan"))
    question = TextBlock(_("nội dung hỏi"))
    token_digest = models.CharField(max_length=64, unique=True, editable=False)  # the link itself is not kept
    due_on = models.DateField(_("hạn trả lời"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(_("ý kiến"), max_length=8, choices=OpinionVerdict, blank=True)
    answer = TextBlock(_("trả lời"), blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = OpinionQuerySet.as_manager()

    class Meta:
        verbose_name = _("ý kiến cơ quan khác")
        verbose_name_plural = _("ý kiến cơ quan khác")
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="opinion_answered_iff_verdict",
                condition=Q(verdict="", answered_at=None) | ~Q(verdict="") & Q(answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.office


class OpinionVisit(models.Model):
    """The link of an opinion was opened. Append-only."""

    is_append_only = True

    opinion = models.ForeignKey(Opinion, models.PROTECT, related_name="visits")
    address = models.GenericIPAddressField(_("địa chỉ mạng"), null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lượt mở liên kết ý kiến")
        verbose_name_plural = _("lượt mở liên kết ý kiến")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.opinion_id} {self.at}"


class EligibilityOverride(models.Model):
    """An officer lets a failed rule pass for one request, with a reason. Append-only; reported as a list of its own."""

    is_append_only = True

    code_request = models.ForeignKey(CodeRequest, models.PROTECT, related_name="overrides")
    rule = models.CharField(_("quy tắc"), max_length=40)
    version = models.PositiveIntegerField(_("lần nộp"))  # holds for this version of the request only
    finding = models.JSONField(default=dict)
    reason_code = models.ForeignKey("codes.Reason", models.PROTECT, null=True, blank=True, related_name="+")
    reason = TextBlock(_("lý do"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần bỏ qua quy tắc")
        verbose_name_plural = _("lần bỏ qua quy tắc")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code_request", "rule", "version"], name="override_once_per_version"),
            models.CheckConstraint(name="override_has_reason", condition=~Q(reason="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code_request_id} {self.rule}"
