"""The parcel identifier of Circular 19/2026/TT-BNNMT, Annex I, as far as it can be computed from an outline.

(1) the point deepest inside the parcel, in VN-2000 with the local axis; (2) converted to WGS 84; (3) its GeoHash, 12
characters. Other software may stop its search for the point some centimetres away, and an outline drawn on imagery is
metres off: what comes out here is provisional, the land office's identifier wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geofiles.crs import WGS84, ZONES, from_wgs84, points_to_wgs84

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LENGTH = 12
TOLERANCE_M = 0.001  # a GeoHash of 12 characters is a cell of 37 by 19 mm
_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"

# Central meridians of the provinces since 1 July 2025: Circular 24/2025/TT-BNNMT, by province code.
MERIDIANS: dict[str, float] = {
    "01": 105.0, "04": 105.75, "08": 106.0, "11": 103.0, "12": 104.75, "14": 104.0, "15": 104.75, "19": 106.5,
    "20": 107.25, "22": 107.75, "24": 107.0, "25": 104.75, "31": 105.75, "33": 105.5, "37": 105.0, "38": 105.0,
    "40": 104.75, "42": 105.5, "44": 106.0, "46": 107.0, "48": 107.75, "51": 108.0, "52": 108.25, "56": 108.25,
    "66": 108.5, "68": 107.75, "75": 107.75, "79": 105.75, "80": 105.75, "82": 105.0, "86": 105.5, "91": 104.75,
    "92": 105.0, "96": 104.5,
}  # fmt: skip


def local_crs(province_code: str) -> str:
    """The VN-2000 3-degree zone of a province in force; zone 105°00' for a code that is not in the table."""
    meridian = MERIDIANS.get(province_code, 105.0)
    return next(zone.crs for zone in ZONES.values() if zone.meridian == meridian and zone.scale == 0.9999)


def geohash_of(boundary: Any, crs: str) -> str:
    """The 12 characters for one valid polygon or multipolygon; see ``geohashes_of``."""
    return geohashes_of([boundary], crs)[0]


def geohashes_of(boundaries: Any, crs: str) -> list[str]:
    """The 12 characters for each valid polygon in EPSG:4326 (shapely geometries or WKB), "" where there is no ground.

    ``crs``: the VN-2000 zone in which the deepest point is sought.
    """
    import numpy as np
    import shapely

    shapes = np.empty(len(boundaries), dtype=object)
    shapes[:] = [shapely.from_wkb(one) if isinstance(one, bytes | memoryview) else one for one in boundaries]
    return points_to_codes(deepest_points(from_wgs84(shapes, crs)), crs)


def deepest_points(shapes: Any) -> Array:
    """(n, 2) poles of inaccessibility of polygons in metres, to a millimetre; NaN where a shape is empty or None."""
    import numpy as np
    import shapely

    array = np.atleast_1d(np.asarray(shapes, dtype=object))
    found = np.full((len(array), 2), np.nan)
    usable = np.flatnonzero(~shapely.is_missing(array) & ~shapely.is_empty(array))
    if len(usable):
        # Each line runs from the centre of the largest inscribed circle to the circle.
        radii = shapely.maximum_inscribed_circle(array[usable], TOLERANCE_M)
        found[usable] = shapely.get_coordinates(shapely.get_point(radii, 0))
    return found


def points_to_codes(points: Array, crs: str) -> list[str]:
    """GeoHashes of (n, 2) points in ``crs``; "" for NaN."""
    import numpy as np

    codes = [""] * len(points)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(known):
        return codes
    lon, lat = points[known].T if crs == WGS84 else points_to_wgs84(points[known, 0], points[known, 1], crs)
    for index, code in zip(known.tolist(), geohashes(lon, lat), strict=True):
        codes[index] = code
    return codes


def geohashes(longitude: Any, latitude: Any) -> list[str]:
    """GeoHashes of 12 characters of arrays of degrees: 30 bits of each, longitude first, five to a letter."""
    import numpy as np

    bits = LENGTH * 5 // 2
    columns = (np.asarray(longitude, dtype="float64") + 180) / 360, (np.asarray(latitude, dtype="float64") + 90) / 180
    lon, lat = (np.clip(np.floor(part * 2**bits), 0, 2**bits - 1).astype("uint64") for part in columns)
    codes = []
    for east, north in zip(lon.tolist(), lat.tolist(), strict=True):
        mixed = 0
        for bit in range(bits - 1, -1, -1):
            mixed = mixed << 2 | (east >> bit & 1) << 1 | north >> bit & 1
        codes.append("".join(_ALPHABET[mixed >> shift & 31] for shift in range((LENGTH - 1) * 5, -1, -5)))
    return codes
