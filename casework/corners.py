"""Corner points that an officer noted in the field, as people write them, to a boundary in EPSG:4326."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSException, MultiPolygon, Polygon
from django.utils.translation import gettext_lazy as _

from core.errors import Finding, RuleViolated
from geofiles import crs as systems
from geofiles.errors import GeoFileError

MAX_CORNERS = 200
FAR_DEGREES = 0.2  # some 20 km: a zone or an order of axes was mistaken
# What a form offers: degrees, and the official grids of every province.
SYSTEMS = (
    (systems.WGS84, _("Vĩ độ; kinh độ (WGS 84)")),
    *((zone.crs, f"{zone.name}: X; Y") for zone in systems.ZONES.values()),
)
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def read_corners(text: str) -> list[tuple[float, float]]:
    """Return the pairs of a text with one corner a line: `10.4512; 105.6321` (a comma may be the decimal sign).

    Raises RuleViolated("corners_unreadable") naming the line.
    """
    pairs = []
    for number, line in enumerate(text.splitlines()[: MAX_CORNERS + 1], start=1):
        if not line.strip():
            continue
        # A comma with a space after it parts the two; without one it is the decimal sign.
        parts = _NUMBER.findall(line.replace(", ", " ; "))
        if len(parts) != 2:
            detail = _("Dòng %(number)s không phải hai số, ví dụ: 10.4512; 105.6321") % {"number": number}
            raise _wrong("corners_unreadable", detail)
        first, second = (float(part.replace(",", ".")) for part in parts)
        pairs.append((first, second))
    return pairs


def boundary_of(pairs: Sequence[Sequence[float]], system: str, *, near: Any) -> MultiPolygon:
    """Return the polygon through the corners in order.

    `pairs`: (latitude, longitude) in degrees for EPSG:4326, (X north, Y east) in metres for a VN-2000 grid. `near`: the
    outline in force, which a correction lies close to. Raises RuleViolated: `corners_too_few`, `corners_too_many`,
    `corners_outside`, `corners_crossing`, `corners_far`, `corners_system`.
    """
    if len(pairs) < 3:
        raise _wrong("corners_too_few", _("Cần ít nhất ba điểm góc."))
    if len(pairs) > MAX_CORNERS:
        raise _wrong("corners_too_many", _("Tối đa %(limit)s điểm góc.") % {"limit": MAX_CORNERS})
    if system not in dict(SYSTEMS):
        raise _wrong("corners_system", _("Hệ tọa độ này không có trong danh sách."))
    ring = _in_degrees(pairs, system)
    west, south, east, north = settings.COUNTRY_BOX
    if not all(west <= lon <= east and south <= lat <= north for lon, lat in ring):
        raise _wrong("corners_outside", _("Có điểm góc nằm ngoài Việt Nam: xem lại thứ tự vĩ độ, kinh độ."))
    try:
        polygon = Polygon([*ring, ring[0]], srid=4326)
    except (GEOSException, ValueError) as error:
        raise _wrong("corners_crossing", _("Các điểm góc không tạo thành một hình.")) from error
    if not polygon.valid or polygon.area == 0:
        raise _wrong("corners_crossing", _("Các cạnh cắt nhau: hãy ghi các điểm góc lần lượt theo vòng."))
    if near is not None and polygon.distance(near) > FAR_DEGREES:
        raise _wrong("corners_far", _("Các điểm góc cách vùng trồng quá xa: xem lại hệ tọa độ và kinh tuyến trục."))
    return MultiPolygon(polygon, srid=4326)


def _in_degrees(pairs: Sequence[Sequence[float]], system: str) -> list[tuple[float, float]]:
    firsts, seconds = [float(pair[0]) for pair in pairs], [float(pair[1]) for pair in pairs]
    if system == systems.WGS84:
        return list(zip(seconds, firsts, strict=True))
    try:
        longitudes, latitudes = systems.points_to_wgs84(seconds, firsts, system)
    except GeoFileError as error:
        raise _wrong("corners_outside", _("Có tọa độ không thuộc hệ VN-2000 đã chọn.")) from error
    return list(zip(longitudes.tolist(), latitudes.tolist(), strict=True))


def _wrong(code: str, detail: Any) -> RuleViolated:
    return RuleViolated(code, findings=[Finding(code, detail, "/corners")])
