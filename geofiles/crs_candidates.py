"""Raw numbers without a known system: what they could be, judged by where they would fall."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from geofiles.crs_shift import points_to_wgs84, swap_axes, to_wgs84
from geofiles.crs_wkt import UTM_SCALE, VN2000_GEOGRAPHIC, WGS84, ZONES, name_of, normalise, quiet_proj
from geofiles.errors import CoordinatesOutOfRange, UnsupportedCrs

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# Where Vietnam's land and islands with farm plots can be: longitude 102-118 takes in Hoang Sa and Truong Sa.
COUNTRY_BOX = (102.0, 6.0, 118.0, 23.5)
NEAR_ENOUGH_KM = 5  # a commune is about this wide: nearer readings are told apart by custom, not by distance
MAX_SAMPLE = 30
_SKETCH_DEGREES = 0.00001  # about a metre: the outlines are for looking at
_SKETCH_VERTICES = 200
# Hanoi 1972 writes its zone before the easting: 18 is meridian 105, 19 is 111. Nothing else here has such numbers.
_HANOI_1972 = {"EPSG:2044": (18_100_000, 18_900_000), "EPSG:2045": (19_100_000, 19_900_000)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CRS the coordinates could be in, and where the data would fall.

    ``swapped``: x and y change places first (a surveyor's X = north, Y = east). ``centre``: longitude,
    latitude of the data's middle. ``inside``: share of points in the box asked for (or the country).
    ``distance_km``: from the middle to the place asked for, 0 when none was given and the middle is in the
    country. ``bounds``: west, south, east, north. ``sample``: up to 30 outlines as GeoJSON geometries in WGS 84,
    simplified to a metre. ``is_refused``: named so that people see what it is, but not taken (``reason``).
    """

    crs: str
    swapped: bool
    name: str
    centre: tuple[float, float]
    inside: float
    distance_km: float
    bounds: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    sample: tuple[dict[str, Any], ...] = ()
    is_refused: bool = False
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form; ``id`` is what ``read(..., crs=...)`` takes back."""
        lists = {"centre": list(self.centre), "bounds": list(self.bounds), "sample": list(self.sample)}
        return {"id": self.crs + ("+swapped" if self.swapped else ""), **asdict(self), **lists}


def split_choice(choice: str) -> tuple[str, bool]:
    """``EPSG:5897+swapped`` (a candidate's ``id``) as ``("EPSG:5897", True)``; the CRS is normalised."""
    crs, _, suffix = choice.strip().partition("+")
    if suffix not in ("", "swapped"):
        raise UnsupportedCrs(crs=choice[:200], reason="unknown")
    return normalise(crs), suffix == "swapped"


def rank_candidates(
    points: Any, *, near: tuple[float, ...] | None = None, limit: int = 8, shapes: Any = None
) -> tuple[Candidate, ...]:
    """The systems these raw coordinates could be in, the likeliest first.

    ``points``: (n, 2) array in file order. ``near``: where the data should fall, as (longitude, latitude) or
    as a box (west, south, east, north); the clerk's commune, as a rule. Only readings that put the middle of
    the data in Vietnam are returned; with ``near``, nearness decides, and among readings within NEAR_ENOUGH_KM of
    each other the usual order of systems: cadastral zones first, for a surveyor's file is hardly ever in UTM, and
    the two lie only some hundred metres apart here. ``shapes``: the geometries, for the candidates' outlines.
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
    ranked = [entry[-1] for entry in sorted(found, key=lambda entry: entry[:3])[:limit]]
    if shapes is not None:
        chosen = _spread(shapes)
        ranked = [replace(candidate, sample=_outlines(chosen, candidate)) for candidate in ranked]
    return tuple(ranked)


# --- inside ---


def _readings(xy: Array) -> Sequence[tuple[str, bool]]:
    """Systems worth trying, in their usual order, by the size of the numbers."""
    import numpy as np

    x, y = np.median(xy, axis=0)
    if abs(x) <= 180 and abs(y) <= 180:
        return ((WGS84, False), (VN2000_GEOGRAPHIC, False), (WGS84, True), (VN2000_GEOGRAPHIC, True))
    old = [
        (crs, swapped)
        for crs, (low, high) in _HANOI_1972.items()
        for swapped, east in ((False, x), (True, y))
        if low <= east <= high
    ]
    if old:
        return old
    cadastral = [crs for crs, zone in ZONES.items() if zone.scale != UTM_SCALE]
    systems = [*cadastral, "EPSG:3405", "EPSG:3406", "EPSG:32648", "EPSG:32649", "EPSG:3857"]
    return [(crs, swapped) for swapped in (False, True) for crs in systems]


def _place(xy: Array, crs: str, swapped: bool, near: tuple[float, ...] | None) -> Candidate | None:
    import numpy as np

    x, y = (xy[:, 1], xy[:, 0]) if swapped else (xy[:, 0], xy[:, 1])
    # A transverse Mercator happily computes nonsense far from its meridian: stay within its plausible
    # eastings.
    if (crs in ZONES or crs.startswith("EPSG:326")) and not (100_000 <= float(np.median(x)) <= 900_000):
        return None
    try:
        lon, lat = _from_hanoi_1972(x, y, crs) if crs in _HANOI_1972 else points_to_wgs84(x, y, crs)
    except CoordinatesOutOfRange:
        return None
    centre = (float(np.median(lon)), float(np.median(lat)))
    if not (COUNTRY_BOX[0] <= centre[0] <= COUNTRY_BOX[2] and COUNTRY_BOX[1] <= centre[1] <= COUNTRY_BOX[3]):
        return None
    box = near if near is not None and len(near) == 4 else COUNTRY_BOX
    inside = float(np.mean((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])))
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    refused = crs in _HANOI_1972
    name = f"HN-72 / Gauss-Krüger {'18' if crs == 'EPSG:2044' else '19'}" if refused else name_of(crs)
    return Candidate(
        crs,
        swapped,
        name,
        centre,
        inside,
        _distance_km(centre, near),
        bounds,
        is_refused=refused,
        reason="hanoi_1972" if refused else "",
    )


def _from_hanoi_1972(x: Array, y: Array, crs: str) -> tuple[Array, Array]:
    """About where it is, to some metres: enough to say what the numbers are, not to store them."""
    import numpy as np
    from pyproj import Transformer

    quiet_proj()
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise CoordinatesOutOfRange(crs=crs)
    return lon, lat


def _spread(shapes: Any) -> list[Any]:
    """Up to MAX_SAMPLE shapes from all over the file."""
    import numpy as np

    present = [shape for shape in np.atleast_1d(np.asarray(shapes, dtype=object)) if shape is not None]
    step = max(1, math.ceil(len(present) / MAX_SAMPLE))
    return present[::step]


def _outlines(shapes: list[Any], candidate: Candidate) -> tuple[dict[str, Any], ...]:
    import numpy as np
    import shapely

    if candidate.is_refused or not shapes:
        return ()
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    array = shapely.force_2d(array)
    try:
        moved = to_wgs84(swap_axes(array) if candidate.swapped else array, candidate.crs)
    except CoordinatesOutOfRange:
        return ()
    simple = shapely.simplify(moved, _SKETCH_DEGREES, preserve_topology=False)
    simple = np.where(shapely.is_empty(simple), moved, simple)
    light = [shape for shape in simple if shapely.get_num_coordinates(shape) <= _SKETCH_VERTICES]
    rounded = shapely.transform(np.array(light, dtype=object), lambda points: np.round(points, 6)) if light else []
    return tuple(json.loads(shapely.to_geojson(shape)) for shape in rounded if not shapely.is_empty(shape))


def _distance_km(centre: tuple[float, float], near: tuple[float, ...] | None) -> float:
    if near is None:
        return 0.0
    if len(near) == 4:
        target = (min(max(centre[0], near[0]), near[2]), min(max(centre[1], near[1]), near[3]))
    else:
        target = (near[0], near[1])
    east = (centre[0] - target[0]) * 111.32 * math.cos(math.radians(centre[1]))
    return math.hypot(east, (centre[1] - target[1]) * 110.57)
