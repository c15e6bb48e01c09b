"""Administration of plots; shapes and status are changed by services only."""

from django.contrib import admin
from django.http import HttpRequest

from core.admin import GeoModelAdmin, ReadOnly
from farms.models import OverlapCase, Plot, PlotImport


@admin.register(Plot)
class PlotAdmin(ReadOnly, GeoModelAdmin):
    """Shown only: a change of crop or number has to reach areas, versions and density cells, so a service makes it."""

    list_display = ("ref", "cooperative", "crop", "status", "commune")
    list_filter = ("status", "crop")
    list_select_related = ("cooperative", "crop", "commune")
    search_fields = ("ref",)
    exclude = ("boundary_3857",)
    show_full_result_count = False


@admin.register(OverlapCase)
class OverlapCaseAdmin(GeoModelAdmin):
    list_display = ("first", "second", "status", "decision", "opened_at")
    list_filter = ("status",)
    list_select_related = ("first", "second")
    readonly_fields = (
        "first",
        "second",
        "status",
        "decision",
        "reason",
        "opened_at",
        "decided_at",
        "decided_by",
        "shared_m2",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(PlotImport)
class PlotImportAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("cooperative", "status", "created_by", "created_at", "committed_at")
    list_filter = ("status",)
    list_select_related = ("cooperative", "created_by")
