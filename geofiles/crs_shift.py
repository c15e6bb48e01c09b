"""VN-2000 to WGS 84 and back with the official datum shift.

VN-2000 and WGS 84 share an ellipsoid; the shift between them is the seven parameters of Decision
05/2007/QD-BTNMT. PROJ's database holds two operations for it and prefers, for points in the Mekong delta,
one made for offshore blocks, 0.81 m off. So every conversion from or to VN-2000 here is a PROJ pipeline
written out; the registry is never asked. Everything is (east, north) or (longitude, latitude) in that order,
degrees and metres, vectorised over whole arrays. PROJ's network access is off.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from geofiles.crs_wkt import VN2000_GEOGRAPHIC, WGS84, ZONES, is_vn2000, normalise, pyproj_crs, quiet_proj
from geofiles.errors import CoordinatesOutOfRange, CrsInDoubt, UnsupportedCrs

if TYPE_CHECKING:
    import numpy as np
    from pyproj import Transformer

    Array = np.ndarray[Any, Any]

# Decision 05/2007/QD-BTNMT, VN-2000 to WGS 84; rotations by the coordinate-frame convention (as EPSG:6960).
_HELMERT = (
    "+proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame"
)
_SHIFT = (
    f"+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step {_HELMERT} "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3"
)

_local = threading.local()


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


def _transformer(crs: str) -> Transformer:
    """One transformer per thread and system: PROJ contexts must not be shared between threads."""
    from pyproj import Transformer

    quiet_proj()
    cache: dict[str, Transformer] = _local.__dict__.setdefault("transformers", {})
    if crs not in cache:
        if is_vn2000(crs):
            cache[crs] = Transformer.from_pipeline(pipeline_of(crs))
        else:
            cache[crs] = Transformer.from_crs(pyproj_crs(crs), WGS84, always_xy=True)
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
