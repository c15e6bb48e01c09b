"""What would become of a shape, asked while it is drawn: nothing is stored; of others' plots only m² are told."""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.db.models import QuerySet
from psycopg2 import Binary

from cooperatives.models import Cooperative
from farms import shape_sql
from farms.models import Plot
from places.models import AdministrativeUnit
from places.services import communes_for

MAX_NEIGHBOURS = 2_000
EXACT_DIGITS = 15  # as stored: a corner that is taken over must be the same number, not one a centimetre off


@dataclass(frozen=True, slots=True)
class OwnOverlap:
    """A plot of the same holder that the shape lies on, above tolerance."""

    plot_id: int
    ref: str
    shared_m2: float


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a valid shape: geodesic m² and m, its commune (None: outside all), what it lies on."""

    area_m2: float
    perimeter_m: float
    commune: AdministrativeUnit | None
    own: tuple[OwnOverlap, ...]
    others_m2: float

    @property
    def area_ha(self) -> float:
        """Geodesic area in hectares."""
        return self.area_m2 / 10_000


def look_at(cooperative: Cooperative, boundary: MultiPolygon, *, besides: int | None = None) -> Look:
    """Return what storing `boundary` for `cooperative` would meet; `besides` is the plot that is being redrawn."""
    with connection.cursor() as cursor:
        cursor.execute(shape_sql.MEASURE, {"wkb": Binary(bytes(boundary.wkb))})
        area_m2, perimeter_m = cursor.fetchone()
    met = list(
        Plot.objects.overlapping(boundary)
        .exclude(pk=besides)
        .order_by("ref")
        .values_list("pk", "ref", "cooperative_id", "shared_m2")
    )
    own = tuple(OwnOverlap(pk, ref, m2) for pk, ref, holder, m2 in met if holder == cooperative.pk)
    others_m2 = sum(m2 for _pk, _ref, holder, m2 in met if holder != cooperative.pk)
    [unit_id] = communes_for([boundary])
    commune = None if unit_id is None else AdministrativeUnit.objects.without_shapes().get(pk=unit_id)
    return Look(area_m2, perimeter_m, commune, own, others_m2)


def neighbours_of(user: Any, box: tuple[float, float, float, float], *, besides: int | None = None) -> QuerySet[Plot]:
    """Return the current plots in a lon/lat box that the user may see, with `geojson` (all digits), largest id last."""
    envelope = Polygon.from_bbox(box)
    envelope.srid = 4326
    rows = Plot.objects.visible_to(user).current().filter(boundary__bboverlaps=envelope).exclude(pk=besides)
    rows = rows.annotate(geojson=AsGeoJSON("boundary", precision=EXACT_DIGITS))
    return rows.order_by("pk")
