"""Person and Consent. Nothing of a person leaves without a consent in force."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import crypto
from core.fields import TextLine
from people.querysets import ConsentQuerySet, PersonQuerySet


class Sex(models.TextChoices):
    FEMALE = "f", _("Nữ")
    MALE = "m", _("Nam")
    UNKNOWN = "", _("Không ghi")


class Person(models.Model):
    """A private person. Numbers are encrypted; their digests find duplicates (Law 91/2025/QH15)."""

    full_name = TextLine(_("họ và tên"), max_length=120)
    search_key = models.CharField(max_length=120, editable=False)
    birth_year = models.PositiveSmallIntegerField(_("năm sinh"), null=True, blank=True)
    sex = models.CharField(_("giới tính"), max_length=1, choices=Sex, blank=True)
    phone_encrypted = models.BinaryField(default=b"", editable=False)
    phone_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    id_number_encrypted = models.BinaryField(default=b"", editable=False)
    id_number_digest = models.CharField(max_length=64, blank=True, editable=False)
    id_number_last3 = models.CharField(_("3 số cuối giấy tờ"), max_length=3, blank=True, editable=False)
    address = TextLine(_("địa chỉ"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("cá nhân")
        verbose_name_plural = _("cá nhân")
        constraints = [
            models.UniqueConstraint(
                fields=["id_number_digest"], condition=~Q(id_number_digest=""), name="person_id_number_once"
            ),
            models.CheckConstraint(
                name="person_birth_year_plausible",
                condition=Q(birth_year=None) | Q(birth_year__gte=1900, birth_year__lte=2100),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def phone(self) -> str:
        """The phone number, decrypted; to show it, go by `people.services.read_number`."""
        return crypto.decrypt(self.phone_encrypted)

    @property
    def id_number(self) -> str:
        """The identity number, decrypted; to show it, go by `people.services.read_number`."""
        return crypto.decrypt(self.id_number_encrypted)

    @property
    def phone_last3(self) -> str:
        """The three digits of the phone number that are shown."""
        return self.phone[-3:]


class Purpose(models.TextChoices):
    """What a person may agree to; silence is no consent."""

    DIRECTORY = "directory", _("Danh bạ nông hộ trong ngành")
    PUBLIC_NAME = "public_name", _("Công khai họ tên")
    PUBLIC_OUTLINE = "public_outline", _("Công khai ranh giới vùng trồng")
    BUYER_CONTACT = "buyer_contact", _("Người mua liên hệ trực tiếp")
    MESSAGES = "messages", _("Nhận tin nhắn")


class ConsentField(models.TextChoices):
    """What a consent opens besides the bare purpose; each is chosen by the person."""

    NAME = "name", _("Họ và tên")
    HAMLET = "hamlet", _("Ấp, khóm")
    PHONE = "phone", _("Số điện thoại")
    LAND = "land", _("Cây trồng và diện tích")


# What each purpose may open, in the order in which it is asked; the first of DIRECTORY and PUBLIC_NAME is their sense
# and not asked. The outline and messages are one thing each: the purpose says all.
PURPOSE_FIELDS: dict[str, tuple[str, ...]] = {
    Purpose.DIRECTORY: (ConsentField.NAME, ConsentField.HAMLET, ConsentField.PHONE, ConsentField.LAND),
    Purpose.PUBLIC_NAME: (ConsentField.NAME, ConsentField.HAMLET),
    Purpose.PUBLIC_OUTLINE: (),
    Purpose.BUYER_CONTACT: (ConsentField.PHONE,),
    Purpose.MESSAGES: (),
}


def _fields_of_their_purpose() -> Q:
    allowed = Q()
    for purpose, fields in PURPOSE_FIELDS.items():
        opened = Q(fields__contained_by=[str(field) for field in fields])
        if ConsentField.NAME in fields:
            opened &= Q(fields__contains=[ConsentField.NAME.value])
        allowed |= Q(purpose=purpose.value) & opened  # type: ignore[attr-defined]
    return allowed


class Channel(models.TextChoices):
    PAPER = "paper", _("Phiếu ký giấy")
    OTP = "otp", _("Mã xác nhận một lần")
    WITNESSED = "witnessed", _("Có người làm chứng")


class NumberKind(models.TextChoices):
    ID_NUMBER = "id_number", _("Số giấy tờ cá nhân")
    PHONE = "phone", _("Số điện thoại")


class Consent(models.Model):
    """One purpose agreed to by one person, with evidence; withdrawing sets `withdrawn_at`, nothing is deleted."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    purpose = models.CharField(_("mục đích"), max_length=20, choices=Purpose)
    fields = ArrayField(
        models.CharField(max_length=10, choices=ConsentField),
        verbose_name=_("thông tin được mở"),
        default=list,
        blank=True,
    )
    text_version = models.CharField(_("phiên bản văn bản"), max_length=20)
    channel = models.CharField(_("hình thức"), max_length=10, choices=Channel)
    evidence = TextLine(_("bằng chứng"), max_length=200)
    document = models.ForeignKey(
        "office.Document", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ảnh phiếu đồng ý")
    )
    given_at = models.DateTimeField(_("lúc đồng ý"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("lúc rút lại"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("sự đồng ý")
        verbose_name_plural = _("sự đồng ý")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"], condition=Q(withdrawn_at=None), name="consent_live_once"
            ),
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
            ),
            models.CheckConstraint(name="consent_fields_of_purpose", condition=_fields_of_their_purpose()),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} #{self.person_id}"

    @property
    def field_labels(self) -> list[str]:
        """The names of what is opened."""
        return [str(ConsentField(field).label) for field in self.fields]


class ConsentCode(models.Model):
    """A code sent to a person's phone; saying it back is consent to the named purposes. Only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consent_codes")
    purposes = models.JSONField(_("mục đích"))
    fields = models.JSONField(_("thông tin được mở"), default=dict)  # purpose -> fields
    code_digest = models.CharField(max_length=64, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(_("lúc gửi"))
    expires_at = models.DateTimeField(_("có hiệu lực đến"))
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mã xác nhận đồng ý")
        verbose_name_plural = _("mã xác nhận đồng ý")
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"#{self.person_id}"


class NumberRead(models.Model):
    """Somebody looked at a person's whole identity or phone number: who, when, what for. Append-only."""

    is_append_only = True

    person = models.ForeignKey(Person, models.CASCADE, related_name="number_reads")
    what = models.CharField(_("số đã xem"), max_length=9, choices=NumberKind)
    purpose = TextLine(_("mục đích"), max_length=160)
    context = models.CharField(max_length=60, blank=True, db_index=True)  # as what the person was shown: "grower:17"
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("lượt xem số cá nhân")
        verbose_name_plural = _("lượt xem số cá nhân")
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} #{self.person_id}"
