"""What all drawings share: colours of the house, expressions of MapLibre, circles with a number, ground by zoom."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from crops.models import Crop

INK = "#1d2922"
PAPER = "#fffdf7"
OTHER = "#5f6b5f"
GROUP = "#1c6247"
POLYGON = ["==", ["geometry-type"], "Polygon"]
POINT = ["==", ["geometry-type"], "Point"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`kinds`, `legend`, `popup`, `colour_by` of a layer in /maps/layers.json."""

    kinds: list[Json]
    legend: list[Json] = field(default_factory=list)
    popup: Json = field(default_factory=dict)
    colour_by: str = ""


def match(name: str, colours: Iterable[tuple[str, str]], default: str = OTHER) -> Any:
    """Return a MapLibre expression: the colour by the value of property `name`."""
    pairs = [part for pair in dict(colours).items() for part in pair]
    return ["match", ["get", name], *pairs, default] if pairs else default


def by_zoom(*stops: float) -> list[Any]:
    """Return a number that grows between (zoom, value) stops."""
    return ["interpolate", ["linear"], ["zoom"], *stops]


def circles(source_layer: str, colour: Any, *, to_zoom: int, popup: Json) -> list[Json]:
    """Circles that grow with the root of `count`, and the number in them."""
    radius = ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 13, 3, 18, 10, 26, 100, 40]
    return [
        {
            "source_layer": source_layer,
            "type": "circle",
            "max_zoom": to_zoom,
            "paint": {
                "circle-radius": radius,
                "circle-color": colour,
                "circle-opacity": 0.88,
                "circle-stroke-color": PAPER,
                "circle-stroke-width": 2,
            },
            "popup": popup,
        },
        {
            "source_layer": source_layer,
            "type": "symbol",
            "max_zoom": to_zoom,
            "layout": {
                "text-field": ["to-string", ["get", "count"]],
                "text-size": 13,
                "text-allow-overlap": True,  # and placed first: a commune's name makes room for its number
            },
            "paint": {"text-color": "#ffffff"},
        },
    ]


def crops() -> list[tuple[str, str, str]]:
    """Return short code, colour and name of every crop, in the order of names."""
    name = "name_en" if get_language() == "en" else "name_vi"
    return list(Crop.objects.order_by(name).values_list("short_code", "colour", name))


def ground(source_layer: str, colour: Any, *, shapes_from: int) -> list[Json]:
    """Outlines where they are shown, points where only those may be."""
    base = {"source_layer": source_layer, "min_zoom": shapes_from}
    return [
        {**base, "type": "fill", "filter": POLYGON, "paint": {"fill-color": colour, "fill-opacity": 0.5}},
        {
            **base,
            "type": "line",
            "filter": POLYGON,
            "paint": {"line-color": colour, "line-width": by_zoom(10, 1, 15, 2.5)},
        },
        {
            **base,
            "type": "circle",
            "filter": POINT,
            "paint": {
                "circle-radius": by_zoom(10, 6, 15, 10),
                "circle-color": colour,
                "circle-stroke-color": PAPER,
                "circle-stroke-width": 2,
            },
        },
    ]
