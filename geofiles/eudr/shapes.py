"""Coordinates of the document as arrays: rings and points, rounded as the receiving system rounds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geofiles.eudr import rules

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_HUGE = 1e300  # NaN is not between


@dataclass(slots=True)
class Positions:
    """A list of positions and what is notable in it. `bad`, `height`: index of the first such, -1 for none."""

    xy: list[tuple[float, float]]
    bad: int = -1
    height: int = -1

    @property
    def is_coarse(self) -> bool:
        """Whether no number of it has a sixth decimal; one alone says nothing, since writers drop zeros at the end."""
        return all(round(number, 5) == number for position in self.xy for number in position)


def read_positions(found: Any) -> Positions | None:
    """Return the positions of a ring, line or multipoint; None where it is no list of them."""
    if not isinstance(found, list):
        return None
    read = Positions([])
    for index, position in enumerate(found):
        if type(position) is not list or not 2 <= len(position) <= 4 or not all(map(_is_number, position)):
            read.bad = index
            return read
        read.xy.append((position[0], position[1]))
        if len(position) > 2 and read.height < 0:
            read.height = index
    return read


def _is_number(number: Any) -> bool:
    # A JSON number is exactly one of the two; an integer of any length can be compared.
    return (type(number) is float or type(number) is int) and -_HUGE < number < _HUGE


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
