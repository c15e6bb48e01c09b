"""Where on the map the place lies that a buyer asks for: a commune by any of its names, or around a point."""

from math import cos, radians

from django.contrib.gis.db.models import Extent
from django.http import QueryDict

from places.models import AdministrativeUnit
from products.filters import ProductFilters
from products.near import read_place

KM_A_DEGREE = 111.32  # of latitude; a degree of longitude is shorter by the cosine of the latitude
NEAREST_TO_POLE = 0.01


def asked_bounds(params: QueryDict) -> list[float] | None:
    """Return [west, south, east, north] (EPSG:4326) of what `commune` or `near` and `km` ask for; None without them.

    The parameters have passed the filters. The circle of `near` goes before the commune: it is what one stands in.
    """
    if "near" in params and "km" in params:
        point, km = read_place(str(params["near"])), float(str(params["km"]))
        high = km / KM_A_DEGREE
        wide = high / max(cos(radians(point.y)), NEAREST_TO_POLE)
        return [
            round(value, 5)
            for value in (
                max(point.x - wide, -180),
                max(point.y - high, -90),
                min(point.x + wide, 180),
                min(point.y + high, 90),
            )
        ]
    if "commune" not in params:
        return None
    units = ProductFilters(params).form.fields["commune"].clean(params["commune"])
    extent = AdministrativeUnit.objects.filter(pk__in=units or []).aggregate(extent=Extent("boundary"))["extent"]
    return None if extent is None else [round(value, 5) for value in extent]
