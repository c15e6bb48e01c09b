"""Administration of the office: to look, not to change; every act goes through a service."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from office.models import Document, Job, Notice, OutboxMessage, Schedule


class LookOnly(admin.ModelAdmin):
    """No adding, changing or deleting."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(LookOnly):
    list_display = ("kind", "status", "progress", "created_by", "created_at", "finished_at", "attempt")
    list_filter = ("status", "kind")
    list_select_related = ("created_by",)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(LookOnly):
    list_display = ("receiver", "created_at", "delivered_at", "attempts", "last_error")
    list_filter = ("receiver",)
    exclude = ("payload",)


@admin.register(Notice)
class NoticeAdmin(LookOnly):
    list_display = ("user", "kind", "created_at", "read_at", "mailed_at")
    list_select_related = ("user",)


@admin.register(Document)
class DocumentAdmin(LookOnly):
    list_display = ("name", "size", "uploaded_by", "uploaded_at")
    list_select_related = ("uploaded_by",)
    exclude = ("file",)


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    list_display = ("kind", "every_seconds", "due_at", "is_active")
    readonly_fields = ("kind",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
