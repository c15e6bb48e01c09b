"""Which shapes of one file lie on each other, found strip by strip so that a large file never fills the memory.

The rule is that of ``farms.sql.overlap_pairs`` (docs/domain.md §3): two shapes overlap when they share more than
max(``min_m2``, ``min_share`` of the smaller), unless what they share is a strip that vanishes when shrunk by half of
``sliver_m``. Here GEOS tells neighbours that only touch at once, which PostGIS's older GEOS cannot: for a million plots
with shared borders that is a fifth of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from geofiles.geometry import areas_m2

if TYPE_CHECKING:
    import numpy as np

    from geofiles.prepared import FileReading

    Array = np.ndarray[Any, Any]

STRIP_SHAPES = 60_000
M2_PER_SQUARE_DEGREE = 1.24e10  # more than a square degree ever has, so that no pair is passed over


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much two shapes may share: m2, part of the smaller, breadth of a strip in m."""

    min_m2: float
    min_share: float
    sliver_m: float


def find_overlaps(reading: FileReading, tolerance: Tolerance, *, on_strip: Callable[[], None] = lambda: None) -> Array:
    """Pairs of a prepared file as a structured array ``(row, other, shared_m2)`` with ``other`` < ``row``, in order.

    ``on_strip`` is called between strips; an error it raises stops the search.
    """
    import numpy as np
    import shapely

    kind = np.dtype([("row", "int64"), ("other", "int64"), ("shared_m2", "float64")])
    extents = _extents(reading)
    found = [np.empty(0, dtype=kind)]
    for start, end in _strips(extents):
        on_strip()
        shapes, rows, areas = _within(reading, extents, start, end)
        one, other, shared = _pairs(shapes, areas, tolerance)
        # A pair belongs to the strip where the later of the two begins: it is found once.
        begin = shapely.bounds(shapes)[:, extents.axis]
        begins = np.maximum(begin[one], begin[other])
        mine = (begins >= start) & (begins < end)
        pairs = np.empty(int(mine.sum()), dtype=kind)
        pairs["row"] = np.maximum(rows[one], rows[other])[mine]
        pairs["other"] = np.minimum(rows[one], rows[other])[mine]
        pairs["shared_m2"] = shared[mine]
        found.append(pairs)
    return np.sort(np.concatenate(found), order=["row", "other"])


@dataclass(frozen=True, slots=True)
class _Extents:
    """Strips run across ``axis`` (0: longitude, 1: latitude); (n,) where a shape begins and ends along it, NaN where
    there is none, and the same of every batch."""

    axis: int
    begin: Array
    end: Array
    batches: list[tuple[float, float]]


def _extents(reading: FileReading) -> _Extents:
    """Along the axis by which the file is better sorted: fewer batches then reach into a strip."""
    import numpy as np
    import shapely

    boxes = [shapely.bounds(_shapes(batch.column("wkb"))) for batch in reading.batches()]
    whole = np.concatenate([np.empty((0, 4)), *boxes])
    spans: list[list[tuple[float, float]]] = [[], []]
    for box in boxes:
        known = box[~np.isnan(box[:, 0])]
        for axis in (0, 1):
            span = (known[:, axis].min(), known[:, axis + 2].max()) if len(known) else (np.inf, -np.inf)
            spans[axis].append(span)
    lengths = [sum(max(0.0, end - begin) for begin, end in along) for along in spans]
    axis = int(lengths[1] < lengths[0])
    return _Extents(axis, whole[:, axis], whole[:, axis + 2], spans[axis])


def _strips(extents: _Extents) -> Iterator[tuple[float, float]]:
    import numpy as np

    known = np.sort(extents.begin[~np.isnan(extents.begin)])
    cuts = [-np.inf, *np.unique(known[STRIP_SHAPES::STRIP_SHAPES]).tolist(), np.inf]
    yield from pairwise(cuts)


def _within(reading: FileReading, extents: _Extents, start: float, end: float) -> tuple[Array, Array, Array]:
    """Shapes that reach into the strip, with their rows and areas."""
    import numpy as np

    shapes: list[Array] = [np.empty(0, dtype=object)]
    rows: list[Array] = [np.empty(0, dtype="int64")]
    areas: list[Array] = [np.empty(0)]
    for batch, first in _near(reading, extents, start, end):
        size = batch.num_rows
        wanted = (extents.begin[first : first + size] < end) & (extents.end[first : first + size] >= start)
        chosen = np.flatnonzero(wanted)
        if len(chosen):
            part = batch.take(chosen)
            shapes.append(_shapes(part.column("wkb")))
            rows.append(part.column("row").to_numpy())
            areas.append(part.column("area_m2").to_numpy(zero_copy_only=False))
    return np.concatenate(shapes), np.concatenate(rows), np.concatenate(areas)


def _near(reading: FileReading, extents: _Extents, start: float, end: float) -> Iterator[tuple[Any, int]]:
    """Batches that reach into the strip, with the place of their first row."""
    wanted = [begin < end and stop >= start for begin, stop in extents.batches]
    first = 0
    for number, batch in enumerate(reading.batches()):
        if wanted[number]:
            yield batch, first
        first += batch.num_rows


def _shapes(column: Any) -> Array:
    import shapely

    return shapely.from_wkb(column.to_numpy(zero_copy_only=False))


def _pairs(shapes: Array, areas: Array, tolerance: Tolerance) -> tuple[Array, Array, Array]:
    """Indices of both and shared m2 of the pairs above tolerance; each pair once."""
    import numpy as np
    import shapely

    one, other = shapely.STRtree(shapes).query(shapes)
    once = one < other
    one, other = one[once], other[once]
    least = np.maximum(tolerance.min_m2, tolerance.min_share * np.minimum(areas[one], areas[other]))
    near = _box_m2(shapes, one, other) > least
    one, other, least = one[near], other[near], least[near]
    inside = ~shapely.touches(shapes[one], shapes[other])
    one, other, least = one[inside], other[inside], least[inside]
    common = shapely.intersection(shapes[one], shapes[other])
    shared = areas_m2(common)
    much = shared > least
    one, other, shared, common = one[much], other[much], shared[much], common[much]
    broad = ~_is_strip(common, tolerance.sliver_m)
    return one[broad], other[broad], shared[broad]


def _box_m2(shapes: Array, one: Array, other: Array) -> Array:
    """At least what the boxes of each pair have in common."""
    import numpy as np
    import shapely

    box = shapely.bounds(shapes)
    first, second = box[one], box[other]
    width = np.minimum(first[:, 2], second[:, 2]) - np.maximum(first[:, 0], second[:, 0])
    height = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
    return width * height * M2_PER_SQUARE_DEGREE


def _is_strip(shapes: Array, sliver_m: float) -> Array:
    """Whether each shape vanishes when shrunk by half of ``sliver_m``; metres on a plane laid at its own latitude."""
    import numpy as np
    import shapely

    if not len(shapes):
        return np.empty(0, dtype=bool)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    _west, south, _east, north = shapely.bounds(shapes).T
    latitude = np.radians((south + north) / 2)[owner]
    # Lengths of a degree on the WGS 84 ellipsoid (NGA.STND.0036), good to a few cm a km.
    across = 111_412.84 * np.cos(latitude) - 93.5 * np.cos(3 * latitude)
    along = 111_132.92 - 559.82 * np.cos(2 * latitude)
    flat = shapely.set_coordinates(shapes.copy(), np.column_stack([xy[:, 0] * across, xy[:, 1] * along]))
    return shapely.is_empty(shapely.buffer(flat, -sliver_m / 2, quad_segs=4))
