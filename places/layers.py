"""The layer `units`: administrative units, today's unless `on` names another day."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.layers import Layer
from places.filters import UnitFilters
from places.models import AdministrativeUnit


def _units(user: Any) -> QuerySet[AdministrativeUnit]:
    return AdministrativeUnit.objects.all()


UNITS = Layer(
    name="units",
    title=_("Đơn vị hành chính"),
    rows=_units,
    filterset=UnitFilters,
    geometry="boundary",
    mercator="boundary_3857",
    fields={
        "code": "code",
        "name": "name_vi",
        "name_en": "name_en",
        "level": "level",
        "unit_type": "unit_type",
        "parent_code": "parent__code",
        "official_area_km2": "official_area_km2",
        "valid_from": "valid_from",
        "valid_to": "valid_to",
        "is_schematic": "is_schematic",
    },
    tile_fields=("code", "name", "level"),
    is_public=True,
)
