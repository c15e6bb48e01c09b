"""Administration: requests are shown with their events; every step goes through a service."""

from django.contrib import admin

from casework.models import CodeRequest, Inspection, RequestEvent
from codes.admin import ReadOnly


class EventInline(ReadOnly, admin.TabularInline):
    model = RequestEvent
    fields = ("at", "transition", "old_status", "new_status", "note", "by")
    readonly_fields = fields


class InspectionInline(ReadOnly, admin.TabularInline):
    model = Inspection
    fields = ("visited_on", "inspector", "result", "report")


@admin.register(CodeRequest)
class CodeRequestAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("__str__", "area", "cooperative", "scheme", "status", "submitted_on", "due_on", "assigned_to")
    list_filter = ("status", "scheme")
    list_select_related = ("area", "cooperative", "scheme", "assigned_to")
    search_fields = ("receipt", "area__name", "cooperative__name")
    inlines = (EventInline, InspectionInline)
