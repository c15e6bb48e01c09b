"""GeoJSON geometry from strangers, looked at as plain lists before any geometry library sees it.

One stored bad polygon kills the map for everyone, and libraries guess: they take numbers in quotes, follow links in
`crs`, crash on nesting. So the shape is checked here, position by position; GEOS gets it as WKB and only judges
validity. Nothing is repaired in silence.
"""

import math
import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, Finding, RuleViolated

Position = list[float]
Ring = list[Position]
Rings = list[Ring]

MAX_FINDINGS = 5
MIN_PART_M2 = 1.0
SPIKE_COSINE = math.cos(math.radians(0.5))
SPIKE_SIDE_M = 2.0
METRES_PER_DEGREE = 111_195.0  # mean radius 6,371 km; good to 0.6 %, enough for "is this anything at all"
_KNOWN_MEMBERS = frozenset({"type", "coordinates", "bbox"})

_REASONS = {
    "Self-intersection": _("đường ranh tự cắt"),
    "Ring Self-intersection": _("một vòng tự chạm hoặc tự cắt"),
    "Hole lies outside shell": _("lỗ nằm ngoài vòng ngoài"),
    "Holes are nested": _("lỗ nằm trong lỗ"),
    "Nested shells": _("mảnh nằm trong mảnh khác"),
    "Interior is disconnected": _("phần trong bị cắt rời"),
    "Duplicate Rings": _("có hai vòng trùng nhau"),
    "Too few points in geometry component": _("vòng có quá ít điểm khác nhau"),
}
_GEOS_REASON = re.compile(r"(?P<reason>[^\[]+)(\[(?P<x>\S+) (?P<y>[^\]]+)\])?")


def clean_boundary(value: Any, pointer: str = "/geometry") -> MultiPolygon:
    """Return a valid 2D MultiPolygon in EPSG:4326 from a GeoJSON Polygon or MultiPolygon (RFC 7946).

    Raises BadInput (400) for what is no GeoJSON geometry at all, RuleViolated (422) with findings whose pointers
    start with `pointer` for: `crs`, other types, other than 2 finite numbers per position, positions outside the
    country box (with a hint when latitude and longitude are swapped), rings that are open or have fewer than 4
    positions, more than PLOT_MAX_VERTICES positions, parts below 1 m², spikes, invalid shapes (reason and place).
    """
    kind, coordinates = _members(value, ("Polygon", "MultiPolygon"), pointer)
    base = f"{pointer}/coordinates"
    parts = [coordinates] if kind == "Polygon" else coordinates
    _require_list(parts, base)
    pointers = [base] if kind == "Polygon" else [f"{base}/{index}" for index in range(len(parts))]
    _check_count(parts, base)
    for part, place in zip(parts, pointers, strict=True):
        _check_part(part, place)
    geometry = _multipolygon(parts)
    _check_valid(geometry, pointer)
    return geometry


def require_polygon(value: Any, pointer: str = "/geometry") -> None:
    """Raise as `clean_boundary` unless this is a GeoJSON Polygon or MultiPolygon of lists of numbers.

    For shapes that are judged elsewhere (validity, place, height): a reader would take the broken ones for none at all.
    """
    kind, coordinates = _members(value, ("Polygon", "MultiPolygon"), pointer)
    base = f"{pointer}/coordinates"
    parts = [coordinates] if kind == "Polygon" else coordinates
    _require_list(parts, base)
    for part in parts:
        _require_list(part, base)
        for ring in part:
            _require_list(ring, base)
            for position in ring:
                if not isinstance(position, list) or len(position) < 2 or not all(map(_is_number, position)):
                    _violated(Finding("position", _("Mỗi điểm phải là [kinh độ, vĩ độ], hai số."), base))


def clean_point(value: Any, pointer: str = "/geometry") -> Point:
    """Return a 2D Point in EPSG:4326 inside the country box from a GeoJSON Point; errors as in `clean_boundary`."""
    _kind, position = _members(value, ("Point",), pointer)
    place = f"{pointer}/coordinates"
    finding = _position_finding(position, place)
    if finding:
        _violated(finding)
    lon, lat = position
    return Point(lon, lat, srid=4326)


def boundary_document(geometry: Any, digits: int) -> dict[str, Any]:
    """Return a geometry as a GeoJSON dict, rounded like `ST_AsGeoJSON(geometry, digits)`."""
    return {"type": geometry.geom_type, "coordinates": _rounded(geometry.coords, digits)}


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, tuple):
        return [_rounded(item, digits) for item in value]
    return round(value, digits)


# --- Members ---------------------------------------------------------------------------------------------------


def _members(value: Any, types: tuple[str, ...], pointer: str) -> tuple[str, Any]:
    if value is None:
        _violated(Finding("geometry_missing", _("Thiếu hình dạng (geometry là null)."), pointer))
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise BadInput(
            "not_geojson",
            findings=[Finding("not_geojson", _("Hình dạng phải là một đối tượng GeoJSON."), pointer)],
        )
    refuse_crs(value, pointer)
    kind = value["type"]
    if kind not in types:
        _violated(
            Finding(
                "geometry_type",
                _("Kiểu hình dạng phải là %(types)s.") % {"types": ", ".join(types)},
                f"{pointer}/type",
            )
        )
    strange = sorted(set(value) - _KNOWN_MEMBERS)
    if strange:
        _violated(Finding("unknown_field", _("Không có trường này."), f"{pointer}/{strange[0][:100]}"))
    return kind, value.get("coordinates")


def refuse_crs(value: dict[str, Any], pointer: str) -> None:
    """Raise RuleViolated when a GeoJSON object names a coordinate system: RFC 7946 §4 knows only WGS 84.

    The member is never followed, read or transformed, whether it is a link, a file or an EPSG name (A14, A15).
    """
    if "crs" in value:
        _violated(
            Finding(
                "crs_not_supported",
                _("GeoJSON luôn dùng WGS 84 (kinh độ, vĩ độ). Hãy bỏ “crs” và chuyển tọa độ trước khi gửi."),
                f"{pointer}/crs",
            )
        )


# --- Structure and positions -----------------------------------------------------------------------------------


def _require_list(value: Any, pointer: str) -> None:
    if not isinstance(value, list):
        _violated(Finding("coordinates_structure", _("Cần một danh sách ở đây."), pointer))
    if not value:
        _violated(Finding("geometry_empty", _("Hình dạng trống."), pointer))


def _check_count(parts: list[Any], pointer: str) -> None:
    """Count before looking closer, so that a huge shape costs nothing."""
    count = sum(len(ring) for part in parts if isinstance(part, list) for ring in part if isinstance(ring, list))
    if count > settings.PLOT_MAX_VERTICES:
        detail = _("Hình dạng có %(count)s điểm; tối đa là %(limit)s.") % {
            "count": count,
            "limit": settings.PLOT_MAX_VERTICES,
        }
        _violated(Finding("too_many_vertices", detail, pointer))


def _check_part(part: Any, pointer: str) -> None:
    _require_list(part, pointer)
    for index, ring in enumerate(part):
        place = f"{pointer}/{index}"
        _require_list(ring, place)
        findings = []
        for number, position in enumerate(ring):
            finding = _position_finding(position, f"{place}/{number}")
            if finding:
                findings.append(finding)
                if len(findings) == MAX_FINDINGS:
                    break
        if findings:
            _violated(*findings)
        _check_ring(ring, place)
    _check_size(part, pointer)


def _position_finding(position: Any, pointer: str) -> Finding | None:
    if not isinstance(position, list) or not all(map(_is_number, position)):
        return Finding("position", _("Mỗi điểm phải là [kinh độ, vĩ độ], hai số."), pointer)
    if len(position) != 2:
        return Finding("position_dimensions", _("Mỗi điểm phải có đúng 2 số (không có độ cao hay số đo)."), pointer)
    lon, lat = position
    if not (-1e6 < lon < 1e6 and -1e6 < lat < 1e6):  # also refuses nan and infinity
        return Finding("position_not_finite", _("Tọa độ không phải số hữu hạn hợp lý."), pointer)
    if _is_in_country(lon, lat):
        return None
    if _is_in_country(lat, lon):
        return Finding(
            "position_swapped",
            _("Điểm nằm ngoài Việt Nam: vĩ độ và kinh độ bị đảo (swapped)? GeoJSON ghi kinh độ trước."),
            pointer,
            {"hint": "swapped"},
        )
    return Finding("position_outside_country", _("Điểm nằm ngoài khung lãnh thổ Việt Nam (độ, WGS 84)."), pointer)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)  # bool is an int to Python; a text of digits is not a number to JSON


def _is_in_country(lon: float, lat: float) -> bool:
    west, south, east, north = settings.COUNTRY_BOX
    return bool(west <= lon <= east and south <= lat <= north)


def _check_ring(ring: Ring, pointer: str) -> None:
    if len(ring) < 4:
        _violated(Finding("ring_too_short", _("Một vòng khép kín cần ít nhất 4 điểm."), pointer))
    if ring[0] != ring[-1]:
        _violated(Finding("ring_open", _("Vòng chưa khép kín: điểm cuối phải trùng điểm đầu."), pointer))


# --- Size, spikes, validity ------------------------------------------------------------------------------------


def _check_size(part: Rings, pointer: str) -> None:
    if abs(_signed_m2(_metres(part[0]))) < MIN_PART_M2:
        _violated(
            Finding("area_too_small", _("Diện tích gần bằng không (dưới 1 m²)."), pointer, {"min_m2": MIN_PART_M2})
        )
    for index, ring in enumerate(part):
        for number in _spikes(_metres(ring)):
            _violated(
                Finding(
                    "spike",
                    _("Đường ranh có gai nhọn: đi ra rồi quay lại gần như cùng đường."),
                    f"{pointer}/{index}/{number}",
                )
            )


def _metres(ring: Ring) -> list[tuple[float, float]]:
    """Return the ring in local metres around its first position."""
    lon0, lat0 = ring[0]
    east = METRES_PER_DEGREE * math.cos(math.radians(lat0))
    return [((lon - lon0) * east, (lat - lat0) * METRES_PER_DEGREE) for lon, lat in ring]


def _signed_m2(ring: list[tuple[float, float]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2


def _spikes(ring: list[tuple[float, float]]) -> Iterator[int]:
    """Yield the positions at which the line turns back on itself within half a degree, both sides over 2 m."""
    corners = ring[:-1]
    for index, (x, y) in enumerate(corners):
        x1, y1 = corners[index - 1]
        x2, y2 = ring[index + 1]
        ax, ay, bx, by = x1 - x, y1 - y, x2 - x, y2 - y
        lengths = math.hypot(ax, ay), math.hypot(bx, by)
        if min(lengths) > SPIKE_SIDE_M and ax * bx + ay * by > SPIKE_COSINE * lengths[0] * lengths[1]:
            yield index


def _multipolygon(parts: list[Rings]) -> MultiPolygon:
    """Build the geometry from WKB: one call instead of one for each coordinate."""
    wkb = [struct.pack("<BII", 1, 6, len(parts))]
    for part in parts:
        wkb.append(struct.pack("<BII", 1, 3, len(part)))
        for ring in part:
            numbers = [number for position in ring for number in position]
            wkb.append(struct.pack(f"<I{len(numbers)}d", len(ring), *numbers))
    geometry: Any = GEOSGeometry(memoryview(b"".join(wkb)), srid=4326)
    return geometry  # type: ignore[no-any-return]


def _check_valid(geometry: GEOSGeometry, pointer: str) -> None:
    if geometry.valid:
        return
    match = _GEOS_REASON.match(geometry.valid_reason)
    reason = match["reason"].strip() if match else ""
    extra: dict[str, Any] = {"reason": reason}
    detail = _("Hình dạng không hợp lệ: %(reason)s.") % {"reason": _REASONS.get(reason, reason)}
    if match and match["x"]:
        extra["at"] = [round(float(match["x"]), 7), round(float(match["y"]), 7)]
        detail = _("Hình dạng không hợp lệ: %(reason)s, gần kinh độ %(lon)s, vĩ độ %(lat)s.") % {
            "reason": _REASONS.get(reason, reason),
            "lon": extra["at"][0],
            "lat": extra["at"][1],
        }
    _violated(Finding("geometry_invalid", detail, pointer, extra))


def _violated(*findings: Finding) -> NoReturn:
    raise RuleViolated("bad_geometry", findings=findings)
