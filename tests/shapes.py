"""Small geometries for tests, in EPSG:4326, as the models store them (MultiPolygon).

A shape is named by its south-west corner (lon, lat in degrees) and its size in metres on the ground.
"""

from math import cos, radians, sqrt

from django.contrib.gis.geos import MultiPolygon, Point, Polygon

_A, _E2 = 6_378_137.0, 0.006_694_379_990_141  # WGS 84: semi-major axis in m, first eccentricity squared


def degrees_for(lat: float, *, east_m: float = 0, north_m: float = 0) -> tuple[float, float]:
    """Return the degrees of longitude and latitude that `east_m` and `north_m` span at this latitude."""
    sine2 = 1 - cos(radians(lat)) ** 2
    prime_vertical = _A / sqrt(1 - _E2 * sine2)
    meridian = _A * (1 - _E2) / (1 - _E2 * sine2) ** 1.5
    return east_m / radians(prime_vertical * cos(radians(lat))), north_m / radians(meridian)


def rectangle(lon: float, lat: float, *, width_m: float, height_m: float) -> MultiPolygon:
    """Return an upright rectangle; its area is within 0.01 % of `width_m * height_m` up to a kilometre."""
    width, height = degrees_for(lat, east_m=width_m, north_m=height_m)
    return MultiPolygon(Polygon.from_bbox((lon, lat, lon + width, lat + height)), srid=4326)


def square(lon: float, lat: float, side_m: float = 100) -> MultiPolygon:
    """Return an upright square."""
    return rectangle(lon, lat, width_m=side_m, height_m=side_m)


def square_east_of(shape: MultiPolygon, *, gap_m: float = 0) -> MultiPolygon:
    """Return a copy of a rectangle's box moved east; with no gap both share the edge exactly.

    A negative gap overlaps by that many metres.
    """
    west, south, east, north = shape.extent
    gap = degrees_for(south, east_m=gap_m)[0]
    start = east + gap
    return MultiPolygon(Polygon.from_bbox((start, south, start + (east - west), north)), srid=4326)


def square_north_of(shape: MultiPolygon) -> MultiPolygon:
    """Return a copy of a rectangle's box on top of it; both share the edge exactly."""
    west, south, east, north = shape.extent
    return MultiPolygon(Polygon.from_bbox((west, north, east, north + (north - south))), srid=4326)


def bowtie(lon: float, lat: float, side_m: float = 100) -> MultiPolygon:
    """Return an invalid polygon that crosses itself."""
    width, height = degrees_for(lat, east_m=side_m, north_m=side_m)
    corners = [(lon, lat), (lon + width, lat + height), (lon + width, lat), (lon, lat + height), (lon, lat)]
    return MultiPolygon(Polygon(corners), srid=4326)


def square_with_hole(lon: float, lat: float, side_m: float = 100) -> MultiPolygon:
    """Return a square whose middle third (a ninth of its area) is left out."""
    width, height = degrees_for(lat, east_m=side_m / 3, north_m=side_m / 3)
    outer = Polygon.from_bbox((lon, lat, lon + 3 * width, lat + 3 * height))
    inner = Polygon.from_bbox((lon + width, lat + height, lon + 2 * width, lat + 2 * height))
    return MultiPolygon(Polygon(outer.exterior_ring, inner.exterior_ring), srid=4326)


def middle_of(shape: MultiPolygon) -> Point:
    """Return the centre of the shape's box."""
    west, south, east, north = shape.extent
    return Point((west + east) / 2, (south + north) / 2, srid=4326)
