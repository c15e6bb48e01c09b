"""Numbers of one cooperative that its pages share."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a cooperative has; areas in hectares. `waiting`: plots in conflict."""

    growers: int
    plots: int
    waiting: int
    area_ha: float
    areas: int


def holdings_of(cooperative: Cooperative) -> Holdings:
    """Count growers, plots and areas; plots and areas belong to apps above, so they go by relation name."""
    one = Cooperative.objects.filter(pk=cooperative.pk)
    in_use = ~Q(plots__status="archived")
    plots = one.aggregate(
        count=Count("plots", filter=in_use),
        waiting=Count("plots", filter=Q(plots__status="in_conflict")),
        # the area on record (farms.areas), by relation name as well
        area_m2=Sum(Coalesce("plots__kept_area_m2", "plots__area_m2"), filter=in_use),
    )
    areas = one.aggregate(count=Count("areas", filter=Q(areas__is_active=True)))
    return Holdings(
        growers=cooperative.growers.current().count(),
        plots=plots["count"],
        waiting=plots["waiting"],
        area_ha=(plots["area_m2"] or 0) / 10_000,
        areas=areas["count"],
    )
