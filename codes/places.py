"""Where something of an area is shown that may not be shown itself."""

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce

FEW_GROWERS = 3  # from so many on the outline is public by rule, below by everybody's consent (docs/domain.md §6)


def middle_of_commune(commune: str) -> tuple[Any, ...]:
    """Return the expressions of a point of the commune at this path, the best first: all farms there have the same."""
    return (
        F(f"{commune}__centre"),
        PointOnSurface(f"{commune}__boundary"),
        F(f"{commune}__parent__centre"),
        PointOnSurface(f"{commune}__parent__boundary"),
    )


def without_consents(shape: str, *, area: str = "", commune: str = "commune") -> Case:
    """Return `shape`, but a point of the commune where the shape is shown by consent alone, which can be withdrawn.

    `area`: path from the row to its area, "" where it is one. The public point of such an area lies on its ground, so
    it rests on the consent as well.
    """
    prefix = f"{area}__" if area else ""
    by_consent = {f"{prefix}is_outline_public": True, f"{prefix}grower_count__lt": FEW_GROWERS}
    point = Coalesce(*middle_of_commune(commune), output_field=GeometryField(srid=4326))
    return Case(When(**by_consent, then=point), default=F(shape), output_field=GeometryField(srid=4326))
