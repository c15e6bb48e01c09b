"""DXF of a surveyor's drawing: closed polylines are plots, the text nearest to a plot's middle inside it its label.

A drawing says nothing about its coordinate system, so that is asked. Lines that do not close, points and dimensions
belong to the drawing and are left out with a notice that counts them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import gdal
from geofiles.errors import CrsInDoubt, UnreadableFile, UnsupportedFormat, WrongGeometryType
from geofiles.features import Notice
from geofiles.readers.memory import columns_of, layer_of
from geofiles.readers.sources import ACCEPTED, Layer

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_DRIVER = "DXF"
_LAYER = "entities"
_POINT, _LINE, _POLYGON, _MULTIPOLYGON = 0, 1, 3, 6
_KEPT = ("Layer", "Linetype", "EntityHandle")


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """The plots of a drawing. Raises WrongGeometryType when no line closes, UnsupportedFormat for binary DXF."""
    import shapely

    with path.open("rb") as source:
        if source.read(22).startswith(b"AutoCAD Binary DXF"):
            raise UnsupportedFormat(found="binary_dxf", reason="binary_dxf", accepted=list(ACCEPTED))
    rows, shapes = _entities(path)
    plots, left_out = _plots(shapes)
    if not len(plots):
        raise WrongGeometryType(reason="dxf", found=_kinds(shapes), accepted=["Polygon", "MultiPolygon"])
    labels = _labels(rows, shapes, plots)
    records = [
        {"label": label, **{name: rows[at].get(name) for name in _KEPT if rows[at].get(name)}}
        for at, label in zip(plots, labels, strict=True)
    ]
    columns = columns_of(records)
    letters = [value for values in columns.values() for value in values if value]
    layer = layer_of(
        title,
        path,
        shapely.to_wkb(_closed(shapes[plots])).tolist(),
        columns,
        crs=None,
        crs_problem=CrsInDoubt(reason="no_crs", candidates=[]),
        has_escapes=True,
        raw_text=tuple(value.encode("latin-1", "ignore") for value in dict.fromkeys(letters)),
        notices=(Notice("drawing_left_out", {"entities": left_out}),) if left_out else (),
    )
    return (layer,)


def _entities(path: Path) -> tuple[list[dict[str, Any]], Array]:
    import numpy as np
    import shapely

    rows: list[dict[str, Any]] = []
    shapes: list[Array] = []
    for table, wkb in gdal.stream(path, _LAYER, driver=_DRIVER):
        rows += table.to_pylist()
        with gdal.readable("dxf"):
            shapes.append(shapely.from_wkb(wkb.to_numpy(), on_invalid="fix"))
    if not rows:
        raise UnreadableFile(reason="no_features", format="dxf")
    return rows, np.concatenate(shapes)


def _plots(shapes: Array) -> tuple[Array, int]:
    """Positions of what encloses ground, and how many entities do not (texts are labels and do not count)."""
    import numpy as np
    import shapely

    kinds = shapely.get_type_id(shapes)
    rings = (kinds == _LINE) & shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) >= 4)
    # A hatch repeats the line around it: areas count only in a drawing without closed lines.
    fits = rings if rings.any() else (kinds == _POLYGON) | (kinds == _MULTIPOLYGON)
    return np.flatnonzero(fits), int((~fits & (kinds != _POINT)).sum())


def _closed(shapes: Array) -> Array:
    import numpy as np
    import shapely

    shapes = shapes.copy()
    lines = np.flatnonzero(shapely.get_type_id(shapes) == _LINE)
    for at in lines.tolist():
        shapes[at] = shapely.Polygon(shapes[at].coords)
    return shapes


def _labels(rows: list[dict[str, Any]], shapes: Array, plots: Array) -> list[str | None]:
    """For each plot the text inside it that stands nearest to its middle."""
    import numpy as np
    import shapely

    texts = np.array([at for at, row in enumerate(rows) if row.get("Text") and shapes[at] is not None], dtype="int64")
    found: list[str | None] = [None] * len(plots)
    if not len(texts):
        return found
    areas = _closed(shapes[plots])
    middles = shapely.centroid(areas)
    spots = shapely.centroid(shapes[texts])
    tree = shapely.STRtree(spots)
    sound = np.flatnonzero(shapely.is_valid(areas))
    plot_at, text_at = tree.query(areas[sound], predicate="contains")
    distances = shapely.distance(middles[sound[plot_at]], spots[text_at])
    for at in np.argsort(-distances):  # the nearest last, so that it stays
        found[sound[plot_at[at]]] = str(rows[texts[text_at[at]]]["Text"]).strip() or None
    return found


def _kinds(shapes: Array) -> list[str]:
    return sorted({shape.geom_type for shape in shapes if shape is not None})
