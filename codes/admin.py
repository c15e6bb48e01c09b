"""Administration of markets, schemes and rules; areas and codes are shown, acts on them go through services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from codes.models import (
    CodeCounter,
    CodeEvent,
    CodeScheme,
    Market,
    MarketApproval,
    ProductionArea,
    ProductionAreaCode,
    SchemeRule,
)
from core.admin import GeoModelAdmin


class ReadOnly:
    """Mixin: shown and searched, never written here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Market)
class MarketAdmin(admin.ModelAdmin):
    list_display = ("code", "name_vi", "name_en", "position")
    search_fields = ("code", "name_vi", "name_en")


class SchemeRuleInline(admin.TabularInline):
    model = SchemeRule
    extra = 0


@admin.register(CodeScheme)
class CodeSchemeAdmin(admin.ModelAdmin):
    """Schemes are data: an administrator corrects pattern, rules and dates, and confirms them here."""

    list_display = (
        "name",
        "pattern",
        "is_market_bound",
        "is_domestic",
        "is_confirmed",
        "confidence",
        "valid_from",
        "valid_to",
    )
    list_filter = ("is_confirmed", "confidence", "is_domestic")
    search_fields = ("name", "slug", "legal_ref")
    inlines = (SchemeRuleInline,)


@admin.register(CodeCounter)
class CodeCounterAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("scheme", "scope", "last")


@admin.register(ProductionArea)
class ProductionAreaAdmin(ReadOnly, GeoModelAdmin):
    list_display = ("name", "cooperative", "crop", "commune", "grower_count", "is_outline_public", "is_active")
    list_filter = ("crop", "is_active", "is_outline_public")
    list_select_related = ("cooperative", "crop", "commune")
    search_fields = ("name", "search_key", "cooperative__name")


class ApprovalInline(ReadOnly, admin.TabularInline):
    model = MarketApproval
    fields = ("market", "status", "document_number", "decided_on")


class EventInline(ReadOnly, admin.TabularInline):
    model = CodeEvent
    fields = ("at", "transition", "market", "new_status", "document_number", "effective_on", "reason", "by")
    readonly_fields = fields


@admin.register(ProductionAreaCode)
class ProductionAreaCodeAdmin(ReadOnly, GeoModelAdmin):
    """Status and code are read-only here: every act on a code goes through a service and leaves an event."""

    list_display = ("code", "status", "market", "area_name", "holder_name", "issued_on", "valid_until")
    list_filter = ("status", "scheme", "market")
    list_select_related = ("market",)
    search_fields = ("code", "area_name", "holder_name")
    inlines = (ApprovalInline, EventInline)
