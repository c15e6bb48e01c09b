"""Shapes as text in any coordinate system, for tables: WKT and pairs of numbers. By the set, from hexadecimal WKB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geofiles.crs import from_wgs84


def wkt_texts(wkb: Sequence[str], crs: str, *, digits: int) -> list[str]:
    """Return hexadecimal WKB (EPSG:4326, longitude first) as WKT in ``crs``, easting first, rounded to ``digits``.

    Raises CoordinatesOutOfRange for what has no place in ``crs``.
    """
    import shapely

    return [str(text) for text in shapely.to_wkt(_converted(wkb, crs), rounding_precision=digits, trim=True)]


def point_texts(wkb: Sequence[str], crs: str, *, digits: int, separator: str = ",") -> list[str]:
    """Return points given as hexadecimal WKB (EPSG:4326) as two numbers in ``crs``, easting first; where the text is
    empty or the point is, both numbers are missing."""
    import shapely

    texts = [separator] * len(wkb)
    known = [index for index, text in enumerate(wkb) if text]
    points = _converted([wkb[index] for index in known], crs)
    for index, x, y in zip(known, shapely.get_x(points), shapely.get_y(points), strict=True):
        if x == x:  # an empty point has no numbers
            texts[index] = f"{x:.{digits}f}{separator}{y:.{digits}f}"
    return texts


def _converted(wkb: Sequence[str], crs: str) -> Any:
    import numpy as np
    import shapely

    return from_wgs84(shapely.from_wkb(np.array(wkb, dtype=object)), crs)
