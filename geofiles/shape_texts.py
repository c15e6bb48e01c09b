"""Shapes as GeoJSON text in another coordinate system, whole sets at a time."""

from __future__ import annotations

from collections.abc import Sequence

from geofiles.crs import from_wgs84


def geojson_texts(wkb: Sequence[str], crs: str, *, digits: int) -> list[str]:
    """Return hexadecimal WKB (EPSG:4326, longitude first) as GeoJSON texts in ``crs``, easting first.

    Raises CoordinatesOutOfRange for what has no place in ``crs``.
    """
    import numpy as np
    import shapely

    if not wkb:
        return []
    shapes = from_wgs84(shapely.from_wkb(np.array(wkb, dtype=object)), crs)
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, digits))
    return [str(text) for text in shapely.to_geojson(rounded)]
