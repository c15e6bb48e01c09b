"""Where the fields of the demonstration lie: which blocks of the lattice, farmed by whom."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from demo import sql
from farms.services.bulk import store_staged
from farms.sql import STAGING


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the lattice: its place, its commune, its middle (lon, lat)."""

    bi: int
    bj: int
    commune_id: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Farmed:
    """A block with who farms it and with what; `number` names it."""

    number: int
    block: Block
    cooperative_id: int
    crop_id: int
    variety_id: int | None


def lattice_point(u: float, v: float) -> list[float]:
    """Return [lon, lat] of lattice metres: what `pg_temp.lattice_point` gives, for single shapes."""
    return [
        sql.LON0 + (u * sql.COS - v * sql.SIN) / sql.M_PER_LON,
        sql.LAT0 + (u * sql.SIN + v * sql.COS) / sql.M_PER_LAT,
    ]


def shifted(boundary: MultiPolygon, along_m: float, across_m: float) -> MultiPolygon:
    """Return a boundary moved by lattice metres along and across the canals."""
    lon0, lat0 = lattice_point(0, 0)
    lon, lat = lattice_point(along_m, across_m)
    moved = [
        Polygon(*([(x + lon - lon0, y + lat - lat0) for x, y in ring] for ring in polygon))
        for polygon in boundary.coords
    ]
    return MultiPolygon(*moved, srid=4326)


def all_blocks() -> list[Block]:
    """Return every block whose middle lies in a commune in force, in the order of the lattice. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.FUNCTIONS)
        cursor.execute(sql.ANALYSE_UNITS)
        cursor.execute(sql.BLOCKS)
        return [Block(*row) for row in cursor.fetchall()]


def blocks_around(blocks: Sequence[Block], lon: float, lat: float, count: int) -> list[Block]:
    """Return `count` blocks near a place: some side by side, some further out, as members' orchards lie."""
    nearest = sorted(blocks, key=lambda block: (math.hypot(block.lon - lon, block.lat - lat), block.bi, block.bj))
    positions = [index * (index + 1) // 2 for index in range(count)]
    return [nearest[position] for position in positions]


def plant(farmed: Sequence[Farmed], *, plots_per_grower: int, checks_overlap: bool) -> int:
    """Store the plots of these blocks as one set, by nobody; return how many.

    `checks_overlap=False`: the lattice is known to be free of overlap above tolerance.
    """
    numbers = [item.number for item in farmed]
    with connection.cursor() as cursor:
        cursor.execute(sql.FUNCTIONS)
        cursor.execute(
            sql.CHOSEN,
            {
                "bi": [item.block.bi for item in farmed],
                "bj": [item.block.bj for item in farmed],
                "number": numbers,
                "commune": [item.block.commune_id for item in farmed],
            },
        )
        cursor.execute(
            sql.OWNERS,
            {
                "number": numbers,
                "cooperative": [item.cooperative_id for item in farmed],
                "crop": [item.crop_id for item in farmed],
                "variety": [item.variety_id for item in farmed],
            },
        )
        cursor.execute(sql.GROWERS)
        cursor.execute(sql.CELLS)
        cursor.execute("ANALYZE demo_cell, demo_owner, demo_grower")
        cursor.execute(STAGING)
        cursor.execute(sql.STAGE_PLOTS, {"plots_per_grower": plots_per_grower})
        cursor.execute("DROP TABLE demo_cell, demo_chosen, demo_owner, demo_grower")
    return store_staged(by=None, checks_overlap=checks_overlap).stored
