"""The grid of Web Mercator tiles (OGC Two Dimensional Tile Matrix Set, WebMercatorQuad)."""

from dataclasses import dataclass
from math import atan, degrees, pi, sinh
from struct import Struct
from typing import cast

from django.contrib.gis.geos import GEOSGeometry, Polygon

WORLD_M = 40_075_016.685578488  # side of tile 0/0/0 in EPSG:3857
HALF_WORLD_M = WORLD_M / 2
EXTENT = 4_096  # coordinates inside a tile run from 0 to this
BUFFER = 64  # how far shapes reach over the edge, so that outlines meet
MAX_ZOOM = 22
# EWKB of a polygon of one ring of five points, little-endian: byte order, type with the flag for an SRID, SRID, rings,
# points, coordinates. Built point by point, a box would take a twentieth of a small tile's time.
_BOX = Struct("<BIIII10d")
_POLYGON_WITH_SRID = 0x20000003


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; only `Tile.at` makes sure that it exists."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, z: int, x: int, y: int) -> "Tile | None":
        """Return the tile, None when the grid has none at this place."""
        if not 0 <= z <= MAX_ZOOM or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        return cls(z, x, y)

    @property
    def zxy(self) -> tuple[int, int, int]:
        """Level, column, row: the arguments of ST_TileEnvelope."""
        return self.z, self.x, self.y

    def quads(self, level: int) -> tuple[int, int]:
        """Return the range of `quad` (upper end open) of the cells of `level`, not above this tile's, inside it."""
        first, step = quad(self.x, self.y), 2 * (level - self.z)
        if step < 0:
            raise ValueError(f"level {level} is coarser than {self}")
        return first << step, first + 1 << step

    def corner(self, level: int) -> tuple[int, int]:
        """Return column and row of the first cell of `level`, not above this tile's, inside it."""
        return self.x << (level - self.z), self.y << (level - self.z)

    def bounds(self, *, buffer: int = BUFFER) -> Polygon:
        """Return the box in EPSG:4326 with a margin of `buffer` (in parts of EXTENT): a constant for the index."""
        margin = buffer / EXTENT
        west, east = self._lon(self.x - margin), self._lon(self.x + 1 + margin)
        south, north = self._lat(self.y + 1 + margin), self._lat(self.y - margin)
        return _box(west, south, east, north, srid=4326)

    def envelope(self) -> Polygon:
        """Return the tile's own square in EPSG:3857, as ST_TileEnvelope does."""
        side = WORLD_M / (1 << self.z)
        west, north = self.x * side - HALF_WORLD_M, HALF_WORLD_M - self.y * side
        return _box(west, north - side, west + side, north, srid=3857)

    def _lon(self, column: float) -> float:
        return max(-180.0, min(180.0, column / (1 << self.z) * 360 - 180))

    def _lat(self, row: float) -> float:
        inside = max(0.0, min(float(1 << self.z), row))
        return degrees(atan(sinh(pi * (1 - 2 * inside / (1 << self.z)))))


def _box(west: float, south: float, east: float, north: float, *, srid: int) -> Polygon:
    ring = (west, south, west, north, east, north, east, south, west, south)
    return cast(Polygon, GEOSGeometry(memoryview(_BOX.pack(1, _POLYGON_WITH_SRID, srid, 1, 5, *ring))))


def quad(x: int, y: int) -> int:
    """Return the bits of `x` and `y` in turn, those of `x` lowest (Morton order): cells of one tile are one range."""
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(MAX_ZOOM))
