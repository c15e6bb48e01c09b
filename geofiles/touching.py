"""Which pairs of shapes share ground, and which only touch at a border: told by this process's GEOS.

PostGIS's older GEOS takes several times as long for neighbours with a shared border, which most pairs are.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from geofiles.copied import Column, from_hex, read_copied

if TYPE_CHECKING:
    import numpy as np

_COLUMNS = (Column("n", "integer"), Column("other", "integer"), Column("shape", "text"))


def pairs_that_meet(source: IO[bytes]) -> list[np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
    """(n, 2) numbers of the pairs that do more than touch, by parts.

    `source`: a CSV copy, read as it comes, of `n, other, shape, other shape`; the shapes are hexadecimal (E)WKB.
    """
    import numpy as np
    import shapely

    found = []
    for batch in read_copied(source, _COLUMNS, has_shape=True):
        columns = from_hex(batch.column(2)), batch.column(3)
        shapes, others = (shapely.from_wkb(column.to_numpy(zero_copy_only=False)) for column in columns)
        numbers = np.column_stack([batch.column(place).to_numpy() for place in (0, 1)])
        found.append(numbers[~shapely.touches(shapes, others)])
    return found


__all__ = ["pairs_that_meet"]
