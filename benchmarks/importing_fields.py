"""Fields for the import benchmark: own-made, irregular, with shared borders, some slivers and some real overlaps.

A grid of blocks of 8 × 8 fields about 50 m wide in the plains of Đồng Tháp. Corners are jittered, every border is a
crooked line of six points that both neighbours share to the last bit, so a field has twenty vertices. Every fiftieth
field is widened by 20 cm (a sliver on its neighbours, as in real surveys). Blocks alternate like a chessboard between
what is stored already and what the file brings, so that the new ones have neighbours of both kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20_261_122
WEST, SOUTH = 105.35, 10.20
CELL_DEG_X, CELL_DEG_Y = 50 / 109_500, 50 / 110_600  # about 50 m here
BLOCK = 8
INNER = 4  # points between the corners of a border: 4 borders of 1 corner + 4 points make 20 vertices
SLIVER_EVERY = 50
CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Fields:
    """`new` and `stored`: (n, 21, 2) closed rings in degrees."""

    new: np.ndarray[Any, Any]
    stored: np.ndarray[Any, Any]


def make(count: int) -> Fields:
    """Make `count` new fields and about as many stored ones."""
    side = int(np.ceil(np.sqrt(2 * count) / (2 * BLOCK))) * 2 * BLOCK
    rings = _rings(side)
    row, column = np.divmod(np.arange(side * side), side)
    is_new = (row // BLOCK + column // BLOCK) % 2 == 0
    new, stored = rings[is_new][:count], rings[~is_new][:count]
    middle = new[::SLIVER_EVERY].mean(axis=1, keepdims=True)
    new[::SLIVER_EVERY] = middle + (new[::SLIVER_EVERY] - middle) * 1.008  # 25 m from the middle: 20 cm outwards
    return Fields(new, stored)


def _rings(side: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(SEED)
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1)
    corner += random.uniform(-0.12, 0.12, corner.shape)
    along = _borders(corner[:, :-1], corner[:, 1:], random)  # (side + 1, side): from west to east
    across = _borders(corner[:-1], corner[1:], random)  # (side, side + 1): from south to north
    ring = np.concatenate(
        [along[:-1], across[:, 1:], along[1:, :, ::-1], across[:, :-1, ::-1]], axis=2
    )  # each border comes with its first corner and without its last
    n = INNER + 2
    keep = np.concatenate([np.arange(k * n, (k + 1) * n - 1) for k in range(4)])
    ring = ring[:, :, keep].reshape(side * side, -1, 2)
    ring = np.concatenate([ring, ring[:, :1]], axis=1)
    return ring * (CELL_DEG_X, CELL_DEG_Y) + (WEST, SOUTH)


def _borders(start: Any, end: Any, random: Any) -> Any:
    share = np.linspace(0, 1, INNER + 2)[:, None]
    line = start[:, :, None] * (1 - share) + end[:, :, None] * share
    line[:, :, 1:-1] += random.uniform(-0.03, 0.03, line[:, :, 1:-1].shape)
    return line


def write(path: Path, rings: np.ndarray[Any, Any], *, suffix: str) -> None:
    """Write the file as a stranger would send it: `.gpkg` or `.parquet`, with Vietnamese headings."""
    import geopandas
    import shapely

    frame = geopandas.GeoDataFrame(
        {
            "Số thửa": [f"F{number:07d}" for number in range(1, len(rings) + 1)],
            "Cây trồng": np.where(np.arange(len(rings)) % 3 == 0, "Xoài cát Chu", "xoai"),
            "Năm trồng": 2005 + np.arange(len(rings)) % 20,
            "Ghi chú": [f"bờ {number % 977}" for number in range(len(rings))],
        },
        geometry=shapely.multipolygons(shapely.polygons(rings)[:, None]),
        crs="EPSG:4326",
    )
    if suffix == ".parquet":
        frame.to_parquet(path)
        return
    frame.to_file(path, driver="GPKG", layer="thua", engine="pyogrio")
