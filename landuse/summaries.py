"""Figures of land use that page, legend and take-away map share."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from landuse.models import LandUseParcel


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """One class with its parcels among the rows asked for; `share` is of their whole area, 0 to 1."""

    code: str
    name: str
    colour: str
    parcels: int
    area_ha: float
    share: float


@dataclass(frozen=True, slots=True)
class LandUseSummary:
    """All classes, largest area first, with their sum."""

    classes: tuple[ClassTotal, ...]
    parcels: int
    area_ha: float


def summarise(rows: QuerySet[LandUseParcel]) -> LandUseSummary:
    """Add up filtered parcels by class, in one query; areas are geodesic, in hectares."""
    name = "name_en" if get_language() == "en" else "name_vi"
    fields = ("land_use_class__code", f"land_use_class__{name}", "land_use_class__colour")
    found: list[tuple[Any, ...]] = list(
        rows.order_by()
        .values_list(*fields)
        .annotate(parcels=Count("pk"), m2=Coalesce(Sum("area_m2"), 0.0))
        .order_by("-m2", "land_use_class__code")
    )
    whole = sum(row[4] for row in found)
    classes = tuple(
        ClassTotal(code, label, colour, parcels, m2 / 10_000, m2 / whole if whole else 0.0)
        for code, label, colour, parcels, m2 in found
    )
    return LandUseSummary(classes, sum(item.parcels for item in classes), whole / 10_000)
