"""What the administration pages of all apps share."""

from typing import Any

from django.contrib import admin
from django.contrib.gis.db import models as gis_models
from django.db import models
from django.http import HttpRequest

from core.widgets import GeometryWidget


class GeoModelAdmin(admin.ModelAdmin):
    """Administration of a model with geometry: shapes are shown on our own map and can't be edited there.

    Shapes come from imports and from the pages of the apps, through services; Django's own widget would load a
    map library from a foreign host.
    """

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, gis_models.GeometryField):
            # A plain disabled field: the stored value stays, whatever a browser sends.
            kwargs |= {"widget": GeometryWidget, "disabled": True}
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)
