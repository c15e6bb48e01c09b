"""Figures of land use that page, legend and take-away map share."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from landuse.models import ClassScheme, LandUseClass, LandUseParcel
from landuse.schemes import read_in


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """One class with its parcels among the rows asked for; `share` is of their whole area, 0 to 1.

    `old_codes`: what the edition before called it ("LUK, LUN"); "" where it is new or the edition is the first.
    """

    code: str
    name: str
    colour: str
    parcels: int
    area_ha: float
    share: float
    old_codes: str = ""


@dataclass(frozen=True, slots=True)
class LandUseSummary:
    """All classes, largest area first, with their sum."""

    classes: tuple[ClassTotal, ...]
    parcels: int
    area_ha: float


def summarise(rows: QuerySet[LandUseParcel], *, scheme: ClassScheme | None = None) -> LandUseSummary:
    """Add up filtered parcels by class; areas are geodesic, in hectares. `scheme`: a later edition to read them in."""
    totals = list(
        rows.order_by().values_list("land_use_class").annotate(parcels=Count("pk"), m2=Coalesce(Sum("area_m2"), 0.0))
    )
    shown = _classes([pk for pk, _parcels, _m2 in totals], scheme)
    sums: dict[LandUseClass, list[float]] = defaultdict(lambda: [0, 0.0])
    for pk, parcels, m2 in totals:
        sums[shown[pk]][0] += parcels
        sums[shown[pk]][1] += m2
    whole = sum(m2 for _parcels, m2 in sums.values())
    classes = [
        ClassTotal(
            item.code,
            item.name,
            item.colour,
            int(parcels),
            m2 / 10_000,
            m2 / whole if whole else 0.0,
            item.replaces if item.replaces != item.code else "",
        )
        for item, (parcels, m2) in sums.items()
    ]
    classes.sort(key=lambda item: (-item.area_ha, item.code))
    return LandUseSummary(tuple(classes), sum(item.parcels for item in classes), whole / 10_000)


def _classes(ids: list[int], scheme: ClassScheme | None) -> dict[int, LandUseClass]:
    return read_in(scheme, ids).classes if scheme is not None else LandUseClass.objects.in_bulk(ids)
