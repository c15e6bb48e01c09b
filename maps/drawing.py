"""How layers look: MapLibre paint, legend and popup, in the shape of docs/frontend.md. Colours of crops and classes are data."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crops.models import Crop
from landuse.models import LandUseClass
from products.models import Product, ProductKind

INK = "#1d2922"
PAPER = "#fffdf7"
OTHER = "#5f6b5f"
GROUP = "#1c6247"
KIND_COLOURS = {
    ProductKind.AQUACULTURE: "#2d7fb0",
    ProductKind.LIVESTOCK: "#b05a78",
    ProductKind.FORESTRY: "#2f7a4d",
    ProductKind.PROCESSED: "#7d6f4d",
}
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


def units() -> Drawing:
    """Units are the ground of every map; the page's own style draws them."""
    return Drawing(kinds=[])


def _circles(source_layer: str, colour: Any, *, to_zoom: int, popup: Json) -> list[Json]:
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
                "text-allow-overlap": True,
                "text-ignore-placement": True,
            },
            "paint": {"text-color": "#ffffff"},
        },
    ]


def products(*, shapes_from: int) -> Drawing:
    """Circles per commune far out; points, and outlines where they are public, near."""
    crops = Crop.objects.filter(pk__in=Product.objects.public().order_by().values("crop"))
    found = list(crops.values_list("short_code", "colour", "name_en" if get_language() == "en" else "name_vi"))
    kinds = set(Product.objects.public().order_by().values_list("kind", flat=True).distinct())
    others = [(kind, colour, kind.label) for kind, colour in KIND_COLOURS.items() if kind in kinds]
    colour = [
        "case",
        ["has", "crop_code"],
        match("crop_code", ((code, colour) for code, colour, _name in found)),
        match("kind", ((str(kind), colour) for kind, colour, _name in others)),
    ]
    popup = {
        "title": "name",
        "link": "url",
        "fields": [
            ["crop", _("Cây trồng")],
            ["holder", _("Đơn vị")],
            ["commune", _("Phường, xã")],
            ["volume_t", _("Sản lượng mỗi vụ (tấn)")],
        ],
    }
    communes = {
        "title": "name",
        "fields": [["count", _("Sản phẩm")], ["holders", _("Đơn vị bán")], ["area_ha", _("Diện tích vùng trồng (ha)")]],
    }
    near = {"min_zoom": shapes_from}
    return Drawing(
        kinds=[
            {
                "source_layer": "product_areas", "type": "fill", **near,
                "paint": {"fill-color": colour, "fill-opacity": 0.38},
            },
            {
                "source_layer": "product_areas", "type": "line", **near,
                "paint": {"line-color": colour, "line-width": by_zoom(11, 1, 15, 2.5)},
            },
            {
                "source_layer": "products", "type": "circle", **near,
                "paint": {
                    "circle-radius": by_zoom(11, 7, 15, 10), "circle-color": colour,
                    "circle-stroke-color": PAPER, "circle-stroke-width": 2,
                },
            },
            {
                "source_layer": "products", "type": "symbol", "min_zoom": 12.5,
                "layout": {
                    "text-field": ["get", "name"], "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.9],
                    "text-max-width": 9, "text-optional": True,
                },
                "paint": {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.6},
            },
            *_circles("product_communes", GROUP, to_zoom=shapes_from, popup=communes),
        ],
        legend=[
            {"label": _("Số sản phẩm trong xã, phường"), "colour": GROUP, "shape": "circle"},
            *({"label": name, "colour": shown, "shape": "circle", "value": code} for code, shown, name in found),
            *({"label": str(name), "colour": shown, "shape": "circle", "value": str(kind)} for kind, shown, name in others),
        ],
        popup=popup,
        colour_by="crop_code",
    )  # fmt: skip


def land_use() -> Drawing:
    """Parcels in the colour of their class, with its code where there is room."""
    name = "name_en" if get_language() == "en" else "name_vi"
    used = LandUseClass.objects.filter(parcels__layer__is_public=True).order_by().distinct()
    classes = sorted(used.values_list("code", "colour", name))
    colour = match("class_code", ((code, shown) for code, shown, _name in classes), "#dddddd")
    base = {"source_layer": "land_use"}
    return Drawing(
        kinds=[
            {**base, "type": "fill", "paint": {"fill-color": colour, "fill-opacity": 0.78}},
            {
                **base,
                "type": "line",
                "paint": {
                    "line-color": "#6b5b36",
                    "line-width": by_zoom(9, 0.15, 12, 0.5, 15, 1.2),
                    "line-opacity": by_zoom(9, 0.25, 12, 0.6),
                },
            },
            {
                **base,
                "type": "symbol",
                "min_zoom": 13,
                "layout": {"text-field": ["get", "class_code"], "text-size": 11},
                "paint": {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.2},
            },
        ],
        legend=[
            {"label": label, "colour": shown, "shape": "fill", "value": code, "code": code}
            for code, shown, label in dict.fromkeys(classes)
        ],
        popup={
            "title": "class_name",
            "fields": [
                ["class_code", _("Mã loại đất")],
                ["area_ha", _("Diện tích (ha)")],
                ["layer_name", _("Lớp bản đồ")],
                ["as_of", _("Thời điểm")],
                ["legal_document", _("Văn bản pháp lý")],
                ["source", _("Nguồn")],
            ],
        },
        colour_by="class_code",
    )
