"""The map of a layer's page: its tiles where it has some, else its first shapes, simplified."""

import json
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import F, Func, QuerySet

from core.sql import in_order
from exchange.catalogue.entries import Entry
from maps.layers import UNIT_MAP

MOST = 300  # shapes on a page; the files hold them all
TOLERANCE_DEGREES = 0.0005  # some 50 m: a screen's pixel where a province fills it
COLOUR = "#3f8fb3"


class Simplified(Func):
    """A geometry with fewer vertices, still valid."""

    function = "ST_SimplifyPreserveTopology"
    template = f"%(function)s(%(expressions)s, {TOLERANCE_DEGREES})"
    output_field = GeometryField(srid=4326)


def is_tiled(entry: Entry) -> bool:
    """Whether the page shows the layer's tiles. Units lie under every map as of today: a page shows those asked for."""
    return entry.is_drawn and entry.name != UNIT_MAP.name


def frame_of(entry: Entry, rows: QuerySet[Any] | None) -> dict[str, Any]:
    """Return the frame of the page's map (docs/frontend.md) with `rows`; None: without any."""
    frame: dict[str, Any] = {"hash": False, "count": False, "legend": "closed"}
    if is_tiled(entry):
        return frame | {"show": [entry.name]}
    features = [] if rows is None or entry.layer.geometry is None else _features(entry, rows)
    frame |= {"show": ["units"], "legend": False, "features": {"type": "FeatureCollection", "features": features}}
    box = _box(features)
    return frame | ({"bounds": box} if box else {})


def _features(entry: Entry, rows: QuerySet[Any]) -> list[dict[str, Any]]:
    shape = AsGeoJSON(Simplified(F(str(entry.layer.geometry))), precision=5)
    shown = in_order(entry.layer, rows).annotate(preview=shape).filter(preview__isnull=False)
    return [
        {"type": "Feature", "properties": {"colour": COLOUR}, "geometry": json.loads(text)}
        for text in shown.values_list("preview", flat=True)[:MOST]
    ]


def _box(features: list[dict[str, Any]]) -> list[float] | None:
    places = [place for feature in features for place in _places(feature["geometry"]["coordinates"])]
    if not places:
        return None
    lon, lat = [place[0] for place in places], [place[1] for place in places]
    margin = max((max(lon) - min(lon)) * 0.1, (max(lat) - min(lat)) * 0.1, 0.01)
    return [min(lon) - margin, min(lat) - margin, max(lon) + margin, max(lat) + margin]


def _places(coordinates: list[Any]) -> list[list[float]]:
    if isinstance(coordinates[0], list):
        return [place for part in coordinates for place in _places(part)]
    return [coordinates]
