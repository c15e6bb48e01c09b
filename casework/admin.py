"""Administration: calendar and routing are data; requests are shown with their events, steps go through services."""

from django.contrib import admin

from casework.models import CalendarOverride, CodeRequest, Inspection, RequestEvent, RoutingRule
from core.admin import ReadOnly, WithRowHistory


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


@admin.register(CalendarOverride)
class CalendarOverrideAdmin(WithRowHistory, admin.ModelAdmin):
    """Days off and days worked that the calendar library does not know, national or of one province."""

    list_display = ("day", "name", "is_working_day", "province", "legal_ref")
    list_filter = ("is_working_day", "day")
    list_select_related = ("province",)
    raw_id_fields = ("province",)
    search_fields = ("name", "legal_ref")
    date_hierarchy = "day"


@admin.register(RoutingRule)
class RoutingRuleAdmin(WithRowHistory, admin.ModelAdmin):
    """Who gets the requests of a unit and crop, from when to when."""

    list_display = ("unit", "crop", "officer", "valid_from", "valid_to")
    list_filter = ("crop",)
    list_select_related = ("unit", "crop", "officer")
    raw_id_fields = ("unit", "officer")
    search_fields = ("unit__search_key", "officer__full_name", "officer__username")
