"""Enquiry, its conversation, the one-time code that confirms its contact, and a cooperative's ready answers."""

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import crypto
from core.fields import TextBlock, TextLine
from products.models.products import Offer, Product
from products.querysets import EnquiryQuerySet


class EnquiryStatus(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("Chưa xác nhận liên hệ")
    SENT = "sent", _("Đã gửi")
    READ = "read", _("Đã đọc")
    ANSWERED = "answered", _("Đã trả lời")
    CLOSED = "closed", _("Đã đóng")
    EXPIRED = "expired", _("Hết hạn")


class ContactKind(models.TextChoices):
    EMAIL = "email", _("Thư điện tử")
    PHONE = "phone", _("Điện thoại")


class CloseReason(models.TextChoices):
    """Why a cooperative closes an enquiry; the buyer reads it."""

    AGREED = "agreed", _("Hai bên đã thỏa thuận")
    SOLD_OUT = "sold_out", _("Không còn hàng")
    OTHER_GOODS = "other_goods", _("Không có mặt hàng này")
    TERMS = "terms", _("Không hợp về lượng, thời gian hoặc giá")
    NO_REPLY = "no_reply", _("Người mua không trả lời nữa")
    OTHER = "other", _("Lý do khác")


def new_token() -> str:
    """Return the secret part of an enquiry's address: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(24)


class Enquiry(models.Model):
    """A buyer asks a cooperative; the contact is encrypted and relayed, never shown.

    `unconfirmed` until the one-time code that went to the contact came back: the cooperative sees nothing of it before.
    `waiting_since` is the buyer's last line while the cooperative has not answered it, else null; `reminded` counts the
    reminders since then. The moment of a consent is the consent: `contact_shared_at` is when the buyer allowed the
    cooperative to read the contact once it has answered, `cooperative_contact_at` when the cooperative showed its own.
    """

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.PROTECT, related_name="enquiries")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="enquiries")
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    status = models.CharField(_("trạng thái"), max_length=11, choices=EnquiryStatus, default=EnquiryStatus.SENT)
    buyer_name = TextLine(_("tên người mua"), max_length=120)
    contact_kind = models.CharField(_("cách liên hệ"), max_length=5, choices=ContactKind)
    contact_encrypted = models.BinaryField(editable=False)
    contact_digest = models.CharField(max_length=64, editable=False, db_index=True)
    quantity_t = models.FloatField(_("số lượng (tấn)"), null=True, blank=True)
    wanted_months = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("tháng cần hàng"), default=list, blank=True
    )
    delivery_from = models.DateField(_("giao từ ngày"), null=True, blank=True)
    delivery_to = models.DateField(_("giao đến ngày"), null=True, blank=True)
    market = models.ForeignKey("codes.Market", models.PROTECT, null=True, blank=True, related_name="+")
    quality = TextLine(_("yêu cầu chất lượng, chứng nhận"), max_length=160, blank=True)
    message = TextBlock(_("nội dung"), max_length=2000)
    language = models.CharField(_("ngôn ngữ"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    consented_at = models.DateTimeField(_("lúc đồng ý xử lý dữ liệu"))
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    close_reason = models.CharField(_("lý do đóng"), max_length=11, choices=CloseReason, blank=True)
    contact_shared_at = models.DateTimeField(_("lúc đồng ý đưa liên hệ cho hợp tác xã"), null=True)
    cooperative_contact_at = models.DateTimeField(_("lúc hợp tác xã cho xem liên hệ"), null=True)
    spam_at = models.DateTimeField(_("lúc bị đánh dấu là thư rác"), null=True)
    link_sent_at = models.DateTimeField(null=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("yêu cầu mua hàng")
        verbose_name_plural = _("yêu cầu mua hàng")
        indexes = [
            models.Index(fields=["cooperative", "status"], name="enquiry_inbox"),
            models.Index(fields=["waiting_since"], condition=~Q(waiting_since=None), name="enquiry_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                name="enquiry_quantity_positive", condition=Q(quantity_t=None) | Q(quantity_t__gt=0)
            ),
            models.CheckConstraint(
                name="enquiry_delivery_dates",
                condition=Q(delivery_from=None) | Q(delivery_to=None) | Q(delivery_to__gte=F("delivery_from")),
            ),
            models.CheckConstraint(
                name="enquiry_answered_has_date",
                condition=~Q(status="answered") | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="enquiry_waits_iff_open",
                condition=Q(status__in=["sent", "read"], waiting_since__isnull=False)
                | ~Q(status__in=["sent", "read"]) & Q(waiting_since=None),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("products:enquiry-inbox-detail", args=[self.pk])

    @property
    def contact(self) -> str:
        """The buyer's address or number, decrypted; for delivery only."""
        return crypto.decrypt(self.contact_encrypted)


class ContactCode(models.Model):
    """A one-time code sent to the contact of an enquiry; typing it in proves that the contact is the buyer's own.

    The code exists in full only while it is being sent: until then `code_digest` is empty, afterwards it is a digest.
    `address_digest` (of the network address that asked) carries the budget of codes per address and goes with the row.
    """

    enquiry = models.ForeignKey(Enquiry, models.CASCADE, related_name="contact_codes")
    code_digest = models.CharField(max_length=64, editable=False, blank=True)
    address_digest = models.CharField(max_length=64, editable=False, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("lúc gửi"), auto_now_add=True)
    expires_at = models.DateTimeField(_("có hiệu lực đến"))
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mã xác nhận liên hệ")
        verbose_name_plural = _("mã xác nhận liên hệ")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.enquiry_id}"


class MessageAuthor(models.TextChoices):
    BUYER = "buyer", _("Người mua")
    COOPERATIVE = "cooperative", _("Hợp tác xã")


class EnquiryMessage(models.Model):
    """A line of the conversation about an enquiry; the cooperative may attach a product, or one offer of it."""

    enquiry = models.ForeignKey(Enquiry, models.CASCADE, related_name="messages")
    author = models.CharField(_("người viết"), max_length=11, choices=MessageAuthor)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = TextBlock(_("nội dung"), max_length=2000)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    offer = models.ForeignKey(Offer, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tin nhắn")
        verbose_name_plural = _("tin nhắn")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.author} {self.at:%d/%m/%Y}"


class AnswerTemplate(models.Model):
    """A ready answer that a cooperative keeps for its buyers."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", models.CASCADE, related_name="answer_templates")
    title = TextLine(_("tiêu đề"), max_length=80)
    text = TextBlock(_("nội dung"), max_length=2000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("mẫu trả lời")
        verbose_name_plural = _("mẫu trả lời")
        ordering = ["title"]
        constraints = [models.UniqueConstraint(fields=["cooperative", "title"], name="answer_template_title_once")]

    def __str__(self) -> str:
        return self.title
