"""Cooperative (or another holder), who works for it, who belongs to it, what it is certified for."""

import datetime as dt
import uuid

import pgtrigger
from django.conf import settings
from django.contrib.gis.db.models import PointField
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperatives.querysets import (
    CertificateQuerySet,
    CooperativeQuerySet,
    DirectoryExportQuerySet,
    GrowerQuerySet,
    MembershipQuerySet,
)
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


class Grower(models.Model):
    """A person who belongs to a cooperative and cultivates plots."""

    cooperative = models.ForeignKey(Cooperative, models.PROTECT, related_name="growers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="memberships")
    number = models.CharField(_("số thành viên"), max_length=20)
    hamlet = TextLine(_("ấp, khóm"), max_length=80, blank=True)
    declared_area_ha = models.DecimalField(_("diện tích kê khai (ha)"), max_digits=8, decimal_places=2, null=True)
    joined_on = models.DateField(_("ngày vào"), null=True, blank=True)
    left_on = models.DateField(_("ngày ra"), null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(null=True, blank=True)  # empty: from before this was recorded
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = GrowerQuerySet.as_manager()

    class Meta:
        verbose_name = _("nông hộ thành viên")
        verbose_name_plural = _("nông hộ thành viên")
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "number"], name="grower_number_once"),
            models.UniqueConstraint(
                fields=["cooperative", "person"], condition=Q(left_on=None), name="grower_belongs_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class DirectoryExport(models.Model):
    """A table of the farmer directory that an officer took out: who, when, what for, whom it held. Append-only.

    `filters` holds no words that were searched for, which may be a person's name: only that there were some.
    """

    is_append_only = True

    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    exported_at = models.DateTimeField(auto_now_add=True)
    purpose = TextLine(_("mục đích"), max_length=160)
    filters = models.JSONField(_("bộ lọc"), default=dict)
    suffix = models.CharField(_("định dạng"), max_length=4)
    has_phones = models.BooleanField(_("có số điện thoại"), default=False)
    row_count = models.PositiveIntegerField(_("số dòng"))
    growers = ArrayField(models.BigIntegerField(), verbose_name=_("nông hộ trong tệp"))
    communes = ArrayField(models.BigIntegerField(), verbose_name=_("xã trong tệp"))

    objects = DirectoryExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần xuất danh bạ")
        verbose_name_plural = _("lần xuất danh bạ")
        ordering = ["-exported_at", "-pk"]
        indexes = [GinIndex(fields=["growers"], name="directory_export_growers")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"#{self.pk}"


class GrowerImportStatus(models.TextChoices):
    READING = "reading", _("Đang đọc tệp")
    PREVIEWED = "previewed", _("Chờ xác nhận")
    COMMITTED = "committed", _("Đã ghi")
    FAILED = "failed", _("Không đọc được")
    CANCELLED = "cancelled", _("Đã hủy")


class GrowerImport(models.Model):
    """A list of members on its way: what was read is kept encrypted, and file and rows are gone when it is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="grower_imports")
    document = models.ForeignKey("office.Document", models.SET_NULL, null=True, related_name="+")
    file_name = TextLine(_("tên tệp"), max_length=255)
    file_sha256 = models.CharField(max_length=64)
    job = models.ForeignKey("office.Job", models.SET_NULL, null=True, related_name="+")
    status = models.CharField(
        _("trạng thái"), max_length=10, choices=GrowerImportStatus, default=GrowerImportStatus.READING
    )
    columns = models.JSONField(default=dict)  # our field -> heading, as guessed or chosen
    rows_encrypted = models.BinaryField(default=b"", editable=False)  # JSON of rows with verdicts and findings
    summary = models.JSONField(default=dict)  # headings and counts; never a person
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lần nhập thành viên")
        verbose_name_plural = _("lần nhập thành viên")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="grower_import_committed_iff_dated",
                condition=Q(status="committed", committed_at__isnull=False)
                | ~Q(status="committed") & Q(committed_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class CertificateKind(models.TextChoices):
    VIETGAP = "vietgap", "VietGAP"
    GLOBALGAP = "globalgap", "GlobalG.A.P."
    ORGANIC = "organic", _("Hữu cơ (TCVN 11041)")
    OCOP = "ocop", "OCOP"
    FOOD_SAFETY = "food_safety", _("An toàn thực phẩm")


class CertificateCheck(models.TextChoices):
    DECLARED = "declared", _("Tự khai, chưa kiểm tra")
    CHECKED = "checked", _("Cán bộ đã kiểm tra")
    REFUSED = "refused", _("Không khớp giấy tờ")


class Certificate(models.Model):
    """A certificate that the holder declares; expired is derived from `valid_until`, never stored.

    The public sees `declared` and `checked` ones; `refused` means that an officer found the paper to say otherwise.
    """

    cooperative = models.ForeignKey(Cooperative, models.CASCADE, related_name="certificates")
    kind = models.CharField(_("loại"), max_length=12, choices=CertificateKind)
    number = TextLine(_("số chứng nhận"), max_length=60)
    crop = models.ForeignKey("crops.Crop", models.PROTECT, null=True, blank=True, related_name="+")
    issuer = TextLine(_("nơi cấp"), max_length=120)
    stars = models.PositiveSmallIntegerField(_("số sao"), null=True, blank=True)
    area_ha = models.DecimalField(_("diện tích (ha)"), max_digits=8, decimal_places=2, null=True, blank=True)
    issued_on = models.DateField(_("ngày cấp"))
    valid_until = models.DateField(_("có giá trị đến hết ngày"))
    check_status = models.CharField(
        _("kiểm tra"), max_length=10, choices=CertificateCheck, default=CertificateCheck.DECLARED
    )
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey("office.Document", models.PROTECT, null=True, blank=True, related_name="+")
    ended_on = models.DateField(_("không còn dùng từ ngày"), null=True, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("chứng nhận")
        verbose_name_plural = _("chứng nhận")
        constraints = [
            models.CheckConstraint(name="certificate_dates", condition=Q(valid_until__gte=F("issued_on"))),
            models.CheckConstraint(
                name="certificate_stars_are_ocops",
                condition=Q(stars=None) | Q(kind="ocop", stars__gte=3, stars__lte=5),
            ),
            models.CheckConstraint(
                name="certificate_checked_has_checker",
                condition=Q(check_status="declared", checked_at=None)
                | Q(check_status__in=["checked", "refused"], checked_at__isnull=False, checked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def is_expired(self, today: dt.date) -> bool:
        """Whether `today` lies after the last day of validity."""
        return today > self.valid_until


class CertificateStep(models.TextChoices):
    DECLARE = "declare", _("Khai chứng nhận")
    FILE = "file", _("Gửi tệp")
    CHECK = "check", _("Đã kiểm tra, khớp giấy tờ")
    REFUSE = "refuse", _("Không khớp giấy tờ")
    END = "end", _("Ngừng dùng")


class CertificateEvent(models.Model):
    """What was done with a certificate: who, when, why, and against which file it was checked. Append-only."""

    is_append_only = True

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="events")
    step = models.CharField(_("bước"), max_length=8, choices=CertificateStep)
    note = TextBlock(_("lý do"), blank=True)
    document = models.ForeignKey("office.Document", models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("bước của chứng nhận")
        verbose_name_plural = _("các bước của chứng nhận")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.get_step_display()


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
