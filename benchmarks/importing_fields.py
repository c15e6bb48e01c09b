"""Fields for the import benchmark: own-made, irregular, with shared borders and some slivers.

A grid of blocks of 8 × 8 fields about 36 m wide over the land of a province. Corners are jittered, every border is a
crooked line of six points that both neighbours share to the last bit, so a field has twenty vertices. Every fiftieth
new field is widened by some 15 cm (slivers on its neighbours, as surveys bring them). Blocks alternate like a
chessboard between what is stored already and what the file brings: the new ones have neighbours of both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

Array = np.ndarray[Any, Any]

STEP_X, STEP_Y = 36 / 109_500, 36 / 110_600  # degrees, about 36 m here
BLOCK = 8
BAND = 8 * BLOCK  # rows of fields made at a time
INNER = 4  # points between the corners of a border: 4 borders of 1 corner + 4 points make 20 vertices
SLIVER_EVERY = 50
WIDER = 1.008


@dataclass(frozen=True, slots=True)
class Fields:
    """`new` and `stored`: (n, 21, 2) closed rings in degrees."""

    new: Array
    stored: Array


def make(count: int, land: bytes) -> Fields:
    """Make `count` new fields and as many stored ones on `land` (WKB, EPSG:4326); ValueError where it is too small."""
    ground = shapely.from_wkb(land)
    shapely.prepare(ground)
    new: list[Array] = []
    stored: list[Array] = []
    for rings, is_new in _bands(ground):
        new.append(rings[is_new])
        stored.append(rings[~is_new])
        if min(sum(map(len, new)), sum(map(len, stored))) >= count:
            break
    else:
        raise ValueError("the land has no room for so many fields")
    fresh = np.concatenate(new)[:count]
    middle = fresh[::SLIVER_EVERY].mean(axis=1, keepdims=True)
    fresh[::SLIVER_EVERY] = middle + (fresh[::SLIVER_EVERY] - middle) * WIDER
    return Fields(fresh, np.concatenate(stored)[:count])


def _bands(ground: Any) -> Iterator[tuple[Array, Array]]:
    """Rings of the fields whose block lies on the land, and which of them are new, band by band from the south."""
    west, south, east, north = ground.bounds
    columns = int((east - west) / STEP_X) // BLOCK * BLOCK
    for first in range(0, int((north - south) / STEP_Y) // BAND * BAND, BAND):
        row, column = np.mgrid[first : first + BAND, 0:columns]
        box = shapely.box(
            west + column // BLOCK * BLOCK * STEP_X, south + row // BLOCK * BLOCK * STEP_Y,
            west + (column // BLOCK + 1) * BLOCK * STEP_X, south + (row // BLOCK + 1) * BLOCK * STEP_Y,
        )  # fmt: skip
        is_on_land = shapely.contains_properly(ground, box)
        rings = _rings(first, columns)[is_on_land]
        yield rings * (STEP_X, STEP_Y) + (west, south), ((row // BLOCK + column // BLOCK) % 2 == 0)[is_on_land]


def _rings(first: int, columns: int) -> Array:
    """(BAND, columns, 21, 2) rings in steps of the grid; the same borders whichever band asks for them."""
    y, x = np.mgrid[first : first + BAND + 1, 0 : columns + 1]
    corner = np.stack([x, y], axis=-1) + 0.12 * _noise(x, y, 0)
    along = _borders(corner[:, :-1], corner[:, 1:], x[:, :-1], y[:, :-1], 1)  # from west to east
    across = _borders(corner[:-1], corner[1:], x[:-1], y[:-1], 2)  # from south to north
    parts = [along[:-1], across[:, 1:], along[1:, :, ::-1], across[:, :-1, ::-1]]
    ring = np.concatenate([part[:, :, :-1] for part in parts], axis=2)  # each border without its last corner
    return np.concatenate([ring, ring[:, :, :1]], axis=2)


def _borders(start: Array, end: Array, x: Array, y: Array, kind: int) -> Array:
    share = np.linspace(0, 1, INNER + 2)[:, None]
    line = start[:, :, None] * (1 - share) + end[:, :, None] * share
    for point in range(1, INNER + 1):
        line[:, :, point] += 0.03 * _noise(x, y, kind * 10 + point)
    return line


def _noise(x: Array, y: Array, seed: int) -> Array:
    """Two numbers in -1..1 for every place of the grid, always the same ones."""
    found = [np.sin(x * 12.9898 + y * 78.233 + (seed + part) * 37.719) * 43_758.5453 for part in (0.0, 0.5)]
    return np.stack([2 * (values - np.floor(values)) - 1 for values in found], axis=-1)


def write(path: Path, rings: Array) -> None:
    """Write the file as a stranger would send it, by its suffix `.gpkg` or `.parquet`, with Vietnamese headings."""
    import geopandas

    number = np.arange(1, len(rings) + 1)
    frame = geopandas.GeoDataFrame(
        {
            "Số thửa": [f"F{place:07d}" for place in number],
            "Cây trồng": np.where(number % 3 == 0, "Xoài", "xoai"),
            "Năm trồng": 2005 + number % 20,
            "Ghi chú": [f"bờ {place % 977}" for place in number],
        },
        geometry=shapely.multipolygons(shapely.polygons(rings)[:, None]),
        crs="EPSG:4326",
    )
    if path.suffix == ".parquet":
        frame.to_parquet(path)
        return
    frame.to_file(path, driver="GPKG", layer="thua", engine="pyogrio")
