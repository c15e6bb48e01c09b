"""Administration of cooperatives; the status is changed by an officer's act only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cooperatives.models import Certificate, Cooperative, Grower, Membership
from cooperatives.services import set_names
from core.admin import GeoModelAdmin


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Cooperative)
class CooperativeAdmin(GeoModelAdmin):
    list_display = ("name", "kind", "status", "commune")
    list_filter = ("kind", "status")
    list_select_related = ("commune",)
    search_fields = ("name", "search_key")
    readonly_fields = ("slug", "status", "search_key", "created_at", "updated_at")
    raw_id_fields = ("commune",)
    inlines = (MembershipInline,)

    def save_model(self, request: HttpRequest, obj: Cooperative, form: Any, change: bool) -> None:
        """Address and search key follow the name; an officer verifies a new one at its desk."""
        set_names(obj)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Grower)
class GrowerAdmin(admin.ModelAdmin):
    list_display = ("number", "cooperative", "joined_on", "left_on")
    list_select_related = ("cooperative",)
    readonly_fields = ("cooperative", "person", "number")
    search_fields = ("number",)

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(Certificate)
class CertificateAdmin(admin.ModelAdmin):
    list_display = ("cooperative", "kind", "number", "valid_until", "check_status")
    list_filter = ("kind", "check_status")
    list_select_related = ("cooperative",)
    readonly_fields = ("check_status", "checked_by", "checked_at")
    raw_id_fields = ("cooperative", "document")
