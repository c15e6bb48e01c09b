"""Draw the schematic communes of Đồng Tháp: `python data/shapefiles/build.py` writes the zipped shapefile beside it.

From two things only: the facts in `data/dong_thap_communes.csv` (centre and official area of each commune) and the
outline below, drawn by hand from general knowledge of where the province lies. Inside the outline the plane is
divided by a power diagram: a Voronoi partition whose cells are weighted until their areas are near the official
ones, each centre staying in its own cell. Neighbours share their edges exactly. The shapes are NOT boundaries:
they say "about here, about this large", until official boundaries are loaded (README, "Official boundaries").
"""

import csv
import sys
from math import cos, radians
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script: geofiles is found from the checkout

import numpy as np  # noqa: E402
import shapely  # noqa: E402

from geofiles.features import make_batch  # noqa: E402
from geofiles.writers import write  # noqa: E402

FACTS = ROOT / "data" / "dong_thap_communes.csv"
TARGET = ROOT / "data" / "shapefiles" / "dong_thap_communes_schematic.zip"

# Clockwise from the north-west, where the Tiền enters Viet Nam; longitude, latitude in degrees (WGS 84).
OUTLINE = [
    # the border with Cambodia
    (105.198, 10.890), (105.258, 10.876), (105.322, 10.884), (105.390, 10.892), (105.440, 10.934),
    (105.498, 10.942), (105.548, 10.918), (105.592, 10.894),
    # east along the Plain of Reeds
    (105.618, 10.858), (105.630, 10.811), (105.659, 10.778), (105.688, 10.738), (105.730, 10.702),
    (105.795, 10.684), (105.846, 10.656), (105.860, 10.600), (105.878, 10.562), (105.942, 10.551),
    (105.998, 10.530), (106.052, 10.537), (106.100, 10.570), (106.160, 10.581), (106.213, 10.561),
    (106.275, 10.571), (106.328, 10.580), (106.353, 10.549), (106.377, 10.514), (106.422, 10.482),
    # the Vàm Cỏ down to the sea
    (106.445, 10.446), (106.456, 10.407), (106.515, 10.394), (106.556, 10.409), (106.594, 10.424),
    (106.613, 10.453), (106.654, 10.457), (106.704, 10.441), (106.750, 10.437), (106.788, 10.427),
    # the coast between the mouths Soài Rạp and Cửa Đại
    (106.812, 10.392), (106.806, 10.345), (106.812, 10.295), (106.815, 10.252), (106.795, 10.213),
    (106.755, 10.199), (106.695, 10.207), (106.636, 10.223), (106.579, 10.245),
    # up the Tiền
    (106.528, 10.276), (106.472, 10.302), (106.422, 10.319), (106.371, 10.337), (106.330, 10.335),
    (106.279, 10.325), (106.223, 10.319), (106.177, 10.295), (106.121, 10.281), (106.073, 10.306),
    (106.030, 10.316), (105.987, 10.306), (105.946, 10.280), (105.905, 10.256),
    # the land between the Tiền and the Hậu
    (105.890, 10.218), (105.872, 10.176), (105.846, 10.147), (105.806, 10.149), (105.772, 10.176),
    (105.736, 10.159), (105.699, 10.129), (105.664, 10.141), (105.631, 10.186), (105.599, 10.236),
    (105.557, 10.276), (105.516, 10.297), (105.492, 10.333), (105.490, 10.368), (105.519, 10.394),
    # the Tiền again, up to the border
    (105.560, 10.425), (105.562, 10.477), (105.544, 10.514), (105.510, 10.552), (105.463, 10.584),
    (105.410, 10.573), (105.358, 10.579), (105.336, 10.614), (105.355, 10.652), (105.360, 10.695),
    (105.307, 10.710), (105.284, 10.746), (105.280, 10.789), (105.219, 10.813), (105.195, 10.852),
]  # fmt: skip
ROUNDS = 400
CENTRE_MARGIN_KM = 0.5  # a centre stays at least this far inside its cell
EMPTY = shapely.Polygon()
GRID = 1e-6  # degrees, about 0.1 m: corners lie on it, so that neighbours meet exactly


def main() -> None:
    """Read the facts, divide, write, say what came of it."""
    with FACTS.open(encoding="utf-8", newline="") as source:
        facts = list(csv.DictReader(source))
    centres = np.array([(float(row["centre_lon"]), float(row["centre_lat"])) for row in facts])
    cells = divide(centres, np.array([float(row["area_km2"]) for row in facts]))
    batch = make_batch(
        [shapely.MultiPolygon([cell]) for cell in cells],
        {name: [row[name] for row in facts] for name in ("code", "name", "name_en", "unit_type")}
        | {"prov_code": ["82"] * len(facts), "area_km2": [float(row["area_km2"]) for row in facts]}
        | {"note": ["so do - schematic"] * len(facts)},
        layer=TARGET.stem,
    )
    write(batch, TARGET, "shapefile")
    print(f"{TARGET.name}: {len(cells)} cells, {TARGET.stat().st_size / 1000:.0f} kB")


def divide(centres: np.ndarray, areas_km2: np.ndarray) -> list[shapely.Polygon]:
    """Return one polygon per centre (n, 2; degrees), together filling the outline, areas near the given ones."""
    scale = _km_per_degree(float(centres[:, 1].mean()))
    sites = centres * scale
    outline = shapely.Polygon(np.array(OUTLINE) * scale)
    areas = areas_km2 * outline.area / areas_km2.sum()
    weights = _balanced_weights(sites, areas, outline)
    cells = _power_cells(sites, weights, outline)
    return _snapped([shapely.transform(cell, lambda xy: xy / scale) for cell in cells], centres)


def _km_per_degree(lat: float) -> np.ndarray:
    return np.array([111.32 * cos(radians(lat)), 110.6])


def _balanced_weights(sites: np.ndarray, areas: np.ndarray, outline: shapely.Polygon) -> np.ndarray:
    """Weights (km²) for which the cells' areas come near `areas`: too small a cell gets more, step by step."""
    distances = np.linalg.norm(sites[:, None] - sites[None, :], axis=2)
    # The edge between i and j lies at (d² + w_i - w_j) / 2d from i: keep it a margin away from either centre.
    room = distances**2 - 2 * CENTRE_MARGIN_KM * distances
    np.fill_diagonal(room, np.inf)
    weights = np.zeros(len(sites))
    for _ in range(ROUNDS):
        found = np.array([cell.area for cell in _power_cells(sites, weights, outline)])
        weights += 0.15 * (areas - found)
        weights = np.minimum(weights, (weights[None, :] + np.maximum(room, 0)).min(axis=1))
        weights -= weights.mean()
    return weights


def _power_cells(sites: np.ndarray, weights: np.ndarray, outline: shapely.Polygon) -> list[shapely.Polygon]:
    """The cell of each site: the points for which `distance² - weight` is least, inside the outline."""
    west, south, east, north = outline.bounds
    box = np.array([(west, south), (east, south), (east, north), (west, north)])
    cells = []
    for at, site in enumerate(sites):
        corners = box
        for other in np.argsort(np.linalg.norm(sites - site, axis=1))[1:]:
            normal = 2 * (sites[other] - site)
            limit = sites[other] @ sites[other] - site @ site - weights[other] + weights[at]
            corners = _clip(corners, normal, limit)
            if len(corners) < 3:
                break
        cells.append(shapely.intersection(shapely.Polygon(corners), outline) if len(corners) > 2 else EMPTY)
    return cells


def _clip(corners: np.ndarray, normal: np.ndarray, limit: float) -> np.ndarray:
    """The part of a convex polygon where `normal · x <= limit`."""
    side = corners @ normal - limit
    if (side <= 0).all():
        return corners
    kept: list[np.ndarray] = []
    for at in range(len(corners)):
        after = (at + 1) % len(corners)
        if side[at] <= 0:
            kept.append(corners[at])
        if (side[at] < 0 < side[after]) or (side[after] < 0 < side[at]):
            share = side[at] / (side[at] - side[after])
            kept.append(corners[at] + share * (corners[after] - corners[at]))
    return np.array(kept)


def _snapped(cells: list[shapely.Polygon], centres: np.ndarray) -> list[shapely.Polygon]:
    """The same cells on a grid, made of one set of lines, so that shared edges are the same points."""
    lines = shapely.union_all([cell.boundary for cell in cells], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    tree = shapely.STRtree(faces)
    owners = [int(tree.query(shapely.Point(*centre), predicate="within")[0]) for centre in centres]
    found = faces[owners]
    for stray in np.delete(faces, owners):  # the outline bends inwards: a cell's far corner goes to a neighbour
        shared = shapely.length(shapely.intersection(found, stray))
        found[shared.argmax()] = shapely.union(found[shared.argmax()], stray, grid_size=GRID)
    if len(set(owners)) < len(cells) or not shapely.coverage_is_valid(found):
        raise SystemExit("the partition is not exact")
    return list(shapely.normalize(found))


if __name__ == "__main__":
    main()
