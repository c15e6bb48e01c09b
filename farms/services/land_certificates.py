"""Plots from the corner table of a land certificate: axis found by the commune, printed figures compared, stored.

Of the certificate only the ground and its numbers are kept, never the holder's name or a picture (docs/domain.md §3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import Finding, RuleViolated
from core.permissions import require
from farms.models import Determination, Plot
from farms.permissions import can_add_plot
from farms.services.plots import add_plot
from geofiles import corners as tables
from geofiles import crs as systems
from geofiles import geometry, parcel_code
from geofiles.corners import Corner, EdgeDifference
from geofiles.errors import CoordinatesOutOfRange, UnsupportedCrs

AREA_SHARE = 0.02  # a printed area further off than either is shown in amber (docs/domain.md §3.2)
AREA_M2 = 5.0
NEAR_KM = 8.0  # from the commune: neighbouring axes lie 27 km apart, so at most one reading is this near
DEGREES = (systems.WGS84, systems.VN2000_GEOGRAPHIC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a corner table says: its outline in EPSG:4326, areas, what differs from the print, what is wrong.

    `boundary` is None while a finding of `problems` stands in the way. `is_inside`: in the box of the commune.
    `plane_area_m2` is that of the projection, as a certificate prints it; `area_m2` the geodesic one on record.
    """

    crs: str | None
    crs_found: bool
    is_inside: bool
    boundary: MultiPolygon | None
    plane_area_m2: float | None
    area_m2: float | None
    printed_area_m2: float | None
    edges: tuple[EdgeDifference, ...]
    problems: tuple[Finding, ...]

    @property
    def crs_name(self) -> str:
        """The system in words people know."""
        return systems.name_of(self.crs) if self.crs else ""

    @property
    def area_differs(self) -> bool:
        """Whether the printed area is off by more than 2 % or 5 m²."""
        if self.printed_area_m2 is None or self.plane_area_m2 is None:
            return False
        off = abs(self.plane_area_m2 - self.printed_area_m2)
        return off > AREA_M2 or off > AREA_SHARE * self.printed_area_m2

    @property
    def needs_look(self) -> bool:
        """Whether a person has to say that the differences were looked at."""
        return self.area_differs or bool(self.edges) or not self.is_inside


def axis_of(cooperative: Cooperative, corners: Sequence[Corner]) -> str | None:
    """The VN-2000 3-degree zone that puts these corners in the cooperative's commune, None where that is not clear.

    Degrees are WGS 84. Without an outline of the commune nothing can be told.
    """
    if all(abs(corner.x) <= 180 for corner in corners):
        return systems.WGS84
    box = _box_of(cooperative)
    if box is None:
        return None
    found = [
        candidate
        for candidate in systems.rank_candidates(tables.points_of(corners), near=box, limit=50)
        if not candidate.swapped
        and candidate.crs in systems.ZONES
        and systems.ZONES[candidate.crs].scale == systems.CADASTRAL_SCALE
        and candidate.distance_km <= NEAR_KM
    ]
    return found[0].crs if found else None


def read_corners(
    cooperative: Cooperative, corners: Sequence[Corner], *, crs: str = "", printed_area_m2: float | None = None
) -> Reading:
    """Return what these corners (X north, Y east) make, in `crs` or, for "", in the axis found by the commune."""
    chosen = crs or axis_of(cooperative, corners) if len(corners) >= 3 else crs or None
    problems: list[Finding] = []
    boundary, area_m2, is_inside = None, None, True
    if len(corners) < 3:
        problems.append(Finding("too_few_corners", _("Cần ít nhất 3 góc ranh."), "/corners"))
    elif chosen is None:
        detail = _("Không kinh tuyến trục nào đưa các góc này về gần xã, phường của hợp tác xã. Hãy chọn trục, "
                   "hoặc kiểm tra lại tọa độ.")  # fmt: skip
        problems.append(Finding("axis_in_doubt", detail, "/crs"))
    else:
        boundary, area_m2 = _outline(corners, chosen, problems)
        box = _box_of(cooperative)
        is_inside = boundary is None or box is None or _meets(boundary.extent, box)
    return Reading(
        crs=chosen,
        crs_found=not crs and chosen is not None,
        is_inside=is_inside,
        boundary=boundary,
        plane_area_m2=_plane_area(cooperative, corners, chosen, boundary),
        area_m2=area_m2,
        printed_area_m2=printed_area_m2,
        edges=() if chosen in DEGREES else tuple(tables.edge_differences(corners)),
        problems=tuple(problems),
    )


def plot_from_corners(
    cooperative: Cooperative,
    corners: Sequence[Corner],
    *,
    crs: str = "",
    printed_area_m2: float | None = None,
    numbers: dict[str, str] | None = None,
    swapped: bool = False,
    by: Any,
    **fields: Any,
) -> Plot:
    """Store the plot of a corner table and return it; the original corners, axis and printed figures are kept.

    `numbers`: `serial` (số phát hành) and `register` (số vào sổ); `swapped`: the table had Y before X. `fields` as in
    `add_plot`. Raises what `add_plot` raises, and RuleViolated with the findings of `read_corners`.
    """
    require(can_add_plot(by, cooperative))
    reading = read_corners(cooperative, corners, crs=crs, printed_area_m2=printed_area_m2)
    if reading.boundary is None or reading.crs is None:
        first = reading.problems[0]
        raise RuleViolated(first.code, first.message, findings=reading.problems)
    zone = systems.ZONES.get(reading.crs)
    source = {
        "kind": "certificate",
        "crs": reading.crs,
        "meridian": zone.meridian if zone else None,
        "axis_order": "east_north" if swapped else "north_east",
        "vertices": [{"label": one.label, "x": one.x, "y": one.y, "edge_m": one.edge_m} for one in corners],
        "printed_area_m2": printed_area_m2,
        "plane_area_m2": None if reading.plane_area_m2 is None else round(reading.plane_area_m2, 2),
        "numbers": {name: value for name, value in (numbers or {}).items() if value},
    }
    fields.setdefault("determination", Determination.SURVEYED)
    return add_plot(cooperative, reading.boundary, by=by, source=source, **fields)


# --- inside ---


def _outline(corners: Sequence[Corner], crs: str, problems: list[Finding]) -> tuple[MultiPolygon | None, float | None]:
    try:
        report = geometry.prepare_polygons([tables.boundary(corners, crs)])
    except (CoordinatesOutOfRange, UnsupportedCrs):
        detail = _("Tọa độ không hợp với hệ tọa độ đã chọn.")
        problems.append(Finding("coordinates_out_of_range", detail, "/corners"))
        return None, None
    for problem in report.problems:
        if problem.code == "invalid_geometry":
            detail = _("Đường ranh tự cắt nhau%(where)s. Hãy kiểm tra thứ tự và tọa độ các góc.") % {
                "where": _nearest(corners, crs, problem.point)
            }
        else:
            detail = _("Các góc này không tạo thành một thửa có diện tích.")
        problems.append(Finding(problem.code, detail, "/corners", {"at": problem.point} if problem.point else {}))
    shape = report.geometries[0]
    if shape is None:
        return None, None
    made = GEOSGeometry(memoryview(shape.wkb), srid=4326)
    return made if isinstance(made, MultiPolygon) else MultiPolygon(made, srid=4326), float(report.areas_m2[0])


def _nearest(corners: Sequence[Corner], crs: str, point: tuple[float, float] | None) -> str:
    """ " gần góc 3": the corner next to the fault."""
    if point is None:
        return ""
    east, north = systems.points_from_wgs84([point[0]], [point[1]], crs)
    nearest = min(corners, key=lambda one: (one.x - float(north[0])) ** 2 + (one.y - float(east[0])) ** 2)
    return _(" gần góc %(label)s") % {"label": nearest.label}


def _plane_area(
    cooperative: Cooperative, corners: Sequence[Corner], crs: str | None, boundary: MultiPolygon | None
) -> float | None:
    """m² in the plane of the table's own axis; for degrees in that of the province."""
    if crs not in DEGREES:
        return tables.plane_area_m2(corners) if crs else None
    if boundary is None:
        return None
    parent = cooperative.commune.parent
    local = parcel_code.local_crs(parent.code if parent else "")
    lon, lat = systems.points_to_wgs84([one.y for one in corners], [one.x for one in corners], crs)
    east, north = systems.points_from_wgs84(lon, lat, local)
    return tables.plane_area_m2([Corner("", x, y) for x, y in zip(north.tolist(), east.tolist(), strict=True)])


def _box_of(cooperative: Cooperative) -> tuple[float, float, float, float] | None:
    outline: Polygon | None = cooperative.commune.boundary
    return outline.extent if outline is not None else None


def _meets(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
