"""Job, OutboxMessage, Notice, Message, MessagePreference, Document, IdempotencyKey, Schedule."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import TextBlock, TextLine
from office.querysets import JobQuerySet, MessageQuerySet, NoticeQuerySet


def document_path(document: "Document", filename: str) -> str:
    """Files are stored under a random name outside the web root; the given name is kept as text only."""
    return f"documents/{document.pk.hex[:2]}/{document.pk.hex}"


class Document(models.Model):
    """An uploaded or produced file: who, what, how long, with its digest. Handed out only to who may have it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.FileField(upload_to=document_path)
    name = TextLine(_("tên tệp"), max_length=255)
    size = models.PositiveBigIntegerField(_("dung lượng"))
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tài liệu")
        verbose_name_plural = _("tài liệu")

    def __str__(self) -> str:
        return self.name


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Đang chờ")
    RUNNING = "running", _("Đang chạy")
    DONE = "done", _("Hoàn thành")
    FAILED = "failed", _("Thất bại")
    CANCELLED = "cancelled", _("Đã hủy")


class Job(models.Model):
    """Long work outside the request; heartbeat and attempts, since the queue itself forgets a killed task."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    status = models.CharField(_("trạng thái"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(_("tiến độ (%)"), default=0)
    step = TextLine(_("đang làm"), max_length=120, blank=True)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=60, blank=True)
    error = TextBlock(_("lỗi"), blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("công việc nền")
        verbose_name_plural = _("công việc nền")
        indexes = [models.Index(fields=["status", "heartbeat_at"], name="job_reaper")]
        constraints = [
            models.CheckConstraint(name="job_progress_percent", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="job_finished_iff_over",
                condition=Q(status__in=["done", "failed", "cancelled"], finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"


class OutboxMessage(models.Model):
    """News that must be told after the commit, told at least once; the receiver is named, its data is JSON."""

    receiver = models.CharField(max_length=120)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now)  # not before; moves on with every failed attempt
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(delivered_at=None), name="outbox_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.receiver} #{self.pk}"


class Notice(models.Model):
    """News for one user, shown in the app; `Message` rows carry it out of the house by the channels the user has.

    Written in both languages when it is told, so that each reader gets his or her own; `text_en` is blank where the
    sentence is the same in both.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    text = TextLine(_("nội dung"), max_length=300)
    text_en = TextLine(_("nội dung tiếng Anh"), max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    once_key = models.CharField(max_length=120, blank=True)  # the same news is told once: "code_expires:17:30"

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("thông báo")
        verbose_name_plural = _("thông báo")
        indexes = [models.Index(fields=["user", "-created_at"], name="notice_inbox")]
        constraints = [
            models.UniqueConstraint(fields=["user", "once_key"], condition=~Q(once_key=""), name="notice_told_once")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def shown_text(self) -> str:
        """The news in the language of the page that is being made."""
        return self.text_in(get_language() or settings.LANGUAGE_CODE)

    def text_in(self, language: str) -> str:
        """Return the news in `language` ("vi", "en")."""
        return self.text_en or self.text if language == "en" else self.text


class MessageChannel(models.TextChoices):
    """Ways to reach a person outside the app; which service carries SMS and Zalo is a setting."""

    MAIL = "mail", _("Thư điện tử")
    SMS = "sms", _("Tin nhắn SMS")
    ZALO = "zalo", _("Zalo")


class MessageStatus(models.TextChoices):
    """`sending` is a claim: whoever set it sends. It becomes `unknown` when no outcome was ever written."""

    WAITING = "waiting", _("Chờ gửi")
    SENDING = "sending", _("Đang gửi")
    SENT = "sent", _("Đã gửi")
    FAILED = "failed", _("Không gửi được")
    UNKNOWN = "unknown", _("Không rõ đã gửi chưa")


class Message(models.Model):
    """A notice on its way by one channel. Sent at most once: the row is claimed before it leaves.

    A process that dies between claim and outcome leaves a row of which nobody knows whether it left: it is shown as
    `unknown` and not sent again by itself; an administrator may.
    """

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="messages")
    channel = models.CharField(_("kênh"), max_length=4, choices=MessageChannel)
    status = models.CharField(_("trạng thái"), max_length=7, choices=MessageStatus, default=MessageStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = TextLine(_("lỗi"), max_length=300, blank=True)
    provider_id = models.CharField(_("mã của nhà cung cấp"), max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(default=timezone.now)  # not before; moves on with every failed attempt
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("tin gửi ra ngoài")
        verbose_name_plural = _("tin gửi ra ngoài")
        indexes = [models.Index(fields=["id"], condition=Q(status__in=["waiting", "sending"]), name="message_underway")]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="message_once_per_channel"),
            models.CheckConstraint(
                name="message_sent_iff_dated",
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent") & Q(sent_at=None),
            ),
            models.CheckConstraint(
                name="message_sending_is_claimed", condition=~Q(status="sending") | Q(claimed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.status}"


class MessagePreference(models.Model):
    """By which channels a user wants news beside the app, and in which language; no row: mail, Vietnamese.

    SMS and Zalo go to a private number, so they wait for the user's own yes (Law 91/2025/QH15: silence is no consent).
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="message_preference")
    language = models.CharField(
        _("ngôn ngữ của thư và tin nhắn"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    by_mail = models.BooleanField(_("nhận thư điện tử"), default=True)
    by_sms = models.BooleanField(_("nhận tin nhắn SMS"), default=False)
    by_zalo = models.BooleanField(_("nhận tin Zalo"), default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cách nhận thông báo")
        verbose_name_plural = _("cách nhận thông báo")

    def __str__(self) -> str:
        return f"#{self.user_id} {self.language}"

    def wants(self, channel: str) -> bool:
        """Whether the user wants news by this channel."""
        return bool(getattr(self, f"by_{channel}"))


class IdempotencyKey(models.Model):
    """The answer to a write that a client may send again under the same key; the body's digest tells a reuse apart."""

    key = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=60)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose", "key"], name="idempotency_key_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"


class Schedule(models.Model):
    """Timed work: a job of `kind` is started when `due_at` has passed, then `due_at` moves on by `every_seconds`."""

    kind = models.CharField(max_length=60, unique=True)
    every_seconds = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(name="schedule_not_faster_than_1s", condition=Q(every_seconds__gte=1))]

    def __str__(self) -> str:
        return self.kind
