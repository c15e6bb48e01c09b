"""SQL of places, by purpose; the lookups are what others use."""

from places.sql.lookups import (
    DELETE_PIECES,
    INSERT_PIECES,
    POLYGONS,
    communes_by_overlap,
    descendants,
    heritage,
    named,
    successors,
)

__all__ = [
    "DELETE_PIECES",
    "INSERT_PIECES",
    "POLYGONS",
    "communes_by_overlap",
    "descendants",
    "heritage",
    "named",
    "successors",
]
