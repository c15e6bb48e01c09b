"""Administration of the office: to look, not to change; every act goes through a service."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.admin import ReadOnly
from office.models import Document, Job, Message, MessagePreference, Notice, OutboxMessage, Schedule
from office.services import retry_messages


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("kind", "status", "progress", "created_by", "created_at", "finished_at", "attempt")
    list_filter = ("status", "kind")
    list_select_related = ("created_by",)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("receiver", "created_at", "delivered_at", "attempts", "last_error")
    list_filter = ("receiver",)
    exclude = ("payload",)


@admin.register(Notice)
class NoticeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("user", "kind", "created_at", "read_at")
    list_select_related = ("user",)


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin):
    """What left, what did not and why; those given up can be sent again. The text itself is not shown."""

    list_display = ("created_at", "user", "kind", "channel", "status", "attempts", "error", "due_at", "sent_at")
    list_filter = ("status", "channel", "notice__kind")
    list_select_related = ("notice__user",)
    date_hierarchy = "created_at"
    ordering = ("-id",)
    actions = ["send_again"]

    @admin.display(description=_("người nhận"), ordering="notice__user")
    def user(self, message: Message) -> Any:
        return message.notice.user

    @admin.display(description=_("loại"), ordering="notice__kind")
    def kind(self, message: Message) -> str:
        return message.notice.kind

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Looking is not enough: Django's right to change messages, though nobody edits one here."""
        return request.user.has_perm("office.change_message")

    @admin.action(description=_("Gửi lại những tin không gửi được hoặc không rõ"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        count = retry_messages(queryset)
        text = ngettext("%(n)s tin sẽ được gửi lại.", "%(n)s tin sẽ được gửi lại.", count) % {"n": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(MessagePreference)
class MessagePreferenceAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("user", "language", "by_mail", "by_sms", "by_zalo", "updated_at")
    list_select_related = ("user",)


@admin.register(Document)
class DocumentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "size", "uploaded_by", "uploaded_at")
    list_select_related = ("uploaded_by",)
    exclude = ("file",)


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    list_display = ("kind", "every_seconds", "due_at", "is_active")
    readonly_fields = ("kind",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
