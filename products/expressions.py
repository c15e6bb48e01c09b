"""Distances on the ellipsoid between a column in degrees and one point."""

from math import cos, radians

from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import Point, Polygon
from django.db.models import BooleanField, F, FloatField, Func, Value
from django.db.models.functions import Cast

_KM_OF_A_DEGREE = 110.5  # of latitude where it is shortest: the box is never too small


def _geography(source: F | Value) -> Cast:
    return Cast(source, PointField(srid=4326, geography=True))


def metres_from(field: str, point: Point) -> Func:
    """Return the distance in metres between `field` and `point` (both EPSG:4326)."""
    here = _geography(Value(point, output_field=PointField(srid=4326)))
    return Func(_geography(F(field)), here, function="ST_Distance", output_field=FloatField())


def within_km(field: str, point: Point, km: float) -> Func:
    """Return whether `field` lies within `km` of `point`; exact, but without an index: narrow by `box_of` first."""
    here = _geography(Value(point, output_field=PointField(srid=4326)))
    return Func(_geography(F(field)), here, Value(km * 1000), function="ST_DWithin", output_field=BooleanField())


def box_of(point: Point, km: float) -> Polygon:
    """Return a box in degrees that holds every place within `km`; the index of the geometry serves it.

    Near the poles and the antimeridian it goes round the world, so that nothing is lost.
    """
    high = km / _KM_OF_A_DEGREE
    south, north = max(point.y - high, -90.0), min(point.y + high, 90.0)
    shrink = cos(radians(max(abs(south), abs(north))))
    wide = high / shrink if shrink > 1e-6 else 360.0
    west, east = point.x - wide, point.x + wide
    if west < -180 or east > 180:
        west, east = -180.0, 180.0
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    return box
