"""A boundary that somebody walked: a track whose ends meet is a plot, whose ends are apart is a line."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from geofiles.readers.memory import points_to_wkb

CLOSE_M = 30.0  # two fixes of a telephone under trees
CLOSE_SHARE = 0.05  # of the way walked
_EARTH_M = 6_371_008.8

Point = tuple[float, ...]  # longitude, latitude, height where known


def is_closed(points: Sequence[Point]) -> bool:
    """Whether a walk of at least three places ends within CLOSE_M, or CLOSE_SHARE of its length, of its start."""
    if len({point[:2] for point in points}) < 3 or not all(math.isfinite(value) for point in points for value in point):
        return False
    gap = metres_between(points[0], points[-1])
    if gap <= CLOSE_M:
        return True
    length = sum(metres_between(here, there) for here, there in itertools.pairwise(points))
    return gap <= CLOSE_SHARE * length


def track_to_wkb(points: Sequence[Point]) -> tuple[bytes, bool]:
    """WKB of a walk, and whether it was closed to a polygon."""
    closed = is_closed(points)
    if len(points) == 1:
        return points_to_wkb(points, kind="point"), False
    return points_to_wkb(points, kind="ring" if closed else "line"), closed


def metres_between(here: Point, there: Point) -> float:
    """Metres on a sphere: exact enough to tell whether ends meet."""
    latitude = math.radians((here[1] + there[1]) / 2)
    east = math.radians(there[0] - here[0]) * math.cos(latitude)
    return _EARTH_M * math.hypot(east, math.radians(there[1] - here[1]))
