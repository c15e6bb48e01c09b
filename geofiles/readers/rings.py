"""Corners of one plot, in rings and parts, made into one polygon or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geofiles.geometry import MAX_VERTICES

_DIGITS = 10
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ring:
    """Corners of one plot as (part, ring, label, (east, north)) in file order, and the rows they come from."""

    name: str
    corners: list[tuple[str, str, str, Place]]
    rows: set[int]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no polygon: ``no_corners, too_few_corners, cells_unreadable``."""

    code: str


def polygon_of(plot: Ring) -> Any:
    """The shapely polygon or multipolygon of a plot's corners (validity is not checked), or a Problem.

    The first ring of a part is its outside; a later one inside it is a hole, else a polygon of its own. Where the
    table has no ring column, a ring ends when it comes back to its first corner. Corners follow their numbers, where
    all are different numbers, else the order of the file.
    """
    import shapely

    rings = [_ordered(ring) for ring in _rings(plot)]
    if not rings:
        return Problem("no_corners")
    if any(len(set(ring)) < 3 for ring in rings):
        return Problem("too_few_corners")
    shells: list[tuple[Any, list[list[Place]]]] = []
    for ring in rings:
        outline = shapely.Polygon(ring)
        around = None
        if len(plot.corners) <= MAX_VERTICES:  # more are refused later: whose holes they are need not be found
            around = next((holes for shell, holes in shells if _inside(shell, outline)), None)
        if around is not None:
            around.append(ring)
        else:
            shells.append((outline, []))
    polygons = [shapely.Polygon(shell.exterior, holes) for shell, holes in shells]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _inside(shell: Any, outline: Any) -> bool:
    return bool(shell.is_valid and outline.is_valid and shell.contains(outline))


def _rings(plot: Ring) -> list[list[tuple[str, Place]]]:
    groups: dict[tuple[str, str], list[tuple[str, Place]]] = {}
    for part, ring, label, place in plot.corners:
        groups.setdefault((part, ring), []).append((label, place))
    return [piece for group in groups.values() for piece in _closed_pieces(group)]


def _closed_pieces(corners: list[tuple[str, Place]]) -> list[list[tuple[str, Place]]]:
    """A sequence cut where it returns to its start; the closing corner is left out."""
    pieces: list[list[tuple[str, Place]]] = [[]]
    for label, place in corners:
        piece = pieces[-1]
        if len(piece) >= 3 and place == piece[0][1]:
            pieces.append([])
        elif not piece or place != piece[-1][1]:
            piece.append((label, place))
    return [piece for piece in pieces if piece]


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdigit() and len(label) < _DIGITS


def _ordered(ring: list[tuple[str, Place]]) -> list[Place]:
    labels = [label for label, _ in ring]
    if len(set(labels)) == len(labels) and all(map(_is_number, labels)):
        ring = sorted(ring, key=lambda corner: int(corner[0]))
    return [place for _, place in ring]
