"""Shapes as people type or paste them: GeoJSON, WKT, or one corner a line."""

import json
import re
from typing import Any, NoReturn

from django.contrib.gis.geos import GEOSException, GEOSGeometry, LineString, MultiPolygon
from django.utils.translation import gettext as _

from core.api.geometry import clean_boundary, clean_point
from core.errors import Finding, RuleViolated
from geofiles import crs as systems
from geofiles.errors import GeoFileError

DEGREES = "EPSG:4326"
MAX_LENGTH = 600_000  # 5,000 corners of two long numbers, with room
MAX_LINES = 5_001
_WKT = re.compile(r"(SRID=4326;)?\s*(MULTI)?(POLYGON|LINESTRING)\s*Z?\s*\(", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,20})?")


def boundary_from_text(text: str, *, system: str = DEGREES) -> MultiPolygon:
    """Return a valid MultiPolygon in EPSG:4326 from GeoJSON or WKT (WGS 84), or corners, one a line.

    Corners are latitude then longitude for EPSG:4326, else X (north) then Y (east) in metres of a VN-2000 `system`,
    as certificates write them; the ring need not be closed. Raises BadInput or RuleViolated, see `clean_boundary`.
    """
    document = _document(text)
    if document is not None:
        return clean_boundary(_geometry_of(document, ("Polygon", "MultiPolygon")), "/boundary")
    ring = _positions(text, system)
    if len(ring) < 3:
        _unreadable(_("Cần ít nhất ba góc."))
    closed = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    return clean_boundary({"type": "Polygon", "coordinates": [closed]}, "/boundary")


def line_from_text(text: str, *, system: str = DEGREES) -> LineString:
    """Return a line in EPSG:4326 from a GeoJSON or WKT LineString, or points, one a line, as `boundary_from_text`."""
    document = _document(text)
    if document is None:
        positions: Any = _positions(text, system)
    else:
        positions = _geometry_of(document, ("LineString",)).get("coordinates")
    if not isinstance(positions, list) or len(positions) < 2:
        _unreadable(_("Đường cắt cần ít nhất hai điểm."))
    points = [
        clean_point({"type": "Point", "coordinates": position}, f"/line/{number}")
        for number, position in enumerate(positions)
    ]
    return LineString([point.coords for point in points], srid=4326)


def _document(text: str) -> dict[str, Any] | None:
    text = text.strip()
    if len(text) > MAX_LENGTH:
        _unreadable(_("Nội dung quá dài."))
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            _unreadable(_("GeoJSON này không đọc được: thiếu dấu ngoặc hoặc bị cắt bớt."))
        return dict(found)
    if _WKT.match(text):
        try:
            found = GEOSGeometry(text.removeprefix("SRID=4326;"))
            return dict(json.loads(found.geojson))
        except (GEOSException, ValueError, TypeError):
            _unreadable(_("WKT này không đọc được."))
    return None


def _geometry_of(document: dict[str, Any], kinds: tuple[str, ...]) -> Any:
    """Return the geometry in a Feature or a collection of one, as it is else."""
    kind = document.get("type")
    if kind == "Feature":
        document = document.get("geometry") or {}
    elif kind == "FeatureCollection":
        features: Any = document.get("features")
        if not isinstance(features, list) or len(features) != 1 or not isinstance(features[0], dict):
            _unreadable(_("Chỉ dán một hình mỗi lần; nhiều thửa thì hãy tải tệp lên."))
        document = features[0].get("geometry") or {}
    if not isinstance(document, dict) or document.get("type") not in kinds:
        _unreadable(_("Hình phải là %(kinds)s.") % {"kinds": ", ".join(kinds)})
    return document


def _positions(text: str, system: str) -> list[list[float]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_LINES:
        _unreadable(_("Nội dung quá dài."))
    pairs = [_pair(number, line) for number, line in enumerate(lines, start=1)]
    if system == DEGREES or not pairs:
        return [[lon, lat] for lat, lon in pairs]
    try:
        lon, lat = systems.points_to_wgs84([east for _north, east in pairs], [north for north, _east in pairs], system)
    except GeoFileError as error:
        detail = _("Không đổi được tọa độ: hãy xem lại hệ tọa độ và các số (X là hướng bắc, Y là hướng đông).")
        raise RuleViolated(error.code, detail, findings=[Finding(error.code, detail, "/boundary")]) from error
    return [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]


def _pair(number: int, line: str) -> tuple[float, float]:
    parts = [part.strip(",") for part in re.split(r"[;\t ]+", line.strip()) if part.strip(",")]
    if len(parts) < 2:
        parts = line.strip().split(",")
    if len(parts) not in (2, 3) or not all(_NUMBER.fullmatch(part.strip()) for part in parts[-2:]):
        _unreadable(_("Dòng %(line)s không phải hai số.") % {"line": number})
    first, second = (float(part.strip().replace(",", ".")) for part in parts[-2:])
    return first, second


def _unreadable(detail: str) -> NoReturn:
    raise RuleViolated("shape_unreadable", detail, findings=[Finding("shape_unreadable", detail, "/boundary")])
