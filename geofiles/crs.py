"""Coordinate reference systems: VN-2000 with the official datum shift, recognition, candidates.

VN-2000 and WGS 84 share an ellipsoid; the shift between them is the seven parameters of Decision
05/2007/QD-BTNMT. PROJ's database holds two operations for it and prefers, for points in the Mekong delta,
one made for offshore blocks, 0.81 m off. So every conversion from or to VN-2000 here is a PROJ pipeline
written out; the registry is never asked. Everything is (east, north) or (longitude, latitude) in that order,
degrees and metres, vectorised over whole arrays. PROJ's network access is off.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geofiles.errors import CoordinatesOutOfRange, CrsInDoubt, UnsupportedCrs

if TYPE_CHECKING:
    import numpy as np
    from pyproj import Transformer

    Array = np.ndarray[Any, Any]

WGS84 = "EPSG:4326"
VN2000_GEOGRAPHIC = "EPSG:4756"

# Decision 05/2007/QD-BTNMT, VN-2000 to WGS 84; rotations by the coordinate-frame convention (as EPSG:6960).
_HELMERT = (
    "+proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame"
)
_SHIFT = (
    f"+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step {_HELMERT} "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3"
)

# Where Vietnam's land and islands with farm plots can be: longitude 102-118 takes in Hoang Sa and Truong Sa.
COUNTRY_BOX = (102.0, 6.0, 118.0, 23.5)
NEAR_ENOUGH_KM = 5  # a commune is about this wide: nearer readings are told apart by custom, not by distance


@dataclass(frozen=True, slots=True)
class Zone:
    """One VN-2000 map projection: transverse Mercator, false easting 500 km, on the WGS 84 ellipsoid."""

    crs: str
    meridian: float  # degrees east
    scale: float  # 0.9999 in 3-degree zones, 0.9996 in 6-degree (UTM) zones

    @property
    def name(self) -> str:
        """``VN-2000 105°45'`` for cadastral zones, ``VN-2000 UTM 48N`` for the others."""
        if self.scale == UTM_SCALE:
            return f"VN-2000 UTM {int(self.meridian + 180) // 6 + 1}N"
        minutes = round(self.meridian * 60)
        return f"VN-2000 {minutes // 60}°{minutes % 60:02d}'"


CADASTRAL_SCALE, UTM_SCALE = 0.9999, 0.9996

_CADASTRAL = {
    102.0: 5896, 103.0: 9205, 104.0: 9206, 104.5: 9207, 104.75: 9208, 105.0: 5897, 105.5: 9209, 105.75: 9210,
    106.0: 9211, 106.25: 9212, 106.5: 9213, 107.0: 9214, 107.25: 9215, 107.5: 9216, 107.75: 5899, 108.0: 5898,
    108.25: 9217, 108.5: 9218,
}  # fmt: skip

ZONES: dict[str, Zone] = {
    **{f"EPSG:{code}": Zone(f"EPSG:{code}", meridian, CADASTRAL_SCALE) for meridian, code in _CADASTRAL.items()},
    "EPSG:3405": Zone("EPSG:3405", 105.0, UTM_SCALE),
    "EPSG:3406": Zone("EPSG:3406", 111.0, UTM_SCALE),
}
_ALIASES = {
    "OGC:CRS84": WGS84,
    "CRS84": WGS84,
    "WGS84": WGS84,
    "WGS 84": WGS84,
    "EPSG:4979": WGS84,
    "VN2000": VN2000_GEOGRAPHIC,
}
_HANOI_1972 = frozenset({"EPSG:4147", "EPSG:2044", "EPSG:2045"})
_VN2000_OTHER = frozenset({"EPSG:4755", "EPSG:4757"})

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CRS the coordinates could be in, and where the data would fall.

    ``swapped``: x and y change places first (a surveyor's X = north, Y = east). ``centre``: longitude,
    latitude of the data's middle. ``inside``: share of points in the box asked for (or the country).
    ``distance_km``: from the middle to the place asked for, 0 when none was given and the middle is in the
    country.
    """

    crs: str
    swapped: bool
    name: str
    centre: tuple[float, float]
    inside: float
    distance_km: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form; ``id`` is what ``read(..., crs=...)`` takes back."""
        return {
            "id": self.crs + ("+swapped" if self.swapped else ""),
            **asdict(self),
            "centre": list(self.centre),
        }


def is_vn2000(crs: str) -> bool:
    """Whether this id is one of the VN-2000 systems of the table."""
    return crs in ZONES or crs == VN2000_GEOGRAPHIC


def is_geographic(crs: str) -> bool:
    """Whether coordinates are degrees."""
    if crs in (WGS84, VN2000_GEOGRAPHIC):
        return True
    return crs not in ZONES and bool(_pyproj_crs(crs).is_geographic)


def name_of(crs: str) -> str:
    """A short name for people, the same in every language."""
    if crs in ZONES:
        return ZONES[crs].name
    if crs == WGS84:
        return "WGS 84"
    if crs == VN2000_GEOGRAPHIC:
        return "VN-2000"
    return str(_pyproj_crs(crs).name)


def normalise(crs: str) -> str:
    """The id we use for a CRS given as ``EPSG:5897``, ``epsg:5897``, an OGC URN or WKT.

    Raises UnsupportedCrs for Hanoi 1972, for text that no one can read, and for a reference by link.
    """
    text = crs.strip()
    if _looks_like_wkt(text):
        return identify_wkt(text)
    urn = re.fullmatch(r"urn:ogc:def:crs:(EPSG|OGC):[\d.]*:(\w+)", text, re.IGNORECASE)
    short = re.fullmatch(r"(EPSG|OGC)::?(\w+)", text, re.IGNORECASE)
    if found := urn or short:
        text = f"{found[1]}:{found[2]}".upper()
    text = _ALIASES.get(text.upper(), text)
    if text in _HANOI_1972:
        raise UnsupportedCrs(crs=text, reason="hanoi_1972")
    if text in _VN2000_OTHER:
        return VN2000_GEOGRAPHIC
    if text == WGS84 or is_vn2000(text):
        return text
    if not re.fullmatch(r"EPSG:\d{4,6}", text):
        raise UnsupportedCrs(crs=crs[:200], reason="unknown")
    _pyproj_crs(text)
    return text


def identify_wkt(wkt: str) -> str:
    """The id of the CRS that a ``.prj`` (WKT 1, ESRI flavour or WKT 2) describes.

    VN-2000 is told by datum, meridian and scale, since surveying software writes names and codes as it
    pleases. Raises CrsInDoubt (without candidates: those need the data) for a transverse Mercator of
    VN-2000's scale on another datum or on a meridian outside the table, UnsupportedCrs for what cannot be
    read or Hanoi 1972.
    """
    import pyproj
    from pyproj.exceptions import CRSError

    if not _looks_like_wkt(wkt.strip()) or len(wkt) > 20_000:
        raise UnsupportedCrs(crs=wkt[:200], reason="not_wkt")
    _quiet_proj()
    try:
        parsed = pyproj.CRS.from_wkt(wkt.strip())
    except CRSError as error:
        raise UnsupportedCrs(crs=wkt[:200], reason="not_wkt") from error
    while parsed.is_compound or parsed.is_bound:
        inner = parsed.source_crs if parsed.is_bound else parsed.sub_crs_list[0]
        if inner is None:
            break
        parsed = inner
    datum = _datum_of(parsed)
    if datum == "hanoi1972":
        raise UnsupportedCrs(crs=str(parsed.name), reason="hanoi_1972")
    if parsed.is_geographic and datum in ("vn2000", "wgs84"):
        return VN2000_GEOGRAPHIC if datum == "vn2000" else WGS84
    if parsed.is_projected and (zone := _zone_of(parsed, datum)):
        return zone
    if datum == "vn2000":
        raise CrsInDoubt(reason="unknown_meridian", crs=str(parsed.name), candidates=[])
    authority = parsed.to_authority(min_confidence=70)
    if authority and authority[0] == "EPSG" and not is_vn2000(f"EPSG:{authority[1]}"):
        return normalise(f"EPSG:{authority[1]}")
    raise CrsInDoubt(reason="unknown_crs", crs=str(parsed.name), candidates=[])


def to_wgs84(geometries: Any, crs: str | None) -> Array:
    """Geometries (shapely array, list or one geometry) from ``crs`` to EPSG:4326; None stays None, Z is
    dropped.

    Raises CrsInDoubt when ``crs`` is None, CoordinatesOutOfRange for what has no place on Earth.
    """
    return _transform(geometries, crs, inverse=False)


def from_wgs84(geometries: Any, crs: str) -> Array:
    """The reverse of ``to_wgs84``."""
    return _transform(geometries, crs, inverse=True)


def points_to_wgs84(east: Any, north: Any, crs: str) -> tuple[Array, Array]:
    """Arrays of eastings and northings in ``crs`` to arrays of longitudes and latitudes in degrees."""
    return _convert(east, north, crs, inverse=False)


def points_from_wgs84(longitude: Any, latitude: Any, crs: str) -> tuple[Array, Array]:
    """Arrays of longitudes and latitudes in degrees to arrays of eastings and northings in ``crs``."""
    return _convert(longitude, latitude, crs, inverse=True)


def swap_axes(geometries: Any) -> Array:
    """Geometries with x and y exchanged, for files that write X = north, Y = east."""
    import numpy as np
    import shapely

    return shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy[:, ::-1])


def split_choice(choice: str) -> tuple[str, bool]:
    """``EPSG:5897+swapped`` (a candidate's ``id``) as ``("EPSG:5897", True)``; the CRS is normalised."""
    crs, _, suffix = choice.strip().partition("+")
    if suffix not in ("", "swapped"):
        raise UnsupportedCrs(crs=choice[:200], reason="unknown")
    return normalise(crs), suffix == "swapped"


def rank_candidates(points: Any, *, near: tuple[float, ...] | None = None, limit: int = 8) -> tuple[Candidate, ...]:
    """The systems these raw coordinates could be in, the likeliest first.

    ``points``: (n, 2) array in file order. ``near``: where the data should fall, as (longitude, latitude) or
    as a box (west, south, east, north); the clerk's commune, as a rule. Only readings that put the middle of
    the data in Vietnam are returned; with ``near``, nearness decides, and among readings within NEAR_ENOUGH_KM of
    each other the usual order of systems: cadastral zones first, for a surveyor's file is hardly ever in UTM, and
    the two lie only some hundred metres apart here.
    """
    import numpy as np

    xy = np.asarray(points, dtype="float64").reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return ()
    if len(xy) > 10_000:
        xy = xy[:: len(xy) // 10_000]
    found = []
    for order, (crs, swapped) in enumerate(_readings(xy)):
        candidate = _place(xy, crs, swapped, near)
        if candidate is not None:
            found.append((-round(candidate.inside, 2), candidate.distance_km // NEAR_ENOUGH_KM, order, candidate))
    return tuple(entry[-1] for entry in sorted(found, key=lambda entry: entry[:3])[:limit])


def wkt_for_prj(crs: str) -> str:
    """WKT 1 in the ESRI flavour, for a shapefile's ``.prj``."""
    return str(_pyproj_crs(crs).to_wkt("WKT1_ESRI"))


def pipeline_of(crs: str) -> str:
    """The PROJ pipeline from a VN-2000 system to EPSG:4326 used here; also valid for GDAL's ``-ct``."""
    first = "+proj=unitconvert +xy_in=deg +xy_out=rad"
    if crs in ZONES:
        zone = ZONES[crs]
        projection = f"+lat_0=0 +lon_0={zone.meridian} +k={zone.scale} +x_0=500000 +y_0=0"
        first = f"+inv +proj=tmerc {projection} +ellps=WGS84"
    elif crs != VN2000_GEOGRAPHIC:
        raise UnsupportedCrs(crs=crs, reason="not_vn2000")
    return f"+proj=pipeline +step {first} {_SHIFT} +step +proj=unitconvert +xy_in=rad +xy_out=deg"


# --- inside ---


def _looks_like_wkt(text: str) -> bool:
    return bool(re.match(r"(PROJCS|GEOGCS|COMPD_CS|PROJCRS|GEOGCRS|GEODCRS|COMPOUNDCRS|BOUNDCRS)\s*\[", text))


def _quiet_proj() -> None:
    import pyproj.network

    if pyproj.network.is_network_enabled():
        pyproj.network.set_network_enabled(False)


def _pyproj_crs(crs: str) -> Any:
    import pyproj
    from pyproj.exceptions import CRSError

    _quiet_proj()
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise UnsupportedCrs(crs=crs[:200], reason="unknown") from error


def _datum_of(parsed: Any) -> str:
    geodetic = parsed.geodetic_crs
    names = " ".join(
        str(part.name) for part in (geodetic, getattr(geodetic, "datum", None)) if part is not None
    ).lower()
    squeezed = re.sub(r"[^a-z0-9]", "", names)
    if "vn2000" in squeezed or "vietnam2000" in squeezed:
        return "vn2000"
    if "hanoi1972" in squeezed or "hn72" in squeezed:
        return "hanoi1972"
    wgs84 = any(name in squeezed for name in ("wgs84", "worldgeodeticsystem1984", "wgs1984"))
    return "wgs84" if wgs84 else "other"


def _zone_of(parsed: Any, datum: str) -> str | None:
    """The zone with these parameters; CrsInDoubt for VN-2000's own scale on the datum WGS 84."""
    operation = parsed.coordinate_operation
    if operation is None or not _is_transverse_mercator(str(operation.method_name)):
        return None
    values = {_parameter_key(p.name): float(p.value) for p in operation.params}
    meridian, scale = values.get("meridian", math.nan), values.get("scale", math.nan)
    usual = abs(values.get("easting", 0) - 500_000) < 1e-6 and abs(values.get("northing", 0)) < 1e-6
    metres = all(abs(axis.unit_conversion_factor - 1) < 1e-9 for axis in parsed.axis_info)
    for zone in ZONES.values():
        if usual and metres and abs(zone.meridian - meridian) < 1e-6 and abs(zone.scale - scale) < 1e-7:
            if datum == "vn2000":
                return zone.crs
            # Survey software often writes VN-2000 as "WGS 84 with k 0.9999", losing the shift: ask, do not
            # guess.
            if datum == "wgs84" and zone.scale == CADASTRAL_SCALE:
                raise CrsInDoubt(reason="vn2000_zone_on_wgs84", crs=str(parsed.name), candidates=[])
    return None


def _is_transverse_mercator(method: str) -> bool:
    return re.sub(r"[^a-z]", "", method.lower()) in ("transversemercator", "gausskruger")


def _parameter_key(name: str) -> str:
    lowered = name.lower().replace("_", " ")
    if "longitude" in lowered or "meridian" in lowered:
        return "meridian"
    for key in ("scale", "easting", "northing"):
        if key in lowered:
            return key
    return lowered


def _transformer(crs: str) -> Transformer:
    """One transformer per thread and system: PROJ contexts must not be shared between threads."""
    from pyproj import Transformer

    _quiet_proj()
    cache: dict[str, Transformer] = _local.__dict__.setdefault("transformers", {})
    if crs not in cache:
        if is_vn2000(crs):
            cache[crs] = Transformer.from_pipeline(pipeline_of(crs))
        else:
            cache[crs] = Transformer.from_crs(_pyproj_crs(crs), WGS84, always_xy=True)
    return cache[crs]


def _convert(x: Any, y: Any, crs: str, *, inverse: bool) -> tuple[Array, Array]:
    import numpy as np

    crs = normalise(crs)
    xs, ys = np.array(x, dtype="float64", ndmin=1), np.array(y, dtype="float64", ndmin=1)
    if crs != WGS84:
        transformer = _transformer(crs)
        if inverse and is_vn2000(crs):
            xs, ys = _invert(transformer, xs, ys)
        else:
            xs, ys = transformer.transform(xs, ys, direction="INVERSE" if inverse else "FORWARD")
    _require_range(xs, ys, degrees=not inverse or crs == WGS84, crs=crs)
    return xs, ys


def _invert(transformer: Transformer, lon: Array, lat: Array) -> tuple[Array, Array]:
    """Exact inverse of the forward pipeline.

    The seven parameters tilt the ellipsoids against each other and the height that arises is dropped, so
    PROJ's own inverse misses the start by up to a millimetre; one correction brings that below a micrometre.
    """
    first = transformer.transform(lon, lat, direction="INVERSE")
    again_lon, again_lat = transformer.transform(*first)
    return transformer.transform(2 * lon - again_lon, 2 * lat - again_lat, direction="INVERSE")  # type: ignore[no-any-return]


def _require_range(xs: Array, ys: Array, *, degrees: bool, crs: str) -> None:
    import numpy as np

    fine = np.isfinite(xs) & np.isfinite(ys)
    if degrees:
        fine &= (np.abs(xs) <= 180) & (np.abs(ys) <= 90)
    if not fine.all():
        raise CoordinatesOutOfRange(crs=crs, vertex=int(np.argmin(fine)))


def _transform(geometries: Any, crs: str | None, *, inverse: bool) -> Array:
    import numpy as np
    import shapely

    if crs is None:
        raise CrsInDoubt(reason="no_crs", candidates=[])

    def convert(xy: Array) -> Array:
        return np.column_stack(_convert(xy[:, 0], xy[:, 1], crs, inverse=inverse)) if len(xy) else xy

    return shapely.transform(np.asarray(geometries, dtype=object), convert)


def _readings(xy: Array) -> Sequence[tuple[str, bool]]:
    """Systems worth trying, in their usual order, by the size of the numbers."""
    import numpy as np

    x, y = np.median(xy, axis=0)
    if abs(x) <= 180 and abs(y) <= 180:
        return ((WGS84, False), (VN2000_GEOGRAPHIC, False), (WGS84, True), (VN2000_GEOGRAPHIC, True))
    cadastral = [crs for crs, zone in ZONES.items() if zone.scale != UTM_SCALE]
    systems = [*cadastral, "EPSG:3405", "EPSG:3406", "EPSG:32648", "EPSG:32649", "EPSG:3857"]
    return [(crs, swapped) for swapped in (False, True) for crs in systems]


def _place(xy: Array, crs: str, swapped: bool, near: tuple[float, ...] | None) -> Candidate | None:
    import numpy as np

    x, y = (xy[:, 1], xy[:, 0]) if swapped else (xy[:, 0], xy[:, 1])
    # A transverse Mercator happily computes nonsense far from its meridian: stay within its plausible
    # eastings.
    if crs in ZONES and not (100_000 <= float(np.median(x)) <= 900_000):
        return None
    try:
        lon, lat = points_to_wgs84(x, y, crs)
    except CoordinatesOutOfRange:
        return None
    centre = (float(np.median(lon)), float(np.median(lat)))
    if not (COUNTRY_BOX[0] <= centre[0] <= COUNTRY_BOX[2] and COUNTRY_BOX[1] <= centre[1] <= COUNTRY_BOX[3]):
        return None
    box = near if near is not None and len(near) == 4 else COUNTRY_BOX
    inside = float(np.mean((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])))
    return Candidate(crs, swapped, name_of(crs), centre, inside, _distance_km(centre, near))


def _distance_km(centre: tuple[float, float], near: tuple[float, ...] | None) -> float:
    if near is None:
        return 0.0
    if len(near) == 4:
        target = (min(max(centre[0], near[0]), near[2]), min(max(centre[1], near[1]), near[3]))
    else:
        target = (near[0], near[1])
    east = (centre[0] - target[0]) * 111.32 * math.cos(math.radians(centre[1]))
    return math.hypot(east, (centre[1] - target[1]) * 110.57)
