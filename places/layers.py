"""The layer of administrative units. All of it is public: names, dates and outlines are published acts."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.layers import Layer
from places.filters import UnitFilters
from places.models import AdministrativeUnit
from places.querysets import AdministrativeUnitQuerySet


def _units(user: Any) -> AdministrativeUnitQuerySet:
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
        "unit_type": "unit_type",
        "level": "level",
        "parent_code": "parent__code",
        "official_area_km2": "official_area_km2",
        "valid_from": "valid_from",
        "valid_to": "valid_to",
        "legal_ref": "legal_ref",
        "source": "source",
        "is_schematic": "is_schematic",
    },
    tile_fields=("code", "name", "unit_type", "level", "is_schematic"),
    is_public=True,
)
