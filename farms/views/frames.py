"""Maps of pages that show only what they are about."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

VERDICT_COLOURS = {"green": "#2b8a3e", "amber": "#e8890c", "red": "#c92a2a"}
PLOT_COLOUR, OTHER_COLOUR, SHARED_COLOUR = "#1c6247", "#3f8fb3", "#c92a2a"


def feature(shape: GEOSGeometry, **properties: Any) -> dict[str, Any]:
    """Return a GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson)}


def frame_of(features: list[dict[str, Any]], shapes: Iterable[GEOSGeometry]) -> dict[str, Any]:
    """Return the frame of a map with only these features (docs/frontend.md), with a margin around `shapes`."""
    frame: dict[str, Any] = {
        "show": ["units"],
        "hash": False,
        "count": False,
        "legend": False,
        "features": {"type": "FeatureCollection", "features": features},
    }
    boxes = [shape.extent for shape in shapes]
    if boxes:
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
        margin = max((east - west) * 0.2, (north - south) * 0.2, 0.001)
        frame["bounds"] = [west - margin, south - margin, east + margin, north + margin]
    return frame


def bbox_text(shape: GEOSGeometry) -> str:
    """Return `west,south,east,north` for `data-bbox`."""
    return ",".join(f"{number:.6f}" for number in shape.extent)
