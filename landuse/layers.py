"""The layers `land-use` (parcels with their class and the survey's or plan's source, date, legal document),
`planning-zones` (those of plans in force) and `land-use-layers` (the surveys and plans themselves)."""

from typing import Any

from django.db.models import F, FloatField, QuerySet
from django.db.models.functions import Cast, Round
from django.utils.translation import gettext_lazy as _

from core.layers import Layer
from landuse.filters import LayerFilters, ParcelFilters, ZoneFilters
from landuse.models import LandUseLayer, LandUseParcel, LayerKind


def _parcels(user: Any) -> QuerySet[LandUseParcel]:
    return LandUseParcel.objects.visible_to(user)


def _zones(user: Any) -> QuerySet[LandUseParcel]:
    return LandUseParcel.objects.visible_to(user).filter(layer__kind=LayerKind.PLANNING)


def _layers(user: Any) -> QuerySet[LandUseLayer]:
    return LandUseLayer.objects.visible_to(user)


LAND_USE = Layer(
    name="land-use",
    title=_("Sử dụng đất"),
    rows=_parcels,
    filterset=ParcelFilters,
    fields={
        "ref": "ref",
        "zone": "name",
        "class_code": "land_use_class__code",
        "class_name": "land_use_class__name_vi",
        "area_ha": Cast(Round(F("area_m2") / 10_000, precision=4), FloatField()),
        "layer": "layer__slug",
        "layer_name": "layer__name",
        "kind": "layer__kind",
        "as_of": "layer__as_of",
        "source": "layer__source",
        "legal_document": "layer__legal_document",
        "decision_number": "layer__decision_number",
        "valid_to": "layer__valid_to",
    },
    geometry="boundary",
    mercator="boundary_3857",
    tile_fields=(
        "class_code",
        "class_name",
        "zone",
        "area_ha",
        "layer_name",
        "as_of",
        "decision_number",
        "legal_document",
        "valid_to",
    ),
    is_public=True,
)

PLANNING_ZONES = Layer(
    name="planning-zones",
    title=_("Khu quy hoạch"),
    rows=_zones,
    filterset=ZoneFilters,
    fields={name: source for name, source in LAND_USE.fields.items() if name != "kind"},
    geometry="boundary",
    mercator="boundary_3857",
    is_public=True,
)

LAND_USE_LAYERS = Layer(
    name="land-use-layers",
    title=_("Lớp sử dụng đất"),
    rows=_layers,
    filterset=LayerFilters,
    fields={
        "slug": "slug",
        "kind": "kind",
        "name": "name",
        "scheme": "scheme__code",
        "unit_code": "unit__code",
        "source": "source",
        "legal_document": "legal_document",
        "decision_number": "decision_number",
        "as_of": "as_of",
        "valid_to": "valid_to",
        "note": "note",
    },
    key="slug",
    is_public=True,
)
