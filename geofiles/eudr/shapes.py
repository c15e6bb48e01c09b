"""Coordinates of the document as arrays: rings and points, rounded as the receiving system rounds them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geofiles.eudr import rules
from geofiles.eudr.reading import Decimal

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Positions:
    """A list of positions and what is notable in it. `bad`, `height`: index of the first such, -1 for none.

    `decimals`: the most that any number has, since writers drop zeros at the end.
    """

    xy: list[tuple[float, float]]
    bad: int = -1
    height: int = -1
    decimals: int = 0


def read_positions(found: Any) -> Positions | None:
    """Return the positions of a ring, line or multipoint; None where it is no list of them."""
    if not isinstance(found, list):
        return None
    read = Positions([])
    for index, position in enumerate(found):
        if not _is_position(position):
            read.bad = index
            return read
        longitude, latitude = position[0], position[1]
        read.xy.append((longitude, latitude))
        if read.height < 0 and len(position) > 2:
            read.height = index
        read.decimals = max(read.decimals, _decimals(longitude), _decimals(latitude))
    return read


def _is_position(position: Any) -> bool:
    if not isinstance(position, list) or not 2 <= len(position) <= 4:
        return False
    return all(
        isinstance(number, int | float) and not isinstance(number, bool) and _is_finite(number) for number in position
    )


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond any float
        return False


def _decimals(number: float) -> int:
    return number.decimals if isinstance(number, Decimal) else 0


def is_in_range(xy: tuple[float, float]) -> bool:
    """Whether longitude and latitude are such."""
    return abs(xy[0]) <= 180 and abs(xy[1]) <= 90


def is_swapped(xy: tuple[float, float]) -> bool:
    """Whether it is latitude before longitude: impossible as it stands, possible the other way round."""
    return not is_in_range(xy) and is_in_range((xy[1], xy[0]))


def rounded(positions: list[tuple[float, float]]) -> tuple[Array, int]:
    """Return (n, 2) positions at six decimals without repetitions in a row, and how many of those there were."""
    import numpy as np

    xy = np.round(np.asarray(positions, dtype="float64").reshape(-1, 2), rules.DECIMALS)
    if len(xy) < 2:
        return xy, 0
    moves = np.any(xy[1:] != xy[:-1], axis=1)
    kept = np.concatenate([[True], moves])
    return xy[kept], int(len(kept) - kept.sum())


def closed(xy: Array) -> Array:
    """Return the ring with its first position at the end."""
    import numpy as np

    return xy if (xy[0] == xy[-1]).all() else np.vstack([xy, xy[:1]])


def polygon_of(rings: list[Array]) -> Any:
    """Return the polygon of closed rings, the first one its outline; None where a ring has too few positions."""
    import shapely

    if not rings or any(len(ring) < 4 for ring in rings):
        return None
    return shapely.Polygon(rings[0], rings[1:])
