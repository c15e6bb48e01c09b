"""A place that somebody typed or a telephone told: `longitude,latitude` in degrees."""

import re

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_KM = 500
_PLACE = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*", re.ASCII)


def read_place(text: str) -> Point:
    """Return the point (EPSG:4326) that `text` names; raises ValidationError when it names none.

    Map sites give latitude first. Where the second number cannot be a latitude (above 90, as everywhere in Viet Nam)
    the order is plain and is turned round.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValidationError(_("Hãy ghi kinh độ,vĩ độ bằng độ, ví dụ 105.63,10.45."), code="invalid")
    lon, lat = (float(number) for number in found.groups())
    if abs(lat) > 90 >= abs(lon):
        lon, lat = lat, lon
    if abs(lon) > 180 or abs(lat) > 90:
        raise ValidationError(_("Vị trí nằm ngoài Trái Đất: kinh độ đến 180, vĩ độ đến 90."), code="out_of_range")
    return Point(lon, lat, srid=4326)
