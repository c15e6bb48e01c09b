"""Administration of units: names and sources may be corrected; codes, dates, tree and outlines come from imports."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import GeoModelAdmin
from core.text import fold
from places.models import AdministrativeUnit, UnitSuccession


@admin.register(AdministrativeUnit)
class AdministrativeUnitAdmin(GeoModelAdmin):
    list_display = ("code", "unit_type", "name_vi", "level", "valid_from", "valid_to", "is_schematic")
    list_filter = ("level", "is_schematic", "valid_from")
    search_fields = ("code", "search_key")
    list_select_related = False
    show_full_result_count = False
    readonly_fields = (
        "code", "level", "unit_type", "name_vi", "parent", "valid_from", "valid_to", "is_schematic",
    )  # fmt: skip
    fields = (
        *readonly_fields, "name_en", "official_area_km2", "legal_ref", "source", "centre", "boundary",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdministrativeUnit]:
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        rows = super().get_queryset(request)
        return rows.defer("boundary", "boundary_3857") if is_list else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, fold(search_term))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # manage.py import_admin_units

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a unit ends by its date


@admin.register(UnitSuccession)
class UnitSuccessionAdmin(admin.ModelAdmin):
    list_display = ("predecessor", "successor", "kind", "is_partial", "on")
    list_filter = ("kind", "on")
    list_select_related = ("predecessor", "successor")
    autocomplete_fields = ("predecessor", "successor")
    search_fields = ("predecessor__search_key", "successor__search_key", "predecessor__code", "successor__code")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, fold(search_term))
