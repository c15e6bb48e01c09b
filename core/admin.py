"""What the administration pages of all apps share."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.gis.db import models as gis_models
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.row_history import history_of
from core.widgets import GeometryWidget


class ReadOnly:
    """Mixin of a ModelAdmin or inline: shown and searched, never written here; acts go through services."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WithRowHistory:
    """Mixin of a ModelAdmin: the button "History" shows the row history, with the rows of `history_of_rows`.

    The history is written by triggers, so it also holds what commands and other pages changed.
    """

    history_of_rows: Sequence[tuple[type[models.Model], str]] = ()  # (model, name of its key to this row)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=object_id)  # type: ignore[attr-defined]
        if not self.has_view_or_change_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Lịch sử thay đổi: %(row)s") % {"row": row},
            "entries": history_of(row, self.history_of_rows),
            "object": row,
            "opts": self.opts,  # type: ignore[attr-defined]
            "module_name": str(self.opts.verbose_name_plural),  # type: ignore[attr-defined]
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/row_history.html", context)


class GeoModelAdmin(admin.ModelAdmin):
    """Administration of a model with geometry: shapes are shown on our own map and can't be edited there.

    Shapes come from imports and from the pages of the apps, through services; Django's own widget would load a
    map library from a foreign host.
    """

    change_form_template = "admin/geo_change_form.html"

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, gis_models.GeometryField):
            # A plain disabled field: the stored value stays, whatever a browser sends.
            kwargs |= {"widget": GeometryWidget, "disabled": True}
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where a shape would be shown as its text (read-only pages and fields), show it on the map too."""
        fieldsets = super().get_fieldsets(request, obj)
        as_text = set(self.get_readonly_fields(request, obj))
        if not self.has_change_permission(request, obj):
            as_text |= {field.name for field in self.opts.get_fields()}
        maps: dict[Any, Any] = {
            field.name: _map_of(field)
            for field in self.opts.get_fields()
            if isinstance(field, gis_models.GeometryField) and field.name in as_text
        }
        return [
            (title, {**options, "fields": [_replaced(name, maps) for name in options["fields"]]})
            for title, options in fieldsets
        ]


def _replaced(name: Any, maps: dict[Any, Any]) -> Any:
    # A line of several fields stands as a list or tuple inside the list of fields.
    return [maps.get(one, one) for one in name] if isinstance(name, list | tuple) else maps.get(name, name)


def _map_of(field: models.Field) -> Callable[[models.Model], SafeString]:
    def shape_map(row: models.Model) -> SafeString:
        return GeometryWidget().render(field.name, getattr(row, field.name), {"id": f"id_{field.name}"})

    shape_map.short_description = field.verbose_name  # type: ignore[attr-defined]
    return shape_map
