"""Administration of yields: the highest that are plausible, with their source and dates."""

from django.contrib import admin

from core.admin import WithRowHistory
from crops.models import YieldNorm


@admin.register(YieldNorm)
class YieldNormAdmin(WithRowHistory, admin.ModelAdmin):
    """A variety's row goes before its crop's, a province's before the national one."""

    list_display = ("crop", "variety", "province", "tonnes_per_ha", "valid_from", "valid_to", "legal_ref")
    list_filter = ("crop",)
    list_select_related = ("crop", "variety", "province")
    raw_id_fields = ("province",)
