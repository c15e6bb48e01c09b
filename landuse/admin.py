"""Administration of land use."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import GeoModelAdmin
from core.changes import announce
from landuse.changes import LandUseChanged
from landuse.models import ClassScheme, LandUseClass, LandUseLayer, LandUseParcel, UseRule
from landuse.services import note_revision


class LandUseClassInline(admin.TabularInline):
    model = LandUseClass
    extra = 0


@admin.register(ClassScheme)
class ClassSchemeAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "valid_from", "valid_to"]
    inlines = [LandUseClassInline]


@admin.register(UseRule)
class UseRuleAdmin(admin.ModelAdmin):
    """Which crops on which class ask for a second look: the province's own list."""

    list_display = ["land_use_class", "use", "verdict", "legal_ref"]
    list_filter = ["land_use_class__scheme", "use", "verdict"]
    list_select_related = ["land_use_class"]


@admin.register(LandUseLayer)
class LandUseLayerAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "as_of", "is_public"]
    list_filter = ["kind", "is_public"]
    search_fields = ["name", "slug"]
    raw_id_fields = ["unit", "document"]

    def save_model(self, request: HttpRequest, obj: LandUseLayer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        announce(LandUseChanged(layers=LandUseLayer.objects.filter(pk=obj.pk)))

    def delete_model(self, request: HttpRequest, obj: LandUseLayer) -> None:
        super().delete_model(request, obj)
        announce(LandUseChanged(layers=LandUseLayer.objects.none()))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[LandUseLayer]) -> None:
        super().delete_queryset(request, queryset)
        announce(LandUseChanged(layers=LandUseLayer.objects.none()))


@admin.register(LandUseParcel)
class LandUseParcelAdmin(GeoModelAdmin):
    """Parcels are shown, not typed: they come from files, by `landuse.services.store_parcels`."""

    list_display = ["id", "layer", "land_use_class", "ref"]
    list_filter = ["layer"]
    list_select_related = ["layer", "land_use_class"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LandUseParcel | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: LandUseParcel) -> None:
        super().delete_model(request, obj)
        note_revision(obj.layer)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[LandUseParcel]) -> None:
        layers = list(LandUseLayer.objects.filter(parcels__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for layer in layers:
            note_revision(layer)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LandUseParcel]:
        return super().get_queryset(request).defer("boundary_3857")
