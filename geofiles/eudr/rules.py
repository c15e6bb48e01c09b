"""The figures and words of the format, and what each finding weighs."""

from __future__ import annotations

import re

MAX_BYTES = 25_000_000  # "25 MB" for one statement; the smaller reading of a megabyte is the safe one
MAX_FEATURES = 200_000  # far above what 25 MB hold
DECIMALS = 6  # the system rounds to six: 0.1 m; the law asks for at least six (article 2(28))
GRID = 10.0**-DECIMALS
POINT_MAX_HA = 4.0  # above it the law wants a polygon (article 2(28)); cattle excepted, which we do not hold
NAME, COUNTRY_CODE, PLACE, AREA = "ProducerName", "ProducerCountry", "ProductionPlace", "Area"
PROPERTIES = (NAME, COUNTRY_CODE, PLACE, AREA)
COUNTRY = "VN"
COUNTRY_PATTERN = re.compile(r"[A-Z]{2}", re.ASCII)
POINTS, POLYGONS = ("Point", "MultiPoint"), ("Polygon", "MultiPolygon")
COLLECTION = "GeometryCollection"
WGS84_NAMES = re.compile(r"(?:urn:ogc:def:crs:)?(?:OGC:(?:1\.3:)?CRS84|EPSG:(?:[\d.]*:)?4326)", re.IGNORECASE)
FEW_SQUARE_METRES = 1.0  # less is a line that doubles back, not ground

REFUSED, MENDABLE, NOTICE = "refused", "mendable", "notice"
# refused: TRACES does not take it, and only who knows the ground can put it right
# mendable: TRACES does not take it as it is; `correct` puts it right without changing the ground
# notice: taken, but look at it
SEVERITIES: dict[str, str] = {
    "not_json": REFUSED,
    "not_utf8": REFUSED,
    "too_deep": REFUSED,
    "not_geojson": REFUSED,
    "no_features": REFUSED,
    "too_many_features": REFUSED,
    "file_too_large": MENDABLE,
    "other_crs": REFUSED,
    "crs_member": MENDABLE,
    "not_a_feature": REFUSED,
    "no_geometry": REFUSED,
    "wrong_geometry_type": REFUSED,
    "bad_coordinates": REFUSED,
    "out_of_range": REFUSED,
    "axes_swapped": MENDABLE,
    "ring_too_short": REFUSED,
    "ring_not_closed": MENDABLE,
    "duplicate_vertices": MENDABLE,
    "hole": MENDABLE,
    "self_crossing": REFUSED,
    "self_crossing_small": MENDABLE,
    "no_ground": REFUSED,
    "point_too_large": REFUSED,
    "area_not_a_number": REFUSED,
    "country_not_iso2": REFUSED,
    "property_not_text": REFUSED,
    "property_name": MENDABLE,
    "properties_not_object": REFUSED,
    "point_without_area": NOTICE,
    "area_on_polygon": NOTICE,
    "few_decimals": NOTICE,
    "height": NOTICE,
    "same_ground_twice": NOTICE,
    "no_producer": NOTICE,
}
